"""The grades that this screen has heard of: read page by page, and as they come. Pure."""

from collections.abc import Iterable

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.grades import Grade

KEPT = 2_000
"""Grades; the oldest are forgotten."""


class GradeBook:
    """One grade for each judge and answer: the newest."""

    def __init__(self) -> None:
        self.known: dict[str, Grade] = {}
        """By id."""
        self.version = 0
        """Grows when anything changed."""
        self.cleared = 0
        """How often all were forgotten, because they may be out of date: who reads pages begins anew then."""
        self.effects: dict[str, tuple[Effect, ...]] = {}
        """What the newest word on a grade moved, by its id, as far as this screen heard of it."""
        self.wanted = ""
        """Id of the grade that Judge is to show when it is looked at next."""
        self._ids: dict[tuple[str, str, str, str], str] = {}
        """The id of the grade of each judge and answer."""
        self._asides: dict[tuple[str, str, str, str], str] = {}
        """The id of a failure that came after a mark, in whose place it does not come."""
        self._newest: dict[str, str] = {}
        """The id of the newest grade of each exchange, whoever gave it."""

    def heard(self, grade: Grade, effects: tuple[Effect, ...]) -> None:
        """A grade came or is another, and this is what that moved."""
        self.take(grade)
        if effects:
            self.effects[grade.id] = effects

    def of(self, exchange_id: str) -> Grade | None:
        """The newest grade of the answer of an exchange."""
        return self.known.get(self._newest.get(exchange_id, ""))

    def take(self, grade: Grade) -> None:
        """A grade as it is now."""
        about = (grade.judge, grade.subject, grade.ref, grade.model)
        before = self.known.get(self._ids.get(about, ""))
        aside = grade.score is None and before is not None and before.score is not None and before.id != grade.id
        place = self._asides if aside else self._ids
        if place.get(about) != grade.id:
            self._drop(place.get(about, ""))
        if not aside and (before is None or before.id != grade.id):
            self._drop(self._asides.pop(about, ""))
        place[about] = grade.id
        self.known[grade.id] = grade
        newest = self.of(grade.ref)
        if grade.subject == "exchange" and not aside and (newest is None or newest.at <= grade.at):
            self._newest[grade.ref] = grade.id
        self.version += 1
        if len(self.known) > KEPT:
            self._forget()

    def read(self, grades: Iterable[Grade]) -> int:
        """Grades out of the history; how many were not known. What was heard since they were read stays."""
        fresh = [grade for grade in grades if not self._newer(grade)]
        for grade in fresh:
            self.take(grade)
        return len(fresh)

    def clear(self) -> None:
        """Forget all."""
        self.known.clear()
        self._ids.clear()
        self._asides.clear()
        self._newest.clear()
        self.version += 1
        self.cleared += 1

    @property
    def full(self) -> bool:
        """Whether there is no room for older ones."""
        return len(self.known) >= KEPT

    def _newer(self, grade: Grade) -> bool:
        id_ = self._ids.get((grade.judge, grade.subject, grade.ref, grade.model))
        return id_ is not None and self.known[id_].at >= grade.at

    def _drop(self, grade_id: str) -> None:
        self.known.pop(grade_id, None)
        self.effects.pop(grade_id, None)

    def _forget(self) -> None:
        oldest = min(self.known.values(), key=lambda grade: grade.at)
        self._drop(oldest.id)
        if self._newest.get(oldest.ref) == oldest.id:
            del self._newest[oldest.ref]
        about = (oldest.judge, oldest.subject, oldest.ref, oldest.model)
        for place in (self._ids, self._asides):
            if place.get(about) == oldest.id:
                del place[about]
