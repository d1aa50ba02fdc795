"""A recording beside the router: its events as they come, and a snapshot whenever one is due."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from llmrouter_tui import __version__
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.status import Status
from llmrouter_tui.recording.writer import Recorder

LOOK_SECONDS = 1.0
"""Between two looks whether a snapshot is due."""
log = logging.getLogger(__name__)


class RecordingBeside:
    """Lives as long as the router. A recording that cannot be written is a problem that is told, never a failure."""

    def __init__(self, path: Path, *, texts: bool, bus: Bus, status: Status) -> None:
        self._status = status
        loop = asyncio.get_running_loop()

        def failed(words: str) -> None:
            loop.call_soon_threadsafe(self._ended, words)

        try:
            self._recorder: Recorder | None = Recorder(path, version=__version__, texts=texts, failed=failed)
        except RouterError as error:
            self._recorder = None
            status.report("recording", f"nothing is recorded: {error.message}", error.hint)
            return
        bus.tap(self._recorder.put)
        status.change(recording=True)
        log.info("recording to %s, %s", path, "with texts" if texts else "without texts")

    async def look(self, snapshot: Callable[[], Awaitable[Snapshot]]) -> None:
        """Give a snapshot if one is due."""
        if self._recorder is not None and self._recorder.due(time.monotonic()):
            self._recorder.start_from(await snapshot(), time.monotonic())

    async def close(self) -> None:
        if self._recorder is not None:
            await asyncio.to_thread(self._recorder.close)

    def _ended(self, words: str) -> None:
        self._status.change(recording=False)
        self._status.report("recording", words, "what was written until then can be replayed")
