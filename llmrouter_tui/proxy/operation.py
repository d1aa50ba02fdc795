"""One method of one path: who serves it, and all that is told of it at ``/openapi.json``.

The routes are filled from these, and the description is made from them: what is served is described, and the other way
round.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Access = Literal["everyone", "client", "owner", "metrics"]
Json = dict[str, Any]

PLACE: Final = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
"""A part of a path that may be anything."""
JSON: Final = "application/json"
OCTETS: Final = "application/octet-stream"
EVENTS: Final = "text/event-stream"
LINES: Final = "application/x-ndjson"
TEXT: Final = "text/plain"
TABLE: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value behind the question mark."""

    name: str
    about: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path. Types are those that are read and written: their schemas are made from them."""

    method: str
    path: str
    """As the router of requests reads it: ``{id:(?s:.+)}`` may hold slashes, and whatever else."""
    handler: Handler
    about: str
    """What it does, in a sentence."""
    answers: tuple[Any, ...] = ()
    """The types that its answer may have; none: no body that could be described."""
    access: Access = "client"
    status: int = 200
    takes: tuple[Any, ...] = ()
    """The types that its body may have; none: it takes no body."""
    optional: bool = False
    """Whether the body may be missing."""
    file: bool = False
    """Whether its body is a file."""
    needs: Mapping[str, Any] = field(default_factory=dict)
    """What the body must also be, as a JSON schema: what its type alone does not say."""
    query: tuple[Parameter, ...] = ()
    faults: tuple[str, ...] = ()
    """Statuses of its failures, besides those that go with its access, its body and its parameters."""
    media: str = JSON
    also: str = ""
    """Another media type that the answer may have: where it is streamed, or asked for so; empty for none."""
    decides: bool = False
    """Whether its answer has the headers of a decision."""
    example: Any = None
    """A body that works."""

    @property
    def shown(self) -> str:
        """The path as people read it: ``/v1/models/{id}``."""
        return PLACE.sub(r"{\1}", self.path)

    @property
    def refuses(self) -> bool:
        """Whether it is served to say no."""
        return self.status >= 400


def needed(name: str, **schema: Any) -> Json:
    """A body that has this field, and in it what the schema says."""
    return {"required": [name], "properties": {name: schema}}


ONE_RATING: Final[Json] = {
    "allOf": [
        {"oneOf": [needed(name, type="string", minLength=1) for name in ("exchange_id", "response_id", "id")]},
        {
            "oneOf": [
                needed("rating", type="string"),
                needed("stars", type="integer"),
                needed("score", type="number"),
                needed("clear", const=True),
            ]
        },
    ]
}
"""A rating names one answer, and says one thing of it."""
