"""The grades that this screen has heard of: read page by page, and as they come. Pure."""

from collections.abc import Iterable

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
        self._ids: dict[tuple[str, str, str, str], str] = {}
        """The id of the grade of each judge and answer."""

    def take(self, grade: Grade) -> None:
        """A grade as it is now."""
        about = (grade.judge, grade.subject, grade.ref, grade.model)
        before = self._ids.get(about)
        if before is not None and before != grade.id:
            self.known.pop(before, None)
        self._ids[about] = grade.id
        self.known[grade.id] = grade
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
        self.version += 1
        self.cleared += 1

    @property
    def full(self) -> bool:
        """Whether there is no room for older ones."""
        return len(self.known) >= KEPT

    def _newer(self, grade: Grade) -> bool:
        id_ = self._ids.get((grade.judge, grade.subject, grade.ref, grade.model))
        return id_ is not None and self.known[id_].at >= grade.at

    def _forget(self) -> None:
        oldest = min(self.known.values(), key=lambda grade: grade.at)
        del self.known[oldest.id]
        del self._ids[(oldest.judge, oldest.subject, oldest.ref, oldest.model)]
