"""Plays a recording: hands its events out as their time comes, which can be stopped, hurried and moved."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from llmrouter_tui.core.events import Envelope
from llmrouter_tui.core.playback import Playing
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.recording.book import Book
from llmrouter_tui.recording.lines import Ended, Unknown
from llmrouter_tui.recording.reader import Recording

AHEAD: Final = 4096
"""Events that are read before their time."""
LOOK_SECONDS: Final = 0.02
SLICE_SECONDS: Final = 0.005
"""Spent on reading in one go: others are to be answered too."""


class Player:
    """``core.ports.feed.Feed`` and ``core.playback.Playback``. What reads the file (``read_on``, ``restart``) is for
    one thread, the rest for any."""

    connected = True
    dropped = 0

    def __init__(self, recording: Recording, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._recording = recording
        self._clock = clock
        self._lock = threading.RLock()
        self._queue: deque[Envelope | Snapshot] = deque()
        """A snapshot in it says that events before it were lost."""
        self._at, self._since = recording.begins, clock()
        self._speed, self._paused = speed, False
        self._held = True
        """Time stands still until the screen has its snapshot."""
        self._cut = False
        self._read, self._ended = recording.begins, False
        """The time of the event that was read last, and whether there is no more."""
        self._seq = self._skipped = self._lost = 0
        self._gap = False
        self._counted = recording.begins
        """Up to where skipped and lost events were counted: not again after a jump back."""
        self.book: Book

    @property
    def path(self) -> Path:
        return self._recording.path

    # ── core.ports.feed.Feed ──

    def drain(self, limit: int = 2000) -> tuple[Sequence[Envelope], bool]:
        with self._lock:
            cut, self._cut = self._cut, False
            if cut or self._held:
                return (), cut
            now, queue = self._now(), self._queue
            items: list[Envelope] = []
            while queue and len(items) < limit and queue[0].at <= now:
                item = queue.popleft()
                if isinstance(item, Snapshot):  # what was lost is in it: the screen starts again from there
                    return (), True
                items.append(item)
            return items, False

    # ── core.playback.Playback ──

    def now(self) -> float:
        with self._lock:
            return self._now()

    def playing(self) -> Playing:
        recording = self._recording
        with self._lock:
            now = self._now()
            over = self._ended and not self._queue and now >= self._end()
            return Playing(
                now,
                recording.begins,
                self._end(),
                self._speed,
                self._paused,
                over,
                recording.header.version,
                recording.header.texts,
                self._skipped,
                self._lost,
                recording.broken if self._ended else "",
            )

    def pause(self, paused: bool) -> None:
        with self._lock:
            self._settle()
            self._paused = paused

    def pace(self, speed: float) -> None:
        with self._lock:
            self._settle()
            self._speed = speed

    def go(self, at: float) -> None:
        with self._lock:
            self._at, self._since = max(self._recording.begins, min(self._end(), at)), self._clock()
            self._held = self._cut = True

    # ── reading ──

    def restart(self) -> Snapshot:
        """The last snapshot before the time that is shown; the events up to that time follow at once."""
        with self._lock:
            self._queue.clear()
            snapshot = self._recording.start_at(self._at if self._held else self._now())
            self.book = Book(snapshot)
            self._read, self._ended, self._seq, self._gap = snapshot.at, False, 0, False
            if self._held:
                self._held, self._since = False, self._clock()
            return snapshot

    async def read_on(self) -> NoReturn:
        """Keep some events ready, until cancelled."""
        while True:
            if not self._held:
                self.fill()
            await asyncio.sleep(LOOK_SECONDS)

    def fill(self) -> None:
        until = time.perf_counter() + SLICE_SECONDS
        while len(self._queue) < AHEAD and not self._ended and time.perf_counter() < until:
            with self._lock:
                self._take()

    def _take(self) -> None:
        item = self._recording.read()
        if item is None or isinstance(item, Ended):
            self._ended = True
            return
        if isinstance(item, Snapshot):
            if self._gap:
                self._gap = False
                self._queue.append(item)
            return
        self._count(item)
        self._read = max(self._read, item.at)
        if isinstance(item, Envelope):
            self.book.take(item.fact)
            self._queue.append(item)

    def _count(self, item: Envelope | Unknown) -> None:
        missing = item.seq - self._seq - 1 if self._seq else 0
        self._seq = item.seq
        self._gap = self._gap or missing > 0
        if item.at > self._counted:
            self._counted = item.at
            self._lost += max(0, missing)
            self._skipped += isinstance(item, Unknown)

    # ── time, under the lock ──

    def _now(self) -> float:
        """Never beyond what was read: where reading is slower than time, time waits."""
        if self._held or self._paused:
            return self._at
        now = self._at + (self._clock() - self._since) * self._speed
        return max(self._at, min(now, self._end() if self._ended else self._read))

    def _end(self) -> float:
        """Where the last readable thing stands."""
        return self._read if self._ended and self._recording.broken else self._recording.ends

    def _settle(self) -> None:
        self._at, self._since = self._now(), self._clock()
