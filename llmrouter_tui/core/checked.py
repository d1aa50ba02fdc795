"""What checked and graded answers say of an ability: a passed hard prompt more than a passed easy one.

The ability is the likeliest one under what was known before (a Beta of its mean and strength) and the answers, each
passed with probability ``σ(logit(ability) + SLOPE · easiness + shift)``, as routing itself predicts it; ``shift`` is
what all models find easier or harder than it was said to be (``core.yardstick``). It is told as one piece of evidence
for what programs checked and one for what judges graded, whose weighted mean with the rest is just that ability.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import Evidence, Source
from llmrouter_tui.core.scoring import SLOPE
from llmrouter_tui.core.yardstick import CHECKS, Checked, Shifts, bounded, counting, sigmoid

STEPS: Final = 25
"""Newton steps, each of one logit at most: enough from any beginning."""
TOLD: Final = 0.2
"""Shifts from so many logits are told."""
NO_SHIFTS: Final[Shifts] = MappingProxyType({})


def evidence(mean: float, strength: float, answers: Sequence[Checked], shifts: Shifts = NO_SHIFTS) -> list[Evidence]:
    """Evidence from the answers of one task, beside an ability of this mean and strength; none without any that
    count."""
    answers = counting(answers)
    if not answers:
        return []
    eases = [SLOPE * easiness_of(one.difficulty) + shifts.get((one.group, one.task), 0.0) for one in answers]
    theta = _likeliest(bounded(mean), strength, eases, answers)
    found: list[Evidence] = []
    for source in ("profile", "judge"):
        ours = [(one, ease) for one, ease in zip(answers, eases, strict=True) if source_of(one) == source]
        if ours:
            found.append(_piece(source, theta, ours, shifts))
    return found


def source_of(answer: Checked) -> Source:
    return "profile" if answer.group == CHECKS else "judge"


def _piece(source: Source, theta: float, ours: Sequence[tuple[Checked, float]], shifts: Shifts) -> Evidence:
    """The pieces pull with what the answers pull with, so that the mean of all is where everything is at rest."""
    after = sigmoid(theta)
    pull = informed = 0.0
    for one, ease in ours:
        q = sigmoid(theta + ease)
        pull += one.weight * (one.passed - q)
        informed += one.weight * q * (1 - q)
    weight = max(informed / (after * (1 - after)), 1e-3)
    value = after + pull / weight
    if not 0 <= value <= 1:
        value = 1.0 if value > 1 else 0.0
        weight = pull / (value - after)
    return Evidence(source, value, weight, _words(source, [one for one, _ in ours], shifts))


def _words(source: Source, answers: Sequence[Checked], shifts: Shifts) -> str:
    count, passed = len(answers), sum(one.passed for one in answers)
    what = f"difficulty up to {max(one.difficulty for one in answers):.2f}"
    mean = sum(one.weight * shifts.get((one.group, one.task), 0.0) for one in answers) / sum(a.weight for a in answers)
    if source == "judge":
        graded = "one answer" if count == 1 else f"{count} answers"
        common = f", {'kind' if mean > 0 else 'harsh'} to all models" if abs(mean) >= TOLD else ""
        return f"{graded} graded {1 + 9 * passed / count:.1f} of 10 here, {what}{common}"
    common = f", {'easier' if mean > 0 else 'harder'} for all models" if abs(mean) >= TOLD else ""
    return f"{passed:.3g} of {count} checks passed here, {what}{common}"


def by_task(answers: Sequence[Checked]) -> Mapping[str, list[Checked]]:
    """The answers that count, sorted out."""
    found: dict[str, list[Checked]] = {}
    for one in counting(answers):
        found.setdefault(one.task, []).append(one)
    return found


def _likeliest(before: float, strength: float, eases: Sequence[float], answers: Sequence[Checked]) -> float:
    """The logit at which prior and answers are likeliest together: a concave sum, so Newton's way leads there."""
    theta = math.log(before / (1 - before))
    for _ in range(STEPS):
        own = sigmoid(theta)
        pull, bend = strength * (before - own), strength * own * (1 - own)
        for ease, one in zip(eases, answers, strict=True):
            q = sigmoid(theta + ease)
            pull += one.weight * (one.passed - q)
            bend += one.weight * q * (1 - q)
        move = max(-1.0, min(1.0, pull / bend))
        theta += move
        if abs(move) < 1e-9:
            break
    return theta
