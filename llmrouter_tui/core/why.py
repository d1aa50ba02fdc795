"""The WHY clause: one short reason for a choice, made from its numbers and never by a model."""

from collections.abc import Sequence
from typing import NamedTuple

from llmrouter_tui.core.decision import Analysis, Candidate

CLOSE = 0.1
"""Predicted qualities within this are called close."""


class Choice(NamedTuple):
    """A decision's numbers as the clause reads them; ``candidates[0]`` is the choice."""

    analysis: Analysis
    candidates: Sequence[Candidate]
    named: bool
    continues: bool
    barred: frozenset[str]


def clause(choice: Choice) -> str:
    """At most 28 characters, so that it fits the ledger's column."""
    best = choice.candidates[0]
    if choice.named:
        return "asked for by name"
    if len(choice.candidates) == 1:
        return _alone(choice)
    if choice.analysis.background:
        return "housekeeping, warm" if best.resident else "housekeeping, small"
    if choice.continues:
        return "continues conversation"
    return _against_others(choice, best)


def _alone(choice: Choice) -> str:
    for kind in ("vision", "tools", "context"):
        if kind in choice.barred:
            return "only one that fits it all" if kind == "context" else f"only one with {kind}"
    return "only one at hand" if choice.barred else "only good enough one"


def _against_others(choice: Choice, best: Candidate) -> str:
    """Best at it; or what outweighed the better one: warmth, speed, price."""
    task = choice.analysis.task
    rival = max(choice.candidates[1:], key=lambda c: c.predicted_quality)
    gap = rival.predicted_quality - best.predicted_quality
    if gap <= 0:
        return f"best {task}, warm" if best.resident else f"best {task}"
    if choice.analysis.level == "easy" and best.resident:
        return "small task, already warm"
    if best.breakdown.pinned > gap and best.breakdown.pinned > rival.breakdown.pinned:
        return "pinned, quality close"
    reason = "cheaper" if _cost_gap(best, rival) > best.breakdown.speed - rival.breakdown.speed else "faster"
    if reason == "faster" and best.resident and not rival.resident:
        reason = "warm"
    return f"{reason}, quality close" if gap <= CLOSE else f"{reason}, good enough"


def _cost_gap(best: Candidate, rival: Candidate) -> float:
    return best.breakdown.cost - rival.breakdown.cost
