"""How far a judge is to be believed: beside the user's ratings and the checks by program of answers it graded too.

**The weight of a grade**, in observations, is J² where J, the judge's informedness, is shrunk to that of an unknown
judge:

    J = (USUAL · KNOWN + J_seen · n) / (KNOWN + n),   J_seen = share of good answers it calls good
                                                             − share of bad answers it calls good,
    n = 4 · good · bad / (good + bad)

J is 1 for a judge that is always right, 0 for one that says the same of everything or draws lots, whatever the share of
good answers is (plain agreement would praise a judge that always says ten where most answers are good), and below 0 for
one that says the opposite; those count nothing. A yes or no that passes through such a judge tells J² as much of an
answer's quality as one that is surely right (the Fisher information of a binary symmetric channel). ``n`` is the
number of answers, half of them good, from which J would be known as surely: one-sided evidence proves nothing.

Everything is kept as sums that a grade enters and leaves, so the order of grades does not matter.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from llmrouter_tui.core.grades import HIGH, HIGHEST, LOWEST, Agreement, Bias, Concord, Grade

KNOWN: Final = 12.0
"""Answers, half of them good, after which what was seen of a judge counts as much as what is usual."""
USUAL: Final = 0.5
"""Informedness of a judge of which nothing is known: right in three cases of four. By judgement: strong models agree
with people in more than four of five clear cases, small ones in little more than two of three."""
OWN: Final = 0.5
"""Of a grade that a judge gave to its own answer."""
OVERRULED: Final = 1.0
"""A grade that the user put right counts as a rating does."""

SURE: Final = 3.0
"""Standard errors beyond which chance does not explain a bias: with some twenty models and tasks looked at, one of
them passes two by chance alone, and three in one case of twenty."""
LEAST: Final = 5
"""Answers below which no bias is told."""
SPREAD: Final = 1.0
"""Standard deviation of marks that is assumed at least: judges round, and few marks that are the same prove little."""
SHOWN: Final = 6
"""Biases that are told, the largest."""


def informedness(concord: Concord) -> float | None:
    """Share of good answers called good, less that of bad ones called so; None where one sort was not seen."""
    good, bad = concord.both_good + concord.harsh, concord.both_bad + concord.kind
    return concord.both_good / good - concord.kind / bad if good and bad else None


def weight(concord: Concord) -> float:
    """Observations that a grade counts for, 0..1, of a judge that was seen to agree so."""
    good, bad = concord.both_good + concord.harsh, concord.both_bad + concord.kind
    seen = informedness(concord)
    n = 4.0 * good * bad / (good + bad) if seen is not None else 0.0
    shrunk = (USUAL * KNOWN + (seen or 0.0) * n) / (KNOWN + n)
    return max(0.0, shrunk) ** 2


def joined(one: Concord, other: Concord) -> Concord:
    """The answers of both together."""
    return Concord(
        one.both_good + other.both_good, one.both_bad + other.both_bad, one.kind + other.kind, one.harsh + other.harsh
    )


@dataclass(slots=True)
class _Sums:
    """Marks given to one side (good or bad answers): how many, their sum and the sum of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, mark: float, sign: int) -> None:
        self.count += sign
        self.total += sign * mark
        self.squares += sign * mark * mark


@dataclass(slots=True)
class Standing:
    """What is known of one judge."""

    judge: str = ""
    said: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Counts by who knows better and what both said: ``check both_good``."""
    marks: list[int] = field(default_factory=lambda: [0] * 10)
    total: _Sums = field(default_factory=_Sums)
    """Of all its own marks."""
    sides: dict[tuple[str, bool], _Sums] = field(default_factory=lambda: defaultdict(_Sums))
    """By model or task (empty: all) and whether the answer was good."""

    def take(self, grade: Grade, sign: int = 1) -> None:
        """Count a grade in, or out with ``sign`` −1. Failures count for nothing."""
        score = grade.score
        if score is None:
            return
        self.marks[min(9, max(0, math.floor(score + 0.5) - 1))] += sign
        self.total.add(score, sign)
        if grade.known is None:
            return
        good = grade.known >= 0.5
        same = "both_good" if good else "both_bad"
        word = same if good == (score >= HIGH) else "harsh" if good else "kind"
        self.said[f"{grade.known_by} {word}"] += sign
        for about in ("", grade.model, grade.task):
            self.sides[about, good].add(score, sign)

    def concord(self, by: str) -> Concord:
        """``by``: ``user`` or ``check``."""
        counts = (self.said[f"{by} {word}"] for word in ("both_good", "both_bad", "kind", "harsh"))
        return Concord(*counts)

    @property
    def weight(self) -> float:
        """Observations that a grade of this judge counts for."""
        return weight(joined(self.concord("user"), self.concord("check")))

    @property
    def agreement(self) -> Agreement:
        found = (self._bias(about) for about in sorted({about for about, _ in self.sides if about}))
        biases = sorted((one for one in found if one is not None), key=lambda bias: -abs(bias.by))
        return Agreement(
            self.judge,
            self.concord("user"),
            self.concord("check"),
            tuple(biases[:SHOWN]),
            tuple(self.marks),
            self.weight,
        )

    def _bias(self, about: str) -> Bias | None:
        """Marks of good answers beside other good ones, of bad beside bad, so that who answers better is no favourite;
        both weighed by how surely they are known."""
        sum_by = sum_weights = 0.0
        count = 0
        for good in (True, False):
            here, all_ = self.sides.get((about, good), _Sums()), self.sides.get(("", good), _Sums())
            rest = all_.count - here.count
            if here.count < 1 or rest < 1:
                continue
            by = here.total / here.count - (all_.total - here.total) / rest
            variance = max(SPREAD**2, _variance(all_)) * (1 / here.count + 1 / rest)
            sum_by += by / variance
            sum_weights += 1 / variance
            count += here.count
        if count < LEAST:
            return None
        by = sum_by / sum_weights
        return Bias(about, by, count) if abs(by) > SURE / math.sqrt(sum_weights) else None


def weight_of(grade: Grade, judge: float) -> float:
    """Observations that a grade counts for, by the weight of its judge."""
    if grade.overruled is not None:
        return OVERRULED
    if grade.score is None:
        return 0.0
    return judge * OWN if grade.own else judge


def value(mark: float) -> float:
    """A mark of 1..10 as a quality of 0..1."""
    return (mark - LOWEST) / (HIGHEST - LOWEST)


def _variance(sums: _Sums) -> float:
    if sums.count < 2:
        return 0.0
    return max(0.0, sums.squares / sums.count - (sums.total / sums.count) ** 2)
