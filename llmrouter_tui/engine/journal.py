"""The newest loads, unloads and log lines, kept in memory for snapshots."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.events import Envelope, LogLine, ResidencyChanged
from llmrouter_tui.core.sources import source

LINES = 2000
KEPT: Final = (LogLine, ResidencyChanged)
"""The facts that it reads."""
LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warn"}


class Journal:
    """Taps the bus."""

    def __init__(self) -> None:
        self._residency: deque[ResidencyEvent] = deque(maxlen=50)
        self._lines: deque[LogLine] = deque(maxlen=LINES)

    def put(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, LogLine):
            self._lines.append(fact)
        elif isinstance(fact, ResidencyChanged):
            self._residency.appendleft(fact.event)

    def residency(self) -> tuple[ResidencyEvent, ...]:
        return tuple(self._residency)

    def lines(self) -> tuple[LogLine, ...]:
        return tuple(self._lines)


class LogLines(logging.Handler):
    """Turns log records into ``LogLine`` facts; ``emit`` may be called from any thread."""

    def __init__(self, publish: Callable[[LogLine], None]) -> None:
        super().__init__(logging.INFO)
        self._publish = publish

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception:
            self.handleError(record)
            return
        level = LEVELS.get(record.levelno, "error" if record.levelno >= logging.ERROR else "info")
        who = source(record.name, getattr(record, "source", ""))
        self._publish(LogLine(record.created, level, who, text))
