"""What is common to all models that were measured here, kept up to date with their answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from llmrouter_tui.core.checked import NO_SHIFTS, by_task
from llmrouter_tui.core.domain import Ability
from llmrouter_tui.core.yardstick import Checked, Shifts, Taken, shifts
from llmrouter_tui.engine.record import ModelRecord

NOTICED: Final = 0.02
"""Shifts that move less, in logits, move no ability that anybody sees (.005)."""


class Yardstick:
    """Owns the shifts. They are estimated when they are asked for anew, not with each answer."""

    def __init__(self) -> None:
        self._taken: dict[str, dict[str, tuple[Taken, ...]]] = defaultdict(dict)
        """By the name of a model and its id: replicas share their answers, which count once."""
        self._changed = False
        self.shifts: Shifts = NO_SHIFTS

    def has(self, record: ModelRecord) -> bool:
        """Whether any answer of it counts."""
        return record.id in self._taken.get(record.info.name, ())

    def take(self, record: ModelRecord, before: Mapping[str, Ability], answers: Sequence[Checked]) -> None:
        """Note the answers of a model, and what was known of it before."""
        named = self._taken[record.info.name]
        tasks = by_task(answers)
        taken = tuple(Taken(a.mean, a.strength, tasks[task]) for task, a in before.items() if task in tasks)
        if named.get(record.id, ()) != taken:
            self._changed = True
            named[record.id] = taken
        if not taken:
            named.pop(record.id, None)

    def settle(self) -> bool:
        """Estimate the shifts anew if anything changed: whether they moved noticeably."""
        if not self._changed:
            return False
        self._changed = False
        found = shifts(named[min(named)] for named in self._taken.values() if named)
        pairs = found.keys() | self.shifts.keys()
        if all(abs(found.get(pair, 0.0) - self.shifts.get(pair, 0.0)) < NOTICED for pair in pairs):
            return False
        self.shifts = found
        return True
