"""The admin API: ``Control`` over HTTP, for the pages of a second terminal, scripts and the command line."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from aiohttp import web

from llmrouter_tui.core.decision import Decision, Exchange, Setting
from llmrouter_tui.core.ports import Control, Snapshot
from llmrouter_tui.core.profile import Only
from llmrouter_tui.core.ranking import to_plain
from llmrouter_tui.core.review import SPAN, parse_span
from llmrouter_tui.core.sync import BY_KEY
from llmrouter_tui.proxy.bodies import SMALL, bad_request, decode, read_body
from llmrouter_tui.proxy.meta import Meta, decode_fields
from llmrouter_tui.proxy.parse import MAX_CLIENT, MAX_SESSION, clean_label
from llmrouter_tui.proxy.question import is_chat, read_chat
from llmrouter_tui.proxy.replies import about_headers, accepted, decision_headers, json_response, raw_response

MAX_PAGE = 500
MAX_CONTEXT = 100_000_000
"""Tokens; no model has a longer context."""
SLICE = 20
"""Exchanges encoded in one go: each carries a breakdown per candidate, and chunks of answers wait meanwhile."""

_ENCODER = msgspec.json.Encoder(enc_hook=to_plain)
_HIDDEN = "(set)"


class ExplainBody(msgspec.Struct):
    prompt: str = ""
    model: str = "auto"


class SettingBody(msgspec.Struct):
    key: str
    value: Any = None


class BackendBody(msgspec.Struct):
    url: str
    kind: str = ""
    name: str = ""


class SyncBody(msgspec.Struct):
    sources: Annotated[list[str], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)


class ProfileBody(msgspec.Struct):
    models: Annotated[list[str], msgspec.Meta(max_length=500)] = msgspec.field(default_factory=list)
    quick: bool = True
    again: bool = False
    only: Only = ""


class MatchBody(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None


class ListenBody(msgspec.Struct):
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]


_EXPLAIN = msgspec.json.Decoder(ExplainBody)
_SETTING = msgspec.json.Decoder(SettingBody)
_BACKEND = msgspec.json.Decoder(BackendBody)
_SYNC = msgspec.json.Decoder(SyncBody)
_PROFILE = msgspec.json.Decoder(ProfileBody)
_MATCH = msgspec.json.Decoder(MatchBody)
_LISTEN = msgspec.json.Decoder(ListenBody)
_SOURCES = {"sources": "a list of names of sources, as GET /admin/sync lists them"}
_ORDER = {
    "models": "a list of ids or names of models, as GET /admin/models lists them",
    "quick": "true or false",
    "again": "true or false",
    "only": 'empty or "failed"',
}
_ENTRY = {"id": "an id that GET /admin/catalog lists, null for no match, or automatic"}
_PORT = {"port": "a whole number from 1 to 65535"}


class Admin:
    """The handlers of ``/admin`` (but the event stream)."""

    def __init__(self, control: Control, meta: Meta) -> None:
        self._control = control
        self._meta = meta

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        snapshot = await self._control.snapshot()
        return raw_response(await encode_snapshot(snapshot))

    async def exchanges(self, request: web.Request) -> web.StreamResponse:
        page = await self._control.exchanges(
            before=request.query.get("before") or None,
            limit=whole_number(request, "limit", default=100, most=MAX_PAGE),
            text=request.query.get("text", ""),
        )
        items = await encode_exchanges(page.items)
        rest = _ENCODER.encode({"before": page.before, "total": page.total})
        return raw_response(b'{"items":' + items + b"," + rest[1:])

    async def exchange(self, request: web.Request) -> web.StreamResponse:
        found = await self._control.exchange(request.match_info["id"])
        response = json_response(found)
        response.headers.update(about_headers(found.id, found.model))
        if found.decision is not None:
            response.headers.update(decision_headers(found.decision, found.model))
        return response

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """What routing would do with a prompt, or with a whole chat-completion body. ``?client=`` says who would ask:
        the one that asks here is seldom the one whose rules are meant."""
        client = clean_label(request.query.get("client", ""), MAX_CLIENT)
        body = await read_body(request, request.client_max_size)
        if is_chat(body):
            session = clean_label(request.headers.get("X-Session-Id", ""), MAX_SESSION)
            return _explained(await self._control.explain(read_chat(body, session=session), client=client))
        asked = decode(body, _EXPLAIN)
        if not asked.prompt.strip():
            raise bad_request(
                "There is no prompt to explain.",
                param="prompt",
                hint="Send 'prompt', or a chat-completion body with 'messages'.",
            )
        return _explained(await self._control.explain(asked.prompt, model=asked.model, client=client))

    async def models(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.models())

    async def load(self, request: web.Request) -> web.StreamResponse:
        await self._control.load(request.match_info["id"])
        return accepted()

    async def unload(self, request: web.Request) -> web.StreamResponse:
        await self._control.unload(request.match_info["id"], force=flag(request, "force"))
        return accepted()

    async def pin(self, request: web.Request) -> web.StreamResponse:
        await self._control.pin(request.match_info["id"], True)
        return accepted()

    async def unpin(self, request: web.Request) -> web.StreamResponse:
        await self._control.pin(request.match_info["id"], False)
        return accepted()

    async def enable(self, request: web.Request) -> web.StreamResponse:
        await self._control.enable(request.match_info["id"], True)
        return accepted()

    async def disable(self, request: web.Request) -> web.StreamResponse:
        await self._control.enable(request.match_info["id"], False)
        return accepted()

    async def settings(self, request: web.Request) -> web.StreamResponse:
        return json_response([veiled(setting) for setting in await self._control.settings()])

    async def set_setting(self, request: web.Request) -> web.StreamResponse:
        asked = decode(await read_body(request, SMALL), _SETTING)
        return json_response(veiled(await self._control.set_setting(asked.key, asked.value)))

    async def reload(self, request: web.Request) -> web.StreamResponse:
        """Read the configuration file again; the settings that differ."""
        return json_response([veiled(setting) for setting in await self._control.reload()])

    async def what_if(self, request: web.Request) -> web.StreamResponse:
        """What another preference, ``?value=0.7``, would have chosen for the newest exchanges."""
        return json_response(await self._control.what_if(share(request, "value")))

    async def review(self, request: web.Request) -> web.StreamResponse:
        """How right the choices were, ``?since=7d``; over the usual time without it."""
        return json_response(await self._control.review(span_of(request, default=SPAN)))

    async def vram(self, request: web.Request) -> web.StreamResponse:
        """Who holds which memory, and what each load would mean."""
        return json_response(await self._control.vram())

    async def plan(self, request: web.Request) -> web.StreamResponse:
        """What loading a model would mean now, ``?context_length=8192`` for another context than it would get."""
        context = None
        if "context_length" in request.query:
            context = whole_number(request, "context_length", default=1, most=MAX_CONTEXT)
        return json_response(await self._control.plan(request.match_info["id"], context_length=context))

    async def clear_vram(self, request: web.Request) -> web.StreamResponse:
        await self._control.clear_vram()
        return accepted()

    async def release_vram(self, request: web.Request) -> web.StreamResponse:
        await self._control.release_vram()
        return accepted()

    async def backends(self, request: web.Request) -> web.StreamResponse:
        return json_response((await self._control.snapshot()).backends)

    async def spend(self, request: web.Request) -> web.StreamResponse:
        """What was paid today and this month, and the budgets."""
        return json_response(await self._control.spend())

    async def add_backend(self, request: web.Request) -> web.StreamResponse:
        asked = decode(await read_body(request, SMALL), _BACKEND)
        return json_response(await self._control.add_backend(asked.kind, asked.url, asked.name), 201)

    async def remove_backend(self, request: web.Request) -> web.StreamResponse:
        await self._control.remove_backend(request.match_info["name"])
        return accepted()

    async def enable_backend(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.enable_backend(request.match_info["name"], True))

    async def disable_backend(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.enable_backend(request.match_info["name"], False))

    async def retry_backend(self, request: web.Request) -> web.StreamResponse:
        await self._control.retry_backend(request.match_info["name"])
        return accepted()

    async def logs(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.logs(limit=whole_number(request, "limit", default=500, most=5000)))

    async def rate(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._meta.rate(request))

    async def ratings(self, request: web.Request) -> web.StreamResponse:
        page = await self._control.ratings(
            before=request.query.get("before") or None,
            limit=whole_number(request, "limit", default=100, most=MAX_PAGE),
        )
        return json_response(page)

    async def fetch_starter(self, request: web.Request) -> web.StreamResponse:
        await self._control.fetch_starter()
        return accepted()

    async def cancel_fetch(self, request: web.Request) -> web.StreamResponse:
        await self._control.cancel_fetch()
        return accepted()

    async def sync_view(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.sync_view())

    async def profile(self, request: web.Request) -> web.StreamResponse:
        """Measure models: all that cost no money without a body, those that ``models`` names with one; the quick
        profile unless ``quick`` is false, fresh results too where ``again`` is true, of all prompts just those that
        failed where ``only`` says so."""
        body = await read_body(request, SMALL)
        asked = decode_fields(body, _PROFILE, _ORDER) if body.strip() else ProfileBody()
        await self._control.profile(asked.models, quick=asked.quick, again=asked.again, only=asked.only)
        return accepted()

    async def cancel_profile(self, request: web.Request) -> web.StreamResponse:
        await self._control.cancel_profile()
        return accepted()

    async def profiles(self, request: web.Request) -> web.StreamResponse:
        """How far measuring is and what it found of each model; with ``?model=`` each prompt of one, with answers."""
        model = request.query.get("model")
        if model is None:
            return json_response(await self._control.profiles())
        return json_response(await self._control.profile_results(model))

    async def catalog(self, request: web.Request) -> web.StreamResponse:
        """All entries of the public catalog in short, or those that ``?id=`` names with their figures, without what
        belongs to the holder of a key."""
        asked = request.query.getall("id", [])
        if not asked:
            return json_response(await self._control.catalog())
        return json_response([replace(found, own=()) for found in await self._control.known(asked)])

    async def match(self, request: web.Request) -> web.StreamResponse:
        """Which entry of the catalog a model is: ``{"id": "qwen3-8b"}``, null for none, "automatic" for by its name."""
        asked = decode_fields(await read_body(request, SMALL), _MATCH, _ENTRY)
        await self._control.match(request.match_info["id"], asked.id or "")
        return accepted()

    async def figures(self, request: web.Request) -> web.StreamResponse:
        """What was fetched of each ``?model=``, without the figures that belong to the holder of a key."""
        figures = await self._control.figures(request.query.getall("model", []))
        return json_response([figure for figure in figures if figure.source not in BY_KEY])

    async def sync(self, request: web.Request) -> web.StreamResponse:
        """Fetch public figures: from all sources without a body, from those that ``sources`` names with one."""
        body = await read_body(request, SMALL)
        await self._control.sync(decode_fields(body, _SYNC, _SOURCES).sources if body.strip() else ())
        return accepted()

    async def cancel_sync(self, request: web.Request) -> web.StreamResponse:
        await self._control.cancel_sync()
        return accepted()

    async def listen(self, request: web.Request) -> web.StreamResponse:
        await self._control.listen(decode_fields(await read_body(request, SMALL), _LISTEN, _PORT).port)
        return accepted()

    async def shutdown(self, request: web.Request) -> web.StreamResponse:
        await self._control.shutdown()
        return accepted()


def _explained(decision: Decision) -> web.Response:
    response = json_response(decision)
    response.headers.update(decision_headers(decision, decision.chosen))
    return response


def veiled(setting: Setting) -> Setting:
    """A setting as it may leave the process: secrets tell only whether they are set."""
    return replace(setting, value=_HIDDEN if setting.value else None) if setting.secret else setting


async def encode_snapshot(snapshot: Snapshot) -> bytes:
    head = replace(snapshot, exchanges=(), settings=tuple(veiled(setting) for setting in snapshot.settings))
    body = _ENCODER.encode(head)
    exchanges = await encode_exchanges(snapshot.exchanges)
    return body.replace(b'"exchanges":[]', b'"exchanges":' + exchanges, 1)


async def encode_exchanges(exchanges: Sequence[Exchange]) -> bytes:
    parts: list[bytes] = []
    for start in range(0, len(exchanges), SLICE):
        parts.append(_ENCODER.encode(exchanges[start : start + SLICE])[1:-1])
        await asyncio.sleep(0)
    return b"[" + b",".join(parts) + b"]"


def whole_number(request: web.Request, name: str, *, default: int, most: int) -> int:
    given = request.query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and 1 <= int(given) <= most):
        raise bad_request(
            f"The parameter {name!r} must be a whole number from 1 to {most}.", param=name, hint="Correct it."
        )
    return int(given)


def span_of(request: web.Request, *, default: float | None) -> float | None:
    """The seconds that ``?since=7d`` goes back; None for all."""
    given = request.query.get("since")
    try:
        return default if given is None else parse_span(given)
    except ValueError as error:
        raise bad_request(f"The parameter 'since': {error}.", param="since", hint="Correct it.") from error


def share(request: web.Request, name: str) -> float:
    """A parameter that must be given."""
    try:
        value = float(request.query.get(name, ""))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        hint = f"Such as {request.path}?{name}=0.7."
        raise bad_request(f"The parameter {name!r} must be a number from 0 to 1.", param=name, hint=hint)
    return value


def flag(request: web.Request, name: str) -> bool:
    given = request.query.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        raise bad_request(f"The parameter {name!r} must be true or false.", param=name, hint="Correct it.")
    return given in ("true", "1")
