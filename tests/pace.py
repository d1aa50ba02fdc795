"""How long something takes in units of this machine as it is now, so that no verdict rests on absolute time."""

import time
from collections.abc import Callable


def _spent(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _yardstick() -> None:
    total = 0
    for number in range(200_000):
        total += number & 7


def effort(work: Callable[[], object]) -> float:
    """CPU time of ``work`` on this thread, as a multiple of that of 200,000 steps of a plain loop (some 10 ms)."""
    unit = min(_spent(_yardstick) for _ in range(3))
    return _spent(work) / unit
