"""How simulated models think before they answer, and for how long."""

import random

from llmrouter_tui.demo.generation import tokens
from llmrouter_tui.demo.texts.musings import CHECKS, CLOSINGS, DOUBTS, OPENINGS, TRIES

GLANCE = 60
"""Tokens of thinking about what needs none: a title, a picture, what a tool answered."""
EASIEST, HARDEST = 120, 2_300
"""Tokens of thinking about the easiest prompt and the hardest, growing with the square of difficulty, as distilled
reasoners of 7B to 32B write them, those that find no end left out."""
KINDS = {"chat": 0.15, "creative": 0.3, "reasoning": 0.5, "math": 0.55, "coding": 0.5}
"""How hard an everyday question is by its kind."""
SPREAD = (0.7, 1.3)
"""Some questions are thought about longer than others as hard."""


def length(difficulty: float, rng: random.Random) -> int:
    """Tokens that are thought about a question so hard."""
    return round((EASIEST + (HARDEST - EASIEST) * difficulty**2) * rng.uniform(*SPREAD))


def muse(topic: str, room: int, rng: random.Random) -> str:
    """About ``room`` tokens: one try after another, each doubted and checked."""
    said = [rng.choice(OPENINGS)]
    end = rng.choice(CLOSINGS)
    piles: dict[tuple[str, ...], list[str]] = {pile: [] for pile in (TRIES, DOUBTS, CHECKS)}
    written = _count(said[0], topic) + _count(end, topic)
    while written < room:
        for pile, rest in piles.items():
            if not rest:
                rest.extend(rng.sample(pile, len(pile)))
            said.append(rest.pop())
            written += _count(said[-1], topic)
    return " ".join((*said, end)).replace("{topic}", topic) + "\n"


def _count(sentence: str, topic: str) -> int:
    return len(tokens(sentence.replace("{topic}", topic)))
