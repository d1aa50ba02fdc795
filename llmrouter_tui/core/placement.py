"""Where a model would go and what must leave first: a pure plan, carried out by ``engine.residency``.

A plan never exceeds a pool, never touches a pinned or foreign model, and holds no eviction that could be dropped.
Only a model too large for any GPU may be split: it gets all of one that can be had, and RAM for the rest.
Models that answer or are being loaded right now may be named as victims only when idle ones do not free enough: they
are waited for and drained, never killed.

Who leaves is told by what it would cost to bring it back per byte that it frees:

    loss = seconds to load it · chance that it is asked for soon
    chance = 1 − exp(−rate · 60 s), the rate being that of its requests of late: each counts half after five minutes
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log

GIB = 1024**3
HALF_LIFE = 300.0
"""Seconds after which a request says half as much of how often a model is asked. By judgement."""
SOON = 60.0
"""Seconds in which it is asked again or not: the order of what a swap there and back takes. By judgement."""
_PER_USE = SOON * log(2) / HALF_LIFE


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
    uses: float = 1.0
    """Requests until it fell idle, each counting half after five minutes."""

    @property
    def busy(self) -> bool:
        return self.leases > 0 or self.loading

    @property
    def movable(self) -> bool:
        return self.evictable and not self.pinned

    @property
    def loss(self) -> float:
        """Expected seconds to bring it back."""
        return self.reload_seconds * (1.0 - exp(-_PER_USE * self.uses * 0.5 ** (self.idle_seconds / HALF_LIFE)))


@dataclass(frozen=True, slots=True)
class Seats:
    """A server that holds no more than ``count`` models at the same time, whatever their size, and ``taken`` now."""

    count: int
    taken: Sequence[Occupant] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to place a model. ``evict`` in order; ``drain`` names those of them that still answer."""

    fits: bool
    pool: str = ""
    evict: tuple[str, ...] = ()
    drain: tuple[str, ...] = ()
    reason: str = ""
    """Why it does not fit, or what it waits for, with the arithmetic; empty where it can be loaded at once."""
    spilled: int = 0
    """Bytes that go to RAM, beside ``pool``."""


UNMEASURED = Pool("", 0, 0)


def place(
    needed: int | None,
    pools: Sequence[Pool],
    occupants: Sequence[Occupant],
    *,
    ram: Pool | None = None,
    seats: Seats | None = None,
) -> Plan:
    """The cheapest way to make ``needed`` bytes free in one of ``pools`` (bytes None: unknown, so it is tried as is).

    Without pools (memory that is not measured) everything fits: then the backend decides. ``ram`` is given where the
    backend puts there what a GPU cannot hold, ``seats`` where it counts its models.
    """
    if not pools:
        needed, pools = None, (UNMEASURED,)
    elif needed is None:
        pools = (max(pools, key=lambda pool: pool.free),)
    tries = [_Try(needed, pool, occupants, seats) for pool in pools]
    found = [
        (one.price(leaving), at, leaving) for at, one in enumerate(tries) if (leaving := one.cheapest()) is not None
    ]
    if found:
        _, at, leaving = min(found, key=lambda entry: entry[:2])
        return tries[at].plan(leaving)
    largest = max(pools, key=lambda pool: pool.budget)
    if ram is not None and needed is not None and needed > largest.budget:
        return _split(needed, largest, ram, occupants)
    return Plan(fits=False, reason=max(tries, key=lambda one: one.attainable).refusal())


def leavers(occupants: Sequence[Occupant]) -> list[Occupant]:
    """Who may leave as things are, first the one that a plan would take first."""
    return sorted((o for o in occupants if o.movable and not o.busy), key=_regret)


def pin_refusal(
    model: str, needed: int | None, pool: Pool, pinned: Sequence[Occupant], *, seats: Seats | None = None
) -> str:
    """Why a model cannot be pinned beside those that are (empty: it can). ``seats`` counts pinned models only."""
    if seats is not None and len(seats.taken) >= seats.count:
        names = _named(o.model for o in seats.taken)
        return f"pinning {model} needs a place; its server holds no more than {seats.count} at a time, pinned: {names}"
    held = sum(o.footprint for o in pinned)
    if needed is None or needed + held <= pool.budget:
        return ""
    already = f", {_gib(held)} of it pinned already by {_named(o.model for o in pinned)}" if pinned else ""
    return f"pinning {model} needs {_gib(needed)} GiB; {pool.name} holds {_gib(pool.budget)} for models{already}"


