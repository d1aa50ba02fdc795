"""What a grade does: it is stored, counted, learned from and told; and what the user says of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmrouter_tui.core.decision import Effect, Feedback
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, Graded, Rated
from llmrouter_tui.core.grades import HIGHEST, LOWEST, Comparison, Grade, GradeFilter, GradePage, Overruled
from llmrouter_tui.core.ports.judging import GradeStore
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.pairings import Pairings, name_of
from llmrouter_tui.engine.tasks import Tasks

BELIEVED: Final = 0.1
"""Of an observation, that a grade must count for: that of a judge which was not tried does, that of a liar does not."""


class Records:
    """The way of every grade, whoever gave or changed it."""

    def __init__(
        self,
        store: GradeStore,
        gradings: Gradings,
        pairings: Pairings,
        learning: Learning,
        fleet: Fleet,
        bus: Bus,
        tasks: Tasks,
    ) -> None:
        self._store = store
        self._gradings = gradings
        self._pairings = pairings
        self._learning = learning
        self._fleet = fleet
        self._bus = bus
        self._tasks = tasks
        self._lock = asyncio.Lock()
        """A mark of the user and a judge's of the same answer come one after the other."""
        bus.tap(self._rated, Rated)

    async def page(self, wanted: GradeFilter, before: str | None, limit: int) -> GradePage:
        """As they count now."""
        found = await self._store.grades(wanted, before=before, limit=limit)
        return replace(found, items=tuple(self._gradings.weighed(grade) for grade in found.items))

    async def comparisons(self, limit: int) -> Sequence[Comparison]:
        """What judges said of two answers, newest first."""
        return await self._store.comparisons(limit=limit)

    def believed(self, judge: str) -> bool:
        """Whether what a judge says is told beside what the user says; of the user always."""
        return not judge or self._gradings.agreement(judge).weight >= BELIEVED

    async def keep(self, grade: Grade) -> tuple[Effect, ...]:
        """Store what a judge said, learn from it, and tell; what it moved of the model whose answer it is. A mark that
        the user gave that answer, meanwhile too, stands in its place; a failure takes the place of no mark, and is only
        told."""
        async with self._lock:
            if self._gradings.outlived(grade):
                self._bus.publish(Graded(grade))
                return ()
            return await self._keep(replace(grade, overruled=self._gradings.users(grade)))

    async def _keep(self, *grades: Grade) -> tuple[Effect, ...]:
        """Those of one answer, as they are."""
        grade, counted = grades[0], []
        for one in grades:
            await self._store.store_grade(one)
            counted.append(self._gradings.take(one))
        effects = self._moved([grade.model], grade.task)
        own = tuple(effect for effect in effects if effect.model == grade.model) or effects[:1]
        for one in counted:
            self._bus.publish(Graded(one, own if one.id == grade.id else ()))
        return own

    async def keep_comparison(self, comparison: Comparison) -> Comparison:
        """The same of what a judge said of two answers; with what it moved of both."""
        await self._store.store_comparison(comparison)
        self._pairings.take(comparison)
        models = [comparison.first, comparison.second]
        effects = self._moved(models, comparison.task)
        return replace(comparison, effects=tuple(effect for effect in effects if effect.model in models))

    def _moved(self, models: Sequence[str], task: str) -> tuple[Effect, ...]:
        """What comes of looking anew at models and their replicas, of one task."""
        names = {name_of(model) for model in models}
        effects: list[Effect] = []
        for record in [record for record in self._fleet.models.values() if record.info.name in names]:
            old = record.abilities.get(task)
            self._learning.refresh(record)
            new = record.abilities.get(task)
            if old is not None and new is not None and old.mean != new.mean:
                self._fleet.touch(record)
                effects.append(Effect(record.id, task, old.mean, new.mean))
        return tuple(effects)

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        """Put the user's own mark of an answer in the place of a judge's; None gives it back. Raises
        ``RouterError``."""
        if mark is not None and not LOWEST <= mark <= HIGHEST:
            raise RouterError("invalid_request", "a mark is a number from 1 to 10", param="mark")
        async with self._lock:
            grade = await self._store.grade(self._gradings.now(grade_id))
            if grade is None:
                raise RouterError("not_found", f"there is no grade {grade_id!r}")
            all_ = self._gradings.of(grade.subject, grade.ref, grade.model)
            others = [one.id for one in all_ if one.overruled is not None and one.id != grade.id]
            found = [grade, *filter(None, [await self._store.grade(one) for one in others])]
            effects = await self._keep(*(replace(one, overruled=mark) for one in found))
        return Overruled(effects, "" if effects else self._why(grade))

    def _why(self, grade: Grade) -> str:
        """Why nothing moved."""
        record = self._fleet.models.get(grade.model)
        words = self._gradings.idle(grade, record.info if record is not None else None)
        return words or "what is known of the model says just that already"

    def _rated(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, Rated) and self._gradings.of("exchange", fact.feedback.exchange_id):
            self._tasks.spawn(self._learn_truth(fact.feedback), "what a rating says of a judge")

    async def _learn_truth(self, feedback: Feedback) -> None:
        """The user said what an answer is worth that a judge graded."""
        truth = None if feedback.rating is None else (feedback.score + 1) / 2
        async with self._lock:
            for known in self._gradings.of("exchange", feedback.exchange_id):
                if (grade := await self._store.grade(known.id)) is not None:
                    await self._keep(replace(grade, truth=truth, truth_by="" if truth is None else "user"))
