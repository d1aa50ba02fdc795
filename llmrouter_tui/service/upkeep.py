"""What the database needs as long as the router lives."""

import contextlib
import logging

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.engine.status import Status
from llmrouter_tui.engine.traffic import Traffic
from llmrouter_tui.storage.repo import SqliteRepo

log = logging.getLogger(__name__)

NOTE_SECONDS = 0.5
"""Between two looks at what is under way."""


async def watch_storage(repo: SqliteRepo, status: Status) -> None:
    """Say on screen when writes do not reach the disk, and when they do again; and that a damaged file was moved aside,
    until the next start."""
    if repo.notice and repo.notice not in {p.message for p in status.view().problems}:
        hint = "what was in it can be looked for in the old one, and llmrouter-tui restore brings a backup back"
        status.report("database_damaged", repo.notice, hint)
    if not repo.problem:
        status.clear("database")
    elif repo.problem not in {p.message for p in status.view().problems}:
        waits = ", and what is not written yet waits" if repo.pending else ""
        status.report("database", repo.problem, f"routing goes on{waits}; --db names another file at the next start")


async def prune(repo: Repo, keep_days: float, now: float) -> None:
    """Drop what is older than ``keep_days`` days."""
    with contextlib.suppress(RouterError):  # a locked database is told by ``watch_storage``
        await repo.prune(keep_days=keep_days, now=now)


class Unfinished:
    """Exchanges under way, as the database knows them: a router that is killed leaves no word of what it was at. Those
    that are over within a moment are never written."""

    def __init__(self, repo: SqliteRepo, traffic: Traffic) -> None:
        self._repo = repo
        self._traffic = traffic
        self._seen: set[str] = set()
        self._noted: set[str] = set()

    async def note(self) -> None:
        """Write those that were there at the last look already."""
        running = self._traffic.running
        for exchange_id in self._seen & running.keys() - self._noted:
            self._repo.begun(running[exchange_id].exchange())
            self._noted.add(exchange_id)
        self._seen = set(running)
        self._noted &= self._seen


async def end_unfinished(repo: SqliteRepo) -> None:
    """What an earlier router left under way is over."""
    with contextlib.suppress(RouterError):
        if count := await repo.end_unfinished():
            plural = "s were" if count > 1 else " was"
            log.warning("%d exchange%s under way when the router ended last time, and failed", count, plural)
