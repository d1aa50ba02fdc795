"""What is publicly known of models: fetched, looked up, matched."""

import asyncio
from collections.abc import Sequence
from difflib import get_close_matches

from llmrouter_tui.core.domain import AUTOMATIC
from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.sync import SyncedFigure, SyncView
from llmrouter_tui.engine.commands.parts import Commands


class FigureCommands(Commands):
    """``core.ports.figures.FigureControl`` in this process."""

    async def sync(self, sources: Sequence[str] = ()) -> None:
        if self._p.repo.problem:
            raise RouterError("storage_unavailable", f"nothing fetched could be kept: {self._p.repo.problem}")
        self._p.syncs.start(sources)

    async def cancel_sync(self) -> None:
        self._p.syncs.cancel()

    async def sync_view(self) -> SyncView:
        return self._p.syncs.view()

    async def catalog(self) -> Sequence[Listed]:
        return await asyncio.to_thread(self._p.catalog.listed)

    async def known(self, entries: Sequence[str]) -> Sequence[Dossier]:
        return await asyncio.to_thread(self._p.catalog.dossiers, entries)

    async def match(self, model: str, entry: str) -> None:
        record = self._p.fleet.model(model)
        chosen = None if entry == AUTOMATIC else entry
        if chosen:
            await self._check_entry(chosen)
        await self._p.repo.set_match(model, chosen)
        self._p.learning.matched(record, chosen)
        self._p.fleet.touch(record)

    async def _check_entry(self, entry: str) -> None:
        ids = [one.id for one in await self.catalog()]
        if entry not in ids:
            near = ", ".join(get_close_matches(entry, ids, 3, 0.5))
            hint = f"near are {near}" if near else "GET /admin/catalog lists them"
            raise RouterError("not_found", f"the catalog has no model {entry!r}", hint=hint, param="id")

    async def figures(self, models: Sequence[str]) -> Sequence[SyncedFigure]:
        return await self._p.syncs.figures(frozenset(models))
