"""The newest loads, unloads and log lines, kept in memory for snapshots, and what today's loads and unloads cost."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.events import Envelope, LogLine, ResidencyChanged
from llmrouter_tui.core.redaction import redactor
from llmrouter_tui.core.sources import source
from llmrouter_tui.core.swapping import counted, thrash
from llmrouter_tui.core.vram import Swaps, Thrash

LINES = 2000
MOVES = 50
"""Loads and unloads in a snapshot."""
EVICTIONS = 300
"""Evictions in which circles are looked for: one every two seconds."""
KEPT: Final = (LogLine, ResidencyChanged)
"""The facts that it reads."""
LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warn"}


class Journal:
    """Taps the bus."""

    def __init__(self) -> None:
        self._residency: deque[ResidencyEvent] = deque(maxlen=MOVES)
        self._evictions: deque[ResidencyEvent] = deque(maxlen=EVICTIONS)
        self._day = 0.0
        """When the day began whose swaps are counted."""
        self._swaps = Swaps()
        self._lines: deque[LogLine] = deque(maxlen=LINES)

    def put(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, LogLine):
            self._lines.append(fact)
        elif isinstance(fact, ResidencyChanged):
            self._take(fact.event)

    def begin(self, events: Iterable[ResidencyEvent]) -> None:
        """Know these moves, oldest first, and no others."""
        self._residency.clear()
        self._evictions.clear()
        self._day, self._swaps = 0.0, Swaps()
        for event in events:
            self._take(event)

    def _take(self, event: ResidencyEvent) -> None:
        self._residency.appendleft(event)
        if event.evicted_for:
            self._evictions.append(event)
        if (day := midnight(event.at)) > self._day:
            self._day, self._swaps = day, Swaps()
        self._swaps = counted(self._swaps, event)

    def residency(self) -> tuple[ResidencyEvent, ...]:
        return tuple(self._residency)

    def swaps(self, now: float) -> Swaps:
        """What moving models cost since local midnight."""
        return self._swaps if self._day == midnight(now) else Swaps()

    def thrash(self, now: float) -> tuple[Thrash, ...]:
        return thrash(self._evictions, now)

    def lines(self) -> tuple[LogLine, ...]:
        return tuple(self._lines)


def midnight(at: float) -> float:
    """When the local day of a wall time began."""
    return datetime.fromtimestamp(at).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


class LogLines(logging.Handler):
    """Turns log records into ``LogLine`` facts; ``emit`` may be called from any thread."""

    def __init__(self, publish: Callable[[LogLine], None], secrets: Iterable[str] = ()) -> None:
        """``secrets`` stand in none of them."""
        super().__init__(logging.INFO)
        self._publish = publish
        self._redact = redactor(secrets)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception:
            self.handleError(record)
            return
        level = LEVELS.get(record.levelno, "error" if record.levelno >= logging.ERROR else "info")
        who = source(record.name, getattr(record, "source", ""))
        self._publish(LogLine(record.created, level, who, self._redact(text)))
