"""Why a choice was made, from its numbers and never by a model: one short clause, and what another would have meant."""

from collections.abc import Sequence
from typing import NamedTuple

from llmrouter_tui.core.decision import Analysis, Decision
from llmrouter_tui.core.ranking import Figures

WEAK = "weak"
"""The reason of models that are hopeless for a request."""
CLOSE = 0.1
"""Predicted qualities within this are called close."""


def clause(
    analysis: Analysis, candidates: Sequence[Figures], named: bool, continues: bool, barred: frozenset[str]
) -> str:
    """At most 28 characters, so that it fits the ledger's column. ``candidates[0]`` is the choice; ``barred`` are the
    kinds of reasons that kept other models out."""
    best = candidates[0]
    if named:
        return "asked for by name"
    if len(candidates) == 1:
        return _alone(barred)
    if analysis.background:
        return "housekeeping, warm" if best.resident else "housekeeping, small"
    if continues:
        return "continues conversation"
    rival = candidates[1]
    for other in candidates:
        if other.predicted_quality > rival.predicted_quality and other is not best:
            rival = other
    if rival.predicted_quality <= best.predicted_quality:
        return f"best {analysis.task}, warm" if best.resident else f"best {analysis.task}"
    return _against(best, rival, analysis)


def _alone(barred: frozenset[str]) -> str:
    for kind in ("vision", "tools", "context"):
        if kind in barred:
            return "only one that fits it all" if kind == "context" else f"only one with {kind}"
    return "only good enough one" if WEAK in barred else "only one at hand" if barred else "only model here"


def _against(best: Figures, rival: Figures, analysis: Analysis) -> str:
    """What outweighed the better one: warmth, speed, price."""
    gap = rival.predicted_quality - best.predicted_quality
    if analysis.level == "easy" and best.resident:
        return "small task, already warm"
    if best.pinned > gap and best.pinned > rival.pinned:
        return "pinned, quality close"
    reason = "cheaper" if best.cost - rival.cost > best.speed - rival.speed else "faster"
    if reason == "faster" and best.resident and not rival.resident:
        reason = "warm"
    return f"{reason}, quality close" if gap <= CLOSE else f"{reason}, good enough"


class Instead(NamedTuple):
    """What the best other model would have meant, against the one that was chosen."""

    model: str
    quality: float
    """Predicted quality gained, 0..1."""
    seconds: float
    """Seconds longer until the whole answer."""
    footprint: int | None
    """Bytes that it takes; None where it is not known."""
    resident: bool
    """Whether it is in memory already."""
    predicted: float
    """Its predicted quality, 0..1, before the preference weighs it."""


def instead(decision: Decision) -> Instead | None:
    """None where there was no other."""
    chosen = other = None
    for candidate in decision.candidates:
        if candidate.model == decision.chosen:
            chosen = candidate
        elif other is None:
            other = candidate
        if chosen is not None and other is not None:
            quality = other.predicted_quality - chosen.predicted_quality
            seconds = other.seconds.total - chosen.seconds.total
            return Instead(other.model, quality, seconds, other.footprint, other.resident, other.predicted_quality)
    return None
