"""Where a model would go and what must leave first: a pure plan, carried out by ``engine.residency``.

A plan never exceeds a pool, never touches a pinned or foreign model, and holds no eviction that could be dropped.
Several GPUs are several pools: a model goes to the one where that costs least. It is laid out over all of them where
its server does so by itself, in proportion to their room, and only a model too large for all of them is given to RAM in
part: it gets all of the GPUs that can be had, and RAM for the rest.
Models that answer or are being loaded right now may be named as victims only when idle ones do not free enough: they
are waited for and drained, never killed.

Who leaves is told by what it would cost to bring it back per byte that it frees:

    loss = seconds to load it · chance that it is asked for soon
    chance = 1 − exp(−rate · 60 s), the rate being that of its requests of late: each counts half after five minutes
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Literal

GIB = 1024**3
HALF_LIFE = 300.0
"""Seconds after which a request says half as much of how often a model is asked. By judgement."""
SOON = 60.0
"""Seconds in which it is asked again or not: the order of what a swap there and back takes. By judgement."""
_PER_USE = SOON * log(2) / HALF_LIFE

Layout = Literal["one", "either", "roomiest", "all"]
"""How a server lays a model out over several GPUs: on one; on one where it fits, and else over all; the same, but of
those where it fits it takes the one with the most room; or always over all."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One memory pool: ``free`` bytes as measured now, ``budget`` the most that models may take in all."""

    name: str
    free: int
    budget: int
    wait: float = 0.0
    """Seconds until a load could begin there, whoever must leave: its queue."""
    needed: int | None = None
    """Bytes that the model takes there, where that is another figure than elsewhere: it is given less context."""


@dataclass(frozen=True, slots=True)
class Occupant:
    """A model that holds memory in a pool, or in several."""

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
    parts: tuple[tuple[str, int], ...] = ()
    """Where it lies in several pools: its bytes in each, which are ``footprint`` together; ``pool`` is one of them."""

    def inside(self, pool: str) -> int:
        """Bytes that it holds in a pool."""
        if not self.parts:
            return self.footprint if pool == self.pool else 0
        return sum(size for name, size in self.parts if name == pool)

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
    parts: tuple[tuple[str, int], ...] = ()
    """Where it is laid out over several GPUs: the bytes in each, ``pool`` being the first."""

    @property
    def pools(self) -> tuple[str, ...]:
        """The GPUs that it takes memory of."""
        return tuple(name for name, _ in self.parts) or ((self.pool,) if self.pool else ())


UNMEASURED = Pool("", 0, 0)


