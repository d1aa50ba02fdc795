"""Who is loaded next: one queue per pool, in which models wait for their turn. ``core.queueing`` decides."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable

from llmrouter_tui.core.placement import Plan
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.core.queueing import BOUNDS, Bounds, Holder, Waiter, turn
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

LOOK_SECONDS = 1.0
"""The first one looks this often whether things have changed that nobody tells: memory that others gave back."""


class Seat:
    """A model's place in a queue, and how far that had been passed when it came."""

    __slots__ = ("held_up", "passed", "wake")

    def __init__(self, held_up: float, passed: int) -> None:
        self.held_up = held_up
        self.passed = passed
        self.wake = asyncio.Event()


class Line:
    """The queue of one pool."""

    def __init__(self, bounds: Bounds) -> None:
        self.current: ModelRecord | None = None
        """Whose turn it is."""
        self.seats: dict[ModelRecord, Seat] = {}
        """Who waits, the next one first."""
        self.besieged: tuple[ModelRecord, ...] = ()
        """Who would have to leave for the next one, and is still asked."""
        self.held_up = 0.0
        """Seconds that the next one let others pass, in all; ``passed`` requests that did, in all."""
        self.passed = 0
        self._bounds = bounds
        self._since: float | None = None

    def admit(self) -> bool:
        """Whether one more request may pass who waits. It is counted."""
        seat = next(iter(self.seats.values()), None)
        if seat is None:
            return True
        if self.passed - seat.passed >= self._bounds.requests:
            return False
        self.passed += 1
        if self.passed - seat.passed >= self._bounds.requests:
            self.tell()
        return True

    def tell(self) -> None:
        """Something has changed."""
        for seat in self.seats.values():
            seat.wake.set()

    def count(self, now: float, *, held_up: bool) -> None:
        """Time has passed; whether the next one lets others pass from now on."""
        if self._since is not None:
            self.held_up += now - self._since
        self._since = now if held_up else None

    def besiege(self, records: Iterable[ModelRecord]) -> None:
        for record in self.besieged:
            record.line = None
        self.besieged = tuple(records)
        for record in self.besieged:
            record.line = self


class Turns:
    """Owns the queues."""

    def __init__(
        self,
        fleet: Fleet,
        clock: Clock,
        plan: Callable[[ModelRecord], Plan],
        moved: Callable[[ModelRecord], None],
        bounds: Bounds = BOUNDS,
    ) -> None:
        """``plan``: who would leave for a model now; ``moved`` is told of every model whose place is another."""
        self._fleet = fleet
        self._clock = clock
        self._plan = plan
        self._moved = moved
        self._bounds = bounds
        self._lines: dict[str, Line] = defaultdict(lambda: Line(bounds))

    @contextlib.asynccontextmanager
    async def turn(self, key: str, record: ModelRecord) -> AsyncIterator[bool]:
        """Wait for a model's turn in a queue and hold it; False when nobody wants the model any more."""
        line = self._lines[key]
        line.seats[record] = Seat(line.held_up, line.passed)
        self._number(line)
        try:
            mine = await self._begin(line, record)
            yield mine
        finally:
            line.seats.pop(record, None)
            if line.current is record:
                line.current = None
            if not line.seats:
                line.count(self._clock.mono(), held_up=False)
                line.besiege(())
            record.place = None
            self._number(line)
            line.tell()

    async def _begin(self, line: Line, record: ModelRecord) -> bool:
        seat, told = line.seats[record], None
        while record.awaited:
            pause = None
            if line.current is None and next(iter(line.seats)) is record:
                pause = self._look(line, record, seat)
                if pause is None:
                    line.current = record
                    del line.seats[record]
                    self._number(line)
                    line.tell()
                    self._moved(record)
                    return True
                pause = min(pause, LOOK_SECONDS)
            if told != record.place:
                told = record.place
                self._moved(record)
            seat.wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await seat.wake.wait()
        return False

    def _look(self, line: Line, record: ModelRecord, seat: Seat) -> float | None:
        """Seconds until the first in a queue may begin, if nothing happens meanwhile; None: it may."""
        if record.ready:  # somebody wanted its place, and does not any more
            return None
        line.count(self._clock.mono(), held_up=True)
        models = self._fleet.models
        plan = self._plan(record)
        leaving = [models[model] for model in plan.evict if model in models] if plan.fits else []
        told = turn(
            [
                Waiter(
                    record.id,
                    tuple(model.id for model in leaving),
                    line.held_up - seat.held_up,
                    line.passed - seat.passed,
                    record.load_seconds,
                    record.asked,
                )
            ],
            {model.id: self._holder(model) for model in leaving},
            self._bounds,
        )
        line.count(self._clock.mono(), held_up=told.again is not None)
        line.besiege(m for model in leaving for m in self._fleet.family(model) if told.again is not None)
        return told.again

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
        line = self._lines.get(record.pool)
        if line is not None and line.seats:
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
        """Why a model in a queue is not loaded yet, in words."""
        for line in self._lines.values():
            if record is line.current:
                drained = [m for m in self._fleet.models.values() if m.draining and m.leases and m.pool == record.home]
                return _answering(drained) if record.residency != "loading" else ""
            if record in line.seats and line.current is not None:
                return f"{line.current.id} is being loaded"
            if record in line.seats:
                first = next(iter(line.seats))
                words = _answering([m for m in line.besieged if m.leases])
                return words or (f"{first.id} is loaded first" if first is not record else "")
        return ""


def _answering(records: list[ModelRecord]) -> str:
    words = [f"{m.id} answers {m.leases} request{'' if m.leases == 1 else 's'}" for m in records[:2]]
    return " and ".join(words)
