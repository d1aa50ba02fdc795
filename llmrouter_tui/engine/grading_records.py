"""What a grade does: it is stored, counted, learned from and told; and what the user says of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmrouter_tui.core.decision import Effect, Feedback
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, Graded, Rated
from llmrouter_tui.core.grades import HIGHEST, LOWEST, Comparison, Grade, GradeFilter, GradePage
from llmrouter_tui.core.ports import GradeStore
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.tasks import Tasks

BELIEVED: Final = 0.1
"""Of an observation, that a grade must count for: that of a judge which was not tried does, that of a liar does not."""


class Records:
    """The way of every grade, whoever gave or changed it."""

    def __init__(
        self, store: GradeStore, gradings: Gradings, learning: Learning, fleet: Fleet, bus: Bus, tasks: Tasks
    ) -> None:
        self._store = store
        self._gradings = gradings
        self._learning = learning
        self._fleet = fleet
        self._bus = bus
        self._tasks = tasks
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
        """Store a grade, learn from it, and tell; what it moved of the model whose answer it is."""
        await self._store.store_grade(grade)
        name = grade.model.partition("/")[2]
        records = [record for record in self._fleet.models.values() if record.info.name == name]
        before = {record.id: record.abilities.get(grade.task) for record in records}
        counted = self._gradings.take(grade)
        effects: tuple[Effect, ...] = ()
        for record in records:
            self._learning.refresh(record)
            old, new = before[record.id], record.abilities.get(grade.task)
            if old is not None and new is not None and old.mean != new.mean:
                self._fleet.touch(record)
                if record.id == grade.model:
                    effects = (Effect(record.id, grade.task, old.mean, new.mean),)
        self._bus.publish(Graded(counted, effects))
        return effects

    async def overrule(self, grade_id: str, mark: float | None) -> tuple[Effect, ...]:
        """Put the user's own mark in the place of a judge's; None gives it back. Raises ``RouterError``."""
        if mark is not None and not LOWEST <= mark <= HIGHEST:
            raise RouterError("invalid_request", "a mark is a number from 1 to 10", param="mark")
        grade = await self._store.grade(grade_id)
        if grade is None:
            raise RouterError("not_found", f"there is no grade {grade_id!r}")
        return await self.keep(replace(grade, overruled=mark))

    def _rated(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, Rated) and self._gradings.of("exchange", fact.feedback.exchange_id):
            self._tasks.spawn(self._learn_truth(fact.feedback), "what a rating says of a judge")

    async def _learn_truth(self, feedback: Feedback) -> None:
        """The user said what an answer is worth that a judge graded."""
        for known in self._gradings.of("exchange", feedback.exchange_id):
            grade = await self._store.grade(known.id)
            if grade is not None:
                truth = None if feedback.rating is None else (feedback.score + 1) / 2
                await self.keep(replace(grade, truth=truth, truth_by="" if truth is None else "user"))
