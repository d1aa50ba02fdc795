"""The decision: from an analysis and the models as they are now to a ranked, explained choice. Pure; explaining and
routing are the same call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import exp
from types import MappingProxyType

from llmrouter_tui.core.decision import Analysis, Decision
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.filters import LENIENT, Bar, barred, lacks, refuse_all, refuse_named
from llmrouter_tui.core.kinds import within
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.ranking import Figures, figures, ranking
from llmrouter_tui.core.resolving import Resolved, resolve
from llmrouter_tui.core.scoring import FLOOR, NO_WAIT, SLOPE, Wait, cost_value, terms
from llmrouter_tui.core.traits import facts, facts_in, facts_when
from llmrouter_tui.core.why import WEAK, clause

__all__ = ["Resolved", "Wait", "decide", "resolve"]

BACKGROUND_PREFERENCE = 0.2
"""Share of the preference that is left for a chat client's housekeeping: a warm small model is what it needs."""
DOUBT = {"vision": 0.5, "tools": 0.7, "thinking": 0.85}
"""What predicted quality is multiplied by for a need that a model is not known to meet (and its name does not
promise): it may still serve where nothing surer is at hand."""
DOUBT_JSON = 0.5
"""The same for JSON, which every model is taken to write that was not seen to fail at it here."""
SAME_SCORE = 1e9
"""Scores alike in this many parts of 1 are ties."""
_PLAIN = frozenset(("en", ""))
"""Languages (the last is none that was recognised) in which abilities hold as they are."""
_NONE_BARRED: frozenset[str] = frozenset()
_NONE_LEFT_OUT: tuple[tuple[str, str], ...] = ()
_NO_WAITS: Mapping[str, Wait] = MappingProxyType({})

_decision = maker(Decision)

Barred = tuple[ModelView, Bar]
Rated = tuple[int, bool, float, str, Figures]
"""What ranks a model, smallest first (the id makes it unique), and its numbers."""


def decide(
    analysis: Analysis,
    models: Sequence[ModelView],
    *,
    preference: float,
    requested: str = "auto",
    waits: Mapping[str, Wait] = _NO_WAITS,
    continuity: str = "",
    clock: Callable[[], float] | None = None,
    since: float = 0.0,
) -> Decision:
    """Choose a model. ``continuity`` is the model that answered the conversation so far, ``waits`` what loading and
    queues would take per model id (a model without an entry waits for its own load if it is not resident). The
    decision says that it took from ``since`` until now by the ``clock``, if one is given.

    Raises ``RouterError``: ``model_not_found``, ``no_capable_model``, ``context_length_exceeded``, and for a model
    asked for by name the reason why it cannot serve.
    """
    asked, named = tuple(models), False
    if requested != "auto":
        analysis, asked, named, preference = _read(requested, analysis, asked, preference)
    preference = 0.0 if preference <= 0.0 else 1.0 if preference >= 1.0 else preference
    if analysis.background:
        preference *= BACKGROUND_PREFERENCE
    rated, bars, hopeless = _rate(analysis, asked, preference, waits, continuity)
    if not rated and any(bar.kind == "context" for _, bar in bars):
        rated, bars, hopeless = _rate(analysis, asked, preference, waits, continuity, LENIENT)
    if not rated:
        if named:
            refuse_named(analysis, bars)
        refuse_all(analysis, bars)
    rated.sort()
    rows, filtered = [entry[-1] for entry in rated], _NONE_LEFT_OUT
    if hopeless or bars:
        rows, filtered = _without(rows, bars)
    best = rows[0]
    kinds = _NONE_BARRED
    if filtered:
        kinds = frozenset([*(bar.kind for _, bar in bars), *([WEAK] if len(filtered) > len(bars) else ())])
    return _decision(
        analysis,
        ranking(rows),
        filtered,
        best.model,
        best.score - rows[1].score if len(rows) > 1 else 0.0,
        clause(analysis, rows, named, best.model == continuity, kinds),
        preference,
        requested,
        clock() - since if clock is not None else 0.0,
    )


def predicted(analysis: Analysis, models: Sequence[ModelView]) -> dict[str, float]:
    """The quality that a decision would count with, of every model that could serve."""
    rated, _, _ = _rate(analysis, tuple(models), 1.0, _NO_WAITS, "")
    return {entry[-1].model: entry[-1].predicted_quality for entry in rated}


