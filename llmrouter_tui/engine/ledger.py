"""Who holds which memory, what a load would take, and what each model would have to wait for: estimates only.

``core.placement`` plans over the pools and occupants made here; ``Residency`` carries plans out.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.placement import Occupant, Plan, Pool, Seats, place
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.core.selection import Wait
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

UNLOAD_SECONDS = 1.0
"""What an eviction adds to a load, for estimates."""
OTHERS_SECONDS = 2.0
"""What a load or unload under way in the same pool adds."""
FRESH_SECONDS = 0.5
"""How long an estimate may be used while nothing changed."""
HELD = ("resident", "loading", "unloading")

_new_wait = maker(Wait)


class Ledger:
    """Reads the fleet's records; changes nothing."""

    def __init__(self, fleet: Fleet, clock: Clock, *, reserve: int, max_bytes: int | None) -> None:
        self._fleet = fleet
        self._clock = clock
        self._reserve = reserve
        self._max_bytes = max_bytes
        self._waits: tuple[float, int, dict[str, Wait]] = (-1.0, -1, {})

    # ── memory ──

    def plan(self, record: ModelRecord, needed: int | None = None) -> Plan:
        """How room for a model would be made now; for so many bytes as it took before where none are given."""
        return self.plan_over(record, self.pools(), self.occupants(), needed)

    def plan_over(
        self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant], needed: int | None = None
    ) -> Plan:
        """``plan`` over pools and occupants as they were read once for many models."""
        mine = [pool for pool in pools if pool.name == record.home]
        ram = next((pool for pool in pools if pool.name == HOST_POOL), None) if record.splits else None
        places = record.backend.places
        seats = None if places is None else Seats(places, self._siblings(record))
        others = [o for o in occupants if o.model != record.id]
        return place(needed or record.needed_bytes(), mine, others, ram=ram, seats=seats)

    def _siblings(self, record: ModelRecord) -> list[Occupant]:
        """The other models that its backend holds, also where their memory is not ours to see."""
        others = [m for m in self._fleet.models.values() if m.backend is record.backend and m is not record]
        return [self._occupant(m) for m in others if m.residency in HELD]

    def exceeds(self, record: ModelRecord) -> bool:
        """Whether a model is larger than all that models may take of the pool it would be loaded to."""
        needed = record.needed_bytes() or 0
        return any(needed > pool.budget for pool in self.pools() if pool.name == record.home)

    def room(self, pool: str) -> int | None:
        """Bytes that models may take of a pool in all; None where it is not measured."""
        return next((p.budget for p in self.pools() if p.name == pool), None)

    def pools(self) -> list[Pool]:
        return [self._pool(device) for device in self._fleet.devices if not device.problem]

    def _pool(self, device: Device) -> Pool:
        """What models may take of a pool: on a machine without a GPU the user's bound holds for RAM."""
        budget, free = device.total - self._reserve, device.free - self._reserve
        if device.pool == HOST_POOL:
            free = min(free, int(device.total * 0.9) - device.used)
        if self._max_bytes is not None and (device.pool != HOST_POOL or len(self._fleet.devices) == 1):
            budget = min(budget, self._max_bytes)
        return Pool(device.pool, max(0, free), max(0, budget))

    def occupants(self) -> list[Occupant]:
        """Every model in memory; names that share weights are one."""
        found: dict[str, Occupant] = {}
        for record in self._fleet.models.values():
            if record.pool and record.healthy and record.residency in HELD:
                key = f"{record.info.backend}/{record.weights}"
                occupant = self._occupant(record)
                found[key] = _joined(found[key], occupant) if key in found else occupant
        return list(found.values())

    def _occupant(self, record: ModelRecord) -> Occupant:
        return Occupant(
            model=record.id,
            pool=record.pool,
            footprint=record.held_bytes() or 0,
            leases=record.leases,
            pinned=record.pinned,
            loading=record.residency == "loading",
            evictable=record.backend.manages_memory,
            idle_seconds=self._clock.wall() - record.last_used if record.last_used else 3600.0,
            reload_seconds=record.speed.load_seconds,
        )

    # ── time ──

    def waits(self) -> Mapping[str, Wait]:
        """What each model would have to wait for now."""
        now, version = self._clock.mono(), self._fleet.version
        if now - self._waits[0] > FRESH_SECONDS or version != self._waits[1]:
            pools, occupants = self.pools(), self.occupants()
            models = self._fleet.models.values()
            moving = {m.pool for m in models if m.moving}
            fresh = {m.id: self._wait(m, pools, occupants, moving) for m in models}
            self._waits = (now, version, fresh)
        waits = self._waits[2]
        busy: dict[str, Wait] = {}
        for record in self._fleet.models.values():
            if record.leases >= record.side_by_side or record.tickets or (record.leases and not record.ready):
                busy[record.id] = _queued(record)
        return {**waits, **busy} if busy else waits

    def _wait(
        self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant], moving: Set[str]
    ) -> Wait:
        """``moving``: the pools in which a load or an unload is under way."""
        if record.ready or not record.pool:
            return Wait()
        if record.moving:
            return Wait(queue=OTHERS_SECONDS, load=record.speed.load_seconds)
        plan = self.plan_over(record, pools, occupants)
        if not plan.fits:
            return Wait(blocked=plan.reason)
        models = self._fleet.models
        queue = sum(models[m].mean_seconds * models[m].leases for m in plan.drain if m in models)
        if record.home in moving:
            queue += OTHERS_SECONDS
        return Wait(queue=queue, load=record.speed.load_seconds + UNLOAD_SECONDS * len(plan.evict))


def _joined(one: Occupant, other: Occupant) -> Occupant:
    """Two names of the same weights: held by either, kept by either."""
    return replace(
        one,
        leases=one.leases + other.leases,
        pinned=one.pinned or other.pinned,
        loading=one.loading or other.loading,
        idle_seconds=min(one.idle_seconds, other.idle_seconds),
    )


def _queued(record: ModelRecord) -> Wait:
    """A busy model: those before us, shared by what it can answer side by side."""
    if not record.ready:
        return _new_wait(len(record.tickets) * record.mean_seconds * 0.5, record.speed.load_seconds)
    many = record.side_by_side
    return _new_wait(max(0, record.leases + 1 - many) * record.mean_seconds / many)
