"""Models, and the memory that holds them."""

import contextlib
from collections.abc import Awaitable, Sequence

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.engine.commands.parts import Commands
from llmrouter_tui.engine.holding import LOADS_HELD, keep


class ModelCommands(Commands):
    """``core.ports.models.ModelControl`` in this process."""

    async def models(self) -> Sequence[ModelView]:
        return self._p.fleet.views()

    async def load(self, model: str) -> None:
        record = self._p.fleet.model(model)
        if self._p.residency.held and not record.ready:
            raise RouterError("model_loading", f"{model} is not loaded: {HELD}", hint=RELEASED_BY)
        if not record.ready:
            self._p.tasks.spawn(self._quietly(self._p.residency.load(record)), f"load {model}")

    async def unload(self, model: str, *, force: bool = False) -> None:
        record = self._p.fleet.model(model)
        if not record.backend.manages_memory:
            raise RouterError("invalid_request", f"{record.info.backend} does not let models be unloaded")
        self._p.tasks.spawn(
            self._quietly(self._p.residency.unload(record, "asked for", force=force)), f"unload {model}"
        )

    async def pin(self, model: str, pinned: bool) -> None:
        record = self._p.fleet.model(model)
        if pinned and (refusal := self._p.residency.pin_refusal(record)):
            raise RouterError("invalid_request", refusal, hint="unpin another model, or give this one less context")
        before, record.pinned = record.pinned, pinned  # at once: the next pin must see it
        try:
            await self._p.repo.set_model_state(model, pinned=pinned)
        except BaseException:
            record.pinned = before
            raise
        self._p.fleet.touch(record)
        if record.backend.manages_memory and (pinned or record.residency == "resident"):
            self._p.tasks.spawn(self._quietly(self._p.residency.keep(record)), f"keep {model}")

    async def enable(self, model: str, enabled: bool) -> None:
        record = self._p.fleet.model(model)
        await self._p.repo.set_model_state(model, enabled=enabled)
        record.enabled = enabled
        self._p.fleet.touch(record)

    async def vram(self) -> VramView:
        return self._p.vram.view()

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        return self._p.vram.placement(self._p.fleet.model(model), context_length)

    async def clear_vram(self) -> None:
        self._p.tasks.spawn(self._quietly(self._p.residency.clear()), "clear the memory")
        await keep(self._p.repo, self._p.status, LOADS_HELD, stands=True)

    async def release_vram(self) -> None:
        self._p.tasks.spawn(self._quietly(self._p.residency.release()), "release the memory")
        await keep(self._p.repo, self._p.status, LOADS_HELD, stands=False)

    async def _quietly(self, work: Awaitable[None]) -> None:
        """A command's work in the background: its failure is an event and a log line already."""
        with contextlib.suppress(RouterError):
            await work