def _read(
    requested: str, analysis: Analysis, models: tuple[ModelView, ...], preference: float
) -> tuple[Analysis, tuple[ModelView, ...], bool, float]:
    """What a name other than ``auto`` makes of the question: (analysis, models, whether they are named, preference)."""
    resolved = resolve(requested, models)
    if resolved.task:
        tasks = {t: float(t == resolved.task) for t in TASKS}
        analysis = replace(analysis, task=resolved.task, tasks=tasks, kinds=within(analysis.kinds, resolved.task))
    if resolved.preference is not None:
        preference = resolved.preference
    return analysis, resolved.models, resolved.named, preference


def _without(rows: list[Figures], bars: Sequence[Barred]) -> tuple[list[Figures], tuple[tuple[str, str], ...]]:
    """The candidates that are not hopeless, and why the others and those that are barred were left out."""
    floor = FLOOR * max([c.predicted_quality for c in rows])
    filtered = [(m.id, bar.reason) for m, bar in bars]
    filtered += [
        (c.model, f"too weak for this, quality {c.predicted_quality:.2f}") for c in rows if c.predicted_quality < floor
    ]
    return [c for c in rows if c.predicted_quality >= floor], tuple(sorted(filtered))


def _rate(
    analysis: Analysis,
    models: tuple[ModelView, ...],
    preference: float,
    waits: Mapping[str, Wait],
    continuity: str,
    lenient: float = 1.0,
) -> tuple[list[Rated], list[Barred], bool]:
    """All numbers of each model that can serve, what bars the others, and whether some that can are hopeless. One loop
    over plain numbers, because every request runs through it for every model: here each call and each object
    counts. ``lenient``: the share of the estimated prompt that must fit."""
    shares, easiness, scale, hidden, (by_quality, by_speed, staying, by_pin, by_cost) = terms(analysis, preference)
    usual = exp(-SLOPE * easiness)
    needs, prompt_tokens, expected = analysis.needs, analysis.prompt_tokens, analysis.expected_tokens
    easy, most = analysis.level == "easy", prompt_tokens + expected
    language = analysis.language
    rows = facts(models) if language in _PLAIN else facts_in(language, models)
    if analysis.switch:
        rows = facts_when(analysis.switch, rows)
    by_speed *= scale
    lowest, highest = 1.0, 0.0
    rated: list[Rated] = []
    bars: list[Barred] = []
    doubts: Sequence[str] = ()
    # fmt: off
    for (
        model, traits, model_id, means, slope, room, thought, priced, pinned, warm, rests, load, prefill, decode, size,
        footprint,
    ) in rows:
        # fmt: on
        queue, wait = 0.0, waits.get(model_id)
        if wait is not None:
            queue, load = wait.queue, wait.load
        # The first look is a cheap one: nearly always there is nothing against a model.
        if needs or most > room or (wait is not None and wait.blocked):
            bar = barred(analysis, model, traits, wait or NO_WAIT, lenient)
            if bar is not None:
                bars.append((model, bar))
                continue
            doubts = [need for need in DOUBT if need in needs and need not in traits.info.capabilities]
            if "json" in needs and traits.info.probed and (tried := traits.info.tried("json")) and not tried.can:
                doubts.append("json")
        mean = 0.0
        for at, share in shares:
            mean += share * means[at]
        against = usual if slope == SLOPE else exp(-slope * easiness)
        mean = 0.001 if mean < 0.001 else 0.999 if mean > 0.999 else mean
        quality = mean / (mean + (1 - mean) * against)
        for need in doubts:
            quality *= DOUBT.get(need, DOUBT_JSON)
        if quality < lowest:
            lowest = quality
        if quality > highest:
            highest = quality
        answer = expected + hidden * thought if thought else expected
        prefill, decode = prompt_tokens / prefill, answer / decode
        good = by_quality * quality
        fast = by_speed / (scale + queue + load + prefill + decode)
        same = staying if model_id == continuity else 0.0
        pin = by_pin if easy and pinned else 0.0
        cheap = by_cost * cost_value(traits.info, prompt_tokens, answer) if priced else by_cost
        score = good + fast + same + pin + cheap
        note = "warm" if rests and not (load or queue or doubts) else _note(model, doubts, load, queue, warm)
        row = figures(
            (model_id, note, footprint, warm, quality, good, fast, same, pin, cheap, queue, load, prefill, decode)
        )
        rated.append((-round(score * SAME_SCORE), not warm, size, model_id, row))
    return rated, bars, lowest < FLOOR * highest


def _note(model: ModelView, doubts: Sequence[str], load: float, queue: float, warm: bool) -> str:
    if doubts:
        return lacks(model.info, doubts[0]) or f"{doubts[0]} unknown"
    if load >= 0.5:
        return f"load {load:.0f}s"
    if queue >= 0.5 or model.waiting:
        return "busy"
    return "warm" if warm else ""
