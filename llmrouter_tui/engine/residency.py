"""Who is in memory: leases, loads one at a time per pool, evictions that drain first.

``core.placement`` plans over what ``Ledger`` sees; this carries plans out and publishes what happened.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Literal

from llmrouter_tui.core.domain import ResidencyEvent, ResidencyState
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.core.placement import Plan
from llmrouter_tui.core.ports import Clock
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.tasks import Tasks

log = logging.getLogger(__name__)

IDLE_LOOK_SECONDS = 20.0
SETTLE_SECONDS = 5.0
"""How long freed memory may take to come back before the load is tried anyway."""
DRAIN_SECONDS = 600.0
"""How long an answer in flight may hold up an eviction."""
RETRY_SECONDS, RETRY_LIMIT = 60.0, 900.0
"""How long a model is left alone after a failed load: doubled at each failure in a row, up to the limit."""

Kind = Literal["load", "unload", "load_failed", "unload_failed"]


class Lease:
    """A hold on a model: while it lasts the model is not unloaded. ``release`` is idempotent."""

    __slots__ = ("_residency", "exchange_id", "record")

    def __init__(self, residency: "Residency", record: ModelRecord, exchange_id: str = "") -> None:
        self.record = record
        self.exchange_id = exchange_id
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
        self._learning = learning
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._measure = measure
        self._keep_alive = keep_alive
        self._load_timeout = load_timeout
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._loads: dict[str, asyncio.Task[None]] = {}
        self._idle: dict[str, asyncio.Event] = {}
        self._forced: set[str] = set()

    # ── leases ──

    def lease(self, record: ModelRecord) -> Lease | None:
        """Hold a model that is ready; None where it must be loaded first."""
        if not record.ready:
            return None
        record.leases += 1
        self._fleet.touch(record, at_once=False)
        return Lease(self, record)

    async def acquire(self, record: ModelRecord, exchange_id: str = "") -> Lease:
        """Hold a model, loading it first if it must be. Raises ``BackendError`` when it cannot be had.

        Who waits for a load gets its lease in the moment the load ends, so that no other load can take the
        model away in between.
        """
        while (lease := self.lease(record)) is None:
            ticket = Lease(self, record, exchange_id)
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
        if not record.leases and (idle := self._idle.get(record.id)) is not None:
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

    # ── commands ──

    async def load(self, record: ModelRecord) -> None:
        """Load a model; everyone who wants it shares one load, which goes on when a caller leaves."""
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
            record.wanted = False
            self._fleet.touch(record)

    async def unload(self, record: ModelRecord, reason: str, *, force: bool = False) -> None:
        """Take a model out of memory: no new leases, wait for answers in flight, then unload."""
        if not record.backend.manages_memory:
            raise RouterError("invalid_request", f"{record.info.backend} does not let models be unloaded")
        if force:
            self._stop_waiting(record)
        async with self._lock(record):
            await self._evict(record, reason, force=force)

    def _stop_waiting(self, record: ModelRecord) -> None:
        """A polite unload under way becomes one that does not wait."""
        if (idle := self._idle.get(record.id)) is not None:
            self._forced.add(record.id)
            idle.set()

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
        while True:
            await asyncio.sleep(IDLE_LOOK_SECONDS)
            for record in list(self._fleet.models.values()):
                if record.backend.kind == "embedded" and self._unused(record):
                    with contextlib.suppress(RouterError):  # told by the event; looked at again next time
                        await self._unload_unused(record)

    async def _unload_unused(self, record: ModelRecord) -> None:
        async with self._lock(record):
            if self._unused(record):
                await self._evict(record, f"unused for {self._keep_alive / 60:.0f} min")

    def _unused(self, record: ModelRecord) -> bool:
        held = record.pinned or record.leases or record.tickets
        idle = self._clock.wall() - (record.last_used or self._clock.wall())
        return record.ready and not held and idle > self._keep_alive

    # ── in ──

    async def _load(self, record: ModelRecord) -> None:
        async with self._lock(record):
            if record.ready:
                self._grant(record)
                return
            try:
                await self._make_room(record)
                await self._into_memory(record)
            except asyncio.CancelledError:
                self._state(record, "absent")
                raise
            except RouterError as error:
                raise self._load_failed(record, _curable(error, record)) from error
            except Exception as error:
                log.exception("loading %s failed in the router", record.id)
                raise self._load_failed(record, _curable(error, record)) from error

    async def _into_memory(self, record: ModelRecord) -> None:
        started = self._clock.mono()
        self._state(record, "loading")
        try:
            async with asyncio.timeout(self._load_timeout):
                await record.backend.load(
                    record.info, keep_alive=self.keep_alive(record), context_length=self.context(record)
                )
        except TimeoutError:
            error = self._too_slow(record)
            self._remember(record, error)
            raise error from None
        except BackendError as error:
            self._remember(record, error)
            raise
        self._loaded(record, self._clock.mono() - started)

    def _loaded(self, record: ModelRecord, seconds: float) -> None:
        self._state(record, "resident")
        record.ours, record.problem, record.failures = True, "", 0
        record.last_used = self._clock.wall()
        first = min((t.exchange_id for t in record.tickets if isinstance(t, Lease)), default="")
        self._grant(record)
        self._learning.loaded(record, seconds)
        self._fleet.look_again(record.info.backend)
        self._note("load", record, seconds, f"for {first[-4:]}" if first else "asked for", first)

    def _load_failed(self, record: ModelRecord, error: BackendError) -> BackendError:
        """Say what went wrong; what the backend holds is read again at the next look."""
        self._state(record, "absent")
        self._fleet.look_again(record.info.backend)
        self._note("load_failed", record, None, error.message)
        return error

    def _remember(self, record: ModelRecord, error: BackendError) -> None:
        """A model that cannot be loaded is left alone for a while, so that no request unloads others for it."""
        if error.unhealthy:
            return
        record.failures += 1
        record.problem = f"its last load failed: {error.message}"
        pause = min(RETRY_LIMIT, RETRY_SECONDS * 2 ** (record.failures - 1))
        asyncio.get_running_loop().call_later(pause, self._forgive, record)

    def _forgive(self, record: ModelRecord) -> None:
        record.problem = ""
        self._fleet.touch(record)

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
        if not record.healthy:
            raise _failure("backend_unreachable", f"{record.info.backend} is down", record)
        plan = self._ledger.plan(record)
        if not plan.fits:  # the figures may be a second old
            await self._measure()
            plan = self._ledger.plan(record)
        if not plan.fits:
            raise _failure("out_of_memory", f"{record.id} does not fit: {plan.reason}", record)
        for victim in plan.evict:
            if (known := self._fleet.models.get(victim)) is not None:
                await self._evict(known, f"for {record.id}")
        if plan.evict:
            await self._settle(record, plan)

    async def _settle(self, record: ModelRecord, plan: Plan) -> None:
        """Drivers give memory back late: wait until it is there, bounded."""
        needed = record.needed_bytes() or 0
        deadline = self._clock.mono() + SETTLE_SECONDS
        while self._clock.mono() < deadline:
            pool = next((p for p in self._ledger.pools() if p.name == plan.pool), None)
            if pool is None or pool.free >= min(needed, pool.budget):
                return
            await asyncio.sleep(0.1)
            await self._measure()

    # ── out ──

    async def _evict(self, record: ModelRecord, reason: str, *, force: bool = False) -> None:
        if record.residency not in ("resident", "unknown"):
            return
        started = self._clock.mono()
        family = self._fleet.family(record)
        try:
            await self._drain(record, family, force=force)
            for member in family:
                self._state(member, "unloading")
            await record.backend.unload(record.info)
        except BaseException as error:
            for member in family:
                self._state(member, "resident")
            if isinstance(error, Exception):
                self._note("unload_failed", record, None, str(error))
            raise
        else:
            for member in family:
                self._state(member, "absent")
                member.ours = False
        finally:
            for member in family:
                member.draining = False
                self._fleet.touch(member)
            self._fleet.look_again(record.info.backend)
        self._note("unload", record, self._clock.mono() - started, reason)
        await self._measure()

    async def _drain(self, record: ModelRecord, family: list[ModelRecord], *, force: bool) -> None:
        """No new leases; return when the last one is gone."""
        idle = asyncio.Event()
        for member in family:
            member.draining = True
            self._idle[member.id] = idle
            self._fleet.touch(member)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not force and record.id not in self._forced and any(m.leases for m in family):
                    idle.clear()
                    await idle.wait()
        except TimeoutError:
            words = f"{record.id} still answers after {DRAIN_SECONDS:.0f} s and was left in memory"
            raise _failure("load_timeout", words, record) from None
        finally:
            self._forced.discard(record.id)
            for member in family:
                self._idle.pop(member.id, None)

    # ── saying so ──

    def _state(self, record: ModelRecord, residency: ResidencyState) -> None:
        record.residency = residency
        record.turns += 1
        self._fleet.touch(record)

    def _note(self, kind: Kind, record: ModelRecord, seconds: float | None, reason: str, exchange_id: str = "") -> None:
        took = f" in {seconds:.1f} s" if seconds is not None else ""
        level = logging.WARNING if kind.endswith("failed") else logging.INFO
        log.log(level, "%s %s%s %s", kind.replace("_", " "), record.id, took, reason)
        event = ResidencyEvent(self._clock.wall(), kind, record.id, record.pool, seconds, reason, exchange_id)
        self._bus.publish(ResidencyChanged(event))

    def _lock(self, record: ModelRecord) -> asyncio.Lock:
        """One load at a time per pool; where memory is not ours to see, per backend."""
        return self._locks[record.pool or record.info.backend]


def _failure(
    code: Literal["backend_unreachable", "out_of_memory", "load_timeout"], words: str, record: ModelRecord
) -> BackendError:
    hint = "unpin or unload a model, or choose a smaller one" if code == "out_of_memory" else ""
    return BackendError(code, words, backend=record.info.backend, model=record.info.name, fallback=True, hint=hint)


def _curable(error: Exception, record: ModelRecord) -> BackendError:
    """Whatever keeps a model from being loaded, another model may do: it is never the client's fault."""
    if isinstance(error, BackendError) and error.fallback:
        return error
    words = error.message if isinstance(error, RouterError) else repr(error)
    return BackendError(
        "backend_error",
        f"{record.id} could not be loaded: {words}",
        backend=record.info.backend,
        model=record.info.name,
        fallback=True,
    )
