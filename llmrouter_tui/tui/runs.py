"""Two runs of measuring beside each other: what was known of a model after each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmrouter_tui.core.domain import NEEDS, TASKS
from llmrouter_tui.core.profile import ModelProfile, PastRun, TaskScore

ABOUT: Final = (*TASKS, *NEEDS)
SEEN: Final = 0.005
"""A share that moved less reads the same."""
STEADY: Final = 0.05
"""Share by which a speed may differ between two runs and still be called the same. By judgement."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One task in both: the share of checked answers that was right, and of how many."""

    task: str
    before: float | None
    after: float | None
    count_before: int = 0
    count_after: int = 0

    @property
    def moved(self) -> float:
        """By how much; 0 where one of them is missing."""
        return self.after - self.before if self.before is not None and self.after is not None else 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A speed, a time or a size in both; ``kind`` is ``rate`` (tokens a second), ``seconds`` or ``bytes``."""

    label: str
    kind: str
    before: float | None
    after: float | None

    @property
    def moved(self) -> bool:
        """Whether it is another by more than chance makes it."""
        if not self.before or not self.after:
            return (self.before is None) is not (self.after is None)
        return abs(self.after / self.before - 1) >= STEADY

    @property
    def better(self) -> bool:
        """Whether it moved the way one would wish: faster, or smaller."""
        if self.before is None or self.after is None:
            return True
        return self.after > self.before if self.kind == "rate" else self.after < self.before


def left_figures(history: Sequence[PastRun]) -> list[PastRun]:
    """The runs of which figures are kept, newest first."""
    return [run for run in history if run.found]


def of(run: PastRun, model: str) -> ModelProfile | None:
    """What was known of a model after a run."""
    return next((one for one in run.found if one.model == model), None)


def last(model: str, history: Sequence[PastRun], started: float) -> PastRun | None:
    """The newest run before that moment that measured a model."""
    return next((run for run in history if run.started < started and of(run, model)), None)


def tasks(old: ModelProfile, new: ModelProfile) -> list[Checked]:
    """Every task that was checked in one of them."""
    known = [{score.task: score for score in one.tasks if score.checked} for one in (old, new)]
    return [_checked(task, known[0].get(task), known[1].get(task)) for task in ABOUT if task in known[0] | known[1]]


def _checked(task: str, old: TaskScore | None, new: TaskScore | None) -> Checked:
    return Checked(
        task,
        old.right / old.checked if old else None,
        new.right / new.checked if new else None,
        old.checked if old else 0,
        new.checked if new else 0,
    )


def figures(old: ModelProfile, new: ModelProfile) -> list[Figure]:
    """Speeds, times and memory that are known of one of them."""
    rows = (
        ("writes", "rate", old.decode, new.decode),
        ("after long prompts", "rate", old.decode_long, new.decode_long),
        ("reads", "rate", old.prefill, new.prefill),
        ("reads long prompts", "rate", old.prefill_long, new.prefill_long),
        ("TTFT", "seconds", old.ttft, new.ttft),
        ("thinks", "seconds", old.thought_seconds, new.thought_seconds),
        ("loads in", "seconds", old.load_seconds, new.load_seconds),
        ("memory", "bytes", old.footprint, new.footprint),
    )
    return [Figure(*row) for row in rows if row[2] is not None or row[3] is not None]
