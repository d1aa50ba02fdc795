"""The results of one model as a list: filter, order and focus. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import NEEDS, TASKS
from llmrouter_tui.core.measuring import difficulty, need
from llmrouter_tui.core.probing import is_probe
from llmrouter_tui.core.profile import Result
from llmrouter_tui.tui import terms

WRONG_FIRST, BY_TASK, SLOWEST = "what went wrong first", "by task", "slowest first"
ORDERS = (WRONG_FIRST, BY_TASK, SLOWEST)
FIELDS = {"task": "task", "is": "is", "state": "is", "prompt": "prompt", "diff": "diff", "took": "took", "tps": "tps"}
"""Field names that a filter accepts, and the value each asks for."""


def about(result: Result) -> str:
    """The task that it counts for, or the need."""
    return need(result) or result.task


def verdict_word(result: Result) -> str:
    """``right``, ``wrong``, ``partly``, ``ungraded``, ``unchecked``, ``timed``, ``failed``; of a probe ``can`` or
    ``cannot``."""
    if result.outcome != "checked" or result.passed is None:
        return result.outcome
    if is_probe(result.prompt):
        return "can" if result.passed >= 1 else "cannot"
    return "right" if result.passed >= 1 else "wrong" if result.passed <= 0 else "partly"


class ResultsView:
    """Which results are listed, in which order, and which has the focus; one for each prompt."""

    def __init__(self) -> None:
        self.query = ""
        self.order = WRONG_FIRST
        self.ids: list[str] = []
        self.focus = ""
        """The prompt's id; empty while the list is empty."""
        self.known: dict[str, Result] = {}
        self._terms: tuple[terms.Term, ...] = ()

    @property
    def filtered(self) -> bool:
        return bool(self._terms)

    @property
    def selected(self) -> Result | None:
        return self.known.get(self.focus)

    def show(self, results: Sequence[Result]) -> None:
        """List these."""
        self.known = {result.prompt: result for result in results}
        self._build()

    def filter(self, query: str) -> None:
        """List only what matches."""
        self.query, self._terms = query, terms.parse(query, FIELDS)
        self._build()

    def shift_order(self, step: int) -> None:
        self.order = ORDERS[(ORDERS.index(self.order) + step) % len(ORDERS)]
        self._build()

    def _build(self) -> None:
        found = [result for result in self.known.values() if self._passes(result)]
        found.sort(key=lambda result: (_place(result), result.prompt))
        if self.order == WRONG_FIRST:
            found.sort(key=_wrongness)
        elif self.order == SLOWEST:
            found.sort(key=lambda result: -result.seconds)
        self.ids = [result.prompt for result in found]
        if self.focus not in self.ids:
            self.focus = self.ids[0] if self.ids else ""

    def _passes(self, result: Result) -> bool:
        return terms.matches(self._terms, lambda name: _value(result, name), lambda: _words(result))


def _place(result: Result) -> int:
    known = (*TASKS, *NEEDS)
    return known.index(about(result)) if about(result) in known else len(known)


def _wrongness(result: Result) -> float:
    """Failures first, then what was wrong, then what has no verdict; probes and what is only timed last."""
    if result.outcome == "failed":
        return -1.0
    if result.outcome == "timed" or is_probe(result.prompt):
        return 2.0
    return 0.99 if result.passed is None else result.passed


def _value(result: Result, name: str) -> terms.Value:
    values: dict[str, terms.Value] = {
        "task": about(result),
        "is": verdict_word(result),
        "prompt": result.prompt,
        "diff": difficulty(result),
        "took": result.seconds,
        "tps": result.decode,
    }
    return values[name]


def _words(result: Result) -> str:
    return f"{result.prompt} {about(result)} {verdict_word(result)} {result.reason} {result.answer}"
