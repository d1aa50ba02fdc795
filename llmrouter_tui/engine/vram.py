"""The ledger as everyone is told of it: pools and who holds them, what each load would mean, what moving cost.

What a load would mean is ``Ledger.plan``, the same that loading uses; here it is only asked, never carried out.
"""

from collections.abc import Sequence
from dataclasses import replace

from llmrouter_tui.core.domain import HOST_POOL, FootprintSource
from llmrouter_tui.core.estimate import footprint
from llmrouter_tui.core.placement import Plan, leavers
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.core.vram import Holder, LoadProgress, Placement, PoolView, Verdict, VramView
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.ledger import HELD, Ledger
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.residency import Residency

USEFUL: tuple[Verdict, ...] = ("fits", "evicts", "waits", "unknown", "full", "too big", "held", "loaded")
"""Most useful first: what can be had now, at a price, maybe, not."""


class Vram:
    """Reads the fleet's records and the ledger; changes nothing."""

    def __init__(self, fleet: Fleet, ledger: Ledger, residency: Residency, clock: Clock) -> None:
        self._fleet = fleet
        self._ledger = ledger
        self._residency = residency
        self._clock = clock

    def view(self) -> VramView:
        records = [record for record in self._fleet.models.values() if record.home]
        found = [self.placement(record) for record in records]
        used = {record.id: record.used for record in records}
        found.sort(key=lambda one: (USEFUL.index(one.verdict), -used[one.model], one.model))
        return VramView(
            at=self._clock.wall(),
            pools=self._pools(records),
            placements=tuple(found),
            loads=tuple(_progress(record) for record in records if record.wanted),
        )

    def placement(self, record: ModelRecord, context_length: int | None = None) -> Placement:
        """What loading a model would mean now."""
        usual = self._residency.context(record) or record.info.context_length
        context = context_length or usual
        needed = _needed(record, context) if context != usual else record.needed_bytes()
        plan = self._ledger.plan(record, needed)
        wait = self._ledger.waits()[record.id]
        verdict, reason = self._verdict(record, plan, needed)
        able = verdict not in ("full", "too big", "held")
        return Placement(
            record.id,
            verdict,
            pool=record.pool,
            needed=needed,
            source=_source(record) if context == usual else "estimated",
            context_length=context,
            evict=plan.evict if verdict in ("evicts", "waits") else (),
            drain=plan.drain if verdict in ("evicts", "waits") else (),
            spilled=plan.spilled if able and verdict != "loaded" else 0,
            seconds=wait.queue + wait.load if able else None,
            reason=reason,
        )

    def _verdict(self, record: ModelRecord, plan: Plan, needed: int | None) -> tuple[Verdict, str]:
        """And why not, in words."""
        if record.residency in ("resident", "loading") and not record.draining:
            return "loaded", ""
        if not record.healthy:
            return "full", f"{record.info.backend} is down"
        if not plan.fits:
            return "too big" if self._exceeds(record, needed) else "full", plan.reason
        if plan.drain:
            return "waits", ""
        if plan.evict:
            return "evicts", ""
        return ("fits" if plan.pool and needed is not None else "unknown"), ""

    def _exceeds(self, record: ModelRecord, needed: int | None) -> bool:
        """Whether it never fits, whoever leaves."""
        names = (record.home, HOST_POOL) if record.splits else (record.home,)
        return (needed or 0) > sum(pool.budget for pool in self._ledger.pools() if pool.name in names)

    def _pools(self, records: Sequence[ModelRecord]) -> tuple[PoolView, ...]:
        rooms = {pool.name: pool for pool in self._ledger.pools()}
        ranks = {o.model: n for n, o in enumerate(leavers(self._ledger.occupants()), 1)}
        holders = self._holders(records, ranks)
        views: list[PoolView] = []
        for device in self._fleet.devices:
            room = rooms.get(device.pool)
            inside = holders.get(device.pool, [])
            inside.sort(key=lambda holder: (-holder.bytes, holder.models))
            ours = sum(holder.bytes for holder in inside)
            budget, free = (room.budget, room.free) if room else (0, 0)
            views.append(PoolView(device, budget, free, tuple(inside), max(0, device.used - ours)))
        return tuple(views)

    def _holders(self, records: Sequence[ModelRecord], ranks: dict[str, int]) -> dict[str, list[Holder]]:
        """By pool."""
        families: dict[tuple[str, str], list[ModelRecord]] = {}
        for record in records:
            if record.residency in HELD and record.pool:
                families.setdefault((record.info.backend, record.weights), []).append(record)
        found: dict[str, list[Holder]] = {}
        for family in families.values():
            found.setdefault(family[0].pool, []).append(self._holder(family, ranks))
        return found

    def _holder(self, family: Sequence[ModelRecord], ranks: dict[str, int]) -> Holder:
        first = next((record for record in family if not record.shares), family[0])
        used = max((record.last_used for record in family if record.last_used is not None), default=None)
        leases = sum(record.leases for record in family)
        return Holder(
            models=(first.id, *(record.id for record in family if record is not first)),
            bytes=first.held_bytes() or 0,
            source=_source(first),
            state=first.residency,
            pinned=any(record.pinned for record in family),
            leases=leases,
            waiting=sum(len(record.tickets) for record in family),
            ours=any(record.ours for record in family),
            context_length=first.loaded_context,
            idle_seconds=None if leases or used is None else max(0.0, self._clock.wall() - used),
            rank=next((ranks[record.id] for record in family if record.id in ranks), None),
        )


def _source(record: ModelRecord) -> FootprintSource:
    if record.footprint is not None:
        return record.footprint_source
    return "estimated" if record.needed_bytes() is not None else "unknown"


def _needed(record: ModelRecord, context_length: int | None) -> int | None:
    """What loading it with another context would take, as estimated."""
    return footprint(replace(record.info, context_length=context_length), record.home)


def _progress(record: ModelRecord) -> LoadProgress:
    return LoadProgress(record.id, record.home, None, record.speed.load_seconds, waiting=len(record.tickets))
