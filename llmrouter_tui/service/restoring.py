"""A copy of the database that comes to the running router: taken in beside its own, and what follows from that."""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.restoring import NOT_RESTORED, Restoration
from llmrouter_tui.engine.status import Status
from llmrouter_tui.storage.backup import failed
from llmrouter_tui.storage.restoring import Swap, check_in, planned, remove

CHUNK: Final = 1 << 20
"""Bytes gathered before they are written."""
SHARE: Final = 0.5
"""Of the room on the disk that a copy may take: bringing it to this version needs some too."""
SENT: Final = "what was sent"
log = logging.getLogger(__name__)


class Restoring:
    """``restart`` ends the router in an orderly way, carries out a swap while nothing is open, and begins anew.

    ``forbidden`` says why nothing can be restored now, empty where it can; ``database`` is None where all is kept in
    memory.
    """

    def __init__(self, database: Path | None, forbidden: Callable[[], str], restart: Callable[[Swap], None]) -> None:
        self._database = database
        self._forbidden = forbidden
        self._restart = restart
        self._busy = False
        if database is not None:
            remove(planned(database).part)  # of a router that was killed meanwhile

    async def restore(self, content: AsyncIterable[bytes]) -> Restoration:
        """Take a copy in and check it; on return the restart is under way. Raises ``RouterError``: then nothing was
        touched."""
        if self._database is None:
            words = "this router keeps everything in memory: there is no database to restore"
            raise RouterError("invalid_request", words)
        if self._busy:
            raise RouterError("invalid_request", "another copy is being restored at this moment")
        if why := self._forbidden():
            raise RouterError("storage_unavailable", f"nothing is restored: {why}")
        self._busy = True
        swap = planned(self._database)
        try:
            size = await self._taken_in(content, swap.part)
            await asyncio.to_thread(check_in, swap.part, SENT)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(swap.drop))
            self._busy = False
            raise
        self._restart(swap)
        return Restoration(size, str(swap.aside))

    async def _taken_in(self, content: AsyncIterable[bytes], part: Path) -> int:
        """Write what comes, as far as there is room; its size."""
        size, waiting = 0, bytearray()
        try:
            most = int(SHARE * shutil.disk_usage(part.parent).free)
            with open(part, "wb", buffering=0, opener=_private) as file:  # noqa: ASYNC230
                async for data in content:
                    size += len(data)
                    waiting += data
                    if size > most:
                        words = f"the copy is larger than half of what is free on the disk, {most / 1e9:.1f} GB"
                        raise RouterError("body_too_large", words)
                    if len(waiting) >= CHUNK:
                        await asyncio.to_thread(file.write, bytes(waiting))
                        waiting.clear()
                await asyncio.to_thread(file.write, bytes(waiting))
        except OSError as error:
            raise failed(error, part) from error
        return size


def _private(path: str, flags: int) -> int:
    """Prompts are: nobody else may read them."""
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a swap."""

    swap: Swap
    problem: RouterError | None
    """Why the database is what it was before."""

    def tell(self, status: Status) -> None:
        if self.problem is None:
            log.info("the database was restored; what was there is %s", self.swap.aside)
            return
        words = f"the database was not restored: {self.problem.message}"
        log.error("%s", words)
        status.report(NOT_RESTORED, words, self.problem.hint)


def carry_out(swap: Swap) -> Restored:
    """While nothing is open. Never raises for what is wrong with the files."""
    try:
        swap.carry_out()
    except RouterError as error:
        swap.drop()
        return Restored(swap, error)
    return Restored(swap, None)
