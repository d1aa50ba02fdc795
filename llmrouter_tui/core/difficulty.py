"""How hard a prompt is, 0 to 1, and how long its answer will be: sums of small, readable parts.

The constants are judgement, set on the prompts of ``tests/core/prompts.py``; a trained estimate takes this place
later behind the same functions.
"""

import math
from operator import mul

from llmrouter_tui.core.decision import Level
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.reading import Turn

EASY_BELOW = 0.35
HARD_FROM = 0.65
"""Cuts of the three levels; fixed, so that a level means the same on every screen and in every release."""

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
_ANSWERS = tuple(_ANSWER[task] for task in TASKS)
_TRANSLATION = TASKS.index("translation")

Mix = tuple[float, ...]
"""Probability per task, in the order of ``TASKS``."""


def difficulty(mix: Mix, turn: Turn) -> float:
    """0 easy .. 1 hard, from the task mix and what the turn shows."""
    value: float = sum(map(mul, mix, _BASES))
    if turn.words > 20:
        value += sum(map(mul, mix, _GROWTHS)) * min(5.0, math.log2(turn.words / 20))
    value += turn.hard
    value += min(0.12, 0.02 * turn.constraints)
    value += 0.1 if turn.latex else 0.0
    value += 0.08 if turn.options else 0.0
    value += 0.05 if turn.code else 0.0
    if turn.arithmetic and turn.words <= 12:
        value -= 0.15
    if turn.words <= 6 and not turn.hard and not turn.code:
        value -= 0.08
    return min(0.98, max(0.03, value))


def level(value: float) -> Level:
    """The word for a difficulty."""
    return "easy" if value < EASY_BELOW else "medium" if value < HARD_FROM else "hard"


def expected_tokens(mix: Mix, value: float, turn: Turn, limit: int | None) -> int:
    """Length of the answer in tokens; ``limit`` is the client's own bound."""
    length: float = sum(map(mul, mix, _ANSWERS)) * (0.4 + 1.2 * value)
    if turn.asked_tokens:
        length = float(turn.asked_tokens)
    elif mix[_TRANSLATION] > 0.5:
        length = turn.tokens * 1.1
    bounded = max(SHORTEST_ANSWER, round(length))
    return bounded if limit is None else max(1, min(bounded, limit))
