"""What another preference would have chosen: recent decisions ranked again from the numbers they keep. Pure.

A score is Q · quality + (1 − Q) · rest, and a candidate keeps both: the quality before weighting, and the rest weighted
by the Q of its day, so another Q is a matter of weighting anew. Only a decision made at Q = 1 has lost the rest; there
the speed is computed again from the seconds, and what else was in the rest counts as equal for all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from llmrouter_tui.core.decision import Candidate, Decision
from llmrouter_tui.core.scoring import WEIGHTS, terms
from llmrouter_tui.core.selection import BACKGROUND_PREFERENCE, SAME_SCORE

DECISIONS = 500
"""So many of the newest are looked at."""
_FIXED = ("auto:fast", "auto:best")
"""What is asked for with a preference of its own."""


@dataclass(frozen=True, slots=True)
class Change:
    """An exchange that would have gone elsewhere; gains are negative where something is lost."""

    exchange_id: str
    chosen: str
    instead: str
    quality: float
    """Predicted quality gained, 0..1."""
    seconds: float
    """Seconds longer until the whole answer."""
    task: str = ""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a preference would change of the decisions looked at."""

    preference: float
    looked_at: int
    changed: int = 0
    quality: float = 0.0
    """Predicted quality gained by each that changes, on average."""
    seconds: float = 0.0
    """Seconds longer that each that changes would take, on average."""
    changes: tuple[Change, ...] = ()


def what_if(decisions: Iterable[tuple[str, Decision]], preference: float) -> WhatIf:
    """What ``preference`` (0..1) would have changed of these decisions, given with the ids of their exchanges."""
    looked_at, changes = 0, []
    for exchange_id, decision in decisions:
        if not decision.candidates:
            continue
        looked_at += 1
        chosen, instead = decision.candidates[0], choice_at(decision, preference)
        if chosen.model != instead.model:
            quality = instead.predicted_quality - chosen.predicted_quality
            seconds = instead.seconds.total - chosen.seconds.total
            changes.append(Change(exchange_id, chosen.model, instead.model, quality, seconds, decision.analysis.task))
    changed = len(changes)
    mean_quality = sum(c.quality for c in changes) / changed if changed else 0.0
    mean_seconds = sum(c.seconds for c in changes) / changed if changed else 0.0
    return WhatIf(preference, looked_at, changed, mean_quality, mean_seconds, tuple(changes))


def choice_at(decision: Decision, preference: float) -> Candidate:
    """The candidate that would have been first at ``preference``, with the terms of its own day."""
    then = decision.preference
    now = preference * BACKGROUND_PREFERENCE if decision.analysis.background else preference
    candidates = decision.candidates
    if now == then or len(candidates) == 1 or decision.requested.strip().lower() in _FIXED:
        return candidates[0]
    scale = terms(decision.analysis, 0.0)[2] if then >= 1.0 else 0.0

    def rank(placed: tuple[int, Candidate]) -> tuple[int, bool, int]:
        """As the decision itself ranks; who was before whom in a tie stays so."""
        at, c = placed
        if then < 1.0:
            rest = (c.score - c.breakdown.quality) / (1.0 - then)
        else:
            rest = WEIGHTS.speed * scale / (scale + c.seconds.total)
        return -round((now * c.predicted_quality + (1.0 - now) * rest) * SAME_SCORE), not c.resident, at

    return min(enumerate(candidates), key=rank)[1]
