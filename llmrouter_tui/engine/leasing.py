"""Who holds a model, who waits for one to be loaded, and when the last one has let go."""

import asyncio
from collections.abc import Callable

from llmrouter_tui.core.ports import Clock
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

DRAIN_SECONDS = 600.0
"""How long an answer in flight may hold up an eviction."""


class Lease:
    """A hold on a model: while it lasts the model is not unloaded. ``release`` is idempotent."""

    __slots__ = ("_leases", "exchange_id", "record")

    def __init__(self, leases: "Leases", record: ModelRecord, exchange_id: str = "") -> None:
        self.record = record
        self.exchange_id = exchange_id
        self._leases: Leases | None = leases

    def release(self) -> None:
        if self._leases is not None:
            self._leases.released(self.record)
            self._leases = None


class Leases:
    """Counts them. A lease that waits for its model is a ticket."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock
        self._idle: dict[str, asyncio.Event] = {}
        """Set when a model that is drained was let go."""
        self._hurried: set[str] = set()

    def hold(self, record: ModelRecord) -> Lease | None:
        """Hold a model that is ready; None where it must be loaded first."""
        if not record.ready:
            return None
        record.leases += 1
        self._fleet.touch(record, at_once=False)
        return Lease(self, record)

    def ticket(self, record: ModelRecord, exchange_id: str) -> Lease:
        """Wait for a model: the ticket becomes a lease in the moment that ``grant`` is called."""
        ticket = Lease(self, record, exchange_id)
        record.tickets.add(ticket)
        self._fleet.touch(record)
        return ticket

    def grant(self, record: ModelRecord) -> None:
        """Everyone who waited holds the model now."""
        record.leases += len(record.tickets)
        record.tickets.clear()
        self._fleet.touch(record)

    def give_up(self, ticket: Lease) -> None:
        """Wait no longer, or let go of what was granted meanwhile."""
        record = ticket.record
        if ticket in record.tickets:
            record.tickets.discard(ticket)
            self._fleet.touch(record)
            if not record.tickets:
                self._look_up()
        else:
            ticket.release()

    def released(self, record: ModelRecord) -> None:
        record.leases -= 1
        record.last_used = self._clock.wall()
        if not record.leases and (idle := self._idle.get(record.id)) is not None:
            idle.set()
        self._fleet.touch(record, at_once=False)

    def _look_up(self) -> None:
        """Somebody has left: drains that went on for them end."""
        for idle in self._idle.values():
            idle.set()

    async def drain(
        self, record: ModelRecord, family: list[ModelRecord], *, force: bool, wanted: Callable[[], bool]
    ) -> bool:
        """No new leases on a model and its other names; return when the last one is gone, or when the drain is not
        ``wanted`` any more. Whether the model is idle. Raises ``TimeoutError``."""
        idle = asyncio.Event()
        for member in family:
            member.draining = True
            self._idle[member.id] = idle
            self._fleet.touch(member)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not force and record.id not in self._hurried and any(m.leases for m in family):
                    if not wanted():
                        return False
                    idle.clear()
                    await idle.wait()
            return True
        finally:
            self._hurried.discard(record.id)
            for member in family:
                self._idle.pop(member.id, None)

    def hurry(self, record: ModelRecord) -> None:
        """A drain under way waits no longer."""
        if (idle := self._idle.get(record.id)) is not None:
            self._hurried.add(record.id)
            idle.set()
