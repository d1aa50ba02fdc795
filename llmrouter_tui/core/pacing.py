"""How long measuring a model takes: per prompt from its speed, corrected by what its prompts took so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from llmrouter_tui.core.domain import Speed
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.core.scoring import HIDDEN_LEAST, HIDDEN_MOST

CHARACTERS_PER_TOKEN: Final = 4.0
SPOKEN: Final = 0.5
"""Of the room for an answer, the part that an answer is expected to fill."""
ROOMIER: Final = 2.0
"""Room to think, over what is expected of thinking: most of what is given is not used, and what is cut is lost."""
OVERHEAD: Final = 0.3
"""Seconds of a prompt that are not the model's."""
SLACK: Final = 3.0
SLACK_UNKNOWN: Final = 8.0
"""How many times longer than its speed says a turn may take: once speed was measured, and before."""
KNOWN_FROM: Final = 4
"""Samples from which a speed counts as measured."""
LEAST_SECONDS: Final = 20.0
"""For a first token, whatever the speed says: caches are cold and kernels compiled."""
MOST_SECONDS: Final = 1_800.0
ENOUGH: Final = 3
"""Prompts of a model after which its own pace is believed over that of the others."""


def thinking_room(prompt: Prompt) -> int:
    """Tokens that a thinking model may write before its answer."""
    return int(ROOMIER * hidden_tokens(prompt))


def hidden_tokens(prompt: Prompt) -> float:
    """Tokens of thinking that are expected of it."""
    return HIDDEN_LEAST + (HIDDEN_MOST - HIDDEN_LEAST) * prompt.difficulty**2


def prompt_tokens(prompt: Prompt) -> float:
    """Of its first turn, roughly."""
    return prompt.context or (len(prompt.system) + len(prompt.turns[0])) / CHARACTERS_PER_TOKEN


def expected_seconds(prompt: Prompt, speed: Speed, thinks: bool) -> float:
    """All turns together."""
    turns = len(prompt.turns)
    written = turns * (SPOKEN * prompt.max_tokens + (hidden_tokens(prompt) if thinks else 0.0))
    return OVERHEAD * turns + prompt_tokens(prompt) / speed.prefill + written / speed.decode


def time_limit(prompt: Prompt, speed: Speed, room: int) -> float:
    """Seconds that one turn may take."""
    needed = prompt_tokens(prompt) / speed.prefill + (prompt.max_tokens + room) / speed.decode
    slack = SLACK if speed.samples >= KNOWN_FROM else SLACK_UNKNOWN
    return min(MOST_SECONDS, LEAST_SECONDS + slack * needed)


@dataclass(slots=True)
class Pace:
    """One model of a run: what is left, and what its prompts took."""

    left: list[Prompt]
    thinks: bool
    took: list[tuple[Prompt, float]] = field(default_factory=list)

    def done(self, prompt: Prompt, seconds: float) -> None:
        self.left = [one for one in self.left if one.id != prompt.id]
        self.took.append((prompt, seconds))

    def sums(self, speed: Speed) -> tuple[float, float, float]:
        """Seconds: what its prompts took, what they were expected to, and what is expected of those left."""
        expected = sum(expected_seconds(prompt, speed, self.thinks) for prompt, _ in self.took)
        left = sum(expected_seconds(prompt, speed, self.thinks) for prompt in self.left)
        return sum(seconds for _, seconds in self.took), expected, left


def eta(paces: Iterable[tuple[Pace, Speed, float]]) -> float | None:
    """Seconds until all is done, each model with its speed and what its load would take; None while nothing was
    measured. A model goes at its own pace once it is known, else at that of all so far."""
    known = [(pace, *pace.sums(speed), load if pace.left else 0.0) for pace, speed, load in paces]
    took, expected = sum(one[1] for one in known), sum(one[2] for one in known)
    if not expected:
        return None
    total = 0.0
    for pace, own_took, own_expected, left, load in known:
        ratio = own_took / own_expected if len(pace.took) >= ENOUGH else took / expected
        total += ratio * left + load
    return total
