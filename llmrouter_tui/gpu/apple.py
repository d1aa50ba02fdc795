"""The GPU of Apple silicon: it works in the machine's RAM, up to a limit that the system sets.

Written from what macOS and others' measurements tell, and tested with recorded outputs only: it was never run on such
a machine. Neither ``sudo`` nor ``powermetrics`` is used, so load, heat, power and processes are not told.
"""

import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from llmrouter_tui.core.domain import Device
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.host import SHARED, ram

MIB = 1 << 20
LARGE = 36 << 30
"""Bytes of RAM from which the usual limit is three quarters of it; below, it is two thirds.

Metal's ``recommendedMaxWorkingSetSize`` as llama.cpp prints it on many machines: 10,923 MiB of 16 GiB, 21,845 MiB of
32 GiB, 27,648 MiB of 36 GiB, 49,152 MiB of 64 GiB. Newer systems allow more (11.8 of 16 GiB and 107.5 of 128 GiB were
seen under macOS 26), so what is told here is a safe lower bound."""
READ_SECONDS = 30.0
"""Between two looks at the limit: ``sudo sysctl iogpu.wired_limit_mb=…`` changes it at any time."""
TIMEOUT = 5.0
KEYS = ("hw.memsize", "iogpu.wired_limit_mb", "machdep.cpu.brand_string")


def run_sysctl(keys: Sequence[str]) -> str:
    """What ``sysctl`` prints; it leaves out keys that the system does not have. Raises ``OSError`` or
    ``subprocess.TimeoutExpired``."""
    done = subprocess.run(["/usr/sbin/sysctl", *keys], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    return done.stdout


class AppleProbe:
    """One pool named by ``numbers``: what the GPU may take of the RAM at most, and of that what the system has
    available. ``sysctl`` prints values by key; ``machine`` is (system, processor); ``clock`` counts seconds."""

    driver = "Metal"
    note = ""

    def __init__(
        self,
        sysctl: Callable[[Sequence[str]], str] = run_sysctl,
        *,
        numbers: Iterator[int],
        ram: Callable[[], tuple[int, int]] = ram,
        machine: tuple[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if (machine or (platform.system(), platform.machine())) != ("Darwin", "arm64"):
            raise AbsentError("")
        self._sysctl = sysctl
        self._ram = ram
        self._clock = clock
        values = self._values()
        total = whole(values, "hw.memsize") or ram()[0]
        self._read_at = clock()
        self._memory = total
        self._limit = working_set(total, whole(values, "iogpu.wired_limit_mb"))
        self._pool = f"gpu{next(numbers)}"
        self._name = (values.get("machdep.cpu.brand_string") or "Apple silicon") + SHARED

    def sample(self) -> tuple[Device, ...]:
        """The GPU's share of the RAM now. Raises ``OSError`` where the system does not tell its memory."""
        if self._clock() - self._read_at >= READ_SECONDS:
            self._read_at = self._clock()
            self._limit = working_set(self._memory, whole(self._values(), "iogpu.wired_limit_mb"))
        _, available = self._ram()
        free = min(available, self._limit)
        return (
            Device(self._pool, self._name, "apple", self._limit, self._limit - free, free=free, sampled_at=time.time()),
        )

    def close(self) -> None:
        """Nothing is held."""

    def _values(self) -> Mapping[str, str]:
        try:
            return parse_sysctl(self._sysctl(KEYS))
        except (OSError, subprocess.SubprocessError):
            return {}


def parse_sysctl(said: str) -> dict[str, str]:
    """``key: value`` per line."""
    pairs = (line.partition(":") for line in said.splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def whole(values: Mapping[str, str], key: str) -> int | None:
    said = values.get(key, "")
    return int(said) if said.isdigit() else None


def working_set(memory: int, limit_mib: int | None) -> int:
    """Bytes that the GPU may take of ``memory`` bytes of RAM: the limit that somebody set, else (0 or not told) the
    usual share of it."""
    if limit_mib:
        return min(limit_mib * MIB, memory)
    return memory * 3 // 4 if memory >= LARGE else memory * 2 // 3
