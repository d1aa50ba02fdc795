"""What clients ask besides answers: models, health, feedback."""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec.structs import replace

from llmrouter_tui.core.decision import Effect, Rating
from llmrouter_tui.core.domain import ModelInfo, ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.proxy.aliases import aliases_of, listed
from llmrouter_tui.proxy.bodies import SMALL, bad_request, decode, read_body
from llmrouter_tui.proxy.dialects.anthropic_models import VERSION_HEADER, model_object, page_of
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.replies import about_headers, json_response
from llmrouter_tui.proxy.security import CALLER, visible

T = TypeVar("T")
log = logging.getLogger(__name__)

OWNER = "llmrouter-tui"
"""Who owns every model of this API: by this another router, or our own discovery, knows what it talks to."""
AUTO = ("auto", "auto:fast", "auto:best")
"""Names under which the router chooses: balanced, for speed, for quality."""

_Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class FeedbackBody(msgspec.Struct):
    exchange_id: str | None = None
    response_id: str | None = None
    id: str | None = None
    rating: Literal["up", "down"] | None = None
    stars: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    score: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    reasons: Annotated[list[_Reason], msgspec.Meta(max_length=20)] | None = None
    comment: Annotated[str, msgspec.Meta(max_length=10_000)] | None = None
    clear: bool | None = None


class RateBody(FeedbackBody, forbid_unknown_fields=True):
    """The same of the router's owner, who hears of a slip."""


class Health(msgspec.Struct, kw_only=True):
    """How the router is. ``degraded``: it cannot serve now, or something is wrong that a person should look at."""

    status: Literal["ok", "degraded"]
    version: str
    backends_up: int = 0
    backends: int = 0
    models: int = 0
    problems: list[str] = msgspec.field(default_factory=list)


class FeedbackTaken(msgspec.Struct, kw_only=True):
    """A rating as it was stored; ``score`` is from -1 to 1, ``effects`` are the abilities that it moved."""

    object: Literal["feedback"] = "feedback"
    exchange_id: str
    rating: Rating | None
    score: float
    model: str
    task: str
    effects: tuple[Effect, ...] = ()


class ModelEntry(msgspec.Struct, omit_defaults=True):
    """A line of ``GET /v1/models``: OpenAI's fields, and what a client wants to know before it asks."""

    id: str
    name: str
    owned_by: str
    created: int
    object: str = ""
    context_length: int | None = None
    capabilities: list[str] = msgspec.field(default_factory=list)
    resident: bool | None = None
    aliases: tuple[str, ...] = ()
    local: bool = True
    """Whether it runs in the memory of the router's machine."""
    hosted: bool = False
    """Whether a provider runs it."""
    pricing: dict[str, str] | None = None
    """Dollars for one token of ``prompt`` and of ``completion``, where that is known."""
    via: tuple[str, ...] = ()
    """The routers on the way to it, by their ids, this one first."""
    capabilities_known: bool = True
    """Whether ``capabilities`` are what its server says, or was seen here; if not, they are a guess."""
    alias_of: str = ""
    """What a name that is the user's alias means here."""


_FEEDBACK: msgspec.json.Decoder[FeedbackBody] = msgspec.json.Decoder(FeedbackBody)
_RATE: msgspec.json.Decoder[FeedbackBody] = msgspec.json.Decoder(RateBody)
_WANTED: Mapping[str, str] = {
    "rating": '"up" or "down"',
    "stars": "a whole number from 1 to 5",
    "score": "a number from -1 to 1",
    "clear": "true or false",
    "reasons": "a list of at most 20 texts of 1 to 100 characters",
    "comment": "text of at most 10,000 characters",
}
"""What the fields of a rating may be, in words."""


