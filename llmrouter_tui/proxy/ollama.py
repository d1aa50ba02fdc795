"""Ollama's API besides its answers: what models there are, loading and unloading by requests without words, and what
is left to the servers of the models."""

import time
from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.core.keys import permits
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.feed import Subscriptions
from llmrouter_tui.proxy.aliases import aliases_of, listed, meant
from llmrouter_tui.proxy.bodies import SMALL, bad_request, decode, read_body
from llmrouter_tui.proxy.dialects import ollama_models
from llmrouter_tui.proxy.dialects.dialect import NothingAskedError
from llmrouter_tui.proxy.dialects.ollama_models import VERSION
from llmrouter_tui.proxy.meta import AUTO
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.replies import SERVER, json_response
from llmrouter_tui.proxy.security import visible

LOAD_SECONDS: Final = 600.0
"""How long a client waits for a load that it asked for; a chat would be told of the queue instead."""
LOOK_SECONDS: Final = 1.0
"""Between looks at a model that is loaded, for loads that end without a word."""
_RING: Final = 64


class NamedBody(msgspec.Struct):
    model: str = ""
    name: str = ""


_NAMED: Final = msgspec.json.Decoder(NamedBody)


class Ollama:
    """The handlers."""

    def __init__(self, control: Control, subscriptions: Subscriptions, options: ProxyOptions) -> None:
        self._control = control
        self._subscriptions = subscriptions
        self._options = options
        self._started = time.time()

    async def hello(self, request: web.Request) -> web.StreamResponse:
        """What clients take for a sign of life."""
        text = f"Ollama is running (llmrouter-tui {self._options.version} answers for it)\n"
        return web.Response(text=text, headers={"Server": SERVER})

    async def version(self, request: web.Request) -> web.StreamResponse:
        return json_response({"version": VERSION, "router": f"llmrouter-tui {self._options.version}"})

    async def tags(self, request: web.Request) -> web.StreamResponse:
        views = await self._views(request)
        pairs = listed(await aliases_of(self._control), views, AUTO)
        return json_response(ollama_models.tags(views, AUTO, self._started, pairs))

    async def ps(self, request: web.Request) -> web.StreamResponse:
        settings = {setting.key: setting.value for setting in await self._control.settings()}
        minutes = settings.get("keep_alive_minutes")
        seconds = float(minutes) * 60 if isinstance(minutes, int | float) else -1.0
        return json_response(ollama_models.running(await self._views(request), seconds, time.time()))

    async def show(self, request: web.Request) -> web.StreamResponse:
        asked = decode(await read_body(request, SMALL), _NAMED)
        name = asked.model or asked.name
        if not name:
            raise bad_request("The field 'model' is missing.", param="model", hint="Add 'model' to the request.")
        views = await self._views(request)
        name = meant(name, await aliases_of(self._control), views)
        return json_response(ollama_models.show(name, views, AUTO, self._started))

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        """Installing and deleting models."""
        what = request.path.removeprefix("/api/").partition("/")[0]
        raise RouterError(
            "forbidden",
            f"This router does not {_VERBS.get(what, what)} models: it uses what their servers have.",
            hint="Do it at the server itself; what it has then shows here by itself.",
        )

    async def _views(self, request: web.Request) -> Sequence[ModelView]:
        return visible(request, await self._control.models())

    async def settle(self, wish: NothingAskedError) -> None:
        """Load the model that a request without words is about, and return when it is there; or begin to unload it.
        There is nothing to do for a name under which the router chooses. Raises ``RouterError``."""
        views = await self._control.models()
        may = [view for view in views if permits(wish.allowed, view)] if wish.allowed else views
        same = ollama_models.wanted(meant(wish.model, await aliases_of(self._control), may), may)
        if wish.unload:
            for view in ollama_models.to_unload(same):
                await self._control.unload(view.id)
        elif same and (absent := ollama_models.to_load(same)) is not None:
            await self._loaded(absent.id)

    async def _loaded(self, model: str) -> None:
        """Load a model and return when it is there. Raises ``RouterError``."""
        events = self._subscriptions.subscribe(_RING)
        try:
            await self._control.load(model)
            deadline = time.monotonic() + LOAD_SECONDS
            while time.monotonic() < deadline:
                for envelope in (await events.next(LOOK_SECONDS))[0]:
                    fact = envelope.fact
                    if isinstance(fact, ResidencyChanged) and fact.event.model == model:
                        if fact.event.kind == "load_failed":
                            raise RouterError("backend_error", f"{model} could not be loaded: {fact.event.reason}")
                        if fact.event.kind == "load":
                            return
                if any(v.id == model and v.residency == "resident" for v in await self._control.models()):
                    return
        finally:
            events.close()
        words = f"{model} is not in memory after {LOAD_SECONDS:.0f} s."
        raise RouterError("load_timeout", words, retryable=True, retry_after=30)


_VERBS: Final = {"blobs": "store the files of"}
