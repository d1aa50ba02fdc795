"""Where a model would go and what must leave first: a pure plan, carried out by ``engine.residency``.

A plan never exceeds a pool, never touches a pinned or foreign model, and holds no eviction that could be dropped.
Only a model too large for any GPU may be split: it gets all of one that can be had, and RAM for the rest.
Models that answer or are being loaded right now may be named as victims only when idle ones do not free enough: they
are waited for and drained, never killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Pool:
    """One memory pool: ``free`` bytes as measured now, ``budget`` the most that models may take in all."""

    name: str
    free: int
    budget: int


@dataclass(frozen=True, slots=True)
class Occupant:
    """A model that holds memory in a pool."""

    model: str
    pool: str
    footprint: int
    leases: int = 0
    pinned: bool = False
    loading: bool = False
    evictable: bool = True
    """Whether its backend lets us unload it."""
    idle_seconds: float = 0.0
    reload_seconds: float = 10.0

    @property
    def busy(self) -> bool:
        return self.leases > 0 or self.loading


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to place a model. ``evict`` in order; ``drain`` names those of them that still answer."""

    fits: bool
    pool: str = ""
    evict: tuple[str, ...] = ()
    drain: tuple[str, ...] = ()
    reason: str = ""
    spilled: int = 0
    """Bytes that go to RAM, beside ``pool``."""


def place(needed: int | None, pools: Sequence[Pool], occupants: Sequence[Occupant], *, ram: Pool | None = None) -> Plan:
    """The cheapest way to make ``needed`` bytes free in one of ``pools`` (bytes None: unknown, so it is tried as is).

    Without pools (memory that is not measured) everything fits: then the backend decides. ``ram`` is given where the
    backend puts there what a GPU cannot hold.
    """
    if not pools:
        return Plan(fits=True)
    if needed is None:
        return Plan(fits=True, pool=max(pools, key=lambda pool: pool.free).name)
    plans = [_in_pool(needed, pool, [o for o in occupants if o.pool == pool.name]) for pool in pools]
    feasible = [item for item in plans if item[1].fits]
    if feasible:
        return min(feasible, key=lambda item: item[0])[1]
    largest = max(pools, key=lambda pool: pool.budget)
    if ram is not None and needed > largest.budget:
        return _split(needed, largest, ram, occupants)
    return Plan(fits=False, reason=_refusal(needed, pools, occupants))


def with_place(plan: Plan, places: int, siblings: Sequence[Occupant]) -> Plan:
    """The plan with who else must leave a backend that holds no more than ``places`` models at the same time, of
    which ``siblings`` are in memory now."""
    staying = [o for o in siblings if o.model not in plan.evict]
    excess = len(staying) + 1 - places
    if not plan.fits or excess <= 0:
        return plan
    able = sorted((o for o in staying if o.evictable and not o.pinned), key=lambda o: (o.busy, _loss(o), o.model))
    if len(able) < excess:
        kept = ", ".join(sorted(o.model for o in staying if o not in able)[:3])
        return Plan(fits=False, reason=f"its server holds no more than {places} at a time; {kept} must stay in memory")
    leaving = able[:excess]
    drain = tuple(o.model for o in leaving if o.busy)
    return replace(plan, evict=plan.evict + tuple(o.model for o in leaving), drain=plan.drain + drain)


def leavers(occupants: Sequence[Occupant]) -> list[Occupant]:
    """Who may leave as things are, first the one that a plan would take first."""
    return sorted((o for o in occupants if o.evictable and not o.pinned and not o.busy), key=_regret)


def _in_pool(needed: int, pool: Pool, occupants: Sequence[Occupant]) -> tuple[tuple[int, float, int], Plan]:
    """The plan for one pool, with its price: models drained, seconds to bring evicted ones back, bytes left over."""
    held = sum(o.footprint for o in occupants)
    room = min(pool.free, pool.budget - held)
    if needed <= room:
        return (0, 0.0, room - needed), Plan(fits=True, pool=pool.name)
    candidates = sorted((o for o in occupants if o.evictable and not o.pinned), key=_regret)
    chosen: list[Occupant] = []
    for occupant in candidates:
        if needed <= room:
            break
        chosen.append(occupant)
        room += occupant.footprint
    if needed > room or needed > pool.budget:
        return (0, 0.0, 0), Plan(fits=False)
    for occupant in sorted(chosen, key=_regret, reverse=True):
        if room - occupant.footprint >= needed:
            chosen.remove(occupant)
            room -= occupant.footprint
    drain = tuple(o.model for o in chosen if o.busy)
    price = (len(drain), sum(o.reload_seconds for o in chosen), room - needed)
    return price, Plan(fits=True, pool=pool.name, evict=tuple(o.model for o in chosen), drain=drain)


def _split(needed: int, pool: Pool, ram: Pool, occupants: Sequence[Occupant]) -> Plan:
    """All that can be had of a GPU, and the rest in RAM."""
    mine = [o for o in occupants if o.pool == pool.name]
    leaving = sorted((o for o in mine if o.evictable and not o.pinned), key=_regret)
    room = min(pool.free, pool.budget - sum(o.footprint for o in mine)) + sum(o.footprint for o in leaving)
    spilled = needed - max(0, room)
    rest = _in_pool(spilled, ram, [o for o in occupants if o.pool == ram.name])[1]
    if not rest.fits:
        words = f"needs {needed / GIB:.1f} GiB; {spilled / GIB:.1f} of them would go to RAM, which has no room for them"
        return Plan(fits=False, reason=words)
    busy = tuple(o.model for o in leaving if o.busy)
    evict = (*(o.model for o in leaving), *rest.evict)
    return Plan(fits=True, pool=pool.name, evict=evict, drain=busy + rest.drain, spilled=spilled)


def _regret(occupant: Occupant) -> tuple[bool, float, str]:
    """Order of victims: idle before busy, then expected seconds to bring it back per byte freed."""
    return occupant.busy, _loss(occupant) / max(occupant.footprint, 1), occupant.model


def _loss(occupant: Occupant) -> float:
    """Expected seconds to bring it back: the chance of use soon falls with idle time (half after five minutes)."""
    return float(occupant.reload_seconds * 0.5 ** (occupant.idle_seconds / 300.0))


def _refusal(needed: int, pools: Sequence[Pool], occupants: Sequence[Occupant]) -> str:
    largest = max(pools, key=lambda pool: pool.budget)
    if needed > largest.budget:
        return f"needs {needed / GIB:.1f} GiB, {largest.name} can hold {largest.budget / GIB:.1f} GiB"
    names = {pool.name for pool in pools}
    kept = [o.model for o in occupants if o.pool in names and (o.pinned or not o.evictable)]
    if kept:
        return f"needs {needed / GIB:.1f} GiB; {', '.join(sorted(kept)[:3])} must stay in memory"
    return f"needs {needed / GIB:.1f} GiB; {largest.free / GIB:.1f} GiB are free and nothing here can be unloaded"
