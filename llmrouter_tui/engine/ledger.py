"""Who holds which memory, what a load would take, and what each model would have to wait for: estimates only.

``core.placement`` plans over the pools and occupants made here; ``Residency`` carries plans out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from llmrouter_tui.core import memory_words
from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.placement import Occupant, Plan, Pool, Seats, place
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.queueing import OVERTAKE_SECONDS, Stop, timeline
from llmrouter_tui.core.selection import Wait
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord
from llmrouter_tui.engine.strangers import SPAN

UNLOAD_SECONDS = 1.0
"""What an eviction adds to a load, for estimates."""
OTHERS_SECONDS = 2.0
"""What being unloaded first adds."""
NEVER_USED = 3600.0
"""Seconds that a model counts as idle that was not used yet."""
SETTLE_SECONDS = 5.0
"""How long freed memory may take to come back."""
LEAST_LEFT = 0.1
"""Share of the expected time that a load is thought to take yet when it takes longer than expected."""
FRESH_SECONDS = 0.5
"""How long an estimate may be used while nothing changed."""
CROWDING = 0.02
"""Share of an answer's time that each other one costs it which is written side by side with it. By judgement, and
small: it spreads requests over replicas that are alike, and moves none to another model."""
LATELY = 2 * SPAN
"""Seconds for which memory is left to a model whose server is down. By judgement."""
ROOM_STEP = 256 * 1024**2
"""Rooms are told in such steps, so that contexts are not chosen anew whenever a measurement moves a little."""
NOTHING = Wait()
NO_LINE: Mapping[str, float] = {}

_new_wait = maker(Wait)


class Ledger:
    """Reads the fleet's records; changes nothing."""

    def __init__(self, fleet: Fleet, clock: Clock, *, reserve: int, max_bytes: int | None) -> None:
        self._fleet = fleet
        self._clock = clock
        self._reserve = reserve
        self._max_bytes = max_bytes
        self._waits: tuple[float, int, dict[str, Wait]] = (-1.0, -1, {})
        self._starts: dict[str, float] = {}
        """Beside the waits: when the load of a model would begin, in seconds."""
        self.held = False
        """Whether nothing is to be loaded: what a model needs is then beside the point."""

    # ── memory ──

    def plan(
        self,
        record: ModelRecord,
        needed: int | None = None,
        *,
        among: Collection[str] | None = None,
        only: Collection[str] = (),
    ) -> Plan:
        """How room for a model would be made now; for so many bytes as it took before where none are given, with
        nobody leaving but those ``among`` whom it is to be made, and in ``only`` these pools."""
        occupants = self.occupants()
        if among is not None:
            occupants = [o if o.model in among else replace(o, evictable=False) for o in occupants]
        return self.plan_over(record, self.pools(), occupants, needed, only=only or record.aim)

    def best(self, record: ModelRecord, *, tokens: int = 0) -> Plan:
        """Where a model would best be loaded, the queues of the pools being what they are, and with a context of so
        many tokens at least."""
        pools, occupants = self.pools(), self.occupants()
        wide = [pool for pool in record.reach if (record.contexts.get(pool) or tokens) >= tokens]
        return self.plan_over(record, pools, occupants, only=wide, lines=self._lines(record, pools, occupants))

    def plan_over(
        self,
        record: ModelRecord,
        pools: Sequence[Pool],
        occupants: Sequence[Occupant],
        needed: int | None = None,
        *,
        only: Collection[str] = (),
        lines: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Plan:
        """``plan`` over pools and occupants as they were read once for many models; ``lines``: when loads begin in
        the queue of each pool."""
        mine = [pool for pool in pools if pool.name in (only or record.reach)]
        troubled = {d.pool: d.problem for d in self._fleet.devices if d.problem and d.pool in record.reach}
        mine = [pool for pool in mine if pool.name not in troubled] or mine if troubled else mine
        if record.roams and not needed:
            mine = [replace(p, needed=record.needed_in(p.name), wait=_wait_in(p.name, lines)) for p in mine]
        ram = next((pool for pool in pools if pool.name == HOST_POOL), None) if record.splits else None
        places, seats = record.backend.places, None
        if places is not None:
            seats = Seats(places, self._siblings(record))
        elif record.rivals:
            seats = Seats(1, [o for o in self._siblings(record) if o.model in record.rivals])
        others = [o for o in occupants if o.model != record.id]
        plan = place(needed or record.needed_bytes(), mine, others, ram=ram, seats=seats, layout=record.layout)
        if plan.fits or not troubled:
            return plan
        return replace(plan, reason="; ".join((plan.reason, *(f"{pool}: {why}" for pool, why in troubled.items()))))

    def _siblings(self, record: ModelRecord) -> list[Occupant]:
        """The other models that its backend holds, also where their memory is not ours to see."""
        others = [m for m in self._fleet.models.values() if m.backend is record.backend and m is not record]
        return [self._occupant(m) for m in others if m.residency in IN_MEMORY]

    def room_left(self, record: ModelRecord) -> int | None:
        """Bytes that a model may take now without anyone leaving; None where memory is not measured."""
        pools = [p for p in self.pools() if p.name in (record.pools if record.aim == () else record.aim)]
        others = [o for o in self.occupants() if o.model != record.id]
        rooms = [min(p.free, p.budget - sum(o.inside(p.name) for o in others)) for p in pools]
        if not rooms:
            return None
        return rooms[0] if len(rooms) == 1 else sum(max(0, room) for room in rooms)

    def roomier(self, record: ModelRecord) -> Plan:
        """How more room than there is now would be made: at least one more leaves."""
        room = self.room_left(record)
        if room is None:
            return self.plan(record)
        return self.plan(record, max(room + 1, record.needed_bytes() or 0))

    def coming_back(self, record: ModelRecord) -> bool:
        """Whether memory that it might have was given up a moment ago: drivers give it back late. Not where it is too
        large for all there is."""
        if self.exceeds(record):
            return False
        now = self._clock.wall()
        return any(m.gave_up is not None and now - m.gave_up < SETTLE_SECONDS for m in self.beside(record))

    def beside(self, record: ModelRecord) -> Iterator[ModelRecord]:
        """The models of the memory that it might have, itself too."""
        near = record.aim or record.reach or record.queues
        return (m for m in self._fleet.models.values() if any(key in near for key in (*m.queues, *m.keys)))

    def exceeds(self, record: ModelRecord) -> bool:
        """Whether a model is larger than all that models may take of the pools it can be loaded to."""
        budgets = [pool.budget for pool in self.pools() if pool.name in record.reach]
        most = max(budgets, default=None) if record.layout == "one" else sum(budgets) if budgets else None
        return most is not None and (record.needed_bytes() or 0) > most

    def room(self, pool: str) -> int | None:
        """Bytes that models may take of a pool beside those that are always there, and beside what other programs
        keep; None where it is not measured."""
        device = next((d for d in self._fleet.devices if d.pool == pool and d.total), None)
        if device is None:
            return None
        always = [m for m in self._fleet.models.values() if not m.backend.manages_memory and pool in m.pools]
        most = min(self._pool(device).budget, device.total - self._reserve - self._fleet.strangers.kept(pool))
        left = most - sum(m.held_in(pool) for m in always if not m.shares and (m.healthy or self._just_left(m)))
        return max(0, left // ROOM_STEP * ROOM_STEP)

    def _just_left(self, record: ModelRecord) -> bool:
        """Whether its server went down a moment ago: it may come back, or still hold its memory, which then shows."""
        server = self._fleet.backends.get(record.info.backend)
        since = server.since if server is not None and server.health == "down" else None
        return since is not None and 0 <= self._clock.wall() - since < LATELY

    def pools(self) -> list[Pool]:
        """Those that were ever measured; what cannot be measured now is as it was, less what models were moved."""
        return [self._pool(device) for device in self._fleet.devices if device.total]

    def _pool(self, device: Device) -> Pool:
        """What models may take of a pool: on a machine without a GPU the user's bound holds for RAM."""
        budget, free = device.total - self._reserve, device.free - self._reserve
        if device.problem:
            held = sum(o.inside(device.pool) for o in self.occupants())
            free = budget - self._fleet.others.get(device.pool, 0) - held
        if device.pool == HOST_POOL:
            free = min(free, int(device.total * 0.9) - device.used)
        if self._max_bytes is not None and (device.pool != HOST_POOL or len(self._fleet.devices) == 1):
            budget = min(budget, self._max_bytes)
        return Pool(device.pool, max(0, free), max(0, budget))

    def occupants(self) -> list[Occupant]:
        """Every model in memory; names that share weights are one."""
        found: dict[str, Occupant] = {}
        for record in self._fleet.models.values():
            if record.pool and record.healthy and record.residency in IN_MEMORY:
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
            idle_seconds=0.0 if record.leases else self._idle(record),
            reload_seconds=record.load_seconds,
            uses=max(1.0, record.uses),
            parts=record.parts,
        )

    def _idle(self, record: ModelRecord) -> float:
        return max(0.0, self._clock.wall() - record.last_used) if record.last_used else NEVER_USED

    # ── time ──

    def waits(self) -> Mapping[str, Wait]:
        """What each model would have to wait for now."""
        if not self._fresh:
            self._waits = (self._clock.mono(), self._fleet.version, self._all_waits())
        waits = self._waits[2]
        busy: dict[str, Wait] = {}
        for record in self._fleet.models.values():
            if (record.leases or record.crowd[0]) and (wait := self._busy(record)) is not None:
                busy[record.id] = wait
        return {**waits, **busy} if busy else waits

    def wait(self, record: ModelRecord) -> Wait:
        """What one model would have to wait for now."""
        if not self._fresh:
            return self._one(record)
        return self.waits().get(record.id, NOTHING)

    def start(self, record: ModelRecord) -> float:
        """Seconds until a model's load would begin, if it were asked for now."""
        if not self._fresh:
            self._one(record)
        return self._starts.get(record.id, 0.0)

    @property
    def _fresh(self) -> bool:
        """Whether what all models would have to wait for is known, as things are."""
        return self._clock.mono() - self._waits[0] <= FRESH_SECONDS and self._fleet.version == self._waits[1]

    def _one(self, record: ModelRecord) -> Wait:
        """Without looking at all models: a crowd that comes for many changes something with each that comes."""
        self._starts.pop(record.id, None)
        pools, occupants = self.pools(), self.occupants()
        wait = self._wait(record, pools, occupants, self._lines(record, pools, occupants))
        return self._busy(record) or wait

    def _lines(
        self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant]
    ) -> Mapping[str, Mapping[str, float]]:
        """When the loads begin in each queue that a model may stand in."""
        lines: dict[str, list[ModelRecord]] = {}
        for other in self._fleet.models.values():
            if other.place is not None:
                for key in other.queues:
                    if key in record.queues or key in record.reach:
                        lines.setdefault(key, []).append(other)
        return {key: self._begins(line, pools, occupants) for key, line in lines.items()}

    @staticmethod
    def _busy(record: ModelRecord) -> Wait | None:
        """What is waited for where a model that is there has requests: until one can be answered more, and what each
        of the others slows it."""
        running, waiting = record.crowd
        before = record.leases if record.leases > running else running
        if not before or not record.ready:
            return None
        seconds, many = record.mean_seconds, record.side_by_side
        if before < many and not waiting:  # nearly always, and asked of every busy model for every request
            return _new_wait(before * CROWDING * seconds)
        slower = min(before, many - 1) * CROWDING * seconds
        queue = waiting * seconds / max(1, running) if waiting else 0.0
        return _new_wait(max(queue, _answering(record, before)) + slower)

    def _all_waits(self) -> dict[str, Wait]:
        self._starts.clear()
        pools, occupants = self.pools(), self.occupants()
        models = self._fleet.models.values()
        lines: dict[str, list[ModelRecord]] = {}
        for record in models:
            if record.place is not None:
                for key in record.queues:
                    lines.setdefault(key, []).append(record)
        begins = {key: self._begins(line, pools, occupants) for key, line in lines.items()}
        return {m.id: self._wait(m, pools, occupants, begins) for m in models}

    def _begins(
        self, line: Sequence[ModelRecord], pools: Sequence[Pool], occupants: Sequence[Occupant]
    ) -> Mapping[str, float]:
        """When the loads of a queue begin."""
        line = sorted(line, key=lambda record: record.place or 0)
        return timeline([self._stop(record, pools, occupants) for record in line])

    def _stop(self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant]) -> Stop:
        """What a load in the queue takes, or still takes."""
        hold, displaces = 0.0, False
        if not record.place:
            drained = [m for m in self._fleet.models.values() if m.draining and record.queue in m.keys]
            hold = self._leaving(drained)
        elif not record.ready:
            plan = self.plan_over(record, pools, occupants, only=record.aim)
            hold, displaces = self._hold(plan), bool(plan.evict) or not plan.fits
        batch = _answering(record, len(record.tickets) + record.side_by_side - 1)
        return Stop(record.id, hold, self._load_left(record), batch, displaces)

    def _load_left(self, record: ModelRecord) -> float:
        """Seconds that loading it takes, or still takes."""
        if record.residency != "loading" or record.since is None:
            return record.load_seconds
        return max(LEAST_LEFT * record.load_seconds, record.load_seconds - (self._clock.wall() - record.since))

    def _wait(
        self,
        record: ModelRecord,
        pools: Sequence[Pool],
        occupants: Sequence[Occupant],
        lines: Mapping[str, Mapping[str, float]],
    ) -> Wait:
        """``lines``: when the loads of each queue begin."""
        if record.ready:
            return NOTHING
        if self.held:
            return Wait(blocked=memory_words.HELD, held=True)
        begins = lines.get(record.queue, NO_LINE)
        if record.id in begins:
            begin = max(lines[key].get(record.id, 0.0) for key in record.queues if key in lines)
            self._starts[record.id] = begin
            others = _answering(record, len(record.tickets)) if record.tickets else 0.0
            return Wait(begin + others, self._load_left(record))
        queue = begins.get("", 0.0)
        if record.moving:
            return Wait(queue + OTHERS_SECONDS, record.load_seconds)
        plan = self.plan_over(record, pools, occupants, lines=lines)
        if record.roams:
            queue = max((_wait_in(pool, lines) for pool in plan.pools), default=queue)
        if not plan.fits and self.coming_back(record):
            return Wait(queue + OTHERS_SECONDS, record.load_seconds)
        if not plan.fits:
            return Wait(blocked=plan.reason, never=never_fits(record, record.needed_bytes(), pools))
        queue += self._hold(plan)
        self._starts[record.id] = queue
        return Wait(queue, record.load_seconds)

    def _hold(self, plan: Plan) -> float:
        """Seconds until who must leave is out. Those who answer may be asked for a while yet: by half of that time, as
        they may fall idle before."""
        leaving = [self._fleet.models[model] for model in plan.evict if model in self._fleet.models]
        return self._leaving(leaving) + (OVERTAKE_SECONDS / 2 if plan.drain else 0.0)

    def _leaving(self, leaving: Sequence[ModelRecord]) -> float:
        answers = max((_answering(m, m.leases + m.side_by_side - 1) for m in leaving if m.leases), default=0.0)
        return answers + UNLOAD_SECONDS * len(leaving)


