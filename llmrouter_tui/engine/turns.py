"""Who is loaded next: one queue per pool, in which models wait for their turn. ``core.queueing`` decides."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Literal, Protocol

from llmrouter_tui.core.placement import Plan
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.queueing import BOUNDS, Ahead, Bounds, Holder, Waiter, obstacle, turn
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

Outcome = Literal["mine", "left", "elsewhere"]
"""It is a model's turn; nobody wants it any more; it could begin at once in another queue."""
LOOK_SECONDS = 1.0
"""The first one looks this often whether things have changed that nobody tells: memory that others gave back."""


class Seat:
    """A model's place in a queue, and how far that had been passed when it came."""

    __slots__ = ("held_up", "passed", "urgent", "wake")

    def __init__(self, held_up: float, passed: int, *, urgent: bool) -> None:
        self.held_up = held_up
        self.passed = passed
        self.urgent = urgent
        """Nobody may pass it."""
        self.wake = asyncio.Event()


class Planner(Protocol):
    """Who would leave for a model now, if it were to be no others than those ``among`` whom it is."""

    def __call__(self, record: ModelRecord, *, among: Collection[str] | None = None) -> Plan: ...


class Line:
    """The queue of one pool."""

    def __init__(self, key: str, bounds: Bounds) -> None:
        self.key = key
        self.current: ModelRecord | None = None
        """Whose turn it is."""
        self.seats: dict[ModelRecord, Seat] = {}
        """Who waits, the next one first."""
        self.leaving: frozenset[str] = frozenset()
        """Who would have to leave for the next one, and is still asked."""
        self.held_up = 0.0
        """Seconds that the next one let others pass, in all; ``passed`` requests that did, in all, of those whose
        models then had to leave."""
        self.passed = 0
        self._bounds = bounds
        self._taken: Counter[str] = Counter()
        """Requests by model that were taken since the queue is held up: who has to leave may be another yet."""
        self._watched: tuple[ModelRecord, ...] = ()
        self._since: float | None = None

    def admit(self, record: ModelRecord) -> bool:
        """Whether one more request may pass who waits. It is counted."""
        seat = next(iter(self.seats.values()), None)
        if seat is None or record.id not in self.leaving:
            self._taken[record.id] += 1
            return True
        passed = self.overtaken(seat, self.leaving)
        if passed >= self._bounds.requests:
            return False
        self._taken[record.id] += 1
        if passed + 1 >= self._bounds.requests:
            self.tell()
        return True

    def overtaken(self, seat: Seat, leaving: Collection[str]) -> int:
        """Requests that passed who has this seat, if these are to leave for it."""
        return self.passed - seat.passed + sum(self._taken[model] for model in leaving)

    def tell(self) -> None:
        """Something has changed."""
        for seat in self.seats.values():
            seat.wake.set()

    def count(self, now: float, *, held_up: bool) -> None:
        """Time has passed; whether the next one lets others pass from now on."""
        if self._since is not None:
            self.held_up += now - self._since
        self._since = now if held_up else None

    def watch(self, records: Iterable[ModelRecord], leaving: Collection[str]) -> None:
        """Who is in memory while the next one waits, and who of them would have to leave."""
        self.lift()
        self.leaving = frozenset(leaving)
        self._watched = tuple(records)
        for record in self._watched:
            record.line = self

    def begin(self, record: ModelRecord) -> None:
        """It is the turn of the first."""
        self.current = record
        del self.seats[record]
        self.passed += sum(self._taken[model] for model in self.leaving)
        self._taken.clear()
        self.lift()

    def rest(self, now: float) -> None:
        """Nobody waits any more."""
        self.count(now, held_up=False)
        self._taken.clear()
        self.lift()

    def lift(self) -> None:
        for record in self._watched:
            if record.line is self:
                record.line = None
        self._watched, self.leaving = (), frozenset()


