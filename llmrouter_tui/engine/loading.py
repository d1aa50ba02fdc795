"""One load, when it is its turn: room is made, the model is loaded, and once more if memory was too little for it, or
was taken by others meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.placement import Plan
from llmrouter_tui.core.ports.backend import Aimed
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.second_try import MAY_BE_MEMORY, NOISE, SecondTry, second_try, taken
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.ledger import SETTLE_SECONDS, Ledger
from llmrouter_tui.engine.moving import Moves, failure
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.whereabouts import planned

ROOM = "unpin or unload a model, or choose a smaller one"
SETTLE_STEP = 0.1
"""Seconds between looks whether freed memory has come back."""
STILL_SECONDS = 0.8
"""Memory that did not change for so long is not on its way back. By judgement."""


class Elsewhere(Exception):  # noqa: N818 - no error: there is room, but not where it waited for its turn
    """Others took the room meanwhile, and there is some in another pool."""


class Loading:
    """Plans with ``Ledger`` and moves with ``Moves``; only ``Residency`` calls it, one call at a time per pool."""

    def __init__(
        self,
        fleet: Fleet,
        ledger: Ledger,
        moves: Moves,
        clock: Clock,
        *,
        measure: Callable[[], Awaitable[object]],
        keep_alive: Callable[[ModelRecord], float | None],
        context: Callable[[ModelRecord], int | None],
    ) -> None:
        self._fleet = fleet
        self._ledger = ledger
        self._moves = moves
        self._clock = clock
        self._measure = measure
        self._keep_alive = keep_alive
        self._context = context

    async def bring(self, record: ModelRecord) -> bool:
        """Load a model. False: it was not, because nobody wants it any more. Raises ``BackendError``."""
        if not record.healthy:
            raise failure("backend_unreachable", f"{record.info.backend} is down", record)
        plan = await self._make_room(record)
        if plan is None:
            return False
        room, began = self._ledger.room_left(record), self._clock.wall()
        try:
            await self._load(record, plan)
        except BackendError as error:
            again = await self._look_again(record, error, room, began)
            if not again or not await self._again(record, error, room, again):
                self._moves.remember(record, error)
                raise
        return True

    async def _load(self, record: ModelRecord, plan: Plan) -> None:
        """To where its room is: a backend that can be told is told."""
        planned(record, plan, told=self._tell(record, plan))
        await self._moves.load(record, keep_alive=self._keep_alive(record), context_length=self._context(record))

    async def _look_again(self, record: ModelRecord, error: BackendError, room: int | None, began: float) -> SecondTry:
        """A load failed: see who holds what by now, and whether it is to be tried again."""
        if error.code not in MAY_BE_MEMORY:
            return ""
        await self._fleet.holdings.reconcile(record.reach)
        needed, now = record.needed_bytes(), await self._room_after(record, room)
        came = any(m.brought is not None and m.brought >= began for m in self._ledger.beside(record))
        return second_try(error.code, needed=needed, before=room, now=now, others_came=came)

    async def _room_after(self, record: ModelRecord, before: int | None) -> int | None:
        """The room that there is after a load that failed, once what it had taken is back: where there is less than
        before, that is waited for until nothing changes any more."""
        now: int | None = None
        still, deadline = 0, self._clock.mono() + SETTLE_SECONDS
        while True:
            await self._measure()
            earlier, now = now, self._ledger.room_left(record)
            if now is None or not taken(record.needed_bytes(), before, now):
                return now
            still = still + 1 if earlier is not None and abs(now - earlier) <= NOISE else 0
            if still * SETTLE_STEP >= STILL_SECONDS or self._clock.mono() > deadline:
                return now
            await asyncio.sleep(SETTLE_STEP)

    async def _again(self, record: ModelRecord, error: BackendError, room: int | None, again: SecondTry) -> bool:
        """Load again, with one model less beside it where its memory was too little. False where nobody else can
        leave. Raises ``BackendError``, also where there is no room any more."""
        if again == "roomier" and room is not None:
            self._moves.too_little(record, room)
        plan = self._ledger.roomier(record) if again == "roomier" else self._ledger.plan(record)
        if not plan.fits and again == "anew":
            words = f"others took the memory of {record.id} while it was loaded, and it does not fit: {plan.reason}"
            raise failure("out_of_memory", words, record, ROOM) from error
        if not plan.fits or (again == "roomier" and not plan.evict) or not self._wanted(record):
            return False
        self._moves.once_more(record, error, again)
        if not await self._carry_out(record, plan):
            return False
        try:
            await self._load(record, plan)
        except BackendError as second:
            self._moves.remember(record, second)
            raise
        return True

    def _tell(self, record: ModelRecord, plan: Plan) -> bool:
        """Whether its backend loads it where it is told to."""
        uuids = {device.pool: device.uuid for device in self._fleet.devices}
        wanted = [uuids.get(pool, "") for pool in plan.pools]
        return record.roams and isinstance(record.backend, Aimed) and record.backend.aim(record.info, wanted)

    async def _make_room(self, record: ModelRecord) -> Plan | None:
        """How room was made; None where nobody wants the model any more. Raises ``Elsewhere``, ``BackendError``."""
        chosen, record.plan = record.plan, None
        plan = self._ledger.plan(record, among=chosen.evict if chosen is not None else None)
        while not plan.fits:
            await self._measure()  # the figures may be a second old
            plan = self._ledger.plan(record)
            if plan.fits or not self._ledger.coming_back(record) or not self._wanted(record):
                break
            await asyncio.sleep(SETTLE_STEP)
        if not self._wanted(record):
            return None
        if not plan.fits and record.aim:
            plan = self._ledger.plan(record, only=record.reach)
            if plan.fits:
                raise Elsewhere
        if not plan.fits:
            words = f"{record.id} does not fit: {plan.reason}"
            raise failure("out_of_memory", words, record, ROOM)
        return plan if await self._carry_out(record, plan) else None

    async def _carry_out(self, record: ModelRecord, plan: Plan) -> bool:
        """Whether the model is still wanted once there is room for it."""
        leaving = [self._fleet.models[model] for model in plan.evict if model in self._fleet.models]
        if leaving and self._wanted(record):
            await self._moves.unload(
                leaving, f"for {record.id}", evicted_for=record.id, wanted=lambda: self._wanted(record)
            )
            if self._wanted(record):
                await self._settle(record, plan)
        return self._wanted(record)

    def _wanted(self, record: ModelRecord) -> bool:
        return record.awaited and not self._ledger.held

    async def _settle(self, record: ModelRecord, plan: Plan) -> None:
        """Drivers give memory back late: wait until it is there, bounded, before the load is tried anyway."""
        parts = dict(plan.parts) or {plan.pool: (record.needed_bytes() or 0) - plan.spilled}
        deadline = self._clock.mono() + SETTLE_SECONDS
        while self._clock.mono() < deadline:
            pools = [pool for pool in self._ledger.pools() if pool.name in parts]
            if all(pool.free >= min(parts[pool.name], pool.budget) for pool in pools):
                return
            await asyncio.sleep(SETTLE_STEP)
            await self._measure()
