"""The daily schedule: off unless the user switched it on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from llmrouter_tui.catalog.sync.http import Sleep
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.core.sync import SyncRecord, due

LOOK: Final = 900.0
"""Seconds between looks at the clock; a laptop that slept catches up within them."""


async def keep(
    wanted: Callable[[], bool],
    sources: Callable[[], Sequence[str]],
    history: Callable[[], Awaitable[Sequence[SyncRecord]]],
    sync: Callable[[Sequence[str]], Awaitable[object]],
    *,
    clock: Clock,
    sleep: Sleep,
) -> None:
    """For ever: while it is ``wanted``, ask those ``sources`` that are due. A database that cannot be read now, or a
    run that is refused, is no reason to stop looking."""
    while True:
        if wanted():
            try:
                if now_due := due(await history(), sources(), clock.wall()):
                    await sync(now_due)
            except RouterError:
                pass  # the run's own record, or the database's problem on screen, tells what is wrong
        await sleep(LOOK)
