"""The decision: from an analysis and the models as they are now to a ranked, explained choice. Pure; explaining and
routing are the same call."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from llmrouter_tui.core import scoring
from llmrouter_tui.core.decision import Analysis, Breakdown, Candidate, Decision, Seconds
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.filters import Bar, barred, nature, refuse_all, refuse_named
from llmrouter_tui.core.resolving import Resolved, resolve
from llmrouter_tui.core.scoring import NO_WAIT, Wait
from llmrouter_tui.core.why import Choice, clause

__all__ = ["Resolved", "Wait", "decide", "resolve"]

BACKGROUND_PREFERENCE = 0.2
"""Share of the preference that is left for a chat client's housekeeping: a warm small model is what it needs."""
DOUBT = {"vision": 0.5, "tools": 0.7, "thinking": 0.85}
"""What predicted quality is multiplied by for a need that a model is not known to meet (and its name does not
promise): it may still serve where nothing surer is at hand."""
SAME_SCORE = 9
"""Scores equal to this many decimals are ties."""
_NO_WAITS: Mapping[str, Wait] = MappingProxyType({})


class _Rated(NamedTuple):
    """A model with its numbers, before any of it is put into words."""

    rank: tuple[float, bool, float, str]
    model: ModelView
    breakdown: Breakdown
    quality: float
    seconds: Seconds
    warm: bool
    doubts: tuple[str, ...]


class _Question(NamedTuple):
    """What all models are asked alike."""

    analysis: Analysis
    tasks: tuple[tuple[str, float], ...]
    easy: float
    scale: float
    hidden: float
    preference: float
    continuity: str
    staying: float
    """What staying on the model of the conversation is worth."""
    waits: Mapping[str, Wait]


def decide(
    analysis: Analysis,
    models: Sequence[ModelView],
    *,
    preference: float,
    requested: str = "auto",
    waits: Mapping[str, Wait] = _NO_WAITS,
    continuity: str = "",
    seconds: float = 0.0,
) -> Decision:
    """Choose a model. ``continuity`` is the model that answered the conversation so far, ``waits`` what loading and
    queues would take per model id (a model without an entry waits for its own load if it is not resident), and
    ``seconds`` is handed through to the decision.

    Raises ``RouterError``: ``model_not_found``, ``no_capable_model``, ``context_length_exceeded``, and for a model
    asked for by name the reason why it cannot serve.
    """
    resolved = resolve(requested, models)
    if resolved.task:
        analysis = replace(analysis, task=resolved.task, tasks={t: float(t == resolved.task) for t in TASKS})
    question = _question(analysis, _preference(preference, resolved, analysis), continuity, waits)
    eligible, bars = _sift(analysis, resolved.models, waits)
    if not eligible and resolved.named:
        refuse_named(analysis, bars)
    if not eligible:
        refuse_all(analysis, bars)
    return _ranked(question, resolved, eligible, bars, requested, seconds)


def _ranked(
    question: _Question,
    resolved: Resolved,
    eligible: Sequence[ModelView],
    bars: Sequence[tuple[ModelView, Bar]],
    requested: str,
    seconds: float,
) -> Decision:
    """The decision among models that can serve."""
    rated, hopeless = _above_floor([_rate(question, m) for m in eligible])
    rated.sort(key=_rank)
    candidates = tuple(_candidate(r) for r in rated)
    filtered = [(m.id, bar.reason) for m, bar in bars]
    filtered += [(r.model.id, f"too weak for this, quality {r.quality:.2f}") for r in hopeless]
    return Decision(
        analysis=question.analysis,
        candidates=candidates,
        filtered=tuple(sorted(filtered)),
        chosen=candidates[0].model,
        margin=candidates[0].score - candidates[1].score if len(candidates) > 1 else 0.0,
        why=clause(_choice(question, resolved, candidates, bars)),
        preference=question.preference,
        requested=requested,
        seconds=seconds,
    )


def _preference(preference: float, resolved: Resolved, analysis: Analysis) -> float:
    value = preference if resolved.preference is None else resolved.preference
    value = min(1.0, max(0.0, value))
    return value * BACKGROUND_PREFERENCE if analysis.background else value


