"""How models stand in languages other than English: what public figures of a language add to what is known overall.

    shift = 4 · (share in the language − share usual there for a model that stands so overall) · s / (s + 1)

``share`` is where a rating lies between the anchors of its board, and counts as quality; 4 is the slope of a logit at
.5. What is usual is a line through all models of the catalog that have both ratings: a model that is good at
everything stands on it and is not counted twice, nor is a board whose ratings all lie lower. ``s`` is the strength of
the figures. A model without figures of a language is not moved in it.

Held-out look at the catalog of November 2026 (LMArena, 194 models, 1,077 figures of seven languages). Ratings in a
language lie 18 (Spanish) to 28 points (Chinese, Japanese) off the line. Of what a rating is off, a sister release
(144 models, each with the one called most like it, 731 pairs) has .51 again, held out by maker .48 to .54; of the most
alike (187 pairs) .64. With half of it ratings left out are foretold to 19.8 points, without it to 22.8, with all of
it to 22.6; one number per language does no better (19.9), and a model's other languages add nothing (their factor
beside its own is −.02). More is at stake in Chinese, Japanese and Korean (27.4 without, 22.6 with half) than in the
others (19.0, 17.4).
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from llmrouter_tui.core.catalog import Benchmarks, Entry, language_standing
from llmrouter_tui.core.decision import Decision

OVERALL: Final = "arena_elo"
"""The rating that those of languages are read against. Of five boards it foretells them best (18 to 28 points off,
others up to 33), though it is half a year younger."""
LOGITS: Final = 4.0
"""Logits for a whole share. The same at the ends of the scale, where a logit would make much of the last points."""
HALF_AT: Final = 1.0
"""Strength of figures at which they count half; one rating has it."""
RELATED: Final = 0.7
"""What a relative's figures count of that. Of 18 tunes and their bases in the catalog (56 pairs), .35 of what a base
is off came again in its tune, where it is .5 for the model itself."""
LEAST: Final = 20
"""Models that have both ratings, below which nothing is called usual."""
VISIBLE: Final = 0.005
"""Quality that shows in two digits."""
NAMED: Final = 3
"""Models that are named with what a language moved; the others are counted."""

NAMES: Final[Mapping[str, str]] = {
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "zh": "Chinese",
}
"""What the languages of the catalog are called."""


class Line(NamedTuple):
    """The share usual in a language: ``slope`` times the share overall, and ``at_zero``."""

    at_zero: float
    slope: float


Usual = Mapping[str, Line]
"""By language."""


def usual(entries: Iterable[Entry], benchmarks: Benchmarks) -> Usual:
    """What is usual in each language of the catalog, by least squares (some milliseconds)."""
    pairs: dict[str, list[tuple[float, float]]] = {language: [] for language in _languages(benchmarks)}
    for entry in entries:
        if (overall := _overall(entry, benchmarks)) is not None:
            for language, found in pairs.items():
                if standing := language_standing(entry, benchmarks, language):
                    found.append((overall, standing.mean))
    lines = {language: _line(found) for language, found in pairs.items() if len(found) >= LEAST}
    return {language: line for language, line in lines.items() if line}


def shifts(entry: Entry, benchmarks: Benchmarks, usual: Usual, *, related: bool = False) -> dict[str, float]:
    """By language, how many logits better or worse a model is there than it is anyway, as far as that is known; of a
    model to which the entry is only ``related`` less."""
    overall = _overall(entry, benchmarks)
    found: dict[str, float] = {}
    for language, line in usual.items() if overall is not None else ():
        if standing := language_standing(entry, benchmarks, language):
            expected = min(1.0, max(0.0, line.at_zero + line.slope * (overall or 0.0)))
            share = standing.strength / (standing.strength + HALF_AT) * (RELATED if related else 1.0)
            found[language] = LOGITS * (standing.mean - expected) * share
    return found


def points(shift: float) -> float:
    """What a shift is worth where quality is .5, as quality."""
    return math.tanh(shift / 2) / 2


def told(languages: Mapping[str, float], signed: Callable[[float], str]) -> str:
    """Languages and their worth as a person reads them: by their codes, in ``points``, as ``signed`` writes these."""
    return "  ".join(f"{language} {signed(points(shift))}" for language, shift in sorted(languages.items()))


class Moved(NamedTuple):
    """What a request's language did to a choice."""

    language: str
    moves: tuple[tuple[str, float], ...]
    """Models and the quality that each gained or lost, the chosen one first, then by how much."""
    otherwise: str
    """The model that would have been first without; empty where it is the same."""


def moved(decision: Decision, languages: Mapping[str, Mapping[str, float]]) -> Moved | None:
    """What the language did, from what is known of each model in it (shifts by model and language); None where it did
    nothing that shows. Exact but for rounding where the request is of one kind and no need is in doubt."""
    language, moves, without = decision.analysis.language, {}, []
    for candidate in decision.candidates:
        shift = languages.get(candidate.model, {}).get(language, 0.0)
        gain = candidate.predicted_quality - _shifted(candidate.predicted_quality, -shift)
        if abs(gain) >= VISIBLE:
            moves[candidate.model] = gain
        without.append((candidate.score - decision.preference * gain, candidate.model))
    if not moves:
        return None
    first = max(without, key=lambda pair: pair[0])[1]
    ranked = sorted(moves.items(), key=lambda move: (move[0] != decision.chosen, -abs(move[1])))
    otherwise = "" if first == decision.candidates[0].model else first
    return Moved(NAMES.get(language, language), tuple(ranked), otherwise)


def moved_words(found: Moved, name: Callable[[str], str], signed: Callable[[float], str]) -> str:
    """``German -.04 for llama3.2:3b, +.02 for gemma2:9b; without it qwen3:8b would be first``"""
    moves = [f"{signed(gain)} for {name(model)}" for model, gain in found.moves[:NAMED]]
    more = len(found.moves) - NAMED
    rest = f", {more} more" if more > 0 else ""
    otherwise = f"; without it {name(found.otherwise)} would be first" if found.otherwise else ""
    return f"{found.language} {', '.join(moves)}{rest}{otherwise}"


def _languages(benchmarks: Benchmarks) -> list[str]:
    marked = {category for benchmark in benchmarks.values() for category in benchmark.weights}
    return sorted(category.removeprefix("lang:") for category in marked if category.startswith("lang:"))


def _overall(entry: Entry, benchmarks: Benchmarks) -> float | None:
    return next((benchmarks[OVERALL].share(f.value) for f in entry.figures if f.key == OVERALL), None)


def _line(pairs: list[tuple[float, float]]) -> Line | None:
    """Least squares; None where all stand alike."""
    x_mean = sum(x for x, _ in pairs) / len(pairs)
    y_mean = sum(y for _, y in pairs) / len(pairs)
    spread = sum((x - x_mean) ** 2 for x, _ in pairs)
    if spread < 1e-9:
        return None
    slope = sum((x - x_mean) * (y - y_mean) for x, y in pairs) / spread
    return Line(y_mean - slope * x_mean, slope)


def _shifted(quality: float, shift: float) -> float:
    odds = quality * math.exp(shift)
    return odds / (odds + 1 - quality)
