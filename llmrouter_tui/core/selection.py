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
from llmrouter_tui.core.traits import traits
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

Barred = tuple[ModelView, Bar]
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
    rated, bars = _rate(question, resolved.models)
    if not rated and resolved.named:
        refuse_named(analysis, bars)
    if not rated:
        refuse_all(analysis, bars)
    return _ranked(question, resolved, rated, bars, requested, seconds)


def _ranked(
    question: _Question,
    resolved: Resolved,
    rated: list[Rated],
    bars: Sequence[Barred],
    requested: str,
    seconds: float,
) -> Decision:
    """The decision among models that can serve."""
    rated.sort(key=_rank)
    candidates = tuple([candidate for _, candidate in rated])
    filtered = [(m.id, bar.reason) for m, bar in bars] if bars else []
    floor = scoring.FLOOR * max([c.predicted_quality for c in candidates])
    weak = [_too_weak(c) for c in candidates if c.predicted_quality < floor]
    if weak:
        filtered += weak
        candidates = tuple([c for c in candidates if c.predicted_quality >= floor])
    filtered.sort()
    best = candidates[0]
    kinds = frozenset([bar.kind for _, bar in bars]) if bars else _NONE_BARRED
    continues = best.model == question.continuity
    return _decision(
        question.analysis,
        candidates,
        tuple(filtered),
        best.model,
        best.score - candidates[1].score if len(candidates) > 1 else 0.0,
        clause(Choice(question.analysis, candidates, resolved.named, continues, kinds)),
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


def _rate(question: _Question, models: Sequence[ModelView]) -> tuple[list[Rated], list[Barred]]:
    """All numbers of each model that can serve, and what bars the others. One loop over plain numbers, because every
    request runs through it for every model: here each call and each object counts."""
    analysis, shares, against, scale, hidden, preference, continuity, staying, waits = question
    by_quality, by_speed, by_continuity, by_pin, by_cost = scoring.factors(preference)
    needs, prompt_tokens, expected = analysis.needs, analysis.prompt_tokens, analysis.expected_tokens
    easy, most = analysis.level == "easy", prompt_tokens + expected
    rated: list[Rated] = []
    bars: list[Barred] = []
    for model in models:
        info, _, model_id, means, embeds, thinks, priced = known = traits(model)
        wait = waits.get(model_id, NO_WAIT)
        # The first look is a cheap one: nearly always there is nothing against a model.
        doubtful = needs or embeds or model.problem or wait.blocked or not model.enabled or not model.healthy
        if doubtful or most > (info.context_length or most):
            bar = barred(analysis, model, known, wait)
            if bar is not None:
                bars.append((model, bar))
                continue
        speed = model.speed
        quality = scoring.predicted_quality(shares, means, against)
        doubts = _doubts(needs, info.capabilities) if needs else ()
        for need in doubts:
            quality *= DOUBT[need]
        warm = model.residency == "resident" or not info.local
        queue, load = wait.queue, wait.load
        if wait is NO_WAIT and not warm:
            load = speed.load_seconds
        answer = expected + hidden if thinks else expected
        # rates that make no sense count as very slow
        prefill = prompt_tokens / (speed.prefill if speed.prefill > 1.0 else 1.0)
        decode = answer / (speed.decode if speed.decode > 0.1 else 0.1)
        good = by_quality * quality
        fast = by_speed * scale / (scale + queue + load + prefill + decode)
        same = by_continuity * staying if model_id == continuity else 0.0
        pinned = by_pin if easy and model.pinned else 0.0
        cheap = by_cost * scoring.cost_value(info, prompt_tokens, answer) if priced else by_cost
        score = good + fast + same + pinned + cheap
        plain = warm and not (load or queue or doubts or model.waiting)
        candidate = _candidate(
            model_id,
            score,
            _breakdown(good, fast, same, pinned, cheap),
            quality,
            _seconds(queue, load, prefill, decode),
            warm,
            model.footprint,
            "warm" if plain else _note(model, doubts, load, queue, warm),
        )
        size = info.parameters or model.footprint or info.size_bytes or math.inf
        rated.append(((-round(score * SAME_SCORE), not warm, size, model_id), candidate))
    return rated, bars


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
