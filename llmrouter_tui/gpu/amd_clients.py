"""Which processes hold an AMD GPU's memory.

Two accounts are read and, where both know a process, the larger is taken. What the kernel tells of every open graphics
device in ``/proc/<pid>/fdinfo`` (Documentation/gpu/drm-usage-stats.rst) covers all programs but only those of this
user. What ROCm's part of the driver tells in ``/sys/class/kfd/kfd/proc`` covers programs of all users but only those
that compute by ROCm.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmrouter_tui.gpu.files import number, text

LOOK_SECONDS = 5.0
"""Seconds between two searches for open graphics devices; those that are known are read each time."""
MOST_FILES = 4_000
"""Open files after which a search ends, about 25 ms; the next goes on with the processes whose turn it is."""
UNITS = {"": 1, "kib": 1 << 10, "mib": 1 << 20}


@dataclass(frozen=True, slots=True)
class Client:
    """One open graphics device. Several files, also of several processes, may be the same: ``key`` tells."""

    key: tuple[str, str]
    """The PCI address and the number that the driver gave it."""
    vram: int
    gtt: int

    @property
    def slot(self) -> str:
        return self.key[0]


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of one process."""

    vram: int = 0
    gtt: int = 0


class Clients:
    """``proc`` and ``kfd`` are where the kernel shows processes and ROCm's driver; ``clock`` counts seconds; ``most``
    bounds the open files that one search looks at."""

    def __init__(
        self,
        proc: Path = Path("/proc"),
        kfd: Path = Path("/sys/class/kfd/kfd"),
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_FILES,
    ) -> None:
        self._proc = proc
        self._kfd = kfd
        self._clock = clock
        self._most = most
        self._looked_at: float | None = None
        self._turns: dict[int, float] = {}
        """When each process was looked at."""
        self._files: dict[int, list[Path]] = {}
        """Of each process, the files of ``fdinfo`` that are graphics devices'."""

    def memory(self) -> dict[str, dict[int, Held]]:
        """By PCI address, what each process holds. Never raises."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look(now)
        found: dict[str, dict[int, Held]] = {}
        seen: set[tuple[str, str]] = set()
        for pid in sorted(self._files):
            clients = [parse_client(text(file) or "") for file in self._files[pid]]
            for client in clients:
                if client is not None and client.key not in seen:
                    seen.add(client.key)
                    mine = found.setdefault(client.slot, {})
                    held = mine.get(pid, Held())
                    mine[pid] = Held(held.vram + client.vram, held.gtt + client.gtt)
        for slot, pid, size in self._computing():
            mine = found.setdefault(slot, {})
            held = mine.get(pid, Held())
            mine[pid] = Held(max(held.vram, size), held.gtt)
        return found

    def _look(self, now: float) -> None:
        """Search for open graphics devices: in new processes first, then in those that waited longest."""
        pids = _numbers(self._proc)
        self._turns = {pid: self._turns.get(pid, float("-inf")) for pid in pids}
        self._files = {pid: files for pid, files in self._files.items() if pid in self._turns}
        left = self._most
        for pid in sorted(pids, key=lambda pid: (self._turns[pid], -pid)):
            if left <= 0:
                return
            folder = self._proc / str(pid)
            opened = sorted(_numbers(folder / "fd"))
            left -= len(opened)
            self._turns[pid] = now
            self._files[pid] = [folder / "fdinfo" / str(fd) for fd in opened if _is_graphics(f"{folder}/fd/{fd}")]

    def _computing(self) -> Iterator[tuple[str, int, int]]:
        """(PCI address, pid, bytes) as ROCm's part of the driver tells."""
        pids = _numbers(self._kfd / "proc")
        if not pids:
            return
        for gpu, slot in self._gpus().items():
            for pid in pids:
                size = number(self._kfd / "proc" / str(pid) / f"vram_{gpu}")
                if size:
                    yield slot, pid, size

    def _gpus(self) -> dict[int, str]:
        """PCI addresses by the numbers that ROCm's part of the driver gives to GPUs."""
        nodes = self._kfd / "topology" / "nodes"
        found: dict[int, str] = {}
        for node in _numbers(nodes):
            gpu = number(nodes / str(node) / "gpu_id")
            if gpu:
                found[gpu] = _address(text(nodes / str(node) / "properties") or "")
        return found


def parse_client(said: str) -> Client | None:
    """A file of ``fdinfo``; None for one that is no amdgpu device's. Newer kernels say ``drm-resident-vram``, all say
    ``drm-memory-vram``; where both are there they mean the same."""
    pairs = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    values = {key.strip(): value.strip() for key, value in pairs.items()}
    slot, number = values.get("drm-pdev"), values.get("drm-client-id")
    if values.get("drm-driver") != "amdgpu" or not slot or not number:
        return None
    return Client((slot, number), _region(values, "vram"), _region(values, "gtt"))


def _region(values: dict[str, str], region: str) -> int:
    said = values.get(f"drm-resident-{region}") or values.get(f"drm-memory-{region}") or "0"
    amount, _, unit = said.partition(" ")
    scale = UNITS.get(unit.strip().lower())
    return int(amount) * scale if amount.isdigit() and scale else 0


def _address(properties: str) -> str:
    """The PCI address in the properties of a node: ``location_id`` is bus, device and function in 16 bits."""
    values = dict(line.split(None, 1) for line in properties.splitlines() if len(line.split()) == 2)
    try:
        place, domain = int(values["location_id"]), int(values.get("domain", "0"))
    except (KeyError, ValueError):
        return ""
    return f"{domain:04x}:{place >> 8 & 0xFF:02x}:{place >> 3 & 0x1F:02x}.{place & 7}"


def _is_graphics(link: str) -> bool:
    try:
        return os.readlink(link).startswith("/dev/dri/")  # noqa: PTH115 (thousands of them)
    except OSError:
        return False


def _numbers(folder: Path) -> list[int]:
    """The entries of a folder that are numbers; none where it may not be read."""
    try:
        with os.scandir(folder) as entries:
            return [int(entry.name) for entry in entries if entry.name.isdigit()]
    except OSError:
        return []
