"""Getting the starter model, as a job that shows progress, can be cancelled and tried again."""

import asyncio
from collections.abc import Awaitable, Callable

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import FetchProgress
from llmrouter_tui.core.ports.backend import Starter
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.tasks import Tasks


class Fetching:
    """At most one fetch at a time."""

    def __init__(self, starter: Starter | None, bus: Bus, tasks: Tasks, on_done: Callable[[], Awaitable[None]]) -> None:
        self._starter = starter
        self._bus = bus
        self._tasks = tasks
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None
        self.state: FetchProgress | None = None

    def start(self) -> None:
        if self._starter is None:
            raise RouterError(
                "invalid_request",
                "the embedded engine is not installed, so a starter model could not run",
                hint="install llmrouter-tui with its extra: pip install 'llmrouter-tui[embedded]'",
            )
        if self._task is None or self._task.done():
            self._task = self._tasks.spawn(self._run(self._starter), "fetch the starter model")

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _say(self, progress: FetchProgress) -> None:
        self.state = progress
        self._bus.publish(progress)

    async def _run(self, starter: Starter) -> None:
        self._say(FetchProgress("fetching", 0, 0))
        try:
            await starter.fetch(self._say)
            await self._on_done()
        except asyncio.CancelledError:
            self._say(FetchProgress("cancelled", 0, 0, "cancelled; nothing was left behind"))
            raise
        except RouterError as error:
            self._say(FetchProgress("failed", 0, 0, str(error)))
            return
        done = self.state.total if self.state is not None else 0
        self._say(FetchProgress("done", done, done, "ready"))
