"""Memory used over the last ten minutes, per pool, for the charts on VRAM. Pure."""

from collections import deque
from collections.abc import Iterable

from llmrouter_tui.core.domain import Device

STEP = 5.0
"""Seconds per point."""
KEPT = 120
"""Points kept: ten minutes."""


class MemoryBook:
    """Takes in samples as they come, once a second or more often; keeps the newest of each step."""

    def __init__(self) -> None:
        self._points: dict[str, deque[tuple[float, float]]] = {}

    def sampled(self, devices: Iterable[Device], at: float) -> None:
        """Note what is used now (``at`` is wall time)."""
        start = at - at % STEP
        for device in devices:
            points = self._points.setdefault(device.pool, deque(maxlen=KEPT))
            if points and points[-1][0] >= start:
                points.pop()
            points.append((start, float(device.used)))

    def series(self, pool: str, now: float) -> list[float]:
        """Bytes used in each step up to now, oldest first. A step without a sample repeats the one before it; the
        list is shorter than ten minutes while less is known."""
        last = now - now % STEP
        known = [(at, used) for at, used in self._points.get(pool, ()) if last - at < KEPT * STEP]
        line: list[float] = []
        for index, (at, used) in enumerate(known):
            until = known[index + 1][0] if index + 1 < len(known) else last + STEP
            line.extend([used] * max(1, round((until - at) / STEP)))
        return line[-KEPT:]
