"""How long measuring a model takes: per prompt from its speed, corrected by what its prompts took so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import add, neg
from typing import Final, NamedTuple

from llmrouter_tui.core.domain import Speed
from llmrouter_tui.core.prompt_set.speed import TASK as SPEED
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
"""Prompts of a model from which its speed is no guess, and its answers tell how long those of others will be."""
OTHERS: Final = 1.5
"""Prompts of a model whose own pace weighs as much as that of all: answers of one model differ in length, beside what
is expected of each, somewhat more than models do. By judgement."""


def thinking_room(prompt: Prompt) -> int:
    """Tokens that a thinking model may write before its answer."""
    return int(ROOMIER * hidden_tokens(prompt))


def hidden_tokens(prompt: Prompt) -> float:
    """Tokens of thinking that are expected of it."""
    return HIDDEN_LEAST + (HIDDEN_MOST - HIDDEN_LEAST) * prompt.difficulty**2


def prompt_tokens(prompt: Prompt) -> float:
    """Of its first turn, roughly."""
    return prompt.context or (len(prompt.system) + len(prompt.turns[0])) / CHARACTERS_PER_TOKEN


class Work(NamedTuple):
    """What answering takes, whoever does it: sums of turns and of tokens."""

    turns: float = 0.0
    read: float = 0.0
    written: float = 0.0
    hidden: float = 0.0
    """Of thinking, where a model thinks."""

    def seconds(self, speed: Speed, thinks: bool, off: float = 1.0) -> float:
        """``off``: how many times slower the speed is than it is thought to be."""
        return OVERHEAD * self.turns + off * self.busy(speed, thinks)

    def busy(self, speed: Speed, thinks: bool) -> float:
        """Seconds that are the model's own."""
        written = self.written + (self.hidden if thinks else 0.0)
        return self.read / speed.prefill + written / speed.decode

    def __add__(self, other: "Work") -> "Work":  # type: ignore[override]
        return Work(*map(add, self, other))


def work(prompt: Prompt) -> Work:
    """Of all turns together. What is only timed is cut where its room ends, and not thought about."""
    turns = len(prompt.turns)
    if prompt.task == SPEED:
        return Work(turns, prompt_tokens(prompt), turns * prompt.max_tokens)
    return Work(turns, prompt_tokens(prompt), turns * SPOKEN * prompt.max_tokens, turns * hidden_tokens(prompt))


def expected_seconds(prompt: Prompt, speed: Speed, thinks: bool) -> float:
    """All turns together."""
    return work(prompt).seconds(speed, thinks)


def time_limit(prompt: Prompt, speed: Speed, room: int) -> float:
    """Seconds that one turn may take."""
    needed = prompt_tokens(prompt) / speed.prefill + (prompt.max_tokens + room) / speed.decode
    slack = SLACK if speed.samples >= KNOWN_FROM else SLACK_UNKNOWN
    return min(MOST_SECONDS, LEAST_SECONDS + slack * needed)


@dataclass(slots=True)
class Did:
    """Prompts of one sort (timed, or asked for their answer) that a model was put, and those that it will be."""

    count: int = 0
    took: float = 0.0
    """Seconds."""
    done: Work = Work()
    left: Work = Work()


class Pace:
    """One model of a run: what is left, and what its prompts took."""

    def __init__(self, left: Sequence[Prompt], guess: Speed) -> None:
        """``guess``: its speed as it is thought before it is measured."""
        self.left = list(left)
        self.guess = guess
        self.timed, self.asked = Did(), Did()
        for prompt in left:
            did = self._of(prompt)
            did.left += work(prompt)

    def _of(self, prompt: Prompt) -> Did:
        return self.timed if prompt.task == SPEED else self.asked

    @property
    def count(self) -> int:
        """Prompts that it was put."""
        return self.timed.count + self.asked.count

    def done(self, prompt: Prompt, seconds: float) -> None:
        """A prompt that was left has its result."""
        self.left = [one for one in self.left if one.id != prompt.id]
        did, own = self._of(prompt), work(prompt)
        did.count += 1
        did.took += seconds
        did.done += own
        did.left += Work(*map(neg, own))

    def over(self) -> None:
        """No more is asked of it."""
        self.left.clear()
        self.timed.left = self.asked.left = Work()


@dataclass(frozen=True, slots=True)
class Ahead:
    """One model of a run as the ETA looks at it."""

    pace: Pace
    speed: Speed
    thinks: bool
    more: float = 0.0
    """Seconds that its load will take, and its probes."""


def eta(models: Sequence[Ahead]) -> float | None:
    """Seconds until all is done; None while nothing was measured.

    Speed is learned while it is measured; how long a model's answers are, beside what is expected, from its own and as
    ``OTHERS`` more from those of all. What was not measured goes by its guess, off as much as the guesses of others.
    """
    if not any(m.pace.count for m in models):
        return None
    known = [m for m in models if m.pace.count >= ENOUGH or m.speed.samples >= KNOWN_FROM]
    guessed = [m for m in known if m.pace.count >= ENOUGH and m.pace.guess.samples < KNOWN_FROM]
    off = _ratio(sum(_done(m, m.speed) for m in guessed), sum(_done(m, m.pace.guess) for m in guessed))
    lengths = [_length(m) for m in models if m.pace.asked.count >= ENOUGH]
    usual = (1.0 + sum(lengths)) / (1 + len(lengths))
    return sum(_left(m, m.speed, 1.0, usual) if m in known else _left(m, m.pace.guess, off, usual) for m in models)


def _left(m: Ahead, speed: Speed, off: float, usual: float) -> float:
    """Seconds of one model; ``off``: by how much its speed is, ``usual``: how long answers of others are."""
    if not m.pace.left:
        return 0.0
    timed = m.pace.timed.left.seconds(speed, False, off)
    return m.more + timed + _own(m, usual) * m.pace.asked.left.seconds(speed, m.thinks, off)


def _done(m: Ahead, speed: Speed) -> float:
    return (m.pace.timed.done + m.pace.asked.done).busy(speed, m.thinks)


def _length(m: Ahead) -> float:
    """Of its answers, beside what is expected."""
    return _ratio(m.pace.asked.took, m.pace.asked.done.seconds(m.speed, m.thinks))


def _own(m: Ahead, others: float) -> float:
    """Its own ratio, with that of all as ``OTHERS`` prompts more."""
    did = m.pace.asked
    if not did.count:
        return others
    expected = did.done.seconds(m.speed, m.thinks)
    spare = OTHERS * expected / did.count
    return (did.took + others * spare) / (expected + spare)


def _ratio(took: float, expected: float) -> float:
    return took / expected if expected > 0 else 1.0
