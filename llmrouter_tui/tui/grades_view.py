"""The grades as a list: filter, order and focus over those that are known. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from llmrouter_tui.core.grades import Grade
from llmrouter_tui.tui import terms
from llmrouter_tui.tui.grade_book import GradeBook


class Order(NamedTuple):
    """An order of the list."""

    label: str
    key: Callable[[Grade], tuple[object, ...]]


ORDERS = (
    Order("disagreements first", lambda grade: (not grade.disagrees, -grade.at)),
    Order("newest first", lambda grade: (-grade.at,)),
    Order("lowest marks first", lambda grade: (grade.mark is None, grade.mark or 0.0, -grade.at)),
    Order("by model", lambda grade: (grade.model, -grade.at)),
    Order("by task", lambda grade: (grade.task, -grade.at)),
)
FIELDS = {
    "model": "model", "task": "task", "judge": "judge", "mark": "mark", "grade": "mark", "you": "you", "is": "is",
    "of": "of", "ref": "ref", "diff": "diff", "difficulty": "diff", "weight": "weight",
}  # fmt: skip
"""Field names that a filter accepts, and the value each asks for."""


def you(grade: Grade) -> str:
    """``+`` or ``-`` as the user rated the answer; ``·`` where the user did not."""
    if grade.truth_by != "user" or grade.truth is None:
        return "·"
    return "+" if grade.truth >= 0.5 else "-"


def words_of(grade: Grade) -> str:
    """What it is, in words that ``is:`` finds."""
    parts = ["failed"] if grade.code else ["graded"]
    parts += ["disagree"] if grade.disagrees else []
    parts += ["own"] if grade.own else []
    parts += ["overruled"] if grade.overruled is not None else []
    parts += ["checked"] if grade.truth_by == "check" else []
    return " ".join(parts)


class GradesView:
    """Which grades are listed, in which order, and which one has the focus."""

    def __init__(self, book: GradeBook) -> None:
        self._book = book
        self.query = ""
        self.order = ORDERS[0]
        self.ids: list[str] = []
        self.focus = ""
        """Id of the selected grade; empty while the list is empty."""
        self._answer: tuple[str, str, str, str] | None = None
        """The judge and the answer of the grade in focus."""
        self._terms: tuple[terms.Term, ...] = ()

    @property
    def filtered(self) -> bool:
        return bool(self._terms)

    @property
    def selected(self) -> Grade | None:
        return self._book.known.get(self.focus)

    def refresh(self) -> None:
        """Bring the list up to date."""
        before = self.ids
        found = [grade for grade in self._book.known.values() if self._passes(grade)]
        found.sort(key=self.order.key)
        self.ids = [grade.id for grade in found]
        if self.focus not in self._book.known and self._answer:  # graded again: the same answer keeps the focus
            self.focus = next((id_ for id_ in self.ids if self._key(id_) == self._answer), self.focus)
        if self.focus not in self.ids:
            place = before.index(self.focus) if self.focus in before else 0
            self.focus = self.ids[min(place, len(self.ids) - 1)] if self.ids else ""
        self._answer = self._key(self.focus)

    def select(self, id_: str) -> None:
        """Put the focus on a grade."""
        self.focus = id_
        self._answer = self._key(id_)

    def _key(self, id_: str) -> tuple[str, str, str, str] | None:
        grade = self._book.known.get(id_)
        return (grade.judge, grade.subject, grade.ref, grade.model) if grade else None

    def filter(self, query: str) -> None:
        """List only what matches."""
        self.query, self._terms = query, terms.parse(query, FIELDS)
        self.refresh()

    def shift_order(self, step: int) -> None:
        self.order = ORDERS[(ORDERS.index(self.order) + step) % len(ORDERS)]
        self.refresh()

    def _passes(self, grade: Grade) -> bool:
        return terms.matches(self._terms, lambda name: _value(grade, name), lambda: _words(grade))


def _value(grade: Grade, name: str) -> terms.Value:
    values: dict[str, terms.Value] = {
        "model": grade.model,
        "task": grade.task,
        "judge": grade.judge,
        "mark": grade.mark,
        "you": you(grade),
        "is": words_of(grade),
        "of": grade.subject,
        "ref": grade.ref,
        "diff": grade.difficulty,
        "weight": grade.weight,
    }
    return values[name]


def _words(grade: Grade) -> str:
    return f"{grade.model} {grade.task} {grade.judge} {grade.ref} {grade.reason} {grade.code} {grade.question}"
