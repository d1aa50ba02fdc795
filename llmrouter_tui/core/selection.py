"""The decision: from an analysis and the models as they are now to a ranked, explained choice. Pure; explaining and
routing are the same call."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from llmrouter_tui.core import scoring
from llmrouter_tui.core.decision import Analysis, Breakdown, Candidate, Decision, Seconds
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.filters import Bar, barred, refuse_all, refuse_named
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.resolving import Resolved, resolve
from llmrouter_tui.core.scoring import NO_WAIT, Wait
from llmrouter_tui.core.traits import Traits, traits
from llmrouter_tui.core.why import Choice, clause

__all__ = ["Resolved", "Wait", "decide", "resolve"]

BACKGROUND_PREFERENCE = 0.2
"""Share of the preference that is left for a chat client's housekeeping: a warm small model is what it needs."""
DOUBT = {"vision": 0.5, "tools": 0.7, "thinking": 0.85}
"""What predicted quality is multiplied by for a need that a model is not known to meet (and its name does not
promise): it may still serve where nothing surer is at hand."""
SAME_SCORE = 1e9
"""Scores alike in this many parts of 1 are ties."""
_NONE_BARRED: frozenset[str] = frozenset()
_NO_WAITS: Mapping[str, Wait] = MappingProxyType({})

_breakdown, _seconds, _candidate, _decision = maker(Breakdown), maker(Seconds), maker(Candidate), maker(Decision)

Eligible = tuple[ModelView, Traits]
Rated = tuple[tuple[int, bool, float, str], Candidate]
"""What ranks a model (smallest first; the id makes it unique), and its numbers."""
_rank = itemgetter(0)


class _Question(NamedTuple):
    """What all models are asked alike."""

    analysis: Analysis
    shares: scoring.Vector
    against: float
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
    eligible: Sequence[Eligible],
    bars: Sequence[tuple[ModelView, Bar]],
    requested: str,
    seconds: float,
) -> Decision:
    """The decision among models that can serve."""
    rated = _rate(question, eligible)
    rated.sort(key=_rank)
    floor = scoring.FLOOR * max([c.predicted_quality for _, c in rated])
    candidates = tuple([c for _, c in rated if c.predicted_quality >= floor])
    filtered = [(m.id, bar.reason) for m, bar in bars]
    filtered += [_too_weak(c) for _, c in rated if c.predicted_quality < floor]
    filtered.sort()
    best = candidates[0]
    return _decision(
        question.analysis,
        candidates,
        tuple(filtered),
        best.model,
        best.score - candidates[1].score if len(candidates) > 1 else 0.0,
        clause(
            Choice(
                question.analysis,
                candidates,
                resolved.named,
                best.model == question.continuity,
                frozenset([bar.kind for _, bar in bars]) if bars else _NONE_BARRED,
            )
        ),
        question.preference,
        requested,
        seconds,
    )


def _too_weak(candidate: Candidate) -> tuple[str, str]:
    return candidate.model, f"too weak for this, quality {candidate.predicted_quality:.2f}"


def _preference(preference: float, resolved: Resolved, analysis: Analysis) -> float:
    value = preference if resolved.preference is None else resolved.preference
    value = min(1.0, max(0.0, value))
    return value * BACKGROUND_PREFERENCE if analysis.background else value


def _question(analysis: Analysis, preference: float, continuity: str, waits: Mapping[str, Wait]) -> _Question:
    mix = [analysis.tasks.get(task, 0.0) for task in TASKS]
    return _Question(
        analysis,
        scoring.main_tasks(mix),
        scoring.odds_against(analysis.difficulty),
        scoring.patience(mix, analysis.difficulty),
        scoring.hidden_tokens(analysis.difficulty),
        preference,
        continuity,
        scoring.continuity_value(analysis.prompt_tokens),
        waits,
    )


def _sift(
    analysis: Analysis, models: Sequence[ModelView], waits: Mapping[str, Wait]
) -> tuple[list[Eligible], list[tuple[ModelView, Bar]]]:
    eligible: list[Eligible] = []
    bars: list[tuple[ModelView, Bar]] = []
    for model in models:
        known = traits(model)
        bar = barred(analysis, model, known, waits.get(known.id, NO_WAIT))
        if bar is None:
            eligible.append((model, known))
        else:
            bars.append((model, bar))
    return eligible, bars


def _rate(question: _Question, models: Sequence[Eligible]) -> list[Rated]:
    """All numbers of each model. One loop over plain numbers, because every request runs through it for every model:
    here each call and each object counts."""
    analysis, shares, against, scale, hidden, preference, continuity, staying, waits = question
    by_quality, by_speed, by_continuity, by_pin, by_cost = scoring.factors(preference)
    needs, prompt_tokens, easy = analysis.needs, analysis.prompt_tokens, analysis.level == "easy"
    rated: list[Rated] = []
    for model, (info, _, model_id, means, _, thinks, priced) in models:
        speed = model.speed
        quality = scoring.predicted_quality(shares, means, against)
        doubts = _doubts(needs, info.capabilities) if needs else ()
        for need in doubts:
            quality *= DOUBT[need]
        warm = model.residency == "resident" or not info.local
        wait = waits.get(model_id)
        queue = wait.queue if wait else 0.0
        load = wait.load if wait else 0.0 if warm else speed.load_seconds
        answer = analysis.expected_tokens + (hidden if thinks else 0.0)
        # rates that make no sense count as very slow
        prefill = prompt_tokens / (speed.prefill if speed.prefill > 1.0 else 1.0)
        decode = answer / (speed.decode if speed.decode > 0.1 else 0.1)
        good = by_quality * quality
        fast = by_speed * scoring.speed_value(queue + load + prefill + decode, scale)
        same = by_continuity * staying if model_id == continuity else 0.0
        pinned = by_pin if easy and model.pinned else 0.0
        cheap = by_cost * scoring.cost_value(info, prompt_tokens, answer) if priced else by_cost
        score = good + fast + same + pinned + cheap
        size = info.parameters or model.footprint or info.size_bytes or math.inf
        candidate = _candidate(
            model_id,
            score,
            _breakdown(good, fast, same, pinned, cheap),
            quality,
            _seconds(queue, load, prefill, decode),
            warm,
            model.footprint,
            _note(model, doubts, load, queue, warm) if load or queue or doubts or model.waiting or not warm else "warm",
        )
        rated.append(((-round(score * SAME_SCORE), not warm, size, model_id), candidate))
    return rated


def _doubts(needs: frozenset[str], capabilities: frozenset[str]) -> tuple[str, ...]:
    return tuple([need for need in DOUBT if need in needs and need not in capabilities])


def _note(model: ModelView, doubts: Sequence[str], load: float, queue: float, warm: bool) -> str:
    if doubts:
        return f"{doubts[0]} unknown" if not model.info.capabilities_known else f"no {doubts[0]}"
    if load >= 0.5:
        return f"load {load:.0f}s"
    if queue >= 0.5 or model.waiting:
        return "busy"
    return "warm" if warm else ""
