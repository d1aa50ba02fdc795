"""Measuring models as a job: one model at a time, one prompt after another, stored at once, stopped and gone on with.

``Asking`` puts a prompt, ``Manners`` waits and tidies up, ``Measured`` keeps what was found, ``Orders`` what was asked
for, ``Progress`` tells how far it is, ``Schedule`` how long it takes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Final, cast

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.measuring import MAX_AGE, prompts_for, to_do
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.profile import ProfileStore
from llmrouter_tui.core.profile import ModelProgress, Only, Order, PastRun, ProfileRun, Profiles, Result, State
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.engine.asking import Asking
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.chosen import by_name, usual
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.manners import Manners
from llmrouter_tui.engine.measured import Measured, weight
from llmrouter_tui.engine.orders import Orders
from llmrouter_tui.engine.probing import Probing
from llmrouter_tui.engine.progress import Progress, planned
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.sandbox import Sandbox
from llmrouter_tui.engine.schedule import Schedule
from llmrouter_tui.engine.spending import Charge, free
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.traffic import Traffic

GIVE_UP: Final = 3
"""Failures in a row after which a model is left alone."""
APPEARS: Final = 60.0
"""Seconds that a model of an order of an earlier run is waited for: its server may still be starting."""
_SOURCE: Final = {"source": "profile"}

log = logging.getLogger(__name__)


class Profiler:
    """At most one run at a time."""

    def __init__(
        self,
        fleet: Fleet,
        residency: Residency,
        learning: Learning,
        traffic: Traffic,
        measured: Measured,
        store: ProfileStore,
        sandbox: Sandbox,
        bus: Bus,
        tasks: Tasks,
        clock: Clock,
        charge: Charge = free,
    ) -> None:
        self._fleet = fleet
        self._residency = residency
        self._learning = learning
        self._measured = measured
        self._store = store
        self._sandbox = sandbox
        self._tasks = tasks
        self._clock = clock
        self._asking = Asking(residency, learning, traffic, sandbox, clock, charge)
        self._manners = Manners(fleet, residency, bus, tasks)
        self._orders = Orders(store, fleet, measured, clock)
        self._schedule = Schedule(fleet, measured, traffic, clock, self._asking.thinks, residency.hopeless)
        self._progress = Progress(bus, clock, self._schedule.eta, self._asking.live)
        self._probing = Probing(
            fleet, residency, learning, measured, store, self._asking, self._manners, self._progress, clock
        )
        self._task: asyncio.Task[None] | None = None
        self._given_up = self._starting = self._under_way = False
        self.max_age = MAX_AGE
        """Seconds after which a result is measured anew."""

    # ── out ──

    @property
    def run(self) -> ProfileRun:
        """How far it is, or how the last run went."""
        return self._progress.run

    def profiles(self) -> Profiles:
        infos = {record.id: record.info for record in self._fleet.models.values()}
        return Profiles(self.run, self._measured.profiles(infos, self.max_age), self._orders.history)

    @property
    def history(self) -> Sequence[PastRun]:
        """The runs before the one under way, newest first."""
        return self._orders.history

    async def results(self, model: str) -> Sequence[Result]:
        """Of one model, with its answers."""
        return await self._store.profile_results(model)

    def _waits(self, state: str, words: str) -> None:
        self._progress.tell_model(state=cast(State, state), message=words)

    # ── commands ──

    async def start(self, names: Sequence[str], *, quick: bool, again: bool, only: Only = "", note: str = "") -> None:
        """Measure these, or all that can be without paying; ``only`` the prompts that failed. ``note`` says why, where
        nobody asked for it. Raises ``RouterError``."""
        if self._progress.running or self._starting:
            raise RouterError("invalid_request", "models are being measured already", hint="wait, or stop it")
        models = by_name(self._fleet, names) if names else usual(self._fleet)
        if only:
            models = self._failed(models)
        self._starting = True
        try:
            chosen = tuple(record.id for record in models)
            order = await self._orders.begin(chosen, quick=quick, again=again, only=only, note=note)
        finally:
            self._starting = False
        self._begin(order)

    def _failed(self, models: Sequence[ModelRecord]) -> list[ModelRecord]:
        """Those of which a prompt failed. Raises ``RouterError`` where there are none."""
        found = [m for m in models if any(one.outcome == "failed" for one in self._measured.of(m.id).values())]
        if not found:
            raise RouterError("invalid_request", "no prompt failed that could be asked again", param="only")
        return found

    def cancel(self) -> None:
        """What was found is kept; memory is put in order before the run is over."""
        if self._progress.running and self._task is not None and not self._given_up:
            self._given_up = True
            if self._under_way:  # a task that has not begun would never end in order
                self._task.cancel()

    async def resume(self) -> None:
        """Go on with what an earlier run of the router did not finish."""
        with contextlib.suppress(RouterError):
            order = await self._orders.load()
            if order is not None and not self._progress.running:
                log.info("measuring goes on where it stood", extra=_SOURCE)
                self._begin(order)

    # ── a run ──

    def _begin(self, order: Order) -> None:
        self._given_up = self._under_way = False
        self._manners.begin()
        self._schedule.begin(order.started, order.models)
        progress = tuple(self._planned(order, model) for model in order.models)
        self._progress.begin(ProfileRun(True, order.started, order.quick, progress))
        self._task = self._tasks.spawn(self._go(order), "measuring models")

    def _planned(self, order: Order, model: str) -> ModelProgress:
        record = self._fleet.models.get(model)
        if record is None:
            return ModelProgress(model)
        info, known = record.info, self._measured.of(model)
        # what failed may be of the full profile
        asked = prompts_for(info, order.quick and not order.only, record.speed.prefill, int(order.started))
        left = to_do(asked, known, info, self._clock.wall(), order, self.max_age)
        self._schedule.plan(record, left)
        here, open_ = {one.id for one in asked}, {one.id for one in left}
        found = {n: one for n, one in self._orders.found(order, model).items() if n in here - open_}
        return planned(model, asked, left, found)

    async def _go(self, order: Order) -> None:
        self._under_way = True
        try:
            try:
                if not self._given_up:
                    await self._all(order)
            except asyncio.CancelledError:
                if not self._given_up:
                    raise
            await self._manners.restore()
            await self._orders.end(order, stopped=self._given_up)
        finally:
            self._over()

    async def _all(self, order: Order) -> None:
        held = await self._sandbox.confinement()
        self._progress.tell(code="" if held.enough else held.words)
        for at in range(len(order.models)):
            await self._model(order, at)

    def _over(self) -> None:
        self._progress.end()
        run = self._progress.run
        log.info("measured: %d of %d prompts, %d models", run.done, run.total, len(run.models), extra=_SOURCE)

    # ── one model ──

    async def _model(self, order: Order, at: int) -> None:
        model = order.models[at]
        self._progress.turn(at)
        record = await self._found(model)
        if record is None:
            self._progress.tell_model(state="failed", message="no backend that is up has it")
            return
        self._progress.plan(self._planned(order, model))
        used = record.used
        end: State = "done"
        words = ""
        try:
            self._schedule.probed(model, await self._probing.probe(record, order, self._waits, self.max_age))
            self._progress.plan(self._planned(order, model))
            await self._ask_all(record, self._schedule.left(model))
        except RouterError as error:
            end, words = "failed", error.message
            log.warning("measuring %s ended: %s", model, words, extra=_SOURCE)
        except asyncio.CancelledError:
            if self._given_up:
                await self._leave(record, used)
                self._progress.moved(self._orders.moved(order))
            raise
        self._schedule.over(model)
        await self._leave(record, used)
        self._progress.moved(self._orders.moved(order))
        self._progress.tell_model(state=end, message=words)

    async def _leave(self, record: ModelRecord, used: int) -> None:
        """Keep what it takes in memory and what its loads took, and let it go as it was before."""
        if (weighed := weight(record, self._clock.wall())) is not None:
            await self._store.store_profile_result(weighed)
            self._measured.take(weighed)
        await self._manners.leave(record, used)

    async def _found(self, model: str) -> ModelRecord | None:
        deadline = self._clock.mono() + APPEARS
        while (record := self._fleet.models.get(model)) is None or not record.healthy:
            if self._clock.mono() > deadline:
                return None
            self._waits("waiting", "its backend is not up")
            await asyncio.sleep(1.0)
        return record

    async def _ask_all(self, record: ModelRecord, prompts: Sequence[Prompt]) -> None:
        """Raises ``RouterError`` where the model cannot be had, or fails again and again."""
        in_a_row = 0
        for prompt in prompts:
            result = await self._one(record, prompt)
            in_a_row = in_a_row + 1 if result.outcome == "failed" else 0
            if in_a_row >= GIVE_UP:
                raise RouterError("backend_error", f"{in_a_row} prompts in a row failed: {result.reason}")

    async def _one(self, record: ModelRecord, prompt: Prompt) -> Result:
        asked, began = self._clock.mono(), 0.0

        def begins() -> None:
            nonlocal began
            began = self._clock.mono()
            self._progress.asks(prompt.id, prompt.task)

        def question() -> Coroutine[None, None, Result]:
            return self._asking.ask(record, prompt)

        result = await self._manners.ask(record, self._waits, question, begins=begins, goes_on=self._progress.heard)
        await self._store.store_profile_result(result)
        self._measured.take(replace(result, answer=""))
        self._learned(record)
        took = self._clock.mono() - began
        self._schedule.waited(record.id, began - asked, took)
        self._schedule.done(record.id, prompt, took)
        self._progress.answered(prompt, result)
        return result

    def _learned(self, record: ModelRecord) -> None:
        """Abilities follow at once, those of replicas too, and of others where what is common to all is seen anew."""
        models = self._fleet.models
        same = [model for model in models.values() if model.info.name == record.info.name]
        for model in same:
            self._learning.refresh(model)
        for model in (*same, *self._learning.settle(models.values())):
            self._fleet.touch(model)
