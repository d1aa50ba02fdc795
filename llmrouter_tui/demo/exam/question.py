"""Which prompt of the prompt set a conversation puts, if it puts one."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.core.prompt_set.needles import CONTEXTS, needle
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.core.scoring import SLOPE
from llmrouter_tui.demo.cast import SimModel

LONG = 2_000
"""Characters from which a question may be a needle."""


@dataclass(frozen=True, slots=True)
class Question:
    """One turn of a prompt; only the answer to its last turn is checked."""

    prompt: Prompt
    turn: int = 0

    @property
    def last(self) -> bool:
        return self.turn == len(self.prompt.turns) - 1


def recognized(said: Sequence[str]) -> Question | None:
    """The question that a person puts with the last of what they said."""
    if len(said) == 1 and len(said[0]) > LONG:
        return next((Question(one) for one in map(needle, CONTEXTS) if one.turns == tuple(said)), None)
    return _questions().get(tuple(said))


def chance(model: SimModel, prompt: Prompt) -> float:
    """That the model answers rightly: by its talent and how hard the prompt is, as routing takes it to be."""
    talent = model.likes(prompt.task)
    logit = math.log(talent / (1 - talent)) + SLOPE * easiness_of(prompt.difficulty)
    return 1 / (1 + math.exp(-logit))


def knows(model: SimModel, prompt: Prompt, seed: int) -> bool:
    """Whether it does; the same every time."""
    return random.Random(f"{seed}:{model.name}:{prompt.id}").random() < chance(model, prompt)


@cache
def _questions() -> dict[tuple[str, ...], Question]:
    return {one.turns[: turn + 1]: Question(one, turn) for one in PROMPTS for turn in range(len(one.turns))}
