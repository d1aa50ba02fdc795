"""Whether one more model can be pinned beside those that are: by what they take together, not by what is free now."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from llmrouter_tui.core.domain import HOST_POOL
from llmrouter_tui.core.placement import UNMEASURED, Occupant, Pool, Seats, pin_refusal
from llmrouter_tui.core.whereabouts import divided, shared
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord


class Pins:
    """Reads the fleet's records; changes nothing."""

    def __init__(self, fleet: Fleet, pools: Callable[[], Sequence[Pool]]) -> None:
        self._fleet = fleet
        self._pools = pools

    def refusal(self, record: ModelRecord) -> str:
        """Why a model cannot be pinned beside the others that are, with the arithmetic; empty where it can, or where
        memory is not measured."""
        same = self._fleet.family(record)
        others = [m for m in self._fleet.models.values() if m.pinned and m not in same]
        places, seats = record.backend.places, None
        if places is not None:
            seats = Seats(places, [_pinned(m) for m in others if m.backend is record.backend])
        elif record.rivals:
            seats = Seats(1, [_pinned(m) for m in others if m.id in record.rivals])
        pools = [p for p in self._pools() if p.name in record.reach]
        if not pools:
            return pin_refusal(record.id, None, UNMEASURED, (), seats=seats)
        inside = self._pins(others)
        ram = next((p.budget for p in self._pools() if p.name == HOST_POOL), 0)
        split = record.splits and (record.needed_bytes() or 0) <= sum(p.budget for p in pools) + ram
        if split and not inside:  # a part of it may be in RAM
            return pin_refusal(record.id, None, pools[0], (), seats=seats)
        ways = [[pool] for pool in pools] if record.layout != "all" or len(pools) == 1 else []
        ways += [pools] if len(pools) > 1 and record.layout != "one" else []
        return min((self._refusal(record, way, inside, seats) for way in ways), key=len)

    def _refusal(self, record: ModelRecord, way: Sequence[Pool], pins: Sequence[Occupant], seats: Seats | None) -> str:
        """Why it cannot be pinned in a pool, or over several together."""
        inside = [
            replace(o, footprint=size, parts=()) for o in pins if (size := sum(o.inside(pool.name) for pool in way))
        ]
        name, budget = " and ".join(pool.name for pool in way), sum(pool.budget for pool in way)
        needed = record.needed_in(way[0].name) if len(way) == 1 else record.needed_bytes()
        return pin_refusal(record.id, needed, Pool(name, 0, budget), inside, seats=seats)

    def _pins(self, records: Sequence[ModelRecord]) -> list[Occupant]:
        """What is pinned, where it is; what is not in memory yet, the largest first, where it leaves most room."""
        pins = [_pinned(m) for m in records if m.backend.manages_memory and (m.residency in IN_MEMORY or not m.roams)]
        budgets = {pool.name: pool.budget for pool in self._pools()}
        coming = [m for m in records if m.backend.manages_memory and m.residency not in IN_MEMORY and m.roams]
        for record in sorted(coming, key=lambda m: -(m.needed_bytes() or 0)):
            left = {pool: budgets.get(pool, 0) - sum(o.inside(pool) for o in pins) for pool in record.reach}
            pool = max(left, key=lambda name: left[name])
            over_all = record.layout == "all" or (record.needed_bytes() or 0) > left[pool]
            where = shared(left) if over_all and record.layout != "one" else ()
            pins.append(replace(_pinned(record), pool=pool, parts=divided(record.needed_bytes() or 0, where)))
        return pins


def _pinned(record: ModelRecord) -> Occupant:
    whole = record.needed_bytes() or 0
    parts = divided(whole, record.where) if record.parts else ()
    return Occupant(record.id, record.home, whole, pinned=True, parts=parts)
