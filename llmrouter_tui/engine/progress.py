"""How far measuring is, as it is told: folded, with the answer as it comes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.events import ProfileChanged
from llmrouter_tui.core.measuring import about_of, counted, progress
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.profile import SEEN, ModelProgress, ProfileRun, Result, Seen
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.engine.bus import Bus

FOLD: Final = 0.25
"""Seconds between two facts of progress."""


class Progress:
    """Owns the ``ProfileRun``. What costs something to say (the ETA, the end of an answer) is asked when it is told."""

    def __init__(
        self, bus: Bus, clock: Clock, eta: Callable[[], float | None], live: Callable[[], tuple[str, str]]
    ) -> None:
        """``live``: the question that is being answered, and the end of what was said so far."""
        self._bus = bus
        self._clock = clock
        self._eta = eta
        self._live = live
        self._run = ProfileRun()
        self._told_at = 0.0
        self._told = ("", "")
        self.at = 0
        """Whose turn it is, counted in the models of the run."""

    @property
    def running(self) -> bool:
        return self._run.running

    @property
    def run(self) -> ProfileRun:
        """How far it is now, or how the last run went."""
        if not self._run.running:
            return self._run
        question, answer = self._live() if self._run.prompt else ("", "")
        return replace(self._run, eta=self._eta(), question=question, answer=answer)

    @property
    def model(self) -> ModelProgress:
        """That whose turn it is."""
        return self._run.models[self.at]

    def begin(self, run: ProfileRun) -> None:
        self._run, self.at = run, 0
        self.tell()

    def tell(self, at_once: bool = True, **changes: Any) -> None:
        self._run = replace(self._run, **changes)
        now = self._clock.mono()
        if at_once or now - self._told_at >= FOLD:
            self._told_at = now
            self._bus.publish(ProfileChanged(self.run))

    def tell_model(self, at_once: bool = True, **changes: Any) -> None:
        models = list(self._run.models)
        models[self.at] = replace(models[self.at], **changes)
        self.tell(at_once, models=tuple(models))

    def heard(self) -> None:
        """An answer is coming: tell of it, if more of it came and it is time to."""
        if self._clock.mono() - self._told_at >= FOLD and (live := self._live()) != self._told:
            self._told = live
            self.tell()

    def turn(self, at: int) -> None:
        """The next model has its turn."""
        self.at = at
        self._run = replace(self._run, seen=(), prompt="", task="")

    def plan(self, planned: ModelProgress) -> None:
        """What it will be asked, as it is known now that it is here."""
        self.tell(models=(*self._run.models[: self.at], planned, *self._run.models[self.at + 1 :]))

    def asks(self, prompt: str, about: str) -> None:
        """This prompt is being put, by its id, about a task or a need."""
        self._run = replace(self._run, prompt=prompt, task=about)
        self.tell_model(at_once=False, state="asking", message="")

    def answered(self, prompt: Prompt, result: Result) -> None:
        """One prompt more has its result."""
        so_far, about = self.model, about_of(prompt)
        self.saw(result)
        self.tell_model(
            at_once=False,
            done=so_far.done + 1,
            right=so_far.right + (result.passed is not None and result.passed >= 1),
            failed=so_far.failed + (result.outcome == "failed"),
            seconds=so_far.seconds + result.seconds,
            tasks=tuple(counted(row, result) if row.task == about else row for row in so_far.tasks),
        )

    def saw(self, result: Result) -> None:
        """Remember it among the newest."""
        seen = Seen(result.prompt, result.task, result.outcome, result.passed, result.reason, result.seconds)
        self._run = replace(self._run, seen=(*self._run.seen, seen)[-SEEN:])

    def moved(self, effects: Sequence[Effect]) -> None:
        """Note of each model how far its abilities moved in this run."""
        by_model: dict[str, list[Effect]] = {}
        for effect in effects:
            by_model.setdefault(effect.model, []).append(effect)
        self._run = replace(
            self._run, models=tuple(replace(m, moved=tuple(by_model.get(m.model, ()))) for m in self._run.models)
        )

    def end(self) -> None:
        ended = ("done", "failed")
        models = tuple(m if m.state in ended else replace(m, state="stopped", message="") for m in self._run.models)
        self.tell(running=False, models=models, prompt="", task="", eta=None)


def planned(model: str, asked: Sequence[Prompt], left: Sequence[Prompt], found: Mapping[str, Result]) -> ModelProgress:
    """How far a model is before its turn. ``asked``: all its prompts; ``left``: those that are open; ``found``: what
    this very order found before the router was started again."""
    open_ = {one.id for one in left}
    mine = [one for one in asked if one.id in open_ or one.id in found]
    return ModelProgress(
        model,
        done=len(found),
        total=len(mine),
        fresh=len(asked) - len(mine),
        right=sum(one.passed is not None and one.passed >= 1 for one in found.values()),
        failed=sum(one.outcome == "failed" for one in found.values()),
        seconds=sum(one.seconds for one in found.values()),
        tasks=progress(mine, found),
    )