class Meta:
    """The handlers of ``/v1/models``, ``/v1/feedback`` and ``/health``."""

    def __init__(self, control: Control, options: ProxyOptions) -> None:
        self._control = control
        self._options = options
        self._created = int(time.time())

    async def models(self, request: web.Request) -> web.StreamResponse:
        views = visible(request, await self._control.models())
        own = [*self._auto(views), *self._real(views)]
        pairs = listed(await aliases_of(self._control), views, AUTO)
        entries = [*own, *(_as_alias(name, found) for name, model in pairs for found in _found(model, own)[:1])]
        if VERSION_HEADER in request.headers:
            return json_response(page_of(entries, request.query))
        return json_response({"object": "list", "data": entries})

    async def model(self, request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["id"]
        views = visible(request, await self._control.models())
        entries = [*self._auto(views), *self._real(views)]
        found = _found(wanted, entries)
        if not found and (meant := (await aliases_of(self._control)).meant(wanted)):
            found = [_as_alias(wanted, entry) for entry in _found(meant, entries)]
        if not found:
            raise RouterError("model_not_found", f"There is no model {wanted!r} here.", hint="See GET /v1/models.")
        return json_response(model_object(found[0]) if VERSION_HEADER in request.headers else found[0])

    def _auto(self, views: Sequence[ModelView]) -> list[ModelEntry]:
        """The choosing names can do what any enabled model can."""
        usable = [view.info for view in views if view.enabled and view.healthy]
        context = max((info.context_length or 0 for info in usable), default=0) or None
        able = sorted({name for info in usable for name in info.capabilities})
        return [ModelEntry(name, name, OWNER, self._created, "model", context, able) for name in AUTO]

    def _real(self, views: Sequence[ModelView]) -> list[ModelEntry]:
        """Enabled models by id; ``name`` is the plain name where only one backend has it."""
        shown = [view for view in views if view.enabled]
        times = Counter(view.info.name for view in shown)
        return [
            ModelEntry(
                view.id,
                view.info.name if times[view.info.name] == 1 else view.id,
                OWNER,
                self._created,
                "model",
                view.info.context_length,
                sorted(view.info.capabilities),
                view.residency == "resident",
                view.info.aliases,
                view.info.local,
                view.info.hosted,
                _pricing(view.info),
                tuple(filter(None, (self._options.router_id, *view.info.via))),
                view.info.capabilities_known,
            )
            for view in shown
        ]

    async def health(self, request: web.Request) -> web.StreamResponse:
        """Whether requests can be served now. Asks no backend, wakes no model."""
        try:
            snapshot = await self._control.snapshot()
        except Exception:
            log.exception("no snapshot for /health")
            return json_response(Health(status="degraded", version=self._options.version))
        up = sum(backend.health == "up" for backend in snapshot.backends)
        problems = [problem.code for problem in snapshot.service.problems]
        healthy = snapshot.service.state == "serving" and up > 0 and not problems
        return json_response(
            Health(
                status="ok" if healthy else "degraded",
                version=self._options.version,
                backends_up=up,
                backends=len(snapshot.backends),
                models=len(snapshot.models),
                problems=problems,
            )
        )

    async def feedback(self, request: web.Request) -> web.StreamResponse:
        rated = await self._control.rate(await self._own(request))
        given = rated.feedback
        response = json_response(
            FeedbackTaken(
                exchange_id=given.exchange_id,
                rating=given.rating,
                score=given.score,
                model=given.model,
                task=given.task,
                effects=rated.effects,
            )
        )
        response.headers.update(about_headers(given.exchange_id, given.model, given.task))
        return response

    async def _own(self, request: web.Request) -> FeedbackInput:
        """Read a rating of an answer that the caller's key asked for; those of others it does not find."""
        given = read_feedback(await read_body(request, SMALL))
        caller = request.get(CALLER)
        if caller is not None and (await self._control.exchange(given.exchange_id)).key != caller.name:
            raise RouterError("not_found", f"there is no exchange or response {given.exchange_id!r}")
        return given

    async def rate(self, request: web.Request) -> Rated:
        """Read a rating and store it. Raises ``RouterError``: ``not_found`` for an id that is not known."""
        return await self._control.rate(read_feedback(await read_body(request, SMALL), _RATE))


def _pricing(info: ModelInfo) -> dict[str, str] | None:
    """As OpenRouter tells it: dollars for one token, as text."""
    if info.price_in is None and info.price_out is None:
        return None
    return {"prompt": f"{(info.price_in or 0.0) / 1e6:.12g}", "completion": f"{(info.price_out or 0.0) / 1e6:.12g}"}


def _found(wanted: str, entries: Sequence[ModelEntry]) -> list[ModelEntry]:
    """By id, else by name, else by another name of a model."""
    found = [entry for entry in entries if entry.id == wanted] or [e for e in entries if e.name == wanted]
    return found or [entry for entry in entries if wanted in entry.aliases]


def _as_alias(name: str, entry: ModelEntry) -> ModelEntry:
    return replace(entry, id=name, name=name, aliases=(), alias_of=entry.id)


def decode_fields(body: bytes, decoder: msgspec.json.Decoder[T], wanted: Mapping[str, str]) -> T:
    """Decode JSON; a field that is in ``wanted`` and wrong is answered with what it may be."""
    try:
        return decode(body, decoder)
    except RouterError as error:
        field = (error.param or "").partition("[")[0]
        if field not in wanted:
            raise
        text = f"The field {field!r} must be {wanted[field]}."
        raise bad_request(text, param=error.param, hint="Correct its value.") from error


def read_feedback(body: bytes, decoder: msgspec.json.Decoder[FeedbackBody] = _FEEDBACK) -> FeedbackInput:
    """Check a rating: one id, and exactly one of rating, stars, score and clear."""
    given = decode_fields(body, decoder, _WANTED)
    ids = [name for name in (given.exchange_id, given.response_id, given.id) if name]
    if len(ids) != 1:
        raise bad_request(
            "A rating names one answer.",
            param="exchange_id",
            hint="Send exchange_id (from the x-router-exchange-id header) or response_id (the answer's id).",
        )
    kinds = (given.rating is not None, given.stars is not None, given.score is not None, bool(given.clear))
    if sum(kinds) != 1:
        raise bad_request(
            "A rating is exactly one of rating, stars, score and clear.",
            param="rating",
            hint='Send one of them: "rating": "up" or "down", "stars": 1 to 5, "score": -1 to 1, "clear": true.',
        )
    return FeedbackInput(
        exchange_id=ids[0],
        rating=given.rating,
        stars=given.stars,
        score=given.score,
        reasons=tuple(given.reasons or ()),
        comment=given.comment or "",
        clear=bool(given.clear),
    )
