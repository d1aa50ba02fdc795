"""``Host`` for a recording: what a screen runs in its worker thread to play one."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.feed import Feed
from llmrouter_tui.recording.control import RecordedControl
from llmrouter_tui.recording.player import Player
from llmrouter_tui.recording.reader import Recording

T = TypeVar("T")


class RecordedHost:
    """Plays a recording. ``run`` blocks in its own thread; ``submit`` and ``stop`` are for any thread."""

    readonly = True
    url = ""

    def __init__(self, recording: Recording, *, speed: float = 1.0) -> None:
        self.player = Player(recording, speed)
        self._recording = recording
        self._control = RecordedControl(self.player)
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ended = False

    @property
    def control(self) -> Control:
        return cast(Control, self._control)

    @property
    def feed(self) -> Feed:
        return self.player

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    def stop(self, *, now: bool = False) -> None:
        with self._lock:
            if not self._ended:
                self._loop.call_soon_threadsafe(self._stop.set)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Before ``run`` it waits for it; after ``stop`` the future holds a ``RouterError``."""
        with self._lock:
            if not self._ended:
                return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        coroutine.close()
        late: Future[T] = Future()
        late.set_exception(RouterError("shutting_down", "The replay has ended."))
        return late

    async def _main(self) -> None:
        reading = self._loop.create_task(self.player.read_on())
        try:
            await self._stop.wait()
        finally:
            with self._lock:
                self._ended = True
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            self._control.close()
            self._recording.close()
