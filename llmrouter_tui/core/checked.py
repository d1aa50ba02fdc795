"""What checked and graded answers say of an ability: a passed hard prompt more than a passed easy one.

Abilities are the likeliest under what was known before and the answers, each passed with probability
``σ(logit(ability) + SLOPE · easiness + shift)``, as routing itself predicts it; ``shift`` is what all models find
easier or harder than it was said to be (``core.yardstick``). That is told as one piece of evidence for what programs
checked, one for what judges graded and one for what was answered in other tasks, whose weighted mean with the rest is
just that ability.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from llmrouter_tui.core.domain import Ability, Evidence, Source
from llmrouter_tui.core.yardstick import (
    CHECKS,
    PAIRS,
    Checked,
    Shifts,
    Taken,
    bounded,
    counting,
    eased,
    settled,
    sigmoid,
)

SPILL: Final = 0.2
"""Weight of an answer for the other tasks of the same model, as of a rating."""
SOURCES: Final[tuple[Source, ...]] = ("profile", "judge")
TOLD: Final = 0.2
"""Shifts from so many logits are told."""
Told = Mapping[str, Sequence[Evidence]]
NO_SHIFTS: Final[Shifts] = MappingProxyType({})


def evidence(before: Mapping[str, Ability], answers: Sequence[Checked], shifts: Shifts = NO_SHIFTS) -> Told:
    """Evidence by task from the answers of one model, beside what was known of it before; of other tasks too, because
    who does better than was thought in one does so in others. None without answers that count."""
    tasks = {task: ours for task, ours in by_task(answers).items() if task in before}
    if not tasks:
        return {}
    level, thetas = settled([Taken(before[task].mean, before[task].strength, tasks[task]) for task in tasks], shifts)
    own = dict(zip(tasks, thetas, strict=True))
    found: dict[str, list[Evidence]] = {}
    for task, old in before.items():
        mean = bounded(old.mean)
        theta = own.get(task, math.log(mean / (1 - mean)) + level)
        others = [one for other, ours in tasks.items() if other != task for one in ours]
        found[task] = _pieces(mean, old.strength, theta, tasks.get(task, ()), others, shifts)
    return found


def _pieces(
    mean: float, strength: float, theta: float, ours: Sequence[Checked], others: Sequence[Checked], shifts: Shifts
) -> list[Evidence]:
    """The pieces pull with what the answers pull with, so that the mean of all is where everything is at rest; what is
    missing to that comes from other tasks, or where there are none, from these answers too."""
    after = sigmoid(theta)
    looks = [
        (source, *_pull(theta, answers, shifts), answers)
        for source in SOURCES
        if (answers := [one for one in ours if source_of(one) == source])
    ]
    rest = strength * (after - mean) - sum(pull for _, pull, *_ in looks)
    if not others and looks:
        informed = sum(weight for _, _, weight, _ in looks)
        looks = [(source, pull + rest * w / informed, w, answers) for source, pull, w, answers in looks]
    spread = after * (1 - after)
    pieces = [piece(source, after, pull, w / spread, _words(source, a, shifts), len(a)) for source, pull, w, a in looks]
    if others:
        source: Source = "profile" if any(source_of(one) == "profile" for one in others) else "judge"
        weight = SPILL * _pull(theta, others, shifts)[1] / spread
        pieces.append(piece(source, after, rest, weight, _words_of_others(source, others)))
    return pieces


def _pull(theta: float, answers: Sequence[Checked], shifts: Shifts) -> tuple[float, float]:
    """What draws an ability that is here, and how much is known by that."""
    pull = informed = 0.0
    for one in answers:
        q = sigmoid(theta + eased(one) + shifts.get((one.group, one.task), 0.0))
        pull += one.weight * (one.passed - q)
        informed += one.weight * q * (1 - q)
    return pull, informed


def piece(source: Source, after: float, pull: float, weight: float, words: str, count: int = 0) -> Evidence:
    """Evidence of so many observations that pulls so an ability that comes to rest there, of about this weight."""
    weight = max(weight, 1e-3)
    value = after + pull / weight
    if not 0 <= value <= 1:
        value = 1.0 if value > 1 else 0.0
        weight = pull / (value - after)
    return Evidence(source, value, weight, words, count)


def source_of(answer: Checked) -> Source:
    return "profile" if answer.group == CHECKS else "judge"


def _words(source: Source, answers: Sequence[Checked], shifts: Shifts) -> str:
    pairs = [one for one in answers if one.group == PAIRS]
    rest = [one for one in answers if one.group != PAIRS]
    words = [_words_of_answers(source, rest, shifts)] if rest else []
    return "; ".join([*words, _words_of_pairs(pairs)] if pairs else words)


def _words_of_pairs(pairs: Sequence[Checked]) -> str:
    return f"better in {sum(one.passed for one in pairs):.3g} of {len(pairs)} comparisons here"


def _words_of_answers(source: Source, answers: Sequence[Checked], shifts: Shifts) -> str:
    count, passed = len(answers), sum(one.passed for one in answers)
    what = f"difficulty up to {max(one.difficulty for one in answers):.2f}"
    mean = sum(one.weight * shifts.get((one.group, one.task), 0.0) for one in answers) / sum(a.weight for a in answers)
    if source == "judge":
        graded = "one answer" if count == 1 else f"{count} answers"
        common = f", {'kind' if mean > 0 else 'harsh'} to all models" if abs(mean) >= TOLD else ""
        return f"{graded} graded {1 + 9 * passed / count:.1f} of 10 here, {what}{common}"
    common = f", {'easier' if mean > 0 else 'harder'} for all models" if abs(mean) >= TOLD else ""
    return f"{passed:.3g} of {count} checks passed here, {what}{common}"


def _words_of_others(source: Source, answers: Sequence[Checked]) -> str:
    ours = [one for one in answers if source_of(one) == source]
    if all(one.group == PAIRS for one in ours):
        return f"{_words_of_pairs(ours).removesuffix(' here')} in other tasks"
    ours = [one for one in ours if one.group != PAIRS]
    passed, count = sum(one.passed for one in ours), len(ours)
    if source == "judge":
        return f"{count} graded {1 + 9 * passed / count:.1f} of 10 in other tasks"
    return f"{passed:.3g} of {count} checks passed in other tasks"


def by_task(answers: Sequence[Checked]) -> Mapping[str, list[Checked]]:
    """The answers that count, sorted out."""
    found: dict[str, list[Checked]] = {}
    for one in counting(answers):
        found.setdefault(one.task, []).append(one)
    return found
