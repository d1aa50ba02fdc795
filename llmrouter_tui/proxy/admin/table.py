"""The form in which the operations under ``/admin`` are listed."""

from collections.abc import Mapping
from typing import Any, Final

from llmrouter_tui.core.query import LONGEST
from llmrouter_tui.proxy.operation import JSON, Handler, Json, Operation, Parameter
from llmrouter_tui.proxy.replies import Accepted

MAX_PAGE = 500
FLAG: Final[Json] = {"type": "boolean", "default": False}
BACK: Final[Json] = {"type": "string", "examples": ["7d", "12h", "90m", "2w", "all"]}
STORED: Final = ("503",)
"""The database may be locked, full or away."""
BOTH: Final = ("404", *STORED)
"""And what is named may not be here."""


def count(most: int, default: int) -> Json:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


PAGED: Final = (
    Parameter("before", "The ``before`` of the page before this one."),
    Parameter("limit", "How many.", count(MAX_PAGE, 100)),
)
FILTERED: Final = Parameter(
    "filter",
    "Those that it admits; terms are joined by and. Where it takes long to fill a page, the page ends before it is "
    "full, and searched tells how far back it came.",
    {
        "type": "string",
        "maxLength": LONGEST,
        "examples": ["task:code margin:<.05", "you:- !model:qwen", 'state:failed text:"two words"'],
    },
)


def shows(
    path: str,
    handler: Handler,
    about: str,
    *answers: Any,
    query: tuple[Parameter, ...] = (),
    faults: tuple[str, ...] = (),
    media: str = JSON,
) -> Operation:
    return Operation("GET", path, handler, about, answers, query=query, faults=faults, media=media)


def does(
    path: str,
    handler: Handler,
    about: str,
    *takes: Any,
    method: str = "POST",
    answer: Any = Accepted,
    status: int = 202,
    optional: bool = False,
    query: tuple[Parameter, ...] = (),
    faults: tuple[str, ...] = (),
    example: Mapping[str, Any] | None = None,
) -> Operation:
    """A command; most are taken, and what they change arrives as events."""
    return Operation(
        method,
        path,
        handler,
        about,
        (answer,),
        status=status,
        takes=takes,
        optional=optional,
        query=query,
        faults=faults,
        example=example,
    )
