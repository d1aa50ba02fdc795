"""Who is in memory: each model loaded once for all who want it, one move at a time per pool, room made first.

``core.placement`` plans over what ``Ledger`` sees, ``Admission`` bounds the queues, ``Turns`` tells whose turn it is,
``Arrivals`` brings one in, ``Loading`` and ``Moves`` carry plans out, ``Leases`` knows who holds what.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Waiting
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.queueing import BOUNDS, Bounds, Place
from llmrouter_tui.engine.admission import Admission
from llmrouter_tui.engine.arrivals import Arrivals
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.leasing import Lease, Leases
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.loading import Loading
from llmrouter_tui.engine.moving import Moves, failure
from llmrouter_tui.engine.pins import Pins
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.turns import Turns

log = logging.getLogger(__name__)

LOOK_THERE = "look at its log, or restart it"
IDLE_LOOK_SECONDS = 20.0
LOST_LOOK_SECONDS = 2.0
BRING_BACK_SECONDS = 60.0
"""At most so often a pinned model is loaded again that others send away: nobody is to fight for the memory. By
judgement."""


class Residency:
    """Decides nothing about quality: it gets models into memory and out of it, safely."""

    def __init__(
        self,
        fleet: Fleet,
        ledger: Ledger,
        learning: Learning,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        *,
        measure: Callable[[], Awaitable[object]],
        keep_alive: float,
        load_timeout: float,
        queue_limit: int = 64,
        queue_seconds: float = 300.0,
        bounds: Bounds = BOUNDS,
    ) -> None:
        """``queue_limit``: requests that may wait for one pool; ``queue_seconds``: until a load begins."""
        self._fleet = fleet
        self._ledger = ledger
        self._bus = bus
        self._clock = clock
        self._keep_alive = keep_alive
        self._measure = measure
        self.admission = Admission(fleet, ledger, limit=queue_limit, seconds=queue_seconds)
        """Who may wait; its bounds may change."""
        self._load_timeout = load_timeout
        self._turns = Turns(
            fleet, clock, ledger.plan, self._moved, bounds, lambda record: self._arrivals.better(record)
        )
        self._leases = Leases(fleet, self._turns, clock)
        self._moves = Moves(fleet, self._leases, learning, bus, clock, measure=measure, load_timeout=load_timeout)
        loading = Loading(
            fleet, ledger, self._moves, clock, measure=measure, keep_alive=self.keep_alive, context=self.context
        )
        self._pins = Pins(fleet, ledger.pools)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._arrivals = Arrivals(fleet, ledger, self._turns, self._leases, self._moves, loading, tasks, self._locks)

    # ── leases ──

    def lease(self, record: ModelRecord) -> Lease | None:
        """Hold a model that is ready; None where it must be waited for."""
        return self._leases.hold(record)

    async def acquire(self, record: ModelRecord, exchange_id: str = "", tokens: int = 0) -> Lease:
        """Hold a model, loading it first if it must be, with a context of so many ``tokens`` at least. Raises
        ``BackendError`` when it cannot be had: ``queue_full`` where too many wait already, or it took too long.

        Who waits for a load gets its lease in the moment the load ends, so that no other load can take the
        model away in between.
        """
        deadline = self._clock.mono() + self.admission.seconds
        while (lease := self._leases.hold(record)) is None:
            self.admission.check(record)
            ticket = self._leases.ticket(record, exchange_id, tokens)
            self._tell(ticket, self.place(record))
            try:
                await self._wait(record, deadline)
            except BaseException:
                self._leases.give_up(ticket)
                raise
            if ticket not in record.tickets:
                return ticket
            record.tickets.discard(ticket)
        return lease

    def place(self, record: ModelRecord) -> Place:
        """Where a request for a model that is not ready stands, or would stand."""
        wait = self._ledger.wait(record)
        place = self._turns.next_place(record.queue) if record.place is None else record.place
        return Place(place, wait.queue + wait.load, self._turns.obstacle(record))

    def hopeless(self, record: ModelRecord) -> bool:
        """Whether no room can be made for a model as things are, even if all others that may leave do."""
        wait = self._ledger.wait(record)
        return bool(wait.blocked) and not wait.held

    def roomy(self, record: ModelRecord) -> bool:
        """Whether a model could be loaded now without anybody leaving memory or waiting for it."""
        plan = self._ledger.plan(record)
        return plan.fits and not plan.evict and self._turns.free(record.queue)

    def keep_alive(self, record: ModelRecord) -> float | None:
        """What to tell a backend that unloads by itself; None for those that never do."""
        if not record.backend.manages_memory:
            return None
        return -1.0 if record.pinned else self._keep_alive

    def context(self, record: ModelRecord) -> int | None:
        """The one context length a model is loaded and asked with, so that no request reloads it; None where its
        backend does not leave that to its caller."""
        return record.info.context_length if record.backend.sets_context else None

    # ── the queue ──

    async def _wait(self, record: ModelRecord, deadline: float) -> None:
        """Wait for a load, and in the queue before it no longer than until then; for one that its backend began by
        itself no longer than a load may take. Raises ``BackendError``."""
        task = self._arrivals.shared(record)
        await asyncio.wait((task,), timeout=max(0.0, deadline - self._clock.mono()))
        if not task.done() and record.residency != "loading":
            raise self.admission.late(record)
        if not task.done() and not record.in_motion:
            await asyncio.wait((task,), timeout=self._load_timeout)
            if not task.done() and not record.in_motion:
                words = f"{record.info.backend} says that it loads {record.id}, and has not done so"
                raise failure("load_timeout", f"{words} within {self._load_timeout:.0f} s", record, LOOK_THERE)
        await asyncio.shield(task)

    def _moved(self, record: ModelRecord) -> None:
        """A model has another place in its queue."""
        place = self.place(record)
        for ticket in tuple(record.tickets):
            self._tell(ticket, place)

    def _tell(self, ticket: Lease, place: Place) -> None:
        if ticket.exchange_id and ticket.told != place.position:
            ticket.told = place.position
            reason = "queue" if place.position else "load"
            self._bus.publish(
                Waiting(ticket.exchange_id, ticket.record.id, reason, place.seconds, place.position, place.reason)
            )

    # ── commands ──

    async def load(self, record: ModelRecord) -> None:
        """Load a model because the user wants it, whoever waits for it. Raises ``BackendError``."""
        self.admission.refuse_held(record)
        record.asked = True
        task = self._arrivals.shared(record)
        self._leases.look_up()
        await asyncio.shield(task)

    async def unload(self, record: ModelRecord, reason: str, *, force: bool = False) -> None:
        """Take a model out of memory: no new leases, wait for answers in flight, then unload."""
        if not record.backend.manages_memory:
            raise RouterError("invalid_request", f"{record.info.backend} does not let models be unloaded")
        if force:
            self._leases.hurry(record)
        async with self._lock(record):
            await self._moves.unload([record], reason, force=force)

    async def keep(self, record: ModelRecord) -> None:
        """Bring a model's keep-alive in line with its pin: a pinned one is loaded and stays."""
        async with self._lock(record):  # one that is on its way out is not called back unseen
            if record.ready:
                await record.backend.load(
                    record.info, keep_alive=self.keep_alive(record), context_length=self.context(record)
                )
        if record.pinned and not record.ready:
            await self.load(record)

    def pin_refusal(self, record: ModelRecord) -> str:
        """Why a model cannot be pinned beside the others that are, with the arithmetic; empty where it can."""
        return self._pins.refusal(record)

    async def keep_pinned(self, backend: str = "") -> None:
        """Load what is pinned, one after another, of one backend where it is named. What cannot be loaded is told by
        its event."""
        for record in list(self._fleet.models.values()):
            named = not backend or record.info.backend == backend
            if named and record.pinned and record.backend.manages_memory:
                with contextlib.suppress(RouterError):
                    await self.keep(record)

    async def bring_back(self) -> None:
        """Load pinned models again that went though nobody here sent them away: their server let them go, or a load
        failed. Not what fits nowhere as things are, is left alone for its faults, or was brought back a moment ago."""
        lost = [record for record in self._fleet.models.values() if record.pinned and record.lost]
        if any(map(self._may_come_back, lost)):
            await self._measure()  # the figures may be older than the loss
        for record in lost:
            if self._may_come_back(record) and self._ledger.plan(record).fits:
                record.brought_back = self._clock.mono()
                with contextlib.suppress(RouterError):  # told by its event
                    await self.keep(record)

    def _may_come_back(self, record: ModelRecord) -> bool:
        able = record.healthy and record.residency == "absent" and not record.moving and not self.held
        rested = not record.problem and record.rest is None
        late = not record.brought_back or self._clock.mono() - record.brought_back >= BRING_BACK_SECONDS
        return able and rested and late

    async def unload_idle(self) -> None:
        """Give memory back where nobody else does: a backend of our own keeps models until it is told."""
        for record in list(self._fleet.models.values()):
            if record.backend.kind == "embedded" and self._unused(record):
                with contextlib.suppress(RouterError):  # told by the event; looked at again next time
                    await self._unload_unused(record)

    async def _unload_unused(self, record: ModelRecord) -> None:
        async with self._lock(record):
            if self._unused(record):
                await self._moves.unload([record], f"unused for {self._keep_alive / 60:.0f} min")

    def _unused(self, record: ModelRecord) -> bool:
        held = record.pinned or record.leases or record.tickets
        idle = self._clock.wall() - (record.last_used or self._clock.wall())
        return record.ready and not held and idle > self._keep_alive

    # ── all of it ──

    @property
    def held(self) -> bool:
        """Whether the memory was cleared for other work: nothing is loaded until ``release``."""
        return self._ledger.held

    def hold(self) -> None:
        """Load nothing until ``release``, as it was when the router ended."""
        log.warning("%s since before the router started; %s", HELD, RELEASED_BY)
        self._hold(True)

    async def clear(self) -> None:
        """Free the memory for other work: every model is drained and unloaded, pinned ones too, and none is loaded
        until ``release``. Raises ``BackendError`` for the first that stays."""
        self._hold(True)
        queues = {record.key for record in self._fleet.models.values() if record.backend.manages_memory}
        await _all(self._clear(key) for key in sorted(queues))

    async def _clear(self, key: str) -> None:
        """Each goes as soon as it is idle: none of them makes room for another, so none waits for another."""
        async with self._locks[key]:
            inside = [m for m in self._fleet.models.values() if m.backend.manages_memory and m.key == key]
            there = [m for m in inside if m.residency == "resident" and m.healthy and not m.shares]
            reason = "to clear the memory"
            await _all(self._moves.unload([m], reason, wanted=lambda: self.held) for m in there)

    async def release(self) -> None:
        """Load again as needed, pinned models at once. What cannot be loaded is told by its event."""
        self._hold(False)
        await self.keep_pinned()

    def _hold(self, held: bool) -> None:
        self._ledger.held = held
        for record in self._fleet.models.values():
            self._fleet.touch(record)
        self._leases.look_up()

    def _lock(self, record: ModelRecord) -> asyncio.Lock:
        """One unload at a time per pool; where memory is not ours to see, per backend."""
        return self._locks[record.key]


async def _all(works: Iterable[Awaitable[None]]) -> None:
    """Each to its end; then the first error, if there was one."""
    for error in await asyncio.gather(*works, return_exceptions=True):
        if error is not None:
            raise error
