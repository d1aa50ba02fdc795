"""``Host`` for a router that runs elsewhere: what a screen runs in its worker thread to watch one."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.feed import Feed
from llmrouter_tui.remote.control import RemoteControl
from llmrouter_tui.remote.feed import RemoteFeed
from llmrouter_tui.remote.link import open_client, root_of

T = TypeVar("T")


class RemoteHost:
    """Watches the router at ``url``. ``run`` blocks in its own thread; ``submit`` and ``stop`` are for any thread.

    Raises ``RouterError`` when ``url`` is no address. A router that is out of reach is no error: ``feed.connected``
    tells, and the watch goes on trying.
    """

    def __init__(self, url: str, *, key: str = "", readonly: bool = False) -> None:
        root = root_of(url)
        self._client = open_client(root, key)
        self._control = RemoteControl(root, readonly=readonly, client=self._client)
        self._feed = RemoteFeed()
        self._readonly = readonly
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ended = False

    @property
    def url(self) -> str:
        return self._control.root

    @property
    def control(self) -> Control:
        return self._control

    @property
    def feed(self) -> Feed:
        return self._feed

    @property
    def readonly(self) -> bool:
        return self._readonly

    def run(self) -> None:
        """Follow the router until ``stop``. To be called once."""
        with asyncio.Runner(loop_factory=self._own_loop) as runner:
            runner.run(self._main())

    def stop(self, *, now: bool = False) -> None:
        with self._lock:
            if not self._ended:
                self._ensure_loop().call_soon_threadsafe(self._stop.set)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Before ``run`` it waits for it; after ``stop`` the future holds a ``RouterError``."""
        with self._lock:
            if not self._ended:
                return asyncio.run_coroutine_threadsafe(coroutine, self._ensure_loop())
        coroutine.close()
        late: Future[T] = Future()
        late.set_exception(RouterError("shutting_down", f"The watch of {self.url} has ended."))
        return late

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            return self._ensure_loop()

    def _ensure_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop

    async def _main(self) -> None:
        following = asyncio.get_running_loop().create_task(self._feed.follow(self._client))
        try:
            await self._stop.wait()
        finally:
            await self._finish(following)

    async def _finish(self, following: asyncio.Task[None]) -> None:
        with self._lock:
            self._ended = True
        # What was submitted up to here becomes a task in this turn of the loop, and can be cancelled in the next.
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(following, *tasks, return_exceptions=True)
        await self._client.aclose()
