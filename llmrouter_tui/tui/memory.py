"""What each memory pool did over the last ten minutes: bytes used, and how busy it was. Pure."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from llmrouter_tui.core.domain import Device

STEP = 5.0
"""Seconds per point."""
KEPT = 120
"""Points kept: ten minutes."""


@dataclass(slots=True)
class Point:
    """One step: the newest bytes used in it, and the mean of how busy it was (0..1, None where that is not told)."""

    at: float
    used: float
    busy: float | None = None
    samples: int = 0

    def take(self, device: Device) -> None:
        """Count a sample in."""
        self.used = float(device.used)
        if device.utilization is not None:
            self.samples += 1
            before = self.busy or 0.0
            self.busy = before + (device.utilization - before) / self.samples


class MemoryBook:
    """Takes in samples as they come, once a second or more often, as one point per step."""

    def __init__(self) -> None:
        self._points: dict[str, deque[Point]] = {}

    def sampled(self, devices: Iterable[Device], at: float) -> None:
        """Note what is measured now (``at`` is wall time)."""
        start = at - at % STEP
        for device in devices:
            points = self._points.setdefault(device.pool, deque(maxlen=KEPT))
            while points and points[-1].at > start:
                points.pop()  # the clock was set back
            if not points or points[-1].at < start:
                points.append(Point(start, 0.0))
            points[-1].take(device)

    def series(self, pool: str, now: float) -> list[float]:
        """Bytes used in each step up to now, oldest first. A step without a sample repeats the one before it; the
        list is shorter than ten minutes while less is known."""
        return self._line(pool, now, lambda point: point.used)

    def busy(self, pool: str, now: float) -> list[float]:
        """How busy it was (0..1) in each step, like ``series``; empty where that is never told."""
        points = self._points.get(pool, ())
        if all(point.busy is None for point in points):
            return []
        return self._line(pool, now, lambda point: point.busy or 0.0)

    def _line(self, pool: str, now: float, of: Callable[[Point], float]) -> list[float]:
        last = now - now % STEP
        known = [point for point in self._points.get(pool, ()) if last - point.at < KEPT * STEP]
        line: list[float] = []
        for index, point in enumerate(known):
            until = known[index + 1].at if index + 1 < len(known) else last + STEP
            line.extend([of(point)] * max(1, round((until - point.at) / STEP)))
        return line[-KEPT:]
