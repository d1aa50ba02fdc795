"""Models, and the memory that holds them, over HTTP."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.ports.models import ModelControl
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.proxy.admin.asked import flag, whole_number
from llmrouter_tui.proxy.admin.table import FLAG, STORED, does, shows
from llmrouter_tui.proxy.operation import Handler, Json, Operation, Parameter
from llmrouter_tui.proxy.replies import accepted, json_response

MAX_CONTEXT = 100_000_000
"""Tokens; no model has a longer context."""


class ModelAdmin:
    """The handlers of ``/admin/models`` and ``/admin/vram``."""

    def __init__(self, control: ModelControl) -> None:
        self._control = control

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

    def operations(self) -> Sequence[Operation]:
        clear = "Take every model out of memory, and load none until it is released."
        tokens: Json = {"type": "integer", "minimum": 1, "maximum": MAX_CONTEXT}
        context = Parameter("context_length", "Another context than it would get.", tokens)
        force = Parameter("force", "Whether not to wait for answers under way.", FLAG)
        commands: tuple[tuple[str, Handler, str, tuple[Parameter, ...]], ...] = (
            ("load", self.load, "Load it; what comes of that is an event.", ()),
            ("unload", self.unload, "Take it out of memory when its answers have ended.", (force,)),
            ("pin", self.pin, "Load it and keep it, also over restarts.", ()),
            ("unpin", self.unpin, "Let it go when memory is needed.", ()),
            ("enable", self.enable, "Let it be chosen.", ()),
            ("disable", self.disable, "Do not let it be chosen.", ()),
        )
        would = "What loading it would mean now: whether it fits, what would have to leave, how long it takes."
        plan = shows("models/{id:(?s:.+)}/plan", self.plan, would, Placement, query=(context,))
        return (
            shows("models", self.models, "Every model and all that is known of it.", list[ModelView]),
            *(
                does(f"models/{{id:(?s:.+)}}/{name}", handler, about, query=query, faults=("400", "503"))
                for name, handler, about, query in commands
            ),
            plan,
            replace(plan, method="POST"),
            shows("vram", self.vram, "Who holds which memory, and what each load would mean.", VramView),
            does("vram/clear", self.clear_vram, clear, faults=STORED),
            does("vram/release", self.release_vram, "Load models again as they are needed.", faults=STORED),
        )