class _Try:
    """One pool, and how a model would be placed in it."""

    def __init__(self, needed: int | None, pool: Pool, occupants: Sequence[Occupant], seats: Seats | None) -> None:
        self._needed = needed
        self._pool = pool
        self._inside = [o for o in occupants if o.pool == pool.name]
        self._held = sum(o.footprint for o in self._inside)
        self._room = min(pool.free, pool.budget - self._held)
        self._seats = seats
        self._short = 0 if needed is None else needed - self._room
        """Bytes that must become free."""
        self._excess = 0 if seats is None else len(seats.taken) + 1 - seats.count
        """How many models of its server must leave."""
        self._sizes = {o.model: o.footprint for o in self._inside}
        self._seated = frozenset(o.model for o in seats.taken) if seats is not None else frozenset()

    def cheapest(self) -> list[Occupant] | None:
        """Who leaves, first the one that is missed least; None where it does not fit."""
        if self._short <= 0 and self._excess <= 0:
            return []
        if self._needed is not None and self._needed > self._pool.budget:
            return None
        movable = [o for o in self._inside if o.movable]
        if self._excess > 0 and self._seats is not None:
            movable += [o for o in self._seats.taken if o.movable and o.model not in self._sizes]
        movable.sort(key=_regret)
        if not self._enough(movable):
            return None
        chosen = self._chosen(movable)
        if len(chosen) == 1:
            return chosen
        chosen = self._pruned(chosen)
        if len(chosen) == 1:
            return chosen
        alone = [[o] for o in movable if not o.busy and self._enough([o])]
        return min([chosen, *alone], key=self.price)

    def _chosen(self, movable: Sequence[Occupant]) -> list[Occupant]:
        """Enough of them, those first that cost little; maybe more than is needed."""
        chosen: list[Occupant] = []
        if self._excess > 0:
            seated = sorted((o for o in movable if o.model in self._seated), key=lambda o: (o.busy, o.loss, o.model))
            chosen = seated[: self._excess]
        for occupant in movable:
            if self._enough(chosen):
                break
            if occupant not in chosen:
                chosen.append(occupant)
        return chosen

    def _pruned(self, chosen: Sequence[Occupant]) -> list[Occupant]:
        """Without those that need not leave: one look at each will do, as who is needed now is needed later too."""
        kept = sorted(chosen, key=_regret)
        for occupant in reversed(list(kept)):
            rest = [o for o in kept if o is not occupant]
            if self._enough(rest):
                kept = rest
        return kept

    def _enough(self, leaving: Sequence[Occupant]) -> bool:
        freed = sum([self._sizes.get(o.model, 0) for o in leaving])
        return freed >= self._short and sum([o.model in self._seated for o in leaving]) >= self._excess

    def price(self, leaving: Sequence[Occupant]) -> tuple[int, float, int]:
        """What it costs: models drained, expected seconds to bring back who leaves, bytes left over."""
        freed = sum(self._sizes.get(o.model, 0) for o in leaving)
        return sum(o.busy for o in leaving), sum(o.loss for o in leaving), freed - self._short

    def plan(self, leaving: Sequence[Occupant]) -> Plan:
        busy = [o for o in leaving if o.busy]
        return Plan(
            fits=True,
            pool=self._pool.name,
            evict=tuple(o.model for o in leaving),
            drain=tuple(o.model for o in busy),
            reason=self._waits_for(busy) if busy else "",
        )

    @property
    def attainable(self) -> int:
        """Bytes that could be had at most."""
        return self._room + sum(o.footprint for o in self._inside if o.movable)

    def refusal(self) -> str:
        needed, pool = self._needed or 0, self._pool
        if needed > pool.budget:
            return f"needs {_gib(needed)} GiB, {pool.name} can hold {_gib(pool.budget)} GiB"
        seated = [o for o in self._seats.taken if not o.movable] if self._seats is not None else []
        if self._seats is not None and len(seated) >= self._seats.count:
            names = _named(o.model for o in seated)
            return f"its server holds no more than {self._seats.count} at a time; {names} must stay in memory"
        kept = [o for o in self._inside if not o.movable]
        others = pool.budget - self._held - pool.free
        words = (
            f"needs {_gib(needed)} GiB; {pool.name} could free {_gib(max(0, self.attainable))} of {_gib(pool.budget)}"
        )
        if kept:
            words += f": {_named(o.model for o in kept)} must stay in memory ({_gib(sum(o.footprint for o in kept))})"
        return words + (f"{',' if kept else ':'} {_gib(others)} are used by others" if others > GIB // 20 else "")

    def _waits_for(self, busy: Sequence[Occupant]) -> str:
        who = " and ".join(_busy_with(o) for o in busy[:3])
        if self._short <= 0 and self._seats is not None:
            return f"its server holds no more than {self._seats.count} at a time; {who}"
        return f"needs {_gib(self._needed or 0)} GiB, {_gib(max(0, self._room))} are free in {self._pool.name}; {who}"


def _split(needed: int, pool: Pool, ram: Pool, occupants: Sequence[Occupant]) -> Plan:
    """All that can be had of a GPU, and the rest in RAM."""
    gpu = _Try(needed, pool, occupants, None)
    leaving = sorted((o for o in occupants if o.pool == pool.name and o.movable), key=_regret)
    spilled = needed - max(0, gpu.attainable)
    rest = place(spilled, [ram], occupants)
    if not rest.fits:
        words = f"needs {_gib(needed)} GiB; {_gib(spilled)} of them would go to RAM, which has no room for them"
        return Plan(fits=False, reason=words)
    busy = [o for o in leaving if o.busy]
    waits = " and ".join(_busy_with(o) for o in busy[:3]) or rest.reason
    evict = (*(o.model for o in leaving), *rest.evict)
    drain = tuple(o.model for o in busy) + rest.drain
    return Plan(fits=True, pool=pool.name, evict=evict, drain=drain, reason=waits, spilled=spilled)


def _regret(occupant: Occupant) -> tuple[bool, float, str]:
    """Order of victims: idle before busy, then expected seconds to bring it back per byte freed."""
    return occupant.busy, occupant.loss / max(occupant.footprint, 1), occupant.model


def _busy_with(occupant: Occupant) -> str:
    if occupant.loading:
        return f"{occupant.model} is being loaded"
    return f"{occupant.model} answers {occupant.leases} request{'' if occupant.leases == 1 else 's'}"


def _named(models: Iterable[str]) -> str:
    names = sorted(models)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _gib(count: int) -> str:
    return f"{count / GIB:.1f}"
