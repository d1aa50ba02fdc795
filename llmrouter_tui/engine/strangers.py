"""What other programs keep of a memory pool for themselves: nobody here accounts for it, and it stays."""

from collections.abc import Collection
from dataclasses import dataclass

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord

SPAN = 30.0
"""Seconds for which memory must be in use before it is thought to stay so. By judgement."""
SETTLE = 5.0
"""Seconds after a model has left for which its memory may look like somebody else's."""
UNTOLD = 1024**3
"""As much as servers and drivers may take beyond what is told of models: so little is held against nobody. By
judgement."""


@dataclass(slots=True)
class _Window:
    """The least that was seen since a moment, and what that was in the window before."""

    since: float
    least: int
    kept: int = 0


class Strangers:
    """Remembers the least of each pool over some time: what comes and goes with a load is none of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def look(self, devices: Collection[Device], models: Collection[ModelRecord]) -> None:
        """Take in a sample. While models move in a pool it says nothing of others there."""
        now, wall = self._clock.mono(), self._clock.wall()
        for device in devices:
            if device.problem or any(_restless(m, wall) for m in models if device.pool in m.keys):
                continue
            held = sum(m.held_in(device.pool) for m in models if _holds(m))
            other = max(0, device.used - held)
            window = self._windows.setdefault(device.pool, _Window(now, other))
            window.least = min(window.least, other)
            window.kept = min(window.kept, other)
            if now - window.since >= SPAN:
                window.since, window.least, window.kept = now, other, window.least

    def kept(self, pool: str) -> int:
        """Bytes that others keep; none where it is so little that it may be our models' own."""
        window = self._windows.get(pool)
        return window.kept if window is not None and window.kept > UNTOLD else 0


def _restless(model: ModelRecord, now: float) -> bool:
    return model.moving or model.in_motion or (model.gave_up is not None and 0 <= now - model.gave_up < SETTLE)


def _holds(model: ModelRecord) -> bool:
    return model.residency in IN_MEMORY and model.healthy and not model.shares
