"""What is publicly known of models, over HTTP."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.sync import SyncedFigure, SyncView
from llmrouter_tui.remote.commands.line import Commands

_LISTED = msgspec.json.Decoder(tuple[Listed, ...])
_DOSSIERS = msgspec.json.Decoder(tuple[Dossier, ...])
_FIGURES = msgspec.json.Decoder(tuple[SyncedFigure, ...])
_SYNC = msgspec.json.Decoder(SyncView)


class FigureCommands(Commands):
    """``core.ports.figures.FigureControl`` over HTTP."""

    async def sync(self, sources: Sequence[str] = ()) -> None:
        await self._command("POST", "sync", {"sources": list(sources)})

    async def cancel_sync(self) -> None:
        await self._command("DELETE", "sync")

    async def sync_view(self) -> SyncView:
        return await self._get("sync", _SYNC)

    async def catalog(self) -> Sequence[Listed]:
        return await self._get("catalog", _LISTED)

    async def known(self, entries: Sequence[str]) -> tuple[Dossier, ...]:
        return await self._get("catalog", _DOSSIERS, {"id": list(entries)}) if entries else ()

    async def match(self, model: str, entry: str) -> None:
        await self._command("POST", f"models/{quote(model, safe='/:')}/match", {"id": entry or None})

    async def figures(self, models: Sequence[str]) -> tuple[SyncedFigure, ...]:
        return await self._get("benchmarks", _FIGURES, {"model": list(models)}) if models else ()
