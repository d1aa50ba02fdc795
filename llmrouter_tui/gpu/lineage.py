"""Who the processes that hold GPU memory are, and which processes they come from."""

import time
from collections.abc import Callable, Sequence

import psutil

from llmrouter_tui.core.domain import Process

MOST = 16
"""Processes looked at, the largest holders of memory first; a backend's are among them."""
DEPTH = 8
"""Ancestors looked at for each."""
SOONEST = 2.0
"""Seconds between two looks at least, however often processes come and go."""
LATEST = 15.0
"""Seconds after which the same processes are looked at again: a server may begin to listen after it took memory."""


class Lineage:
    """Remembers the last look; ``clock`` counts seconds. A look takes about a millisecond for each process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pids: frozenset[int] = frozenset()
        self._looked_at: float | None = None
        self._found: dict[int, Process] = {}

    def look(self, processes: Sequence[tuple[int, int]]) -> None:
        """Take in which processes hold how many bytes now; looks at them if they changed or the last look is old."""
        largest = sorted(processes, key=lambda one: -one[1])
        pids = frozenset(dict.fromkeys([pid for pid, _ in largest][:MOST]))
        now = self._clock()
        age = None if self._looked_at is None else now - self._looked_at
        if age is None or age >= LATEST or (age >= SOONEST and pids != self._pids):
            self._pids, self._looked_at = pids, now
            self._found = _family(pids)

    def of(self, processes: Sequence[tuple[int, int]]) -> tuple[Process, ...]:
        """Those of ``processes`` that were looked at, each with its ancestors, by pid."""
        chosen: dict[int, Process] = {}
        for pid, _ in processes:
            while pid in self._found and pid not in chosen:
                chosen[pid] = self._found[pid]
                pid = chosen[pid].parent
        return tuple(chosen[pid] for pid in sorted(chosen))


def _family(pids: frozenset[int]) -> dict[int, Process]:
    found: dict[int, Process] = {}
    for pid in pids:
        for _ in range(DEPTH):
            if pid <= 1 or pid in found:
                break
            process = _process(pid)
            if process is None:
                break
            found[pid] = process
            pid = process.parent
    return found


def _process(pid: int) -> Process | None:
    """A process as far as this user may see it; None for one that is gone, or is in another namespace of pids."""
    try:
        process = psutil.Process(pid)
        name, parent = process.name(), process.ppid()
    except (psutil.Error, OSError):
        return None
    try:
        connections = process.net_connections("tcp")
    except (psutil.Error, OSError):
        connections = []
    ports = {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN and c.laddr}
    return Process(pid, parent, name, tuple(sorted(ports)))
