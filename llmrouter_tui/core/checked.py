"""What checked and graded answers say of an ability: a passed hard prompt more than a passed easy one.

The ability is the likeliest one under what was known before (a Beta of its mean and strength) and the answers, each
passed with probability ``σ(logit(ability) + SLOPE · easiness)``, as routing itself predicts it. It is told as one piece
of evidence whose weighted mean with the rest is just that ability.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import Evidence, Source
from llmrouter_tui.core.scoring import SLOPE

CHECK_WEIGHT = 1.0
"""Of one checked answer, in observations: it is one. Not fitted."""
STEPS = 25
"""Newton steps, each of one logit at most: enough from any beginning."""
_LEAST, _MOST = 0.01, 0.99


class Checked(NamedTuple):
    """One answer that a program told right from wrong, or that a judge graded."""

    task: str
    difficulty: float
    passed: float
    weight: float = CHECK_WEIGHT
    """Of a grade by how far its judge is believed."""


def evidence(
    mean: float, strength: float, checks: Sequence[Checked], source: Source = "profile"
) -> tuple[Evidence, ...]:
    """Evidence of this source from the answers of one task, beside an ability of this mean and strength; none without
    any that count."""
    checks = [check for check in checks if check.weight > 0]
    if not checks:
        return ()
    before = min(_MOST, max(_LEAST, mean))
    eases = [SLOPE * easiness_of(check.difficulty) for check in checks]
    theta = _likeliest(before, strength, eases, checks)
    after = min(_MOST, max(_LEAST, _sigmoid(theta)))
    chances = [_sigmoid(theta + ease) for ease in eases]
    informed = sum(check.weight * q * (1 - q) for check, q in zip(checks, chances, strict=True))
    weight = max(informed / (after * (1 - after)), 1e-3)
    value = after + (after - before) * strength / weight
    if not 0 <= value <= 1:
        value = 1.0 if value > 1 else 0.0
        weight = strength * (after - before) / (value - after)
    return (Evidence(source, value, weight, _words(checks, source)),)


def _words(checks: Sequence[Checked], source: Source) -> str:
    count, passed = len(checks), sum(check.passed for check in checks)
    hard = max(check.difficulty for check in checks)
    if source == "judge":
        graded = "one answer" if count == 1 else f"{count} answers"
        return f"{graded} graded {1 + 9 * passed / count:.1f} of 10 here, difficulty up to {hard:.2f}"
    return f"{passed:.3g} of {count} checks passed here, difficulty up to {hard:.2f}"


def _likeliest(before: float, strength: float, eases: Sequence[float], checks: Sequence[Checked]) -> float:
    """The logit at which prior and answers are likeliest together: a concave sum, so Newton's way leads there."""
    theta = math.log(before / (1 - before))
    for _ in range(STEPS):
        own = _sigmoid(theta)
        pull, bend = strength * (before - own), strength * own * (1 - own)
        for ease, check in zip(eases, checks, strict=True):
            q = _sigmoid(theta + ease)
            pull += check.weight * (check.passed - q)
            bend += check.weight * q * (1 - q)
        theta += max(-1.0, min(1.0, pull / bend))
    return theta


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