def place(
    needed: int | None,
    pools: Sequence[Pool],
    occupants: Sequence[Occupant],
    *,
    ram: Pool | None = None,
    seats: Seats | None = None,
    layout: Layout = "one",
) -> Plan:
    """The cheapest way to make ``needed`` bytes free in one of ``pools``, or in all of them together where ``layout``
    says so (bytes None: unknown, so it is tried as is).

    Without pools (memory that is not measured) everything fits: then the backend decides. ``ram`` is given where the
    backend puts there what a GPU cannot hold, ``seats`` where it counts its models.
    """
    if not pools:
        needed, pools = None, (UNMEASURED,)
    elif needed is None:
        pools = (max(pools, key=lambda pool: pool.free),)
    together = [_Try(needed, pools, occupants, seats)] if len(pools) > 1 and layout != "one" else []
    alone = [_Try(needed, (pool,), occupants, seats) for pool in pools] if layout != "all" or not together else []
    for tries in (alone, together):
        found = [
            (one.price(leaving, roomiest=layout == "roomiest"), at, leaving)
            for at, one in enumerate(tries)
            if (leaving := one.cheapest()) is not None
        ]
        if found:
            _, at, leaving = min(found, key=lambda entry: entry[:2])
            return tries[at].plan(leaving)
    widest = together[0] if together else max(alone, key=lambda one: one.budget)
    if ram is not None and needed is not None and needed > widest.budget:
        return widest.split(ram, occupants)
    return Plan(fits=False, reason=max([*alone, *together], key=lambda one: one.attainable).refusal())


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
    """One pool, or several together, and how a model would be placed there."""

    def __init__(
        self, needed: int | None, pools: Sequence[Pool], occupants: Sequence[Occupant], seats: Seats | None
    ) -> None:
        self._pools = pools
        self._needed = needed if len(pools) > 1 or pools[0].needed is None else pools[0].needed
        self._inside = [o for o in occupants if any(o.inside(pool.name) for pool in pools) or o.pool == pools[0].name]
        self._sizes = {o.model: [o.inside(pool.name) for pool in pools] for o in self._inside}
        held = [sum(size[at] for size in self._sizes.values()) for at in range(len(pools))]
        self._held = sum(held)
        self._rooms = [min(pool.free, pool.budget - taken) for pool, taken in zip(pools, held, strict=True)]
        self.budget = sum(pool.budget for pool in pools)
        self._seats = seats
        self._excess = 0 if seats is None else len(seats.taken) + 1 - seats.count
        """How many models of its server must leave."""
        self._seated = frozenset(o.model for o in seats.taken) if seats is not None else frozenset()

    @property
    def _name(self) -> str:
        return " and ".join(pool.name for pool in self._pools)

    def _left(self, leaving: Iterable[Occupant]) -> list[int]:
        """Room in each pool once these have left; less than none in one is no room taken from another."""
        rooms = list(self._rooms)
        for o in leaving:
            for at, size in enumerate(self._sizes.get(o.model, ())):
                rooms[at] += size
        return rooms if len(rooms) == 1 else [max(0, room) for room in rooms]

    def cheapest(self) -> list[Occupant] | None:
        """Who leaves, first the one that is missed least; None where it does not fit."""
        if self._enough(()):
            return []
        if self._needed is not None and self._needed > self.budget:
            return None
        movable = [o for o in self._inside if o.movable]
        if self._excess > 0 and self._seats is not None:
            movable += [o for o in self._seats.taken if o.movable and o.model not in self._sizes]
        movable.sort(key=self._regret)
        if not self._enough(movable):
            return None
        chosen = self._pruned(self._chosen(movable))
        alone = [[o] for o in movable if not o.busy and self._enough([o])]
        return min([chosen, *alone], key=self.price)

    def _regret(self, occupant: Occupant) -> tuple[bool, float, str]:
        """Order of victims: idle before busy, then expected seconds to bring it back per byte freed here."""
        freed = sum(self._sizes.get(occupant.model, ())) if occupant.parts else occupant.footprint
        return occupant.busy, occupant.loss / max(freed, 1), occupant.model

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
        kept = sorted(chosen, key=self._regret)
        for occupant in reversed(list(kept)):
            rest = [o for o in kept if o is not occupant]
            if self._enough(rest):
                kept = rest
        return kept

    def _enough(self, leaving: Sequence[Occupant]) -> bool:
        if self._excess > 0 and sum([o.model in self._seated for o in leaving]) < self._excess:
            return False
        return self._needed is None or sum(self._left(leaving)) >= self._needed

    def price(self, leaving: Sequence[Occupant], *, roomiest: bool = False) -> tuple[int, float, int]:
        """What it costs: models drained and queues stood in, seconds of waiting and those expected to bring back who
        leaves, bytes left over. ``roomiest``: where nobody leaves its server takes the pool with the most room."""
        over = sum(self._left(leaving)) - (self._needed or 0)
        wait = max(pool.wait for pool in self._pools)
        obstacles = sum(o.busy for o in leaving) + (wait > 0)
        return obstacles, sum(o.loss for o in leaving) + wait, -over if roomiest and not leaving else over

    def plan(self, leaving: Sequence[Occupant]) -> Plan:
        busy = [o for o in leaving if o.busy]
        parts = self._parts(self._needed or 0, self._left(leaving))
        return Plan(
            fits=True,
            pool=parts[0][0] if parts else self._pools[0].name,
            evict=tuple(o.model for o in leaving),
            drain=tuple(o.model for o in busy),
            reason=self._waits_for(busy) if busy else "",
            parts=parts if len(parts) > 1 else (),
        )

    def _parts(self, size: int, rooms: Sequence[int]) -> tuple[tuple[str, int], ...]:
        """So many bytes in proportion to the room in each pool, as llama.cpp lays layers out; none exceeds its room."""
        if len(rooms) == 1:
            return ()
        parts, left = [], sum(rooms)
        for pool, room in zip(self._pools, rooms, strict=True):
            part = size * room // left if left else 0
            size, left = size - part, left - room
            if part:
                parts.append((pool.name, part))
        return tuple(parts)

    def split(self, ram: Pool, occupants: Sequence[Occupant]) -> Plan:
        """All that can be had here, and the rest in RAM."""
        needed = self._needed or 0
        leaving = sorted((o for o in self._inside if o.movable), key=self._regret)
        taken = max(0, self.attainable)
        spilled = needed - taken
        rest = place(spilled, [ram], occupants)
        if not rest.fits:
            words = f"needs {_gib(needed)} GiB; {_gib(spilled)} of them would go to RAM, which has no room for them"
            return Plan(fits=False, reason=words)
        evict = (*(o.model for o in leaving), *(model for model in rest.evict if model not in self._sizes))
        busy = [o for o in leaving if o.busy]
        waits = " and ".join(_busy_with(o) for o in busy[:3]) or rest.reason
        drain = (*(o.model for o in busy), *(model for model in rest.drain if model not in self._sizes))
        parts = self._parts(taken, self._left(leaving))
        return Plan(
            fits=True,
            pool=parts[0][0] if parts else self._pools[0].name,
            evict=evict,
            drain=drain,
            reason=waits,
            spilled=spilled,
            parts=parts if len(parts) > 1 else (),
        )

    @property
    def attainable(self) -> int:
        """Bytes that could be had at most."""
        return sum(self._left([o for o in self._inside if o.movable]))

    def refusal(self) -> str:
        needed = self._needed or 0
        if needed > self.budget:
            return f"needs {_gib(needed)} GiB, {self._name} can hold {_gib(self.budget)} GiB"
        seated = [o for o in self._seats.taken if not o.movable] if self._seats is not None else []
        if self._seats is not None and len(seated) >= self._seats.count:
            names = _named(o.model for o in seated)
            return f"its server holds no more than {self._seats.count} at a time; {names} must stay in memory"
        kept = [o for o in self._inside if not o.movable]
        others = self.budget - self._held - sum(pool.free for pool in self._pools)
        words = (
            f"needs {_gib(needed)} GiB; {self._name} could free {_gib(max(0, self.attainable))} of {_gib(self.budget)}"
        )
        if kept:
            size = sum(sum(self._sizes[o.model]) for o in kept)
            words += f": {_named(o.model for o in kept)} must stay in memory ({_gib(size)})"
        return words + (f"{',' if kept else ':'} {_gib(others)} are used by others" if others > GIB // 20 else "")

    def _waits_for(self, busy: Sequence[Occupant]) -> str:
        who = " and ".join(_busy_with(o) for o in busy[:3])
        room = sum(self._left(()))
        if self._seats is not None and (self._needed is None or room >= self._needed):
            return f"its server holds no more than {self._seats.count} at a time; {who}"
        return f"needs {_gib(self._needed or 0)} GiB, {_gib(max(0, room))} are free in {self._name}; {who}"


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
