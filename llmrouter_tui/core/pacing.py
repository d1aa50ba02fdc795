"""How long measuring a model takes: per prompt from its speed, corrected by what its prompts took so far."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import add, neg
from typing import Final, NamedTuple

from llmrouter_tui.core.domain import Speed
from llmrouter_tui.core.profile import Result
from llmrouter_tui.core.prompt_set import prompt as prompt_of
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
GUESSED: Final = 0.1
"""Models that were as fast as guessed, which count beside those that were measured: guesses are off together, by a
factor of two or so, as they are made for another machine, and each on its own by a third of that in the logarithm. By
judgement."""
LEAST_SECONDS: Final = 20.0
"""For a first token, whatever the speed says: caches are cold and kernels compiled."""
MOST_SECONDS: Final = 1_800.0
ENOUGH: Final = 3
"""Prompts of a model from which its speed is no guess, and its answers tell how long those of others will be."""
EARLIER: Final = 6.0
"""Prompts of this run that as many or more of earlier runs count for: the same model answers at about the same length,
but maybe to other prompts, or after its weights changed. By judgement."""
LATELY: Final = 300.0
"""Seconds of wall time that tell how much live traffic there is: what was long ago says little of what is to come."""
MOST_SHARE: Final = 0.95
"""Of the time that live traffic is thought to take: there are gaps, or the run would not have come so far."""
EXPECTED_WAITS: Final = 60.0
"""Seconds of waiting as it was expected, that what was waited is added to."""
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
        self.works = {prompt.id: work(prompt) for prompt in left}
        """What each of them takes."""
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
class Length:
    """How long answers are beside what is expected of them, and of how many that is known."""

    ratio: float = 1.0
    count: int = 0


def length(results: Iterable[Result], thinks: bool) -> Length:
    """Of the answers that a model gave, by their tokens; those without a count say nothing."""
    said = expected = 0.0
    count = 0
    for one in results:
        asked = prompt_of(one.prompt) if one.task != SPEED and one.outcome != "failed" else None
        if asked is not None and one.completion_tokens:
            own = work(asked)
            said += one.completion_tokens
            expected += own.written + (own.hidden if thinks else 0.0)
            count += 1
    return Length(said / expected, count) if expected else Length()


@dataclass(frozen=True, slots=True)
class Company:
    """Live traffic of late: the share of the time that there is some, and the seconds that it lasts when it comes."""

    share: float = 0.0
    spell: float = 0.0

    def wait(self, seconds: float) -> float:
        """Seconds that are waited after a question of so many, on average: it began when nobody was there, and traffic
        comes and goes at random (a Markov process of two states)."""
        if not self.share or not self.spell:
            return 0.0
        share = min(MOST_SHARE, self.share)
        return share * self.spell * -math.expm1(-seconds / (self.spell * (1 - share)))


def company(spans: Iterable[tuple[float, float]], now: float) -> Company:
    """Of spans of time in which some client was there, begin and end, in the ``LATELY`` seconds before ``now``."""
    busy, spells, until = 0.0, 0, now - LATELY
    for begin, end in sorted(spans):
        if min(end, now) > max(begin, until):
            spells += begin > until or not spells
            busy += min(end, now) - max(begin, until)
            until = min(end, now)
    return Company(busy / LATELY, busy / spells) if spells else Company()


class Waits:
    """What was waited of late beside what was to be expected: clients may also take the model's place in memory, or
    have a question broken off."""

    def __init__(self) -> None:
        self._spans: deque[tuple[float, float, float]] = deque()
        """When each ended, the seconds waited in it, and those expected."""

    def add(self, now: float, waited: float, expected: float) -> None:
        self._spans.append((now, waited, expected))

    def worse(self, now: float) -> float:
        """How many times longer than expected."""
        while self._spans and now - self._spans[0][0] > LATELY:
            self._spans.popleft()
        waited, expected = (sum(span[at] for span in self._spans) for at in (1, 2))
        return (waited + EXPECTED_WAITS) / (expected + EXPECTED_WAITS)


@dataclass(frozen=True, slots=True)
class Ahead:
    """One model of a run as the ETA looks at it."""

    pace: Pace
    speed: Speed
    thinks: bool
    load: float = 0.0
    """Seconds that its load will take."""
    earlier: Length = Length()
    """Of its answers in earlier runs."""
    probes: float | None = None
    """Seconds that its probes took; None before they are over."""


def eta(
    models: Sequence[Ahead],
    elsewhere: Sequence[tuple[bool, Length]] = (),
    waits: Callable[[float], float] | None = None,
) -> float | None:
    """Seconds until all is done; None while nothing was measured. ``elsewhere``: whether models that are not asked now
    think, and how long their answers were; ``waits``: seconds that are waited for a question of so many.

    How fast a model is, and what a turn takes besides, is learned from prompts whose length is known; how long its
    answers are beside what is expected from its own, in this run and before it, and as ``OTHERS`` more from those of
    all. What was not measured goes by its guess, off as much as the guesses of others: those of reading and of writing
    each on its own.
    """
    if not any(m.pace.count for m in models):
        return None
    besides = _besides(models)
    known = [m for m in models if m.pace.count >= ENOUGH or m.speed.samples >= KNOWN_FROM]
    speeds = _by_the_clock(models, known, besides)
    here = [m for m in known if m.pace.asked.count >= ENOUGH]
    lengths = [(m.thinks, _length(m, speeds[id(m)], besides)) for m in here]
    before = [*elsewhere, *((m.thinks, m.earlier) for m in models if m not in here)]
    lengths += [(thinks, one.ratio) for thinks, one in before if one.count >= ENOUGH]
    total = 0.0
    for m in models:
        if m.pace.left:
            speed = speeds[id(m)]
            own = _own(m, _others(m, lengths), speed, besides)
            timed, asked = m.pace.timed.left, m.pace.asked.left
            busy = timed.busy(speed, False) + own * asked.busy(speed, m.thinks)
            total += m.load + _probes(m, models, speeds) + besides * (timed.turns + asked.turns) + busy
            if waits is not None:
                total += sum(waits(seconds) for seconds in _each(m, speed, besides, own))
    return total


def _by_the_clock(models: Sequence[Ahead], known: Sequence[Ahead], besides: float) -> dict[int, Speed]:
    """Tokens per second of each, by the clock: as measured, else as guessed."""
    usual = _slower(known, besides)
    slower = {id(m): _slower([m], besides) if m.pace.timed.count else usual for m in known}
    seen = {id(m): _times(m.speed, slower[id(m)], slower[id(m)]) for m in known}
    tried = [(m.pace.guess, seen[id(m)]) for m in known if m.pace.count >= ENOUGH and m.pace.guess.samples < KNOWN_FROM]
    read = _off(guess.prefill / speed.prefill for guess, speed in tried) if tried else usual
    written = _off(guess.decode / speed.decode for guess, speed in tried) if tried else usual
    return {id(m): seen.get(id(m)) or _times(m.pace.guess, read, written) for m in models}


def _off(ratios: Iterable[float]) -> float:
    """How many times slower than guessed another model is thought to be, where these were."""
    logs = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logs) / (len(logs) + GUESSED))


def _times(speed: Speed, read: float, written: float) -> Speed:
    """So many times slower."""
    return replace(speed, prefill=speed.prefill / read, decode=speed.decode / written)


def _probes(m: Ahead, models: Sequence[Ahead], speeds: Mapping[int, Speed]) -> float:
    """Seconds of its probes, if they are to come: as those of others took, as many times longer as its prompts do."""
    own = _busy(m, speeds)
    had = [(one.probes, _busy(one, speeds)) for one in models if one.probes is not None]
    if m.probes is not None or not had:
        return 0.0
    return sum(seconds * _ratio(own, busy) for seconds, busy in had) / len(had)


def _busy(m: Ahead, speeds: Mapping[int, Speed]) -> float:
    """Of its prompts, on average."""
    works = m.pace.works.values()
    return sum(one.busy(speeds[id(m)], m.thinks) for one in works) / max(1, len(works))


def _each(m: Ahead, speed: Speed, besides: float, own: float) -> Iterable[float]:
    """Seconds of each question that is left: to wait after few long ones takes less than after many short ones."""
    for prompt in m.pace.left:
        one, timed = m.pace.works[prompt.id], prompt.task == SPEED
        busy = one.busy(speed, m.thinks and not timed) * (1.0 if timed else own)
        yield besides * one.turns + busy


def _own(m: Ahead, others: float, speed: Speed, besides: float) -> float:
    """How long its answers are beside what is expected of them, as far as that is known."""
    count, earlier = m.pace.asked.count, min(EARLIER, m.earlier.count)
    said = count * _length(m, speed, besides) if count else 0.0
    return (said + earlier * m.earlier.ratio + OTHERS * others) / (count + earlier + OTHERS)


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


def _length(m: Ahead, speed: Speed, besides: float) -> float:
    """Of its answers by the clock, beside what is expected of them."""
    did = m.pace.asked
    return _ratio(max(0.0, did.took - besides * did.done.turns), did.done.busy(speed, m.thinks))


def _others(m: Ahead, lengths: Sequence[tuple[bool, float]]) -> float:
    """How long answers of others are that think as it does, or do not; where none was asked enough, of all. What is
    expected counts as ``EXPECTED`` models more."""
    alike = [length for thinks, length in lengths if thinks == m.thinks] or [length for _, length in lengths]
    return (EXPECTED + sum(alike)) / (EXPECTED + len(alike))


def _ratio(took: float, expected: float, unknown: float = 1.0) -> float:
    return took / expected if expected > 0 else unknown
