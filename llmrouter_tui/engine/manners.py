"""How measuring behaves in company: live traffic first, a lease for one prompt at a time, and memory left as it was."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, ResidencyChanged
from llmrouter_tui.core.memory_words import HELD
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.leasing import Lease
from llmrouter_tui.engine.outside import keep_in
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.tasks import Tasks

LOOK: Final = 0.1
"""Seconds between two looks at who is asked, while it waits."""
PATIENCE: Final = 5
"""How often one question is broken off for clients; then its answer is heard to the end, so that a long one comes to
it."""

T = TypeVar("T")
log = logging.getLogger(__name__)

Tell = Callable[[str, str], None]
"""(state, words) of the model that is measured, when they change."""


class GaveWayError(Exception):
    """Live traffic came first for as long as it may."""


class Manners:
    """For one run: what was in memory when it began is there again when it ends, unless somebody wanted otherwise."""

    def __init__(self, fleet: Fleet, residency: Residency, bus: Bus, tasks: Tasks) -> None:
        self._fleet = fleet
        self._residency = residency
        self._tasks = tasks
        self._there: set[str] = set()
        self._displaced: list[str] = []
        self._measured: set[str] = set()
        bus.tap(self._see, ResidencyChanged)

    def begin(self) -> None:
        """Note what is in memory."""
        self._there = {m.id for m in self._fleet.models.values() if m.residency == "resident"}
        self._displaced, self._measured = [], set()

    def _see(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, ResidencyChanged) and fact.event.kind == "unload":
            event = fact.event
            if event.evicted_for in self._measured and event.model in self._there:
                self._displaced.append(event.model)

    # ── a lease ──

    async def hold(self, record: ModelRecord, tell: Tell, enough: Callable[[], bool] = lambda: False) -> Lease:
        """A lease, as soon as nobody else asks anything of that memory; the model is loaded where it must be. Raises
        ``BackendError`` where it cannot be had at all, and ``GaveWayError`` where it must be waited for and that was
        ``enough``."""
        self._measured.add(record.id)
        while True:
            keep_in(record)
            await self._calm(record, tell, enough)
            if (lease := self._residency.lease(record)) is not None:
                return lease
            tell("loading", "")
            try:
                lease = await self._loaded(record)
            except RouterError as error:
                if error.code != "queue_full" and not self._residency.held:
                    raise
                await asyncio.sleep(LOOK)
                continue
            if lease is not None:
                return lease

    async def insist(self, record: ModelRecord, tell: Tell) -> Lease:
        """A lease when its turn comes, as any client gets one. Raises ``BackendError`` where it cannot be had."""
        keep_in(record)
        self._measured.add(record.id)
        if (lease := self._residency.lease(record)) is not None:
            return lease
        tell("loading", "")
        return await self._residency.acquire(record)

    def needs_nobody(self, record: ModelRecord) -> bool:
        """Whether it can be asked without anybody losing memory for it."""
        return record.ready or self._residency.roomy(record)

    async def _calm(self, record: ModelRecord, tell: Tell, enough: Callable[[], bool]) -> None:
        told = ""
        while words := self._reason(record):
            if words != HELD and enough():
                raise GaveWayError
            if words != told:
                told = words
                tell("waiting", words)
            await asyncio.sleep(LOOK)

    def _reason(self, record: ModelRecord) -> str:
        """Why it waits, in words; empty where it need not."""
        if self._residency.held and not record.ready:
            return HELD
        count = sum(m.leases for m in self._near(record)) + self._waiting(record)
        return f"{count} request{'' if count == 1 else 's'} of live traffic first" if count else ""

    def last_used(self, record: ModelRecord) -> float:
        """When a request last let go of a model of that memory, wall time; 0 for never."""
        return max((m.last_used or 0.0 for m in self._near(record)), default=0.0)

    def _near(self, record: ModelRecord) -> list[ModelRecord]:
        """The models of that memory, it among them."""
        keys = {record.key, record.queue}
        return [m for m in self._fleet.models.values() if m.key in keys or m.queue == record.queue]

    def _waiting(self, record: ModelRecord) -> int:
        """How many requests of clients wait for a load there."""
        return sum(bool(ticket.exchange_id) for m in self._near(record) for ticket in m.tickets)

    def in_the_way(self, record: ModelRecord) -> bool:
        """Whether a client waits for the end of the answer that is being measured: for memory, or because the server
        makes no more answers at the same time."""
        return record.leases > record.side_by_side or self._waiting(record) > 0

    async def _loaded(self, record: ModelRecord) -> Lease | None:
        """The lease that comes with the load; None where live traffic came before that began."""
        task: asyncio.Task[Lease] = self._tasks.spawn(
            self._residency.acquire(record), f"load {record.id} to measure it"
        )
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=LOOK)
                if not task.done() and record.residency != "loading" and self._reason(record):
                    break
            else:
                return task.result()
        except asyncio.CancelledError:
            await self._leave(task)
            raise
        await self._leave(task)
        return None

    async def _leave(self, task: "asyncio.Task[Lease]") -> None:
        """Wait no longer; what was granted in this very moment is let go."""
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, RouterError):
            (await task).release()

    # ── a question ──

    async def ask(
        self,
        record: ModelRecord,
        tell: Tell,
        question: Callable[[], Coroutine[Any, Any, T]],
        *,
        begins: Callable[[], None],
        goes_on: Callable[[], None],
        enough: Callable[[], bool] = lambda: False,
    ) -> T:
        """What comes of a question, put again where it was broken off for clients. ``begins`` is called when it is put,
        ``goes_on`` now and then while it is answered. Raises as ``hold`` does."""
        broken_off = 0
        while True:
            lease = await self.hold(record, tell, enough)
            try:
                begins()
                task: asyncio.Task[T] = self._tasks.spawn(question(), f"ask {record.id}")
                if await self._undisturbed(record, task, goes_on, yields=broken_off < PATIENCE):
                    return task.result()
            finally:
                lease.release()
            broken_off += 1

    async def _undisturbed(
        self, record: ModelRecord, task: "asyncio.Task[T]", goes_on: Callable[[], None], *, yields: bool
    ) -> bool:
        """Whether it came to its end; not where a client would have had to wait for that."""
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=LOOK)
                if yields and not task.done() and self.in_the_way(record):
                    return False
                goes_on()
            return True
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    # ── the end ──

    async def leave(self, record: ModelRecord, used: int, reason: str = "measured") -> None:
        """Unload a model that was not in memory before, unless clients used it since (``used``: before), somebody
        holds it or waits for it, or it is pinned."""
        wanted = record.pinned or record.leases or record.tickets or record.used != used
        if record.id in self._there or wanted or not record.backend.manages_memory or record.residency != "resident":
            return
        with contextlib.suppress(RouterError):  # told by the event
            await self._residency.unload(record, reason)

    async def restore(self) -> None:
        """Load again what had to leave. What cannot be is told by its event."""
        for model in dict.fromkeys(self._displaced):
            record = self._fleet.models.get(model)
            if record is not None and record.residency == "absent" and not self._taken(record):
                with contextlib.suppress(RouterError):
                    await self._residency.load(record)

    def _taken(self, record: ModelRecord) -> bool:
        """Whether somebody who asked for another model has its place now: then that is how it should be."""
        near = [m for m in self._fleet.models.values() if m.key == record.key and m is not record]
        return any(m.wanted or (m.residency == "resident" and m.id not in self._there) for m in near)
