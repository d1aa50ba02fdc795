"""How hard a prompt is, 0 to 1, and how long its answer will be: sums of small, readable parts.

The constants are judgement, set on the prompts of ``tests/core/prompts.py``; ``analysis`` joins them with what the
trained classifier estimates.
"""

import re
from collections.abc import Sequence
from math import exp, log, log1p, log2
from operator import mul
from typing import TYPE_CHECKING

from llmrouter_tui.core.decision import Level
from llmrouter_tui.core.domain import TASKS

if TYPE_CHECKING:
    from llmrouter_tui.core.reading import Turn

EASY_BELOW = 0.35
HARD_FROM = 0.6
"""Cuts of the three levels; fixed, so that a level means the same on every screen and in every release."""

STRETCH = 1.6
"""Log-odds of difficulty per unit of easiness. Easiness is counted in logits of a middling model's success, where
everyday prompts and exam questions lie closer together than people put easy and hard."""
EASIEST, HARDEST = 0.05, 0.93
"""Difficulties beyond these move a predicted quality no further."""

PER_LITERAL, USUAL_LITERAL = 0.2, 1.85
"""Easiness that a prompt to run code in one's head loses with the logarithm of its longest text in quotes, and that
logarithm where it loses nothing (about five letters). Such a text must be followed letter by letter, which models see
as tokens. Anything from .1 to .3 foretold grades of public questions of that kind better (AUC of all pairs of that set
+.005 to +.006, on a quarter of the training rows), beside all else that is read; lengths and counts of other things
did not."""
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")

_BASE = {
    "chat": 0.12,
    "factual": 0.24,
    "reasoning": 0.50,
    "math": 0.38,
    "coding": 0.42,
    "creative": 0.34,
    "instruction": 0.28,
    "extraction": 0.24,
    "translation": 0.22,
}
_GROWTH = {
    "chat": 0.02,
    "factual": 0.04,
    "reasoning": 0.09,
    "math": 0.09,
    "coding": 0.09,
    "creative": 0.05,
    "instruction": 0.05,
    "extraction": 0.02,
    "translation": 0.03,
}
"""Difficulty added per doubling of the question's words over 20."""

_ANSWER = {
    "chat": 90,
    "factual": 220,
    "reasoning": 600,
    "math": 400,
    "coding": 600,
    "creative": 600,
    "instruction": 350,
    "extraction": 200,
    "translation": 120,
}
"""Tokens of a middling answer, as local chat models write them; judgement until answers are measured."""

SHORTEST_ANSWER = 8

_BASES = tuple(_BASE[task] for task in TASKS)
_GROWTHS = tuple(_GROWTH[task] for task in TASKS)
_ANSWERS = tuple(float(_ANSWER[task]) for task in TASKS)


def weigh(logits: Sequence[float]) -> tuple[list[float], float, float]:
    """(probability per task; difficulty and growth on average over them). ``logits`` are log-odds in the order of
    ``TASKS``."""
    top, total = max(logits), 0.0
    odds: list[float] = []
    for logit in logits:
        odd = exp(logit - top)
        total += odd
        odds.append(odd)
    shares = [odd / total for odd in odds]
    return shares, sum(map(mul, shares, _BASES)), sum(map(mul, shares, _GROWTHS))


def answer_tokens(shares: Sequence[float]) -> float:
    """Tokens of a middling answer, from the probability per task in the order of ``TASKS``."""
    return float(sum(map(mul, shares, _ANSWERS)))


def logit_of(easiness: float) -> float:
    """Log-odds of a difficulty from the easiness that the classifier tells."""
    return -STRETCH * easiness


def easiness_of(difficulty: float) -> float:
    """The other way round; bounded, because a wrong extreme costs more than a cautious estimate."""
    bounded = HARDEST if difficulty > HARDEST else EASIEST if difficulty < EASIEST else difficulty
    return log((1 - bounded) / bounded) / STRETCH


def form(
    words: int, hard: float, constraints: int, *, latex: bool, options: bool, code: bool, arithmetic: bool
) -> tuple[float, tuple[float, ...]]:
    """What the form of a turn says of its difficulty, whatever the task: (how often its words double over 20, what is
    added)."""
    parts = [hard] if hard else []
    if constraints:
        parts.append(min(0.12, 0.02 * constraints))
    if latex:
        parts.append(0.1)
    if options:
        parts.append(0.08)
    if code:
        parts.append(0.05)
    if arithmetic and words <= 12:
        parts.append(-0.15)
    if words <= 6 and not hard and not code:
        parts.append(-0.08)
    return min(5.0, log2(words / 20)) if words > 20 else 0.0, tuple(parts)


def difficulty(base: float, growth: float, turn: "Turn") -> float:
    """0 easy .. 1 hard, from averages over the tasks and the form of the turn."""
    value = base + growth * turn.doublings
    for part in turn.hardness:
        value += part
    return 0.03 if value < 0.03 else 0.98 if value > 0.98 else value


def on_literals(text: str) -> float:
    """What reading code is harder by for the longest text that it works on, in log-odds of difficulty."""
    longest = max(map(len, _QUOTED.findall(text)), default=2) - 2
    return STRETCH * PER_LITERAL * (log1p(longest) - USUAL_LITERAL)


def level(value: float) -> Level:
    """The word for a difficulty."""
    return "easy" if value < EASY_BELOW else "medium" if value < HARD_FROM else "hard"


def expected_tokens(answer: float, translation: float, value: float, turn: "Turn", limit: int | None) -> int:
    """Length of the answer in tokens, from the average over the tasks, the share of translation and the difficulty;
    ``limit`` is the client's own bound."""
    if turn.asked_tokens:
        length = float(turn.asked_tokens)
    elif translation > 0.5:
        length = turn.tokens * 1.1
    else:
        length = answer * (0.4 + 1.2 * value)
    bounded = round(length) if length > SHORTEST_ANSWER else SHORTEST_ANSWER
    if limit is None or bounded <= limit:
        return bounded
    return limit if limit > 1 else 1