class Turns:
    """Owns the queues."""

    def __init__(
        self,
        fleet: Fleet,
        clock: Clock,
        plan: Planner,
        moved: Callable[[ModelRecord], None],
        bounds: Bounds = BOUNDS,
        better: Callable[[ModelRecord], bool] = lambda record: False,
    ) -> None:
        """``moved`` is told of every model whose place is another; ``better``: whether one that waits could begin at
        once in another queue, where it is then to go."""
        self._fleet = fleet
        self._clock = clock
        self._plan = plan
        self._moved = moved
        self._bounds = bounds
        self._better = better
        self._lines: dict[str, Line] = {}

    @contextlib.asynccontextmanager
    async def turn(self, key: str, record: ModelRecord, *, urgent: bool = False) -> AsyncIterator[Outcome]:
        """Wait for a model's turn in a queue and hold it. ``urgent``: it was passed in another queue already."""
        line = self._lines.setdefault(key, Line(key, self._bounds))
        seconds, requests = record.passed
        line.seats[record] = Seat(line.held_up - seconds, line.passed - requests, urgent=urgent)
        self._number(line)
        try:
            mine = await self._begin(line, record)
            yield mine
        finally:
            line.seats.pop(record, None)
            if line.current is record:
                line.current = None
            record.place = record.plan = None
            self._number(line)
            self._next(line)
            for other in self._lines.values():  # who waits there may come here
                if other is not line:
                    other.tell()

    def free(self, key: str) -> bool:
        """Whether nobody is being loaded to a pool, or waits for it."""
        line = self._lines.get(key)
        return line is None or (line.current is None and not line.seats)

    def alone(self, record: ModelRecord) -> bool:
        """Whether nobody is before a model in its queue."""
        line = self._lines.get(record.queue)
        return line is not None and line.current is None and next(iter(line.seats), None) is record

    async def _begin(self, line: Line, record: ModelRecord) -> Outcome:
        seat, told = line.seats[record], None
        while record.awaited:
            pause = None
            if line.current is None and next(iter(line.seats)) is record:
                pause = self._look(line, record, seat)
                if pause is None:
                    line.begin(record)
                    self._number(line)
                    line.tell()
                    self._moved(record)
                    return "mine"
                pause = min(pause, LOOK_SECONDS)
            if self._better(record):
                record.passed = line.held_up - seat.held_up, line.overtaken(seat, line.leaving)
                return "elsewhere"
            if told != record.place:
                told = record.place
                self._moved(record)
            seat.wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await seat.wake.wait()
        return "left"

    def _next(self, line: Line) -> None:
        """Whoever is next now looks for itself, but from this moment on requests are counted that pass it."""
        first = next(iter(line.seats), None)
        if line.current is None and first is not None:
            self._look(line, first, line.seats[first])
        elif first is None:
            line.rest(self._clock.mono())
        line.tell()

    def _look(self, line: Line, record: ModelRecord, seat: Seat) -> float | None:
        """Seconds until the first in a queue may begin, if nothing happens meanwhile; None: it may."""
        if record.ready:  # somebody wanted its place, and does not any more
            return None
        line.count(self._clock.mono(), held_up=True)
        plan = self._choose(line, record, seat)
        leaving = self._records(plan) if plan.fits else []
        names = self._names(leaving)
        waiter = Waiter(
            record.id,
            tuple(model.id for model in leaving),
            line.held_up - seat.held_up,
            line.overtaken(seat, names),
            record.load_seconds,
            record.asked or seat.urgent,
        )
        told = turn([waiter], {model.id: self._holder(model) for model in leaving}, self._bounds)
        line.count(self._clock.mono(), held_up=told.again is not None)
        line.watch((m for m in self._fleet.models.values() if line.key in m.keys), names)
        record.plan = plan if told.again is None else None
        return told.again

    def _choose(self, line: Line, record: ModelRecord, seat: Seat) -> Plan:
        """Who is to leave. Another one than before, if it is at hand, but not one that was asked so often meanwhile
        that more would have passed than may."""
        plans = [self._plan(record)]
        if line.leaving and plans[0].fits:
            before = self._plan(record, among=line.leaving)
            plans += [before] if before.fits else []

        def drawback(plan: Plan) -> tuple[bool, bool]:
            passed = line.overtaken(seat, self._names(self._records(plan)))
            return passed > self._bounds.requests, bool(plan.drain)

        return min(plans, key=drawback)

    def _records(self, plan: Plan) -> list[ModelRecord]:
        return [self._fleet.models[model] for model in plan.evict if model in self._fleet.models]

    def _names(self, records: Iterable[ModelRecord]) -> frozenset[str]:
        """With all names of the same weights."""
        return frozenset(m.id for record in records for m in self._fleet.family(record))

    def _holder(self, model: ModelRecord) -> Holder:
        family = self._fleet.family(model)
        busy = any(m.leases or m.residency in ("loading", "unloading") for m in family)
        used = max((m.last_used for m in family if m.last_used is not None), default=0.0)
        return Holder(busy, self._clock.wall() - used, model.load_seconds)

    def _number(self, line: Line) -> None:
        order = [line.current, *line.seats] if line.current is not None else [None, *line.seats]
        for place, record in enumerate(order):
            if record is not None and record.place != place:
                record.place = place
                self._fleet.touch(record)

    def freed(self, record: ModelRecord) -> None:
        """Nobody holds a model any more: whoever waits for its memory looks again."""
        for line in self._lines.values():
            if line.seats:
                line.tell()

    def deserted(self) -> None:
        """Nobody waits for some model any more."""
        for line in self._lines.values():
            line.tell()

    def next_place(self, key: str) -> int:
        """The place that one more model would have in a queue; 0 where it would begin at once."""
        line = self._lines.get(key)
        if line is None or (line.current is None and not line.seats):
            return 0
        return len(line.seats) + 1

    def obstacle(self, record: ModelRecord) -> str:
        """What the load of a model waits for, in words; of one that is in no queue yet, what it would wait for."""
        line = next((line for line in self._lines.values() if record in line.seats), None)
        line = line or next((line for line in self._lines.values() if record is line.current), None)
        line = line or self._lines.get(record.queue)
        if line is None:
            return ""
        order = [line.current, *line.seats] if line.current is not None else [*line.seats]
        before = order[: order.index(record)] if record in order else order
        ahead = [Ahead(one.id, len(one.tickets), one.residency == "loading") for one in before]
        return obstacle(ahead, self._answering(line))

    def _answering(self, line: Line) -> list[tuple[str, int]]:
        """Who must answer yet, with how many requests, before the first of a queue can be loaded."""
        first = line.current
        models = [model for model in self._fleet.models.values() if model.leases]
        if first is None:
            return [(model.id, model.leases) for model in models if model.id in line.leaving]
        if first.residency == "loading":
            return []
        return [(model.id, model.leases) for model in models if model.draining and line.key in model.keys]
