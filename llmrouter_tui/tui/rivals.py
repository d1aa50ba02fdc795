"""What the newest choices and evictions say of a model: when it is chosen, to whom it loses, who makes it leave. Pure.

A preference of another day is taken out: each choice is ranked again at the preference of today.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.whatif import choice_at
from llmrouter_tui.tui.state import Store

LOOKED_AT = 200
"""Choices, the newest: enough to tell habits, and counted within milliseconds."""
EVERY = 2.0
"""Seconds between two counts at least, however much is chosen meanwhile."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Counts over the newest choices between at least two models."""

    chosen: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By model and task, how often it is first."""
    could: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By model and task, how often it was a candidate."""
    lost: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By model, winner and task."""
    tasks: Counter[str] = field(default_factory=Counter)
    """Choices of each task."""

    @property
    def looked_at(self) -> int:
        return sum(self.tasks.values())

    def favourite(self, task: str) -> tuple[str, int] | None:
        """Who is first most often for a task, and how often."""
        taken = [(count, model) for (model, about), count in self.chosen.items() if about == task]
        count, model = max(taken, default=(0, ""))
        return (model, count) if count else None


class Rivals:
    """Counts anew when there is another choice, or another preference."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._of: object = None
        self._at = 0.0
        self._found = Choices()

    def choices(self, now: float) -> Choices:
        """Those of the exchanges that the screen holds."""
        wanted = self._store.preference
        seen = self._store.total, self._store.order[:1]
        if self._of is None or (self._of != (seen, wanted) and not 0 <= now - self._at < EVERY):
            self._of, self._at, self._found = (seen, wanted), now, counted(self._store, wanted)
        return self._found


def counted(store: Store, wanted: float) -> Choices:
    """The newest choices, counted as they would be made at the preference ``wanted``."""
    found = Choices()
    for decision in islice(_made(store), LOOKED_AT):
        winner, task = choice_at(decision, wanted).model, decision.analysis.task
        found.tasks[task] += 1
        found.chosen[winner, task] += 1
        for candidate in decision.candidates:
            found.could[candidate.model, task] += 1
            if candidate.model != winner:
                found.lost[candidate.model, winner, task] += 1
    return found


def _made(store: Store) -> Iterator[Decision]:
    decisions = (store.rows[id_].exchange.decision for id_ in store.order)
    return (one for one in decisions if one is not None and len(one.candidates) > 1)


def evictions(store: Store, model: str) -> Counter[str]:
    """For whom it had to leave, of the loads and unloads that the screen holds."""
    gone = (one for one in store.residency if one.model == model and one.kind == "unload" and one.evicted_for)
    return Counter(one.evicted_for for one in gone)
