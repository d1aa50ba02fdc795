"""The ledger as everyone is told of it: pools and who holds them, what each load would mean, what moving cost.

What a load would mean is ``Ledger.plan``, the same that loading uses; here it is only asked, never carried out.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from llmrouter_tui.core import memory_words
from llmrouter_tui.core.domain import HOST_POOL, Device, FootprintSource
from llmrouter_tui.core.events import VramChanged
from llmrouter_tui.core.footprint import PADDING
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.placement import Occupant, Plan, Pool, leavers
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.processes import Claim, Share, claim, shares
from llmrouter_tui.core.selection import Wait
from llmrouter_tui.core.vram import Holder, LoadProgress, Placement, PoolView, Thrash, Verdict, VramView
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.journal import Journal
from llmrouter_tui.engine.ledger import UNLOAD_SECONDS, Ledger, never_fits
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord
from llmrouter_tui.engine.residency import Residency

TELL_SECONDS = 1.0
USEFUL: tuple[Verdict, ...] = ("fits", "evicts", "waits", "unknown", "held", "full", "too big", "loaded")
"""Most useful first: what can be had now, at a price, maybe, as soon as loads are released, not now, never."""
CLOSED: frozenset[Verdict] = frozenset(("full", "too big", "held"))
"""Where asking for a model would not load it."""
UNKNOWN: FootprintSource = "unknown"
NO_PLAN = Plan(fits=True)
LOADED: Verdict = "loaded"
MOVED = 32 * 1024**2
"""Bytes of memory in use below which a change is noise."""

_new_placement = maker(Placement)


@dataclass(frozen=True, slots=True)
class Seen:
    """Memory as it was read once, for all that is told of it."""

    pools: tuple[Pool, ...]
    occupants: tuple[Occupant, ...]
    waits: Mapping[str, Wait]

    def held(self, pool: str) -> list[Occupant]:
        return [occupant for occupant in self.occupants if occupant.pool == pool or occupant.inside(pool)]


class Vram:
    """Reads the fleet's records, the ledger and the journal; changes nothing."""

    def __init__(
        self, fleet: Fleet, ledger: Ledger, residency: Residency, journal: Journal, bus: Bus, clock: Clock
    ) -> None:
        self._fleet = fleet
        self._ledger = ledger
        self._residency = residency
        self._journal = journal
        self._bus = bus
        self._clock = clock
        self._told: VramView | None = None
        """As it was last told, without what changes by itself."""

    async def tell(self) -> None:
        """Publish the ledger if somebody listens and it is another than the last one. To be repeated."""
        if not self._bus.wants(VramChanged):
            self._told = None
            return
        view = self.view()
        if (still := _still(view)) != self._told:
            self._told = still
            self._bus.publish(VramChanged(view))

    def view(self) -> VramView:
        now = self._clock.wall()
        seen = self._look()
        records = [record for record in self._fleet.models.values() if record.home]
        placements = [self._placement(record, seen) for record in records]
        used = {record.id: record.used for record in records}
        placements.sort(key=lambda one: (USEFUL.index(one.verdict), -used[one.model], one.model))
        return VramView(
            at=now,
            pools=self._pools(records, seen, now),
            placements=tuple(placements),
            loads=self._loads(records),
            swaps=self._journal.swaps(now),
            thrash=tuple(self._with_remedy(one, seen) for one in self._journal.thrash(now)),
            held=self._ledger.held,
        )

    def placement(self, record: ModelRecord, context_length: int | None = None) -> Placement:
        """What loading a model would mean now, with a context of its own."""
        return self._placement(record, self._look(), context_length)

    def _look(self) -> Seen:
        return Seen(tuple(self._ledger.pools()), tuple(self._ledger.occupants()), self._ledger.waits())

    # ── what a load would mean ──

    def _placement(self, record: ModelRecord, seen: Seen, context_length: int | None = None) -> Placement:
        taken = record.expected(context_length)
        needed, source = (taken.bytes, taken.source) if taken else (None, UNKNOWN)
        if context_length is None:
            needed = record.needed_bytes()
        there = record.residency in IN_MEMORY
        again = there and context_length is not None and context_length != _loaded_context(record)
        largest: int | None = None
        if record.healthy and record.residency in ("resident", "loading") and not record.draining and not again:
            plan, verdict, reason = NO_PLAN, LOADED, ""
        else:
            gone = again or record.draining or record.residency == "unloading"
            pools = [_without(record, pool) for pool in seen.pools] if gone else seen.pools
            plan = self._ledger.plan_over(record, pools, seen.occupants, needed)
            verdict, reason = self._verdict(record, plan, needed, seen)
            if context_length is not None and not plan.fits:
                largest = self._largest(record, pools, seen.occupants, context_length)
        moves = verdict in ("evicts", "waits")
        wait = seen.waits[record.id]
        seconds = record.load_seconds + UNLOAD_SECONDS * (1 + len(plan.evict)) if again else wait.queue + wait.load
        return _new_placement(
            record.id,
            verdict,
            record.pool if verdict == LOADED or not plan.pool else plan.pool,
            needed,
            source,
            context_length or record.info.context_length,
            plan.evict if moves else (),
            plan.drain if moves else (),
            plan.spilled if moves or verdict == "fits" else 0,
            None if verdict in CLOSED else seconds,
            reason,
            plan.parts,
            largest,
            record.for_context(context_length),
        )

    def _largest(
        self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant], asked: int
    ) -> int | None:
        """The largest context below the one that was asked for with which a model could be loaded: by halves."""

        def fits(steps: int) -> bool:
            taken = record.expected(steps * PADDING)
            return taken is not None and self._ledger.plan_over(record, pools, occupants, taken.bytes).fits

        found = bisect(range(1, -(-asked // PADDING)), False, key=lambda steps: not fits(steps))
        return found * PADDING or None

    def _verdict(self, record: ModelRecord, plan: Plan, needed: int | None, seen: Seen) -> tuple[Verdict, str]:
        """What loading a model would mean that is not there, or is there with another context; and why not, in
        words."""
        if not record.healthy:
            return "full", f"{record.info.backend} is down"
        if not plan.fits and never_fits(record, needed, seen.pools):
            return "too big", plan.reason
        if self._ledger.held:
            return "held", memory_words.HELD
        if not plan.fits:
            return "full", plan.reason
        if plan.drain or record.draining or record.residency == "unloading" or record.leases:
            return "waits", ""
        if plan.evict:
            return "evicts", ""
        return ("fits" if plan.pool and needed is not None else "unknown"), ""

    # ── who holds what ──

    def _pools(self, records: Sequence[ModelRecord], seen: Seen, now: float) -> tuple[PoolView, ...]:
        rooms = {pool.name: pool for pool in seen.pools}
        holders = self._holders(records, seen, now)
        views: list[PoolView] = []
        for device in self._fleet.devices:
            inside = sorted(holders.get(device.pool, ()), key=lambda holder: (-holder.bytes, holder.models))
            held = sum(occupant.inside(device.pool) for occupant in seen.held(device.pool))
            room = rooms.get(device.pool, Pool(device.pool, 0, 0))
            views.append(
                PoolView(
                    device,
                    budget=room.budget,
                    free=max(0, min(room.free, room.budget - held)),
                    holders=tuple(inside),
                    other=max(0, device.used - sum(holder.bytes for holder in inside)),
                )
            )
        return tuple(views)

    def _holders(self, records: Sequence[ModelRecord], seen: Seen, now: float) -> dict[str, list[Holder]]:
        """By pool; names that share weights are one, and one that is split over two pools is in both."""
        families: dict[tuple[str, str], list[ModelRecord]] = {}
        for record in records:
            if record.healthy and record.residency in IN_MEMORY:
                families.setdefault((record.info.backend, record.weights), []).append(record)
        owned = self._owned(records)
        ranks: dict[str, int] = {}
        for pool in seen.pools:
            ranks |= {one.model: place for place, one in enumerate(leavers(seen.held(pool.name)), 1)}
        found: dict[str, list[Holder]] = {}
        for family in families.values():
            holder = _holder(family, ranks, now)
            for where, size in family[0].parts or ((family[0].pool, holder.bytes),):
                part = replace(holder, bytes=size, pids=_pids(family, owned.get(where, {})))
                found.setdefault(where, []).append(part)
            if family[0].pool != HOST_POOL and (rest := (family[0].needed_bytes() or 0) - holder.bytes) > 0:
                found.setdefault(HOST_POOL, []).append(replace(holder, bytes=rest, rank=None))
        return found

    def _owned(self, records: Sequence[ModelRecord]) -> dict[str, dict[str, Share]]:
        """By pool, whose processes the driver shows there: a model's, or else a backend's."""
        if not any(device.processes for device in self._fleet.devices):
            return {}
        claims = [Claim(record.id, (record.pid,)) for record in records if record.pid is not None]
        for known in self._fleet.backends.values():
            backend = known.backend
            if (found := claim(backend.name, backend.kind, backend.url)) is not None:
                claims.append(found)
        return {device.pool: shares(device, claims) for device in self._fleet.devices}

    # ── what goes on ──

    def _loads(self, records: Sequence[ModelRecord]) -> tuple[LoadProgress, ...]:
        """By pool, those under way before those that wait, in the order of their turns."""
        moving = [record for record in records if record.residency == "loading" or record.place is not None]
        moving.sort(key=lambda record: (record.home, record.residency != "loading", record.place or 0))
        return tuple(self._progress(record) for record in moving)

    def _progress(self, record: ModelRecord) -> LoadProgress:
        under_way = record.residency == "loading"
        return LoadProgress(
            record.id,
            record.home,
            record.since if under_way else None,
            record.load_seconds,
            0 if under_way else record.place or 0,
            len(record.tickets),
            "" if under_way else self._residency.place(record).reason,
        )

    def _with_remedy(self, thrash: Thrash, seen: Seen) -> Thrash:
        """With the arithmetic, and what to do."""
        models = [self._fleet.models[name] for name in thrash.models if name in self._fleet.models]
        together = sum(model.needed_bytes() or 0 for model in models)
        budget = next((pool.budget for pool in seen.pools if pool.name == thrash.pool), 0)
        return replace(thrash, remedy=memory_words.remedy(together, budget))


def _holder(family: Sequence[ModelRecord], ranks: Mapping[str, int], now: float) -> Holder:
    first = next((record for record in family if not record.shares), family[0])
    used = max((record.last_used for record in family if record.last_used is not None), default=None)
    leases = sum(record.leases for record in family)
    taken = first.expected()
    return Holder(
        models=(first.id, *(record.id for record in family if record is not first)),
        bytes=first.held_bytes() or 0,
        source=taken.source if taken else UNKNOWN,
        state="unloading" if any(record.draining for record in family) else first.residency,
        pinned=any(record.pinned for record in family),
        leases=leases,
        waiting=sum(len(record.tickets) for record in family),
        ours=any(record.ours or record.wanted for record in family),
        context_length=first.loaded_context,
        idle_seconds=None if leases or used is None else max(0.0, now - used),
        rank=next((ranks[record.id] for record in family if record.id in ranks), None),
        guessed=first.whence == "guess",
        cache=first.for_context() if first.held_bytes() == first.needed_bytes() and not first.parts else None,
    )


def _pids(family: Sequence[ModelRecord], owned: Mapping[str, Share]) -> tuple[int, ...]:
    """Its own processes, or else those of its backend, which may hold other models too."""
    for owner in (*(record.id for record in family), family[0].info.backend):
        if owner in owned:
            return owned[owner].pids
    return ()


def _loaded_context(record: ModelRecord) -> int | None:
    return record.loaded_context or record.info.context_length


def _without(record: ModelRecord, pool: Pool) -> Pool:
    """A pool as it is when a model has left it."""
    return replace(pool, free=min(pool.budget, pool.free + record.held_in(pool.name)))


def _still(view: VramView) -> VramView:
    """The view without what changes by itself: time, temperatures, load, and small differences of memory in use and of
    waits."""
    placements = tuple(replace(one, seconds=round(one.seconds or -1)) for one in view.placements)
    return replace(view, at=0.0, pools=tuple(_still_pool(pool) for pool in view.pools), placements=placements)


def _still_pool(pool: PoolView) -> PoolView:
    device = Device(pool.device.pool, pool.device.name, pool.device.kind, pool.device.total, 0, 0)
    return replace(
        pool,
        device=replace(device, problem=pool.device.problem),
        free=pool.free // MOVED,
        holders=tuple(replace(holder, idle_seconds=None) for holder in pool.holders),
        other=pool.other // MOVED,
    )
