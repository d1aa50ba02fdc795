"""What the database needs as long as the router lives."""

import contextlib
import time

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import Repo
from llmrouter_tui.engine.status import Status


async def watch_storage(repo: Repo, status: Status) -> None:
    """Say on screen when writes do not reach the disk, and when they do again."""
    if not repo.problem:
        status.clear("database")
    elif repo.problem not in {p.message for p in status.view().problems}:
        waits = ", and what is not written yet waits" if repo.pending else ""
        status.report("database", repo.problem, f"routing goes on{waits}; --db names another file at the next start")


async def prune(repo: Repo, keep_days: float) -> None:
    """Drop what is older than ``keep_days`` days."""
    with contextlib.suppress(RouterError):  # a locked database is told by ``watch_storage``
        await repo.prune(keep_days=keep_days, now=time.time())
