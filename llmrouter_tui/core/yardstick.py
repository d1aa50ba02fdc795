"""How much easier or harder a set of prompts is, for every model, than its difficulties say.

Difficulties are set by hand and judges are kind or harsh, so that whoever is measured would lose or gain against
whoever is not. What is common to all that were measured is therefore taken off before abilities move:

    logit(passed) = logit(ability) + SLOPE · easiness + shift,     shift = overall + of its task,
    logit(ability) = own + level,

with ``own``, of a model and task, pulled to what was known before by a Beta of its mean and strength; both parts of
the shift pulled to nothing by normal priors, and ``level``, of a model, by Student's t, whose pull wanes where a model
is far off: most are what they are thought to be, and one that is not (base weights under another name, a broken
template) is not half of it. All are estimated together, as the likeliest that is reached from where nothing surprises,
whatever the order. Of a surprise at one model the shift takes its fair share, of one that all share nearly everything;
and who surprises in one task is expected to do so in others.

Newton's way, with all that is a model's own eliminated, so that what is left is a small system for the shifts; of
Student's t the normal curve that touches it from below at the last step, which makes every step one uphill.
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
PAIRS: Final = "pairs"
"""The group of comparisons: who wins one, the other loses, so no shift is common to all."""
OVERALL: Final = 0.5
TASK: Final = 0.5
"""Standard deviations, in logits, of the two parts of a shift; together what ``lessons`` found of kinds of prompts."""
LENIENCY: Final = 1.0
"""The same of the overall part for a judge's grades. By judgement: judges that are asked for 1 to 10 give 7 and 8 to
middling answers."""
LEVEL: Final = 0.4
"""The scale of what is common to all abilities of a model beyond what was thought of it: a broken template, a good
tune. Over simulated models, also such whose talents had nothing in common, anything from .2 to .5 brought more pairs
into their true order than none, after a quick profile and after a full one."""
TAILS: Final = 2.0
"""Its degrees of freedom. With a normal level base weights under the name of an able model kept half of what their name
promised after a full profile of which they passed 3 %. Over simulated models of which a third are broken this brings
97.6 % of the pairs into their true order after a quick profile, a normal level 96.6 %; over those whose talents have
nothing in common both 78.5 %."""
CERTAIN: Final = 1e-4
"""A step that moves nothing by more logits than this is the last: what is left is about as much again."""
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
    against: float | None = None
    """The ability, as a logit, of the model whose answer to the same prompt this one was compared with: that is as
    hard to beat, and the difficulty of the prompt plays no part."""


class Taken(NamedTuple):
    """The answers of one model to prompts of one task, beside what was known of its ability before."""

    mean: float
    strength: float
    answers: Sequence[Checked]


Shifts = Mapping[tuple[str, str], float]
"""(group, task) to logits; what is not in it is 0."""


def shifts(models: Iterable[Sequence[Taken]]) -> Shifts:
    """The likeliest shifts, from the answers of each model. Nothing without answers."""
    fit = _Fit(models)
    for _ in range(STEPS if fit.models else 0):
        if fit.step() < CERTAIN:
            break
    return dict(zip(fit.pairs, fit.values, strict=True))


def settled(taken: Sequence[Taken], known: Shifts) -> tuple[float, list[float]]:
    """The likeliest level of one model and its abilities at what it answered, both as logits, the level included."""
    pairs = _pairs([taken])
    model = _Model(taken, {pair: i for i, pair in enumerate(pairs)})
    values, still = [known.get(pair, 0.0) for pair in pairs], [0.0] * len(pairs)
    for _ in range(STEPS):
        model.eliminate(values, still[:], [still[:] for _ in pairs])
        largest = model.move(still)
        model.go(min(1.0, 1.0 / largest) if largest else 0.0)
        if largest < CERTAIN:
            break
    return model.level, [cell.own + model.level for cell in model.cells]


class _Cell:
    """One ability apart from its model's level, and its answers: those of one shift and one weight together."""

    __slots__ = ("force", "mean", "move", "own", "parts", "pulls", "stiffness", "strength")

    def __init__(self, taken: Taken, places: Mapping[tuple[str, str], int]) -> None:
        self.mean = bounded(taken.mean)
        self.strength = taken.strength
        self.own = math.log(self.mean / (1 - self.mean))
        self.force = self.stiffness = self.move = 0.0
        together: dict[tuple[int, float], list[Checked]] = {}
        for one in taken.answers:
            together.setdefault((places[one.group, one.task], one.weight), []).append(one)
        self.parts = [
            (place, weight, sum(one.passed for one in answers), [_odds(one) for one in answers])
            for (place, weight), answers in together.items()
        ]
        """Place of the shift, weight, sum of what was passed, odds against each by its difficulty."""
        self.pulls: list[tuple[int, float, float]] = []
        """Of each part: place, force and stiffness."""

    def look(self, level: float, values: Sequence[float]) -> tuple[float, float]:
        """Force and stiffness of its answers; notes those of everything that moves it."""
        total = stiff = 0.0
        self.pulls = []
        for place, weight, passed, odds in self.parts:
            against = math.exp(-self.own - level - values[place])
            chances = [1 / (1 + against * odd) for odd in odds]
            expected = sum(chances)
            force, stiffness = weight * (passed - expected), weight * (expected - sum(map(mul, chances, chances)))
            self.pulls.append((place, force, stiffness))
            total, stiff = total + force, stiff + stiffness
        q = sigmoid(self.own)
        self.force, self.stiffness = self.strength * (self.mean - q) + total, self.strength * q * (1 - q) + stiff
        return total, stiff


