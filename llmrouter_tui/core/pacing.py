"""How long measuring a model takes: per prompt from its speed, corrected by what its prompts took so far."""

from collections.abc import Iterable, Sequence
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
MOST_BESIDES: Final = 1.0
"""The same at most, however long prompts took: then it is the model after all."""
SLACK: Final = 3.0
SLACK_UNKNOWN: Final = 8.0
"""How many times longer than its speed says a turn may take: once speed was measured, and before."""
KNOWN_FROM: Final = 4
"""Samples from which a speed counts as measured."""
EXPECTED: Final = 0.4
"""Models whose answers tell as much of the length of others' as what is expected does. By judgement: that may be off by
half for all of them, and models differ by a third."""
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

    def seconds(self, speed: Speed, thinks: bool) -> float:
        return OVERHEAD * self.turns + self.busy(speed, thinks)

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

    How fast a model is, and what a turn takes besides, is learned from prompts whose length is known; how long its
    answers are beside what is expected from its own and as ``OTHERS`` more from those of all. What was not measured
    goes by its guess, off as much as the guesses of others.
    """
    if not any(m.pace.count for m in models):
        return None
    besides = _besides(models)
    known = [m for m in models if m.pace.count >= ENOUGH or m.speed.samples >= KNOWN_FROM]
    guessed = [m for m in known if m.pace.count >= ENOUGH and m.pace.guess.samples < KNOWN_FROM]
    usual = _slower(known, besides)
    slower = {id(m): _slower([m], besides) if m.pace.timed.count else usual for m in known}
    took = sum(slower[id(m)] * _done(m, m.speed) for m in guessed)
    off = _ratio(took, sum(_done(m, m.pace.guess) for m in guessed), usual)
    lengths = [(m.thinks, _length(m, besides) / slower[id(m)]) for m in known if m.pace.asked.count >= ENOUGH]
    total = 0.0
    for m in models:
        if m.pace.left:
            speed, by = (m.speed, slower[id(m)]) if id(m) in slower else (m.pace.guess, off)
            others = _others(m, lengths)
            count = m.pace.asked.count
            own = (count * _length(m, besides) / by + OTHERS * others) / (count + OTHERS) if count else others
            timed, asked = m.pace.timed.left, m.pace.asked.left
            busy = timed.busy(speed, False) + own * asked.busy(speed, m.thinks)
            total += m.more + besides * (timed.turns + asked.turns) + by * busy
    return total


def _done(m: Ahead, speed: Speed) -> float:
    return (m.pace.timed.done + m.pace.asked.done).busy(speed, m.thinks)


def _besides(models: Iterable[Ahead]) -> float:
    """Seconds of a turn that are not the model's, with ``OVERHEAD`` as ``OTHERS`` turns more."""
    turns, seconds = OTHERS, OTHERS * OVERHEAD
    for m in models:
        did = m.pace.timed
        turns += did.done.turns
        seconds += did.took - did.done.busy(m.speed, False)
    return min(MOST_BESIDES, max(0.0, seconds / turns))


def _slower(models: Iterable[Ahead], besides: float) -> float:
    """How many times longer than by their speed they take by the clock; 1 where nothing was timed."""
    timed = [m for m in models if m.pace.timed.count]
    took = sum(max(0.0, m.pace.timed.took - besides * m.pace.timed.done.turns) for m in timed)
    return _ratio(took, sum(m.pace.timed.done.busy(m.speed, False) for m in timed)) or 1.0


def _length(m: Ahead, besides: float) -> float:
    """Of its answers by the clock, beside what is expected of them by its speed."""
    did = m.pace.asked
    return _ratio(max(0.0, did.took - besides * did.done.turns), did.done.busy(m.speed, m.thinks))


def _others(m: Ahead, lengths: Sequence[tuple[bool, float]]) -> float:
    """How long answers of others are that think as it does, or do not; where none was asked enough, of all. What is
    expected counts as ``EXPECTED`` models more."""
    alike = [length for thinks, length in lengths if thinks == m.thinks] or [length for _, length in lengths]
    return (EXPECTED + sum(alike)) / (EXPECTED + len(alike))


def _ratio(took: float, expected: float, unknown: float = 1.0) -> float:
    return took / expected if expected > 0 else unknown
