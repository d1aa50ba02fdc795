"""What a judge said of answers, and how far it is to be believed. Facts only.

A judge is a model that reads a question and an answer and gives a mark from 1 to 10. A mark that it could not give in
a form that can be read is no number: such a grade has a ``code`` and no ``score``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from llmrouter_tui.core.decision import Effect

LOWEST: Final = 1.0
HIGHEST: Final = 10.0
HIGH: Final = 6.0
"""From here on a mark says that the answer is good; below it that it is bad."""

Subject = Literal["prompt", "exchange"]
"""What was graded: an answer to a prompt of the prompt set, or one that a client got."""
JudgeState = Literal["off", "idle", "waiting", "grading", "paused", "failed"]
"""``waiting``: live traffic comes first, or the limit of calls; ``paused`` by the user; ``failed``: no judge can be
had now, ``message`` says why."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One mark of one judge on one answer. A later grade of the same judge on the same answer takes its place."""

    id: str
    at: float
    judge: str
    """The model's id, or ``name at host`` of one that is reached on its own."""
    model: str
    """Whose answer it was."""
    task: str
    difficulty: float
    subject: Subject
    ref: str
    """The prompt's id, or the exchange's."""
    score: float | None = None
    """1..10."""
    reason: str = ""
    """The judge's words; of a failure, what went wrong."""
    code: str = ""
    """Of a failure: ``malformed``, ``judge_timeout``, ``rate_limited``, ``backend_unreachable`` …"""
    own: bool = False
    """The judge graded its own answer: it counts half."""
    truth: float | None = None
    """What is known of that answer apart from the judge, 0..1: what a program checked, or the user's rating."""
    truth_by: Literal["", "check", "user"] = ""
    overruled: float | None = None
    """The mark that the user put in the place of the judge's, 1..10."""
    weight: float = 0.0
    """Observations that it counts for in abilities now."""
    question: str = ""
    answer: str = ""
    """Both as far as the privacy policy keeps texts."""
    seconds: float = 0.0
    kinds: Mapping[str, float] = field(default_factory=dict)
    """Of an exchange, the kinds of prompt that it can be and their shares: what it teaches is counted by them."""

    @property
    def mark(self) -> float | None:
        """What counts: the user's mark, else the judge's."""
        return self.score if self.overruled is None else self.overruled

    @property
    def known(self) -> float | None:
        """What is known of the answer apart from the judge, 0..1: the user's mark in its place, else the truth."""
        return self.truth if self.overruled is None else (self.overruled - LOWEST) / (HIGHEST - LOWEST)

    @property
    def known_by(self) -> str:
        """By whom: ``user`` or ``check``; empty where nothing is known."""
        return self.truth_by if self.overruled is None else "user"

    @property
    def disagrees(self) -> bool:
        """Whether judge and truth are on different sides."""
        known = self.known
        return self.score is not None and known is not None and (self.score >= HIGH) != (known >= 0.5)


@dataclass(frozen=True, slots=True)
class Overruled:
    """What the user's mark in the place of a judge's did."""

    effects: tuple[Effect, ...] = ()
    why: str = ""
    """Why no ability moved; empty where one did."""


@dataclass(frozen=True, slots=True)
class Concord:
    """How often a judge and somebody who knows better say the same, of answers that both marked."""

    both_good: int = 0
    both_bad: int = 0
    kind: int = 0
    """The judge said good, the other bad."""
    harsh: int = 0
    """The judge said bad, the other good."""

    @property
    def count(self) -> int:
        return self.both_good + self.both_bad + self.kind + self.harsh

    @property
    def agree(self) -> float | None:
        """Share of the same opinion; None without any."""
        return (self.both_good + self.both_bad) / self.count if self.count else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: agreement beyond chance, 1 for all, 0 for none beyond it; None where chance alone would agree
        always (one of them said the same of everything)."""
        n = self.count
        if not n:
            return None
        judge_good, other_good = self.both_good + self.kind, self.both_good + self.harsh
        chance = (judge_good * other_good + (n - judge_good) * (n - other_good)) / (n * n)
        return None if chance >= 1 else ((self.both_good + self.both_bad) / n - chance) / (1 - chance)


@dataclass(frozen=True, slots=True)
class Bias:
    """By how many marks a judge is kinder (above 0) or harsher to something than to the rest, in marks of 1 to 10."""

    about: str
    """A model's id or a task."""
    by: float
    count: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a judge stands beside the user and beside checks by program."""

    judge: str = ""
    user: Concord = Concord()
    checks: Concord = Concord()
    biases: tuple[Bias, ...] = ()
    """The largest first, only such as chance does not explain."""
    marks: tuple[int, ...] = (0,) * 10
    """How often it gave 1, 2 … 10."""
    weight: float = 0.0
    """Observations that a grade of this judge counts for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A judge that will not grade as things are: its server does not let us, does not have it, or what it is shown is
    too long for it."""

    judge: str
    words: str
    hint: str
    """What to do, as a clause."""


@dataclass(frozen=True, slots=True)
class JudgeView:
    """How the judge is and how far it is with its work."""

    state: JudgeState = "off"
    judge: str = ""
    """Who judges, or would; empty for nobody."""
    hosted: bool = False
    """Whether answers leave this machine for it."""
    message: str = ""
    """What it waits for, or why there is none."""
    queued: int = 0
    done: int = 0
    """Since the queue was last empty."""
    failed: int = 0
    eta: float | None = None
    today: int = 0
    """Calls since midnight."""
    budget: int = 0
    """Calls a day; 0 for any number."""
    share: float = 0.0
    """Of live exchanges that are graded; 0: none."""
    mean: float | None = None
    """Of all marks that stand."""
    current: str = ""
    """What it grades now: ``ollama/qwen3:8b creative-letter``."""
    disagree: int = 0
    agreement: Agreement = Agreement()
    refusal: Refusal | None = None
    """Of a judge that is left alone for it, also where another judges now."""


@dataclass(frozen=True, slots=True)
class GradeFilter:
    """Which grades are asked for; empty fields ask for all."""

    model: str = ""
    task: str = ""
    judge: str = ""
    subject: str = ""
    ref: str = ""
    disagree: bool = False
    """Only those where judge and truth are on different sides."""
    failed: bool | None = None


@dataclass(frozen=True, slots=True)
class GradePage:
    """Newest first; ``before`` asks for the next page, None at the end."""

    items: tuple[Grade, ...]
    before: str | None = None
    total: int = 0


Preferred = Literal["first", "second", "tie"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers to one prompt, put to the judge in both orders. Orders that say different things are a tie."""

    at: float
    judge: str
    prompt: str
    task: str
    first: str
    second: str
    """The models."""
    preferred: Preferred | None
    """None where it failed."""
    swayed: bool = False
    """The order decided: it said something else when they were swapped."""
    reason: str = ""
    code: str = ""
    forward: Preferred | None = None
    """Whom it preferred with the first one's answer shown first, and ``swapped``; None where that was not kept."""
    swapped: Preferred | None = None
    effects: tuple[Effect, ...] = ()
    """What it moved, told once and not kept."""


def moved(found: Iterable[Comparison]) -> tuple[Effect, ...]:
    """What comparisons, the oldest first, moved in all."""
    ends: dict[tuple[str, str], Effect] = {}
    for effect in (effect for one in found for effect in one.effects):
        about = effect.model, effect.task
        ends[about] = replace(effect, before=ends.get(about, effect).before)
    return tuple(effect for effect in ends.values() if effect.before != effect.after)
