"""Who is in memory: each model loaded once for all who want it, one move at a time per pool, room made first.

``core.placement`` plans over what ``Ledger`` sees, ``Moves`` carries a plan out, ``Leases`` knows who holds what.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

from llmrouter_tui.core.domain import HOST_POOL
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.placement import Plan
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.leasing import Lease, Leases
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.moving import Moves, failure
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.tasks import Tasks

log = logging.getLogger(__name__)

IDLE_LOOK_SECONDS = 20.0
SETTLE_SECONDS = 5.0
"""How long freed memory may take to come back before the load is tried anyway."""


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
    ) -> None:
        self._fleet = fleet
        self._ledger = ledger
        self._clock = clock
        self._tasks = tasks
        self._measure = measure
        self._keep_alive = keep_alive
        self._leases = Leases(fleet, clock)
        self._moves = Moves(fleet, self._leases, learning, bus, clock, measure=measure, load_timeout=load_timeout)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._loads: dict[str, asyncio.Task[None]] = {}

    # ── leases ──

    def lease(self, record: ModelRecord) -> Lease | None:
        """Hold a model that is ready; None where it must be loaded first."""
        return self._leases.hold(record)

    async def acquire(self, record: ModelRecord, exchange_id: str = "") -> Lease:
        """Hold a model, loading it first if it must be. Raises ``BackendError`` when it cannot be had.

        Who waits for a load gets its lease in the moment the load ends, so that no other load can take the
        model away in between.
        """
        while (lease := self._leases.hold(record)) is None:
            ticket = self._leases.ticket(record, exchange_id)
            try:
                await self._shared_load(record)
            except BaseException:
                self._leases.give_up(ticket)
                raise
            if ticket not in record.tickets:
                return ticket
            record.tickets.discard(ticket)
        return lease

    def keep_alive(self, record: ModelRecord) -> float | None:
        """What to tell a backend that unloads by itself; None for those that never do."""
        if not record.backend.manages_memory:
            return None
        return -1.0 if record.pinned else self._keep_alive

    def context(self, record: ModelRecord) -> int | None:
        """The one context length a model is loaded and asked with, so that no request reloads it; None where its
        backend does not leave that to its caller."""
        return record.info.context_length if record.backend.sets_context else None

    # ── commands ──

    async def load(self, record: ModelRecord) -> None:
        """Load a model because the user wants it, whoever waits for it."""
        record.asked = True
        await self._shared_load(record)

    async def _shared_load(self, record: ModelRecord) -> None:
        """Everyone who wants a model shares one load. It is called off when all of them have left before its backend
        was asked; from then on it goes on."""
        task = self._loads.get(record.id)
        if task is None or task.done():
            record.wanted = True
            task = self._tasks.spawn(self._load(record), f"load {record.id}")
            self._loads[record.id] = task
            task.add_done_callback(lambda done: self._load_ended(record, done))
        await asyncio.shield(task)

    def _load_ended(self, record: ModelRecord, task: "asyncio.Task[None]") -> None:
        if self._loads.get(record.id) is task:
            del self._loads[record.id]
            record.wanted = record.asked = False
            self._fleet.touch(record)

    async def unload(self, record: ModelRecord, reason: str, *, force: bool = False) -> None:
        """Take a model out of memory: no new leases, wait for answers in flight, then unload."""
        if not record.backend.manages_memory:
            raise RouterError("invalid_request", f"{record.info.backend} does not let models be unloaded")
        if force:
            self._leases.hurry(record)
        async with self._lock(record):
            await self._moves.unload(record, reason, force=force)

    async def keep(self, record: ModelRecord) -> None:
        """Bring a model's keep-alive in line with its pin: a pinned one is loaded and stays."""
        if record.ready:
            await record.backend.load(
                record.info, keep_alive=self.keep_alive(record), context_length=self.context(record)
            )
        elif record.pinned:
            await self.load(record)

    async def unload_idle(self) -> None:
        """Give memory back where nobody else does: a backend of our own keeps models until it is told."""
        for record in list(self._fleet.models.values()):
            if record.backend.kind == "embedded" and self._unused(record):
                with contextlib.suppress(RouterError):  # told by the event; looked at again next time
                    await self._unload_unused(record)

    async def _unload_unused(self, record: ModelRecord) -> None:
        async with self._lock(record):
            if self._unused(record):
                await self._moves.unload(record, f"unused for {self._keep_alive / 60:.0f} min")

    def _unused(self, record: ModelRecord) -> bool:
        held = record.pinned or record.leases or record.tickets
        idle = self._clock.wall() - (record.last_used or self._clock.wall())
        return record.ready and not held and idle > self._keep_alive

    # ── one load ──

    async def _load(self, record: ModelRecord) -> None:
        async with self._turn(record):
            if record.ready:
                self._leases.grant(record)
                return
            try:
                if record.awaited:
                    await self._make_room(record)
                if record.awaited:
                    await self._moves.load(
                        record, keep_alive=self.keep_alive(record), context_length=self.context(record)
                    )
                else:
                    log.info("%s is not loaded: who waited for it has left", record.id)
            except asyncio.CancelledError:
                self._moves.not_loaded(record)
                raise
            except Exception as error:
                raise self._moves.load_failed(record, error) from error

    async def _make_room(self, record: ModelRecord) -> None:
        if not record.healthy:
            raise failure("backend_unreachable", f"{record.info.backend} is down", record)
        plan = self._ledger.plan(record)
        if not plan.fits:  # the figures may be a second old
            await self._measure()
            plan = self._ledger.plan(record)
        if not plan.fits:
            words = f"{record.id} does not fit: {plan.reason}"
            raise failure("out_of_memory", words, record, "unpin or unload a model, or choose a smaller one")
        for victim in plan.evict:
            if (known := self._fleet.models.get(victim)) is not None and record.awaited:
                await self._moves.unload(known, f"for {record.id}", wanted=lambda: record.awaited)
        if plan.evict and record.awaited:
            await self._settle(record, plan)

    async def _settle(self, record: ModelRecord, plan: Plan) -> None:
        """Drivers give memory back late: wait until it is there, bounded."""
        needed = (record.needed_bytes() or 0) - plan.spilled
        deadline = self._clock.mono() + SETTLE_SECONDS
        while self._clock.mono() < deadline:
            pool = next((p for p in self._ledger.pools() if p.name == plan.pool), None)
            if pool is None or pool.free >= min(needed, pool.budget):
                return
            await asyncio.sleep(0.1)
            await self._measure()

    @contextlib.asynccontextmanager
    async def _turn(self, record: ModelRecord) -> AsyncIterator[None]:
        """One load at a time per pool; a model that is to be split has its turn in both, in one order for all."""
        async with contextlib.AsyncExitStack() as turns:
            await turns.enter_async_context(self._locks[record.home or record.info.backend])
            if record.splits and self._ledger.exceeds(record):
                await turns.enter_async_context(self._locks[HOST_POOL])
            yield

    def _lock(self, record: ModelRecord) -> asyncio.Lock:
        """One unload at a time per pool; where memory is not ours to see, per backend."""
        return self._locks[record.pool or record.info.backend]
