"""Measuring models as a job: one model at a time, one prompt after another, stored at once, stopped and gone on with.

``Asking`` puts a prompt, ``Manners`` waits and tidies up, ``Measured`` keeps what was found.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.domain import Ability
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ProfileChanged
from llmrouter_tui.core.pacing import Pace, eta
from llmrouter_tui.core.ports import Clock, ProfileStore
from llmrouter_tui.core.profile import ModelProgress, Order, ProfileRun, Profiles, Result, State, prompts_for, to_do
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.engine.asking import Asking
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.chosen import by_name, usual
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.manners import LOOK, Manners
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.sandbox import Sandbox
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.traffic import Traffic

FOLD: Final = 0.25
"""Seconds between two facts of progress."""
GIVE_UP: Final = 3
"""Failures in a row after which a model is left alone."""
APPEARS: Final = 60.0
"""Seconds that a model of an order of an earlier run is waited for: its server may still be starting."""
PATIENCE: Final = 5
"""How often one prompt is broken off for clients; then it is heard to its end, so that a long one comes to it."""
NOTICED: Final = 0.005
"""Smaller changes of an ability are none on screen."""
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
    ) -> None:
        self._fleet = fleet
        self._learning = learning
        self._measured = measured
        self._store = store
        self._sandbox = sandbox
        self._bus = bus
        self._tasks = tasks
        self._clock = clock
        self._asking = Asking(residency, learning, traffic, sandbox, clock)
        self._manners = Manners(fleet, residency, bus, tasks)
        self._run = ProfileRun()
        self._at = 0
        """Whose turn it is, counted in the models of the run."""
        self._paces: dict[str, Pace] = {}
        self._task: asyncio.Task[None] | None = None
        self._told_at = 0.0
        self._given_up = self._starting = False

    # ── out ──

    @property
    def run(self) -> ProfileRun:
        """How far it is, or how the last run went."""
        return replace(self._run, eta=self._eta()) if self._run.running else self._run

    def profiles(self) -> Profiles:
        infos = {record.id: record.info for record in self._fleet.models.values()}
        return Profiles(self.run, self._measured.profiles(infos))

    async def results(self, model: str) -> Sequence[Result]:
        """Of one model, with its answers."""
        return await self._store.profile_results(model)

    def _eta(self) -> float | None:
        known = ((self._fleet.models.get(model), pace) for model, pace in self._paces.items())
        return eta((p, m.speed, 0.0 if m.ready or not m.home else m.load_seconds) for m, p in known if m is not None)

    def _tell(self, at_once: bool = True, **changes: object) -> None:
        self._run = replace(self._run, **changes)  # type: ignore[arg-type]
        now = self._clock.mono()
        if at_once or now - self._told_at >= FOLD:
            self._told_at = now
            self._bus.publish(ProfileChanged(self.run))

    def _tell_model(self, at_once: bool = True, **changes: object) -> None:
        models = list(self._run.models)
        models[self._at] = replace(models[self._at], **changes)  # type: ignore[arg-type]
        self._tell(at_once, models=tuple(models))

    def _waits(self, state: str, words: str) -> None:
        self._tell_model(state=cast(State, state), message=words)

    # ── commands ──

    async def start(self, names: Sequence[str], *, quick: bool, again: bool) -> None:
        """Measure these, or all that can be without paying. Raises ``RouterError``."""
        if self._run.running or self._starting:
            raise RouterError("invalid_request", "models are being measured already", hint="wait, or stop it")
        models = by_name(self._fleet, names) if names else usual(self._fleet)
        order = Order(self._clock.wall(), tuple(record.id for record in models), quick, again)
        self._starting = True
        try:
            await self._store.begin_profile(order)
        finally:
            self._starting = False
        self._begin(order)

    def cancel(self) -> None:
        """What was found is kept; memory is put in order before the run is over."""
        if self._run.running and self._task is not None and not self._given_up:
            self._given_up = True
            self._task.cancel()

    async def resume(self) -> None:
        """Go on with what an earlier run of the router did not finish."""
        with contextlib.suppress(RouterError):
            order = await self._store.profile_order()
            if order is not None and not self._run.running:
                log.info("measuring goes on where it stood", extra=_SOURCE)
                self._begin(order)

    # ── a run ──

    def _begin(self, order: Order) -> None:
        self._given_up, self._at = False, 0
        self._manners.begin()
        self._paces = {}
        progress = tuple(self._planned(order, model) for model in order.models)
        self._run = ProfileRun(True, order.started, order.quick, progress)
        self._task = self._tasks.spawn(self._go(order), "measuring models")
        self._tell()

    def _planned(self, order: Order, model: str) -> ModelProgress:
        record = self._fleet.models.get(model)
        if record is None:
            return ModelProgress(model)
        asked = prompts_for(record.info, order.quick, record.speed.prefill)
        left = to_do(asked, self._measured.of(model), record.info, self._clock.wall(), order)
        self._paces[model] = Pace(list(left), self._asking.thinks(record))
        return ModelProgress(model, total=len(left), fresh=len(asked) - len(left))

    async def _go(self, order: Order) -> None:
        try:
            try:
                await self._confined()
                for self._at in range(len(order.models)):
                    await self._model(order)
            except asyncio.CancelledError:
                if not self._given_up:
                    raise
            await self._manners.restore()
            with contextlib.suppress(RouterError):  # then it goes on at the next start, which finds all done
                await self._store.end_profile(order, self._clock.wall())
        finally:
            self._over()

    async def _confined(self) -> None:
        held = await self._sandbox.confinement()
        self._tell(code="" if held.enough else held.words)

    def _over(self) -> None:
        ended = ("done", "failed")
        models = tuple(m if m.state in ended else replace(m, state="stopped", message="") for m in self._run.models)
        self._tell(running=False, models=models, prompt="", task="", eta=None)
        run = self._run
        log.info("measured: %d of %d prompts, %d models", run.done, run.total, len(run.models), extra=_SOURCE)

    # ── one model ──

    async def _model(self, order: Order) -> None:
        model = order.models[self._at]
        record = await self._found(model)
        if record is None:
            self._tell_model(state="failed", message="no backend that is up has it")
            return
        planned = self._planned(order, model)
        self._tell_model(total=planned.total, fresh=planned.fresh)
        before, used = dict(record.abilities), record.used
        end: State = "done"
        words = ""
        try:
            await self._ask_all(record, tuple(self._paces[model].left))
        except RouterError as error:
            end, words = "failed", error.message
            log.warning("measuring %s ended: %s", model, words, extra=_SOURCE)
        except asyncio.CancelledError:
            if self._given_up:
                await self._manners.leave(record, used)
                self._tell_model(moved=_moved(model, before, record.abilities))
            raise
        self._paces[model].left.clear()
        await self._manners.leave(record, used)
        moved = _moved(model, before, record.abilities)
        self._tell_model(state=end, message=words, moved=moved)

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
        result, broken_off = None, 0
        while result is None:
            lease = await self._manners.hold(record, self._waits)
            try:
                self._tell(at_once=False, prompt=prompt.id, task=prompt.task)
                self._tell_model(at_once=False, state="asking", message="")
                result = await self._asked(record, prompt, yields=broken_off < PATIENCE)
            finally:
                lease.release()
            broken_off += 1
        await self._store.store_profile_result(result)
        self._measured.take(replace(result, answer=""))
        self._learned(record)
        self._paces[record.id].done(prompt, result.seconds)
        so_far = self._run.models[self._at]
        self._tell_model(
            at_once=False,
            done=so_far.done + 1,
            right=so_far.right + (result.passed is not None and result.passed >= 1),
            failed=so_far.failed + (result.outcome == "failed"),
            seconds=so_far.seconds + result.seconds,
        )
        return result

    async def _asked(self, record: ModelRecord, prompt: Prompt, *, yields: bool) -> Result | None:
        """The result; None where it was broken off because a client would have had to wait for its end."""
        task: asyncio.Task[Result] = self._tasks.spawn(self._asking.ask(record, prompt), f"ask {record.id}")
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=LOOK)
                if yields and not task.done() and self._manners.in_the_way(record):
                    return None
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _learned(self, record: ModelRecord) -> None:
        """Abilities follow at once, those of replicas too."""
        for same in self._fleet.models.values():
            if same.info.name == record.info.name:
                self._learning.refresh(same)
                self._fleet.touch(same)


def _moved(model: str, before: Mapping[str, Ability], after: Mapping[str, Ability]) -> tuple[Effect, ...]:
    return tuple(
        Effect(model, task, old.mean, after[task].mean)
        for task, old in before.items()
        if task in after and abs(after[task].mean - old.mean) >= NOTICED
    )
