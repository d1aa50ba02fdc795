"""How the simulated models judge: near what an answer is worth, each as well as it can."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from functools import cache

from llmrouter_tui.core.checks import check
from llmrouter_tui.core.judging import MOST_QUESTION, comparing, grading, shortened, told
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.core.prompts import Code, Prompt, ToolCall
from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.exam.book import right

FENCED = re.compile(r"^--- (QUESTION|ANSWER TO GRADE|ANSWER A|ANSWER B) (\w+) ---\n(.*?)\n--- END \2 ---$", re.S | re.M)
CALLED = re.compile(r"^(\w+)\((\{.*\})\)$", re.M)
GOOD, POOR = 0.9, 0.25
"""What right and wrong answers are worth, 0..1."""
PLENTY = 900
"""Characters from which an answer whose worth nobody knows is as good as it gets."""
FRIENDLY = 8.5
"""The mark of a judge that sees nothing."""
BLUR = (0.4, 1.8)
"""Standard deviation of marks, of the best judge and of one that sees nothing."""
RAMBLES = 0.3
"""Chance that a judge that sees nothing gives no mark at all."""
REASONS = {
    "good": ("It does what was asked, and what it says is right.", "Right, clear, and no longer than it has to be."),
    "fair": ("Useful on the whole, but something that was asked is missing.", "Partly right; the main point is vague."),
    "bad": ("The central statement is wrong.", "It misses what was asked.", "It breaks what the question demands."),
}


def judge(model: SimModel, system: str, asked: str, again: bool, seed: int) -> str | None:
    """Its reply; None if it is not asked to judge. ``asked`` holds the material, ``again``: its first reply could not
    be read."""
    if not system.startswith(_openings()):
        return None
    parts = {title: text for title, _, text in FENCED.findall(asked)}
    rng = random.Random(f"{seed}:{model.name}:{asked}")
    if rng.random() < RAMBLES * (1 - model.judgement) and not again:
        return "What a lovely answer! I enjoyed reading it, and I am sure that whoever asked will enjoy it too."
    return _mark(model, parts, rng) if "ANSWER TO GRADE" in parts else _pair(model, parts, rng)


def worth(question: str, answer: str) -> float:
    """What an answer is worth, 0..1, whoever gave it."""
    prompt = _told().get(question)
    if prompt is not None:
        return POOR + (GOOD - POOR) * _share(prompt, answer)
    return 0.4 + 0.5 * min(1.0, len(answer) / PLENTY)


def _share(prompt: Prompt, answer: str) -> float:
    said = right(prompt)
    if prompt.judged or isinstance(prompt.check, Code):
        return float(isinstance(said, str) and said.strip() in answer)
    calls = [ToolCall(name, arguments) for name, arguments in CALLED.findall(answer)]
    verdict = check(prompt, CALLED.sub("", answer).strip(), calls)
    return verdict.passed if verdict else 0.0


def _mark(model: SimModel, parts: Mapping[str, str], rng: random.Random) -> str:
    value = 1 + 9 * worth(parts["QUESTION"], parts["ANSWER TO GRADE"])
    score = round(min(10.0, max(1.0, _seen(model, value, rng))))
    reason = rng.choice(REASONS["good" if score >= 7 else "fair" if score >= 5 else "bad"])
    return json.dumps({"score": score, "reason": reason})


def _pair(model: SimModel, parts: Mapping[str, str], rng: random.Random) -> str:
    """A judge that sees little likes what it reads first."""
    first, second = (1 + 9 * worth(parts["QUESTION"], parts[f"ANSWER {letter}"]) for letter in "AB")
    gap = _seen(model, first, rng) - _seen(model, second, rng) + 2 * (1 - model.judgement)
    better = "A" if gap > 0.5 else "B" if gap < -0.5 else "tie"
    reason = "Both are worth about the same." if better == "tie" else f"{better} does more of what was asked."
    return json.dumps({"better": better, "reason": reason})


def _seen(model: SimModel, value: float, rng: random.Random) -> float:
    """The mark that it would give to what is worth ``value``."""
    sight, (least, most) = model.judgement, BLUR
    return rng.gauss(sight * value + (1 - sight) * FRIENDLY, least + (most - least) * (1 - sight))


@cache
def _told() -> Mapping[str, Prompt]:
    return {shortened(told(prompt), MOST_QUESTION): prompt for prompt in PROMPTS}


@cache
def _openings() -> tuple[str, ...]:
    """How the requests to a judge begin."""
    asked: Sequence[list[dict[str, str]]] = (grading("chat", "", ""), comparing("chat", "", "", ""))
    return tuple(messages[0]["content"] for messages in asked)
