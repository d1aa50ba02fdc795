"""Handlers under way, so that a stop ends them in an orderly way instead of cutting their connections."""

import asyncio


class Live:
    """The tasks that answer requests of one kind."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self.ending = False
        """Whether a stop was asked for: a handler that is cancelled now says so to its client."""

    def __len__(self) -> int:
        return len(self._tasks)

    def enter(self) -> asyncio.Task[object] | None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        return task

    def leave(self, task: asyncio.Task[object] | None) -> None:
        if task is not None:
            self._tasks.discard(task)

    async def end(self, grace: float) -> None:
        """Wait up to ``grace`` seconds for handlers to finish, then cancel the rest and wait for their last words."""
        self.ending = True
        if self._tasks and grace > 0:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
