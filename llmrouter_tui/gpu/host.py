"""The machine's RAM as a memory pool: where models live without a GPU, and where the embedded engine's live."""

import time
from typing import Any

import psutil

from llmrouter_tui.core.domain import HOST_POOL, Device

SHARED = " (shared RAM)"
"""What follows the name of a GPU without memory of its own."""
SHORTEST_SPAN = 0.2
"""Seconds of CPU time below which a busy share is noise; the kernel counts in steps of 10 ms."""


def ram() -> tuple[int, int]:
    """(total, available) bytes of RAM: caches count as available. Raises ``OSError`` or ``psutil.Error``."""
    memory = psutil.virtual_memory()
    return int(memory.total), int(memory.available)


class HostProbe:
    """Measures RAM and CPU. ``used`` is what cannot be had (total less available): caches count as free."""

    driver = note = ""

    def __init__(self) -> None:
        self._counted = psutil.cpu_times()
        self._busy: float | None = None

    def sample(self) -> tuple[Device, ...]:
        """The host pool now. Never raises."""
        now = time.time()
        try:
            total, free = ram()
            busy = self._cpu()
        except (OSError, psutil.Error, ValueError) as error:
            problem = f"the system does not tell its memory: {error}"
            return (Device(HOST_POOL, "RAM", "host", 0, 0, 0, sampled_at=now, problem=problem),)
        return (Device(HOST_POOL, "RAM", "host", total, total - free, free, utilization=busy, sampled_at=now),)

    def close(self) -> None:
        """Nothing is held."""

    def _cpu(self) -> float | None:
        """Busy share of all cores since the last look, 0..1; None until there is something to compare with."""
        times = psutil.cpu_times()
        span = _total(times) - _total(self._counted)
        if span >= SHORTEST_SPAN:
            idle = _idle(times) - _idle(self._counted)
            self._busy = min(max(1 - idle / span, 0.0), 1.0)
            self._counted = times
        return self._busy


def _total(times: Any) -> float:
    """All CPU time. Linux counts guest time in user time too, so it is taken out once."""
    return float(sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0))


def _idle(times: Any) -> float:
    return float(times.idle + getattr(times, "iowait", 0.0))
