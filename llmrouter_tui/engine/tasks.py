"""Background tasks that are kept, logged when they fail, and ended together; work that is repeated for ever."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from llmrouter_tui.core.errors import RouterError

log = logging.getLogger(__name__)


class Tasks:
    """Owns the tasks it spawns: the loop alone keeps no reference to them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run in the background; a failure is logged, never lost."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def repeat(self, step: Callable[[], Awaitable[object]], name: str, *, pause: float = 0.0) -> asyncio.Task[None]:
        """Run a step again and again, ``pause`` seconds apart (0: it waits itself, before anything can fail). What
        goes wrong unexpectedly is logged, once per cause, and ends nothing."""
        return self.spawn(self._repeat(step, name, pause), name)

    async def _repeat(self, step: Callable[[], Awaitable[object]], name: str, pause: float) -> None:
        faults = Faults(name)
        while True:
            try:
                await step()
            except Exception as error:
                faults.tell(error)
            await asyncio.sleep(pause)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, RouterError):  # those are answers, told where they arise
            log.error("%s failed: %s", task.get_name(), error, exc_info=error)

    async def close(self) -> None:
        """Cancel what still runs and wait for it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Faults:
    """Logs what went wrong unexpectedly, with the traceback: once for each place in the code and kind of error."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told: set[tuple[type[BaseException], str, int | None]] = set()

    def tell(self, error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        cause = (type(error), place.filename, place.lineno)
        if cause not in self._told:
            self._told.add(cause)
            log.error("%s failed and goes on: %s", self._what, str(error) or repr(error), exc_info=error)
