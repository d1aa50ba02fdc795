"""Who is in memory: leases, loads one at a time per pool, evictions that drain first.

``core.placement`` plans; this room carries plans out and publishes what happened.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device, ResidencyEvent
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.placement import Occupant, Plan, Pool, place
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.core.selection import Wait
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.tasks import Tasks

log = logging.getLogger(__name__)
_new_wait = maker(Wait)

GIB = 1024**3
UNLOAD_SECONDS = 1.0
"""What an eviction adds to a load, for estimates."""
IDLE_LOOK_SECONDS = 20.0
SETTLE_SECONDS = 5.0
"""How long freed memory may take to come back before the load is tried anyway."""
DRAIN_SECONDS = 600.0
"""How long an answer in flight may hold up an eviction."""


class Lease:
    """A hold on a model: while it lasts the model is not unloaded. ``release`` is idempotent."""

    __slots__ = ("_residency", "record")

    def __init__(self, residency: "Residency", record: ModelRecord) -> None:
        self.record = record
        self._residency: Residency | None = residency

    def release(self) -> None:
        if self._residency is not None:
            self._residency.released(self.record)
            self._residency = None


class Residency:
    """Decides nothing about quality: it gets models into memory and out of it, safely."""

    def __init__(
        self,
        fleet: Fleet,
        learning: Learning,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        *,
        measure: Callable[[], Awaitable[object]],
        keep_alive: float,
        load_timeout: float,
        reserve: int,
        max_bytes: int | None,
    ) -> None:
        self._fleet = fleet
        self._learning = learning
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._measure = measure
        self._keep_alive = keep_alive
        self._load_timeout = load_timeout
        self._reserve = reserve
        self._max_bytes = max_bytes
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._loads: dict[str, asyncio.Task[None]] = {}
        self._idle: dict[str, asyncio.Event] = {}
        self._waits: tuple[float, dict[str, Wait]] = (-1.0, {})

    # ── leases ──

    def ready(self, record: ModelRecord) -> bool:
        """Whether a lease can be had at once."""
        return record.residency == "resident" and not record.draining

    def lease(self, record: ModelRecord) -> Lease | None:
        """Hold a model that is ready; None where it must be loaded first."""
        if not self.ready(record):
            return None
        record.leases += 1
        self._fleet.touch(record, at_once=False)
        return Lease(self, record)

    async def acquire(self, record: ModelRecord) -> Lease:
        """Hold a model, loading it first if it must be. Raises ``BackendError`` when it cannot be had.

        Who waits for a load gets its lease in the moment the load ends, so that no other load can take the
        model away in between.
        """
        while (lease := self.lease(record)) is None:
            ticket = Lease(self, record)
            record.tickets.add(ticket)
            self._fleet.touch(record)
            try:
                await self.load(record)
            except BaseException:
                self._give_up(ticket)
                raise
            if ticket not in record.tickets:
                return ticket
            record.tickets.discard(ticket)
        return lease

    def _give_up(self, ticket: Lease) -> None:
        record = ticket.record
        if ticket in record.tickets:
            record.tickets.discard(ticket)
            self._fleet.touch(record)
        else:
            ticket.release()

    def _grant(self, record: ModelRecord) -> None:
        record.leases += len(record.tickets)
        record.tickets.clear()
        self._fleet.touch(record)

    def released(self, record: ModelRecord) -> None:
        record.leases -= 1
        record.last_used = self._clock.wall()
        if record.leases == 0 and (idle := self._idle.get(record.id)) is not None:
            idle.set()
        self._fleet.touch(record, at_once=False)

    def keep_alive(self, record: ModelRecord) -> float | None:
        """What to tell a backend that unloads by itself; None for those that never do."""
        if not record.backend.manages_memory:
            return None
        return -1.0 if record.pinned else self._keep_alive

    def context(self, record: ModelRecord) -> int | None:
        """The one context length a model is loaded and asked with, so that no request reloads it.

        Only where the backend leaves that to its caller; a model that somebody loaded with more keeps it.
        """
        if record.backend.kind not in ("ollama", "embedded") or record.info.context_length is None:
            return None
        return max(record.info.context_length, record.loaded_context or 0)

    # ── estimates for decisions ──

    def waits(self) -> Mapping[str, Wait]:
        """What each model would have to wait for now. Placement is looked at anew twice a second at most."""
        now = self._clock.mono()
        if now - self._waits[0] > 0.5:
            pools, occupants = self._pools(), self._occupants()
            self._waits = (now, {m.id: self._wait(m, pools, occupants) for m in self._fleet.models.values()})
        waits = self._waits[1]
        busy: dict[str, Wait] = {}
        for record in self._fleet.models.values():
            if record.residency != "resident" or record.draining:
                if record.leases or record.tickets:
                    queue = len(record.tickets) * record.mean_seconds * 0.5
                    busy[record.id] = _new_wait(queue, record.speed.load_seconds)
            elif (before := record.leases + 1 - record.side_by_side) > 0:
                # those before us, shared by what it can answer side by side
                busy[record.id] = _new_wait(before * record.mean_seconds / record.side_by_side)
        return {**waits, **busy} if busy else waits

    def _wait(self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant]) -> Wait:
        if self.ready(record) or not record.pool:
            return Wait()
        plan = self._plan(record, pools, occupants)
        if not plan.fits:
            return Wait(blocked=plan.reason)
        busy = [self._fleet.models[m] for m in plan.drain if m in self._fleet.models]
        queue = sum(b.mean_seconds * b.leases for b in busy) + (2.0 if self._lock(record).locked() else 0.0)
        return Wait(queue=queue, load=record.speed.load_seconds + UNLOAD_SECONDS * len(plan.evict))

    # ── load and unload ──

    async def load(self, record: ModelRecord) -> None:
        """Load a model; everyone who wants it shares one load, which goes on when a caller leaves."""
        task = self._loads.get(record.id)
        if task is None:
            task = self._tasks.spawn(self._load(record), f"load {record.id}")
            self._loads[record.id] = task
            task.add_done_callback(lambda _: self._loads.pop(record.id, None))
        await asyncio.shield(task)

    async def unload(self, record: ModelRecord, reason: str, *, force: bool = False) -> None:
        """Take a model out of memory: no new leases, wait for answers in flight, then unload."""
        if not record.backend.manages_memory:
            raise RouterError("invalid_request", f"{record.info.backend} does not let models be unloaded")
        async with self._lock(record):
            await self._evict(record, reason, force=force)

    async def keep(self, record: ModelRecord) -> None:
        """Bring a model's keep-alive in line with its pin: a pinned one is loaded and stays."""
        if self.ready(record):
            await record.backend.load(
                record.info, keep_alive=self.keep_alive(record), context_length=self.context(record)
            )
        elif record.pinned:
            await self.load(record)

    async def unload_idle(self) -> None:
        """Give memory back where nobody else does: a backend of our own keeps models until it is told."""
        while True:
            await asyncio.sleep(IDLE_LOOK_SECONDS)
            now = self._clock.wall()
            for record in list(self._fleet.models.values()):
                idle = now - (record.last_used or now)
                if record.backend.kind == "embedded" and self._unused(record) and idle > self._keep_alive:
                    with contextlib.suppress(RouterError):  # told by the event; looked at again next time
                        await self.unload(record, f"idle for {idle / 60:.0f} min")

    def _unused(self, record: ModelRecord) -> bool:
        return self.ready(record) and not (record.pinned or record.leases or record.tickets)

    async def _load(self, record: ModelRecord) -> None:
        async with self._lock(record):
            if self.ready(record):
                self._grant(record)
                return
            started = self._clock.mono()
            try:
                async with asyncio.timeout(self._load_timeout):
                    await self._make_room(record)
                    started = self._clock.mono()
                    record.residency = "loading"
                    self._fleet.touch(record)
                    await record.backend.load(
                        record.info, keep_alive=self.keep_alive(record), context_length=self.context(record)
                    )
            except TimeoutError:
                await self._load_failed(record, self._too_slow(record))
            except BackendError as error:
                await self._load_failed(record, error)
            except asyncio.CancelledError:
                record.residency = "absent"
                raise
            await self._loaded(record, self._clock.mono() - started)

    async def _loaded(self, record: ModelRecord, seconds: float) -> None:
        record.residency, record.ours, record.problem = "resident", True, ""
        record.last_used = self._clock.wall()
        self._grant(record)
        self._learning.loaded(record, seconds)
        self._fleet.look_again(record.info.backend)
        self._note("load", record, seconds, "")

    async def _load_failed(self, record: ModelRecord, error: BackendError) -> None:
        """Say what went wrong and remember it; what the backend holds is read again at the next look."""
        record.residency = "absent"
        self._fleet.touch(record)
        self._fleet.look_again(record.info.backend)
        self._note("load_failed", record, None, error.message)
        raise error

    def _too_slow(self, record: ModelRecord) -> BackendError:
        return BackendError(
            "load_timeout",
            f"{record.id} was not loaded within {self._load_timeout:.0f} s",
            backend=record.info.backend,
            model=record.info.name,
            fallback=True,
            hint="raise load_timeout_seconds if its disk is that slow",
        )

    async def _make_room(self, record: ModelRecord) -> None:
        plan = self._plan(record, self._pools(), self._occupants())
        if not plan.fits:
            raise BackendError(
                "out_of_memory",
                f"{record.id} does not fit: {plan.reason}",
                backend=record.info.backend,
                model=record.info.name,
                fallback=True,
                hint="unpin or unload a model, or choose a smaller one",
            )
        for victim in plan.evict:
            await self._evict(self._fleet.model(victim), f"for {record.id}")
        if plan.evict:
            await self._settle(record, plan)

    async def _settle(self, record: ModelRecord, plan: Plan) -> None:
        """Drivers give memory back late: wait until it is there, bounded."""
        needed = record.needed_bytes() or 0
        deadline = self._clock.mono() + SETTLE_SECONDS
        while self._clock.mono() < deadline:
            await self._measure()
            pool = next((p for p in self._pools() if p.name == plan.pool), None)
            if pool is None or pool.free >= needed:
                return
            await asyncio.sleep(0.1)

    async def _evict(self, record: ModelRecord, reason: str, *, force: bool = False) -> None:
        if record.residency not in ("resident", "unknown"):
            return
        record.draining = True
        started = self._clock.mono()
        try:
            if not force:
                await self._drain(record)
            record.residency = "unloading"
            self._fleet.touch(record)
            await record.backend.unload(record.info)
            record.residency, record.ours = "absent", False
        except BaseException:
            record.residency = "resident"
            raise
        finally:
            record.draining = False
            self._fleet.touch(record)
            self._fleet.look_again(record.info.backend)
        self._note("unload", record, self._clock.mono() - started, reason)

    async def _drain(self, record: ModelRecord) -> None:
        if not record.leases:
            return
        self._fleet.touch(record)
        idle = self._idle[record.id] = asyncio.Event()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await idle.wait()
        except TimeoutError:
            raise BackendError(
                "load_timeout",
                f"{record.id} still answers after {DRAIN_SECONDS:.0f} s and was left in memory",
                backend=record.info.backend,
                model=record.info.name,
                fallback=True,
            ) from None
        finally:
            del self._idle[record.id]

    def _note(self, kind: str, record: ModelRecord, seconds: float | None, reason: str) -> None:
        event = ResidencyEvent(self._clock.wall(), kind, record.id, record.pool, seconds, reason)  # type: ignore[arg-type]
        took = f" in {seconds:.1f} s" if seconds is not None else ""
        level = logging.WARNING if kind == "load_failed" else logging.INFO
        log.log(level, "%s %s%s %s", kind.replace("_", " "), record.id, took, reason)
        self._waits = (-1.0, {})
        self._fleet.touch(record)
        self._bus.publish(ResidencyChanged(event))

    def _lock(self, record: ModelRecord) -> asyncio.Lock:
        """One load at a time per pool; where memory is not ours to see, per backend."""
        return self._locks[record.pool or record.info.backend]

    # ── the state that placement sees ──

    def _plan(self, record: ModelRecord, pools: Sequence[Pool], occupants: Sequence[Occupant]) -> Plan:
        mine = [pool for pool in pools if pool.name == record.pool]
        return place(record.needed_bytes(), mine, [o for o in occupants if o.model != record.id])

    def _pools(self) -> list[Pool]:
        return [self._pool(device) for device in self._fleet.devices if not device.problem]

    def _pool(self, device: Device) -> Pool:
        """What models may take of a pool: on a machine without a GPU the user's bound holds for RAM."""
        budget, free = device.total - self._reserve, device.free - self._reserve
        if device.pool == HOST_POOL:
            free = min(free, int(device.total * 0.9) - device.used)
        if self._max_bytes is not None and (device.pool != HOST_POOL or len(self._fleet.devices) == 1):
            budget = min(budget, self._max_bytes)
        return Pool(device.pool, max(0, free), max(0, budget))

    def _occupants(self) -> list[Occupant]:
        now = self._clock.wall()
        return [
            Occupant(
                model=m.id,
                pool=m.pool,
                footprint=m.needed_bytes() or 0,
                leases=m.leases,
                pinned=m.pinned,
                loading=m.residency == "loading",
                evictable=m.backend.manages_memory and m.healthy,
                idle_seconds=now - m.last_used if m.last_used else 3600.0,
                reload_seconds=m.speed.load_seconds,
            )
            for m in self._fleet.models.values()
            if m.pool and m.residency in ("resident", "loading", "unloading")
        ]
