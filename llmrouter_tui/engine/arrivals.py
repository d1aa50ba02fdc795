"""One load from the queue into memory, for all who want it: where it goes, whose turn it is, what must be still."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping

from llmrouter_tui.core.domain import HOST_POOL
from llmrouter_tui.core.memory_words import HELD
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.leasing import Leases
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.loading import Elsewhere, Loading
from llmrouter_tui.engine.moving import Moves
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.turns import Outcome, Turns

log = logging.getLogger(__name__)


class Arrivals:
    """Owns the loads under way."""

    def __init__(
        self,
        fleet: Fleet,
        ledger: Ledger,
        turns: Turns,
        leases: Leases,
        moves: Moves,
        loading: Loading,
        tasks: Tasks,
        locks: Mapping[str, asyncio.Lock],
    ) -> None:
        """``locks``: one move at a time per pool."""
        self._fleet = fleet
        self._ledger = ledger
        self._turns = turns
        self._leases = leases
        self._moves = moves
        self._loading = loading
        self._tasks = tasks
        self._locks = locks
        self._loads: dict[str, asyncio.Task[None]] = {}

    def shared(self, record: ModelRecord) -> "asyncio.Task[None]":
        """Everyone who wants a model shares one load. It is called off when all of them have left before its backend
        was asked; from then on it goes on."""
        task = self._loads.get(record.id)
        if task is None or task.done():
            record.wanted = True
            task = self._tasks.spawn(self._load(record), f"load {record.id}")
            self._loads[record.id] = task
            task.add_done_callback(lambda done: self._ended(record, done))
        return task

    def _ended(self, record: ModelRecord, task: "asyncio.Task[None]") -> None:
        if self._loads.get(record.id) is task:
            del self._loads[record.id]
            record.wanted = record.asked = False
            record.passed = (0.0, 0)
            self._fleet.aim(record, ())
            self._fleet.touch(record)

    async def _load(self, record: ModelRecord) -> None:
        self._aim(record)
        while await self._load_there(record) == "elsewhere":
            pass

    async def _load_there(self, record: ModelRecord) -> Outcome:
        async with self._turn(record) as outcome:
            if record.ready:
                self._leases.grant(record)
                return "mine"
            if outcome == "elsewhere":
                return outcome
            try:
                if outcome != "mine" or not await self._loading.bring(record):
                    log.info("%s is not loaded: %s", record.id, self._why_not())
            except Elsewhere:
                self._aim(record)
                return "elsewhere"
            except asyncio.CancelledError:
                self._moves.not_loaded(record)
                raise
            except Exception as error:
                raise self._moves.load_failed(record, error) from error
            return "mine"

    def _why_not(self) -> str:
        return HELD if self._ledger.held else "who waited for it has left"

    # ── where to ──

    def _aim(self, record: ModelRecord) -> None:
        """Choose among the pools that a model can be loaded to; one that is there already, to be loaded with more
        context, stays where it is."""
        if record.roams and record.residency not in IN_MEMORY:
            tokens = max((ticket.tokens for ticket in record.tickets), default=0)
            plan = self._ledger.best(record, tokens=tokens)
            self._fleet.aim(record, plan.pools if plan.fits and plan.pool else (record.usual,))

    def better(self, record: ModelRecord) -> bool:
        """Whether a model that waits could begin at once in a pool that nobody waits for, and is to go there now."""
        if not record.roams or record.layout == "all" or record.residency in IN_MEMORY:
            return False
        free = [pool for pool in record.reach if pool not in record.aim and self._turns.free(pool)]
        tokens = max((ticket.tokens for ticket in record.tickets), default=0)
        free = [pool for pool in free if (record.contexts.get(pool) or tokens) >= tokens]
        if not free or (record.place == 1 and self._turns.alone(record) and not self._ledger.plan(record).drain):
            return False
        plan = self._ledger.plan(record, only=free)
        if not plan.fits or plan.drain or len(plan.pools) != 1:
            return False
        self._fleet.aim(record, plan.pools)
        return True

    # ── its turn ──

    @contextlib.asynccontextmanager
    async def _turn(self, record: ModelRecord) -> AsyncIterator[Outcome]:
        """One load at a time per pool; a model that is to be in several has its turn in all, in one order for all."""
        split = record.splits and self._ledger.exceeds(record)
        keys = (*record.queues, HOST_POOL) if split else record.queues
        async with contextlib.AsyncExitStack() as turns:
            for key in keys:
                urgent = key != record.queue
                outcome = await turns.enter_async_context(self._turns.turn(key, record, urgent=urgent))
                if outcome != "mine":
                    yield outcome
                    return
            for key in dict.fromkeys((*keys, record.key)):  # it may be on its way out of RAM
                await turns.enter_async_context(self._locks[key])
            yield "mine"
