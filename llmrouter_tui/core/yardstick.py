"""How much easier or harder a set of prompts is, for every model, than its difficulties say.

Difficulties are set by hand and judges are kind or harsh, so that whoever is measured would lose or gain against
whoever is not. What is common to all that were measured is therefore taken off before abilities move:

    logit(passed) = logit(ability) + SLOPE · easiness + shift,     shift = overall + of its task,

with ``ability`` pulled to what was known before by a Beta of its mean and strength, and both parts of the shift pulled
to nothing by normal priors. All are estimated together, as the likeliest: a concave sum with one maximum, whatever the
order. Of a surprise at one model the shift takes its fair share, of one that all share nearly everything.

Newton's way, with the abilities eliminated: each has part in one task only, so that what is left is a small system
for the shifts.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import mul
from typing import Final, NamedTuple

from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.scoring import SLOPE

CHECKS: Final = "check"
"""The group of what programs check."""
OVERALL: Final = 0.5
TASK: Final = 0.5
"""Standard deviations, in logits, of the two parts of a shift; together what ``lessons`` found of kinds of prompts."""
LENIENCY: Final = 1.0
"""The same of the overall part for a judge's grades. By judgement: judges that are asked for 1 to 10 give 7 and 8 to
middling answers."""
CERTAIN: Final = 1e-4
"""A step that moves nothing by more logits than this is the last: what is left is its square."""
STEPS: Final = 40
"""Newton steps, each of one logit at most."""
LEAST, MOST = 0.01, 0.99
"""Bounds of what was known before."""


class Checked(NamedTuple):
    """One answer that a program told right from wrong, or that a judge graded."""

    task: str
    difficulty: float
    passed: float
    weight: float = 1.0
    """In observations: one, or less where it is believed less."""
    group: str = CHECKS
    """Answers whose difficulty is off in the same way: those that programs check, or those of one judge."""


class Taken(NamedTuple):
    """The answers of one model to prompts of one task, beside what was known of its ability before."""

    mean: float
    strength: float
    answers: Sequence[Checked]


Shifts = Mapping[tuple[str, str], float]
"""(group, task) to logits; what is not in it is 0."""


def shifts(taken: Iterable[Taken]) -> Shifts:
    """The likeliest shifts. Nothing without answers."""
    fit = _Fit(taken)
    for _ in range(STEPS if fit.cells else 0):
        if fit.step() < CERTAIN:
            break
    return dict(zip(fit.pairs, fit.values, strict=True))


class _Cell:
    """One ability and its answers: those of one shift and one weight together."""

    __slots__ = ("mean", "parts", "strength", "theta")

    def __init__(self, taken: Taken, places: Mapping[tuple[str, str], int]) -> None:
        self.mean = bounded(taken.mean)
        self.strength = taken.strength
        self.theta = math.log(self.mean / (1 - self.mean))
        together: dict[tuple[int, float], list[Checked]] = {}
        for one in taken.answers:
            together.setdefault((places[one.group, one.task], one.weight), []).append(one)
        self.parts = [
            (
                place,
                weight,
                sum(one.passed for one in answers),
                [_odds(one.difficulty) for one in answers],
            )
            for (place, weight), answers in together.items()
        ]
        """Place of the shift, weight, sum of what was passed, odds against each by its difficulty."""


class _Fit:
    def __init__(self, taken: Iterable[Taken]) -> None:
        known = [Taken(one.mean, one.strength, ours) for one in taken if (ours := counting(one.answers))]
        self.pairs = sorted({(a.group, a.task) for one in known for a in one.answers})
        places = {pair: i for i, pair in enumerate(self.pairs)}
        self.cells = [_Cell(one, places) for one in known]
        self.values = [0.0] * len(self.pairs)
        """The shifts, both parts together."""
        self.prior = _precision(self.pairs)

    def step(self) -> float:
        """One Newton step of everything; the largest move."""
        pull = [-sum(map(mul, row, self.values)) for row in self.prior]
        bend = [row[:] for row in self.prior]
        own = []
        for cell in self.cells:
            force, stiffness, parts = self._forces(cell, pull, bend)
            own.append((cell, force, stiffness, parts))
            for i, b in parts:
                pull[i] -= b * force / stiffness
                for j, c in parts:
                    bend[i][j] -= b * c / stiffness
        moves = _solved(bend, pull)
        thetas = [(force - sum(b * moves[i] for i, b in parts)) / stiffness for _, force, stiffness, parts in own]
        largest = max(map(abs, (*moves, *thetas)))
        share = min(1.0, 1.0 / largest) if largest else 0.0
        self.values = [value + share * move for value, move in zip(self.values, moves, strict=True)]
        for (cell, *_), move in zip(own, thetas, strict=True):
            cell.theta += share * move
        return largest

    def _forces(
        self, cell: _Cell, pull: list[float], bend: list[list[float]]
    ) -> tuple[float, float, list[tuple[int, float]]]:
        """What draws an ability, how stiffly, and its part in each shift; the shifts' own go into pull and bend."""
        q = sigmoid(cell.theta)
        force, stiffness = cell.strength * (cell.mean - q), cell.strength * q * (1 - q)
        parts = []
        for place, weight, passed, odds in cell.parts:
            against = math.exp(-cell.theta - self.values[place])
            chances = [1 / (1 + against * odd) for odd in odds]
            expected = sum(chances)
            f, b = weight * (passed - expected), weight * (expected - sum(map(mul, chances, chances)))
            pull[place] += f
            bend[place][place] += b
            force, stiffness = force + f, stiffness + b
            parts.append((place, b))
        return force, stiffness, parts


@lru_cache(maxsize=4096)
def _odds(difficulty: float) -> float:
    """Against passing, of one whose ability is in the middle."""
    return math.exp(-SLOPE * easiness_of(difficulty))


def counting(answers: Sequence[Checked]) -> Sequence[Checked]:
    """Those that count for anything."""
    return [one for one in answers if one.weight > 0]


def bounded(mean: float) -> float:
    """Away from certainty, where a logit says nothing."""
    return min(MOST, max(LEAST, mean))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _precision(pairs: Sequence[tuple[str, str]]) -> list[list[float]]:
    """The inverse of the covariance of shifts before anything is known, which is OVERALL² (or LENIENCY²) within a
    group and TASK² more on the diagonal: by Sherman and Morrison's formula."""
    own = 1 / TASK**2
    counts: dict[str, int] = {}
    for group, _ in pairs:
        counts[group] = counts.get(group, 0) + 1
    common = {group: (OVERALL if group == CHECKS else LENIENCY) ** 2 for group in counts}
    shared = {group: own * common[group] / (TASK**2 + count * common[group]) for group, count in counts.items()}
    return [[(own if a == b else 0.0) - (shared[a[0]] if a[0] == b[0] else 0.0) for b in pairs] for a in pairs]


def _solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Gauss's way without a search for pivots, which positive definite matrices do not need."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i, row in enumerate(rows):
        for below in rows[i + 1 :]:
            if factor := below[i] / row[i]:
                for j in range(i, size + 1):
                    below[j] -= factor * row[j]
    found = [0.0] * size
    for i in reversed(range(size)):
        found[i] = (rows[i][size] - sum(rows[i][j] * found[j] for j in range(i + 1, size))) / rows[i][i]
    return found
