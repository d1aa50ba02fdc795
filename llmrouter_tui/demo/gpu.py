"""Simulated graphics cards: memory that follows what the simulated servers hold, and a probe that measures them."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import exp

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.demo.cast import GIB

POWER_SECONDS = 3.0
"""How fast power follows load."""
HEAT_SECONDS = 25.0
"""How fast temperature follows load."""
AMBIENT = 36.0
"""Degrees of an idle card."""
HEAT_RISE = 33.0
"""Degrees that full load adds in the long run."""
POWER_SHARE = 0.74
"""Share of the power limit that token generation draws; it waits for memory more than it computes."""


class SystemClock:
    """``core.ports.clock.Clock`` on the real clocks."""

    wall = staticmethod(time.time)
    mono = staticmethod(time.monotonic)


SYSTEM: Clock = SystemClock()


class OutOfMemory(Exception):  # noqa: N818 - the card says no, as a driver does
    """The card has not that much left."""


class SimulatedGpu:
    """One card. Owners reserve memory, fill it, and give it back; generations say when they work.

    An owner is a server and what it holds: ``ollama/phi4:14b``. Reserving is planning, which only its own server knows
    of; what is filled is taken, and no more can be than there is. Thread-safe: servers use it on the event loop, the
    probe samples it from another thread.
    """

    def __init__(
        self,
        pool: str,
        name: str,
        total: int,
        *,
        others: int,
        idle_watts: float,
        limit_watts: float,
        seed: int = 0,
        clock: Clock = SYSTEM,
    ) -> None:
        self._clock = clock
        self.pool = pool
        self.name = f"{name} (simulated)"
        self.total = total
        self._others = others
        self._idle_watts = idle_watts
        self._limit_watts = limit_watts
        self._random = random.Random(f"{seed}:{pool}")
        self._lock = threading.Lock()
        self._reserved: dict[str, tuple[int, float]] = {}
        self._returning: list[tuple[float, int]] = []
        """Bytes that were given back and are not free before that time."""
        self._working = 0
        self._busy_seconds = 0.0
        self._busy_from = 0.0
        self._sampled: float | None = None
        self._warmth = 0.0
        self._draw = 0.0

    # ── memory ────────────────────────────────────────────────────────────────────────────────────────────────

    def reserve(self, owner: str, size: int, share: float = 1.0) -> None:
        """Set aside ``size`` bytes for ``owner``, of which ``share`` is in use so far (a load under way). Raises
        ``OutOfMemory`` where others use too much for that; ``owner`` then holds what it held before."""
        with self._lock:
            before = self._reserved.get(owner)
            self._reserved[owner] = (size, share)
            if self._used() > self.total:
                self._reserved.pop(owner) if before is None else self._reserved.update({owner: before})
                raise OutOfMemory

    def release(self, owner: str, late: float = 0.0) -> None:
        """Give back all that ``owner`` holds, which is free again ``late`` seconds from now; nothing is no error."""
        with self._lock:
            size, share = self._reserved.pop(owner, (0, 0.0))
            if late > 0 and size:
                self._returning.append((self._clock.mono() + late, int(size * share)))

    def room(self, server: str) -> int:
        """Bytes that ``server`` would find free: less what it has set aside itself, and what others really use."""
        with self._lock:
            own = [held for owner, held in self._reserved.items() if owner.startswith(f"{server}/")]
            planned = sum(size - int(size * share) for size, share in own)
            return self.total - self._used() - planned

    @property
    def used(self) -> int:
        """Bytes in use, what is not ours included."""
        with self._lock:
            return self._used()

    def _used(self) -> int:
        now = self._clock.mono()
        self._returning = [(until, size) for until, size in self._returning if until > now]
        held = sum(int(size * share) for size, share in self._reserved.values())
        return self._others + held + sum(size for _, size in self._returning)

    # ── work ──────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def work(self) -> Iterator[None]:
        """The card is busy for as long as this lasts."""
        with self._lock:
            if self._working == 0:
                self._busy_from = self._clock.mono()
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if self._working == 0:
                    self._busy_seconds += self._clock.mono() - self._busy_from

    @property
    def crowd(self) -> int:
        """How many generations share the card now."""
        with self._lock:
            return self._working

    def sample(self) -> Device:
        """The card as a driver would show it. Load is the busy share since the last sample."""
        used = self.used
        with self._lock:
            load = self._load(self._clock.mono())
            noise = self._random.uniform
            power = self._idle_watts + (self._limit_watts * POWER_SHARE - self._idle_watts) * self._draw
            return Device(
                pool=self.pool,
                name=self.name,
                kind="simulated",
                total=self.total,
                used=used,
                free=self.total - used,
                utilization=min(1.0, load * noise(0.93, 1.0)),
                temperature=round(AMBIENT + HEAT_RISE * self._warmth),
                power=round(power * noise(0.97, 1.03), 1),
                power_limit=self._limit_watts,
                sampled_at=self._clock.wall(),
            )

    def _load(self, now: float) -> float:
        """Busy share since the last call, 0..1; lets warmth and power draw follow it."""
        busy, self._busy_seconds = self._busy_seconds, 0.0
        if self._working:
            busy += max(0.0, now - self._busy_from)
            self._busy_from = now
        span = 0.0 if self._sampled is None else now - self._sampled
        self._sampled = now
        load = min(1.0, busy / span) if span > 0 else 0.0
        self._warmth += (load - self._warmth) * (1 - exp(-span / HEAT_SECONDS))
        self._draw += (load - self._draw) * (1 - exp(-span / POWER_SECONDS))
        return load


class SimulatedProbe:
    """``core.ports.probe.Probe`` over simulated cards."""

    def __init__(self, gpus: Sequence[SimulatedGpu]) -> None:
        self._gpus = tuple(gpus)

    def sample(self) -> tuple[Device, ...]:
        """All cards now."""
        return tuple(gpu.sample() for gpu in self._gpus)

    def close(self) -> None:
        """Nothing is held."""


def two_cards(seed: int = 0, clock: Clock = SYSTEM) -> tuple[SimulatedGpu, SimulatedGpu]:
    """The demo's machine."""
    big, small = int(0.7 * GIB), int(0.2 * GIB)
    return (
        SimulatedGpu("gpu0", "RTX 4090", 24 * GIB, others=big, idle_watts=22, limit_watts=450, seed=seed, clock=clock),
        SimulatedGpu(
            "gpu1", "RTX 3060", 12 * GIB, others=small, idle_watts=14, limit_watts=170, seed=seed, clock=clock
        ),
    )