def _question(analysis: Analysis, preference: float, continuity: str, waits: Mapping[str, Wait]) -> _Question:
    return _Question(
        analysis,
        scoring.main_tasks(analysis.tasks),
        scoring.easiness(analysis.difficulty),
        scoring.patience(analysis),
        scoring.hidden_tokens(analysis.difficulty),
        preference,
        continuity,
        scoring.continuity_value(analysis.prompt_tokens),
        waits,
    )


def _sift(
    analysis: Analysis, models: Sequence[ModelView], waits: Mapping[str, Wait]
) -> tuple[list[ModelView], list[tuple[ModelView, Bar]]]:
    eligible: list[ModelView] = []
    bars: list[tuple[ModelView, Bar]] = []
    for model in models:
        bar = barred(analysis, model, waits.get(model.id, NO_WAIT))
        if bar is None:
            eligible.append(model)
        else:
            bars.append((model, bar))
    return eligible, bars


def _rate(question: _Question, model: ModelView) -> _Rated:
    """All numbers of one model."""
    analysis, info, model_id = question.analysis, model.info, model.id
    quality = scoring.predicted_quality(question.tasks, model.abilities, question.easy)
    doubts: tuple[str, ...] = ()
    if analysis.needs:
        doubts = tuple(n for n in DOUBT if n in analysis.needs and n not in info.capabilities)
        for need in doubts:
            quality *= DOUBT[need]
    warm = model.residency == "resident" or not info.local
    answer = analysis.expected_tokens + (
        question.hidden if nature(info.name, info.capabilities, info.capabilities_known).thinks else 0.0
    )
    wait = question.waits.get(model_id)
    load = wait.load if wait else 0.0 if warm else model.speed.load_seconds
    prefill, decode = scoring.work_seconds(analysis.prompt_tokens, answer, model.speed)
    seconds = Seconds(wait.queue if wait else 0.0, load, prefill, decode)
    breakdown = scoring.weigh(
        question.preference,
        quality,
        scoring.speed_value(seconds.total, question.scale),
        question.staying if model_id == question.continuity else 0.0,
        float(model.pinned and analysis.level == "easy"),
        scoring.cost_value(info, analysis.prompt_tokens, answer),
    )
    size = info.parameters or model.footprint or info.size_bytes or math.inf
    rank = (-round(breakdown.score, SAME_SCORE), not warm, size, model_id)
    return _Rated(rank, model, breakdown, quality, seconds, warm, doubts)


def _rank(rated: _Rated) -> tuple[float, bool, float, str]:
    return rated.rank


def _above_floor(rated: list[_Rated]) -> tuple[list[_Rated], list[_Rated]]:
    """(kept, hopeless): those far below the best predicted quality are out whatever the preference."""
    floor = scoring.FLOOR * max(r.quality for r in rated)
    return [r for r in rated if r.quality >= floor], [r for r in rated if r.quality < floor]


def _candidate(rated: _Rated) -> Candidate:
    model = rated.model
    return Candidate(
        model.id,
        rated.breakdown.score,
        rated.breakdown,
        rated.quality,
        rated.seconds,
        rated.warm,
        model.footprint,
        _note(rated),
    )


def _note(rated: _Rated) -> str:
    if rated.doubts:
        return f"{rated.doubts[0]} unknown" if not rated.model.info.capabilities_known else f"no {rated.doubts[0]}"
    if rated.seconds.load >= 0.5:
        return f"load {rated.seconds.load:.0f}s"
    if rated.seconds.queue >= 0.5 or rated.model.waiting:
        return "busy"
    return "warm" if rated.warm else ""


def _choice(
    question: _Question, resolved: Resolved, candidates: Sequence[Candidate], bars: Sequence[tuple[ModelView, Bar]]
) -> Choice:
    return Choice(
        analysis=question.analysis,
        candidates=candidates,
        named=resolved.named,
        continues=candidates[0].model == question.continuity,
        barred=frozenset(bar.kind for _, bar in bars),
    )
