"""What was asked to be measured: kept until it is done, with what came of it."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.measuring import LOAD
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.profile import ProfileStore
from llmrouter_tui.core.probing import is_probe
from llmrouter_tui.core.profile import ModelProfile, Only, Order, PastRun, Result
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.measured import Measured

NOTICED: Final = 0.005
"""Smaller changes of an ability are none on screen."""


class Orders:
    """The order under way, in the database, and the runs before it."""

    def __init__(self, store: ProfileStore, fleet: Fleet, measured: Measured, clock: Clock) -> None:
        self._store = store
        self._fleet = fleet
        self._measured = measured
        self._clock = clock
        self.history: tuple[PastRun, ...] = ()
        """Newest first, without the one under way."""

    async def begin(self, models: tuple[str, ...], *, quick: bool, again: bool, only: Only, note: str) -> Order:
        """A new order, on the disk. Raises ``RouterError``."""
        before = {
            record.id: {task: ability.mean for task, ability in record.abilities.items()}
            for record in self._fleet.models.values()
            if record.id in models
        }
        order = Order(self._clock.wall(), models, quick, again, only, note, before)
        await self._store.begin_profile(order)
        return order

    async def load(self) -> Order | None:
        """Read what was; the newest order, if it did not end. Raises ``RouterError``."""
        order = await self._store.profile_order()
        runs = await self._store.profile_runs()
        self.history = tuple(run for run in runs if order is None or run.started != order.started)
        return order

    async def end(self, order: Order, *, stopped: bool) -> None:
        """It is done, or the user stopped it."""
        found = [one for model in order.models for one in self.found(order, model).values()]
        note = ", ".join(filter(None, (order.note, "stopped" if stopped else "")))
        run = PastRun(
            order.started,
            self._clock.wall(),
            order.quick,
            order.models,
            prompts=len(found),
            failed=sum(one.outcome == "failed" for one in found),
            seconds=sum(one.seconds for one in found),
            note=note,
            moved=self.moved(order),
            found=self._known(order.models),
        )
        self.history = (run, *self.history)
        with contextlib.suppress(RouterError):  # then it goes on at the next start, which finds all done
            await self._store.end_profile(run)

    def _known(self, models: Sequence[str]) -> tuple[ModelProfile, ...]:
        """What is known of these models now, for beside what a later run finds."""
        infos = {record.id: record.info for record in self._fleet.models.values()}
        profiles = self._measured.profiles(infos)
        return tuple(replace(profile, probes=()) for profile in profiles if profile.model in models)

    def found(self, order: Order, model: str) -> Mapping[str, Result]:
        """What this very order found of a model, by prompt, also before the router was started again."""
        results = self._measured.of(model)
        mine = (item for item in results.items() if item[1].at >= order.started)
        return {name: one for name, one in mine if name != LOAD and not is_probe(name)}

    def moved(self, order: Order) -> tuple[Effect, ...]:
        """Abilities of its models before it and now, where that differs."""
        effects = []
        for model, before in order.before.items():
            if (record := self._fleet.models.get(model)) is not None:
                now = record.abilities
                effects += [Effect(model, task, mean, now[task].mean) for task, mean in before.items() if task in now]
        return tuple(effect for effect in effects if abs(effect.after - effect.before) >= NOTICED)
