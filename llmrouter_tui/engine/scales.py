"""Models are weighed as they are loaded, by what their GPU has less afterwards, where no backend tells."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from llmrouter_tui.core.domain import HOST_POOL, Footprint
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

STILL = 0.002
"""A GPU is at rest when two samples differ by no more than this share of its memory: 50 MB of 24 GB."""
APART = 0.25
"""Seconds between those samples, at least: freed memory comes back bit by bit."""
LEAST, MOST = 0.5, 2.0
"""A difference this far from what was expected is somebody else's."""
SMALLEST = 64 * 1024**2
"""Where nothing was expected, so many bytes must have gone."""


@dataclass(frozen=True, slots=True)
class Gpus:
    """Those that a model may turn up on, together. Bytes, and the wall time of the older sample."""

    total: int
    used: int
    at: float


@dataclass(frozen=True, slots=True)
class Weighing:
    """A GPU at rest, just before a load."""

    used: int
    neighbours: frozenset[tuple[str, int, str]]
    """The other models of the pool, with what would change if one came or went."""


class Scales:
    """In RAM they show nothing: weights that are mapped count as the system's cache."""

    def __init__(self, fleet: Fleet, clock: Clock, measure: Callable[[], Awaitable[object]]) -> None:
        self._fleet = fleet
        self._clock = clock
        self._measure = measure

    async def before(self, record: ModelRecord) -> Weighing | None:
        """To be asked just before a load: None where it is not weighed, or its GPU is not at rest."""
        first = self._gpus(record)
        if first is None or _known(record):
            return None
        age = abs(self._clock.wall() - first.at)
        await asyncio.sleep(max(0.0, APART - age))
        await self._measure()
        second = self._gpus(record)
        if second is None or abs(second.used - first.used) > STILL * second.total:
            return None
        return Weighing(second.used, self._neighbours(record))

    async def after(self, record: ModelRecord, weighing: Weighing | None) -> None:
        """Note what the model took, if nothing else moved meanwhile. To be asked as soon as it is loaded."""
        if weighing is None:
            return
        await self._measure()
        gpu, guess = self._gpus(record), record.needed_bytes()
        if gpu is None or self._neighbours(record) != weighing.neighbours:
            return
        taken = gpu.used - weighing.used
        likely = taken >= SMALLEST if guess is None else LEAST * guess <= taken <= MOST * guess
        if likely:
            context = record.info.context_length if record.backend.sets_context else None
            record.seen = Footprint(taken, "measured", context)

    def _gpus(self, record: ModelRecord) -> Gpus | None:
        """Those that it may turn up on."""
        inside = [d for d in self._fleet.devices if d.pool in record.reach and d.pool != HOST_POOL]
        if not inside or any(d.problem for d in inside):
            return None
        return Gpus(sum(d.total for d in inside), sum(d.used for d in inside), min(d.sampled_at for d in inside))

    def _neighbours(self, record: ModelRecord) -> frozenset[tuple[str, int, str]]:
        others = (m for m in self._fleet.models.values() if m is not record and _near(m, record))
        return frozenset((m.id, m.turns, m.residency) for m in others)


def _near(one: ModelRecord, other: ModelRecord) -> bool:
    """Whether one may have memory of where the other may turn up."""
    return any(pool in other.reach for pool in (one.home, *one.pools))


def _known(record: ModelRecord) -> bool:
    """Whether it was seen with the context that it is loaded with."""
    seen = record.seen
    return seen is not None and seen.context_length in (None, record.info.context_length)
