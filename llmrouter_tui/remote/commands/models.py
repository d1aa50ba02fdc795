"""Models, and the memory that holds them, over HTTP."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.remote.commands.line import Commands

_MODELS = msgspec.json.Decoder(tuple[ModelView, ...])
_VRAM = msgspec.json.Decoder(VramView)
_PLACEMENT = msgspec.json.Decoder(Placement)


class ModelCommands(Commands):
    """``core.ports.models.ModelControl`` over HTTP."""

    async def models(self) -> Sequence[ModelView]:
        return await self._get("models", _MODELS)

    async def load(self, model: str) -> None:
        await self._act(model, "load")

    async def unload(self, model: str, *, force: bool = False) -> None:
        await self._act(model, "unload?force=true" if force else "unload")

    async def pin(self, model: str, pinned: bool) -> None:
        await self._act(model, "pin" if pinned else "unpin")

    async def enable(self, model: str, enabled: bool) -> None:
        await self._act(model, "enable" if enabled else "disable")

    async def vram(self) -> VramView:
        return await self._get("vram", _VRAM)

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        """Asking changes nothing: a read-only control may."""
        params = None if context_length is None else {"context_length": str(context_length)}
        return await self._get(f"models/{quote(model, safe='/:')}/plan", _PLACEMENT, params)

    async def clear_vram(self) -> None:
        await self._command("POST", "vram/clear")

    async def release_vram(self) -> None:
        await self._command("POST", "vram/release")

    async def _act(self, model: str, action: str) -> None:
        await self._command("POST", f"models/{quote(model, safe='/:')}/{action}")
