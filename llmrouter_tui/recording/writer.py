"""Writes a recording beside a router that runs: the router's thread hands facts over and never waits."""

import io
import os
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from llmrouter_tui.core.causes import cause_words
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.recording.lines import FORM, Header, end_line, event_line, header_line, snapshot_line
from llmrouter_tui.recording.silence import quiet, quiet_snapshot

RING: Final = 8192
"""Facts that wait to be written; what comes while it is full is lost, and told by the gap in their numbers."""
FLUSH_SECONDS: Final = 0.5
"""The longest time that a fact waits."""
SNAPSHOT_SECONDS: Final = 300.0
"""Between two snapshots: from each a replay may begin, so a jump reads at most that much."""
_GZIP: Final = 16 + zlib.MAX_WBITS
"""What zlib calls packing with the header of gzip."""


class Recorder:
    """One recording under way. ``put`` and ``due`` are for the router's thread."""

    def __init__(self, path: Path, *, version: str, texts: bool, failed: Callable[[str], None]) -> None:
        """A file named ``.gz`` is packed, each piece so that what was written can be read if nothing follows.

        ``failed`` is called once, on the writer's own thread, with why nothing is recorded any more.

        Raises ``RouterError`` where the file is there already or cannot be made.
        """
        self.path = path
        self._texts = texts
        self._failed = failed
        self._ring: deque[Envelope | Snapshot] = deque()
        self._lossy = False
        self._told = -SNAPSHOT_SECONDS
        self._closing = threading.Event()
        self._over = False
        self._packer = zlib.compressobj(wbits=_GZIP) if path.suffix.lower() == ".gz" else None
        self._file = _made(path)
        self._thread = threading.Thread(target=self._work, args=(version,), name="recording", daemon=True)
        self._thread.start()

    def put(self, envelope: Envelope) -> None:
        """Have a fact written. Never blocks, never raises."""
        if self._over:
            return
        if len(self._ring) < RING:
            self._ring.append(envelope)
        else:
            self._lossy = True

    def due(self, now: float) -> bool:
        """Whether a snapshot should be given now, by a clock that never goes back: one is missing, or facts were lost
        and there is room again."""
        if self._over or len(self._ring) >= RING // 2:
            return False
        return self._lossy or now - self._told >= SNAPSHOT_SECONDS

    def start_from(self, snapshot: Snapshot, now: float) -> None:
        """Have a snapshot written."""
        self._lossy, self._told = False, now
        self._ring.append(snapshot)

    def close(self) -> None:
        """Write what waits, and the end. Blocks until that is done; idempotent."""
        self._closing.set()
        self._thread.join()

    def _work(self, version: str) -> None:
        try:
            with self._file:
                self._write(header_line(Header(FORM, version, time.time(), self._texts)))
                while not self._closing.wait(FLUSH_SECONDS):
                    self._write(b"".join(self._lines()))
                self._write(b"".join(self._lines()) + end_line(time.time()), zlib.Z_FINISH)
        except OSError as error:
            self._failed(f"recording to {self.path} ended: {cause_words(error)}")
        except Exception as error:  # whatever it was: who records must hear that it ended
            self._failed(f"recording to {self.path} ended: {type(error).__name__}: {error}")
        finally:
            self._over = True
            self._ring.clear()

    def _lines(self) -> Iterator[bytes]:
        for _ in range(len(self._ring)):
            item = self._ring.popleft()
            if isinstance(item, Snapshot):
                yield snapshot_line(item if self._texts else quiet_snapshot(item))
            elif self._texts:
                yield event_line(item)
            elif (fact := quiet(item.fact)) is not None:
                yield event_line(replace(item, fact=fact))

    def _write(self, data: bytes, flush: int = zlib.Z_SYNC_FLUSH) -> None:
        if self._packer is not None and data:
            data = self._packer.compress(data) + self._packer.flush(flush)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]


def _made(path: Path) -> io.FileIO:
    """A new file that only its owner reads."""
    try:
        return io.FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    except FileExistsError:
        words, hint = f"{path} is there already", "name a file that is not: a recording is always a new one"
        raise RouterError("invalid_request", words, hint=hint) from None
    except OSError as error:
        raise RouterError("invalid_request", f"cannot record to {path}: {cause_words(error)}") from error