def never_fits(record: ModelRecord, needed: int | None, pools: Sequence[Pool]) -> bool:
    """Whether so much does not fit even into empty memory; not where that is not measured."""
    budgets = {pool.name: pool.budget for pool in pools}
    gpus = [budgets[pool] for pool in record.reach if pool in budgets]
    most = max(gpus, default=0) if record.layout == "one" else sum(gpus)
    return bool(gpus) and (needed or 0) > most + (budgets.get(HOST_POOL, 0) if record.splits else 0)


def _wait_in(pool: str, lines: Mapping[str, Mapping[str, float]] | None) -> float:
    """Seconds until one more load could begin in a pool."""
    return lines.get(pool, NO_LINE).get("", 0.0) if lines else 0.0


def _joined(one: Occupant, other: Occupant) -> Occupant:
    """Two names of the same weights: held by either, kept by either."""
    return replace(
        one,
        leases=one.leases + other.leases,
        pinned=one.pinned or other.pinned,
        loading=one.loading or other.loading,
        idle_seconds=min(one.idle_seconds, other.idle_seconds),
        uses=one.uses + other.uses,
    )


def _answering(record: ModelRecord, before: int) -> float:
    """Seconds until one more request is answered at once, with so many before it: they share what the model answers
    side by side."""
    many = record.side_by_side
    return max(0, before + 1 - many) * record.mean_seconds / many
