"""Who holds a model, who waits for one to be loaded, and when the last one has let go."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.turns import Turns

CUT_SECONDS = 2.0
"""How long an answer that is cut may take to be ended."""
DRAIN_SECONDS = 600.0
"""How long an answer in flight may hold up an eviction."""


class Lease:
    """A hold on a model: while it lasts the model is not unloaded. ``release`` is idempotent."""

    __slots__ = ("_leases", "cut", "exchange_id", "record", "tokens", "told")

    def __init__(self, leases: "Leases", record: ModelRecord, exchange_id: str = "", tokens: int = 0) -> None:
        self.record = record
        self.exchange_id = exchange_id
        self.tokens = tokens
        """The context that its exchange needs."""
        self.told: int | None = None
        """The place in the queue that its exchange was last told."""
        self.cut: Callable[[], None] | None = None
        """Ends what holds the model at once, where that can be: its client is told."""
        self._leases: Leases | None = leases

    def release(self) -> None:
        if self._leases is not None:
            self.record.holders.discard(self)
            self._leases.released(self.record)
            self._leases = self.cut = None  # who held it holds it too: without this only the collector could free both


class Leases:
    """Counts them. A lease that waits for its model is a ticket."""

    def __init__(self, fleet: Fleet, turns: Turns, clock: Clock) -> None:
        self._fleet = fleet
        self._turns = turns
        self._clock = clock
        self._idle: dict[str, asyncio.Event] = {}
        """Set when a model that is drained was let go."""
        self._hurried: set[str] = set()

    def hold(self, record: ModelRecord) -> Lease | None:
        """Hold a model that is ready; None where it must be loaded first, and where those who wait for its memory were
        passed often enough."""
        if not record.ready or (record.line is not None and not record.line.admit(record)):
            return None
        record.leases += 1
        self._fleet.touch(record, at_once=False)
        lease = Lease(self, record)
        record.holders.add(lease)
        return lease

    def ticket(self, record: ModelRecord, exchange_id: str, tokens: int = 0) -> Lease:
        """Wait for a model: the ticket becomes a lease in the moment that ``grant`` is called."""
        ticket = Lease(self, record, exchange_id, tokens)
        record.tickets.add(ticket)
        self._fleet.touch(record)
        return ticket

    def grant(self, record: ModelRecord) -> None:
        """Everyone who waited holds the model now."""
        record.leases += len(record.tickets)
        record.holders |= record.tickets
        record.tickets.clear()
        self._fleet.touch(record)

    def give_up(self, ticket: Lease) -> None:
        """Wait no longer, or let go of what was granted meanwhile."""
        record = ticket.record
        if ticket in record.tickets:
            record.tickets.discard(ticket)
            self._fleet.touch(record)
            if not record.tickets:
                self.look_up()
        else:
            ticket.release()

    def released(self, record: ModelRecord) -> None:
        record.leases -= 1
        record.used_at(self._clock.wall())
        if not record.leases:
            if (idle := self._idle.get(record.id)) is not None:
                idle.set()
            self._turns.freed(record)
        self._fleet.touch(record, at_once=False)

    def look_up(self) -> None:
        """Whether drains and turns are still wanted may be another question now: somebody has left."""
        for idle in self._idle.values():
            idle.set()
        self._turns.deserted()

    async def drain(self, family: Sequence[ModelRecord], *, force: bool, wanted: Callable[[], bool]) -> bool:
        """No new leases on models, with all their names, until they are let in again; return when the last lease is
        gone, or when the drain is not ``wanted`` any more. Whether they are idle. Raises ``TimeoutError``."""
        idle = asyncio.Event()
        for member in family:
            member.draining = True
            self._idle[member.id] = idle
            self._fleet.touch(member)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not force and any(m.leases and m.id not in self._hurried for m in family):
                    if not wanted():
                        return False
                    idle.clear()
                    await idle.wait()
            if any(m.leases for m in family):
                await self._cut(family, idle)
            return True
        finally:
            for member in family:
                self._hurried.discard(member.id)
                self._idle.pop(member.id, None)

    async def _cut(self, family: Sequence[ModelRecord], idle: asyncio.Event) -> None:
        """End what still holds models that are to go at once, so that clients hear it from us and not from a connection
        that breaks; who reads too slowly for that is not waited for."""
        cut = [lease for m in family for lease in tuple(m.holders) if lease.cut is not None]
        for lease in cut:
            if lease.cut is not None:
                lease.cut()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CUT_SECONDS):
                while any(lease in lease.record.holders for lease in cut):
                    idle.clear()
                    await idle.wait()

    def hurry(self, record: ModelRecord) -> None:
        """A drain under way waits no longer for this model."""
        for member in self._fleet.family(record):
            if (idle := self._idle.get(member.id)) is not None:
                self._hurried.add(member.id)
                idle.set()