class _Model:
    """The abilities of one model and what they have in common."""

    def __init__(self, taken: Iterable[Taken], places: Mapping[tuple[str, str], int]) -> None:
        self.cells = [_Cell(one, places) for one in taken]
        self.level = self._force = self._stiffness = self._move = 0.0
        self._common: dict[int, float] = {}

    def eliminate(self, values: Sequence[float], pull: list[float], bend: list[list[float]]) -> None:
        """Add to what moves the shifts, and how stiffly, what is left of its own once its abilities and its level give
        way."""
        self._stiffness = (TAILS + 1) / (TAILS * LEVEL**2 + self.level**2)
        self._force = -self.level * self._stiffness
        self._common = {}
        for cell in self.cells:
            force, stiffness = cell.look(self.level, values)
            given, left = cell.force / cell.stiffness, 1 - stiffness / cell.stiffness
            self._force += force - stiffness * given
            self._stiffness += stiffness * left
            for place, f, b in cell.pulls:
                pull[place] += f - b * given
                bend[place][place] += b
                self._common[place] = self._common.get(place, 0.0) + b * left
                for other, _, c in cell.pulls:
                    bend[place][other] -= b * c / cell.stiffness
        for place, b in self._common.items():
            pull[place] -= b * self._force / self._stiffness
            for other, c in self._common.items():
                bend[place][other] -= b * c / self._stiffness

    def move(self, moves: Sequence[float]) -> float:
        """Where everything of its own goes when the shifts move so; the largest."""
        self._move = (self._force - sum(b * moves[i] for i, b in self._common.items())) / self._stiffness
        for cell in self.cells:
            taken = sum(b * (self._move + moves[place]) for place, _, b in cell.pulls)
            cell.move = (cell.force - taken) / cell.stiffness
        return max(abs(self._move), *(abs(cell.move) for cell in self.cells))

    def go(self, share: float) -> None:
        """Go so much of that way."""
        self.level += share * self._move
        for cell in self.cells:
            cell.own += share * cell.move


class _Fit:
    def __init__(self, models: Iterable[Sequence[Taken]]) -> None:
        known = [[Taken(t.mean, t.strength, ours) for t in one if (ours := counting(t.answers))] for one in models]
        known = [one for one in known if one]
        self.pairs = _pairs(known)
        places = {pair: i for i, pair in enumerate(self.pairs)}
        self.models = [_Model(one, places) for one in known]
        self.values = [0.0] * len(self.pairs)
        """The shifts, both parts together."""
        self.prior = _precision(self.pairs)

    def step(self) -> float:
        """One Newton step of everything; the largest move."""
        pull = [-sum(map(mul, row, self.values)) for row in self.prior]
        bend = [row[:] for row in self.prior]
        for model in self.models:
            model.eliminate(self.values, pull, bend)
        moves = _solved(bend, pull)
        largest = max(*map(abs, moves), *(model.move(moves) for model in self.models))
        share = min(1.0, 1.0 / largest) if largest else 0.0
        self.values = [value + share * move for value, move in zip(self.values, moves, strict=True)]
        for model in self.models:
            model.go(share)
        return largest


def _pairs(models: Iterable[Sequence[Taken]]) -> list[tuple[str, str]]:
    return sorted({(a.group, a.task) for model in models for one in model for a in one.answers})


def eased(one: Checked) -> float:
    """What its ease adds to the logit of passing."""
    return SLOPE * easiness_of(one.difficulty) if one.against is None else -one.against


def _odds(one: Checked) -> float:
    """Against passing, of a model whose ability is in the middle."""
    return _odds_of(one.difficulty) if one.against is None else math.exp(one.against)


@lru_cache(maxsize=4096)
def _odds_of(difficulty: float) -> float:
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
