"""Who is preferred to whom: strengths from votes, whatever their order.

Bradley and Terry's model (Biometrika 39, 1952): of two models one is preferred with the chance ``σ(sᵢ - sⱼ)``. A tie
counts as half a win of each, as Chatbot Arena counted it (``compute_mle_elo`` in lm-sys/FastChat): so counted, it moves
nothing between models that are thought to be alike, and no constant must be estimated from a handful of ties.
Strengths are the likeliest under normal priors around nothing, which makes them finite and unique where a model won
everything, or never met some of the others; their sum is 0, so that they are told against the average model.
Intervals come from the observed information (the curvature at the likeliest).

Newton's way, each step shortened to ``log(1 + d) / d`` of itself, where ``d`` is the most by which it moves two
strengths apart: so every step leads uphill, wherever it starts (Sun and Tran-Dinh, arXiv 1703.04599).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Final, NamedTuple

from llmrouter_tui.core.votes import Duel, Leaderboard, Standing, Vote, duels, name_of

SPREAD: Final = 1.0
"""Standard deviation, in logits, of strengths before anything is known. By judgement: of two models drawn from it the
better one is preferred seven times of ten in the middle, and four votes weigh as much as it does."""
SURE: Final = 1.959964
"""Standard deviations to both sides that hold 95 % of a normal distribution."""
CERTAIN: Final = 1e-6
"""A step that moves no two strengths apart by more logits than this is the last; what is left is far less."""
STEPS: Final = 60
AVERAGE, TENFOLD = 1000, 400
"""Elo's scale: points of the average model, and those that mean ten wins for one loss."""


class Fitted(NamedTuple):
    """The strengths of models, in logits against their average, and how unsure each is."""

    strengths: Mapping[str, float]
    deviations: Mapping[str, float]


def fit(met: Iterable[Duel]) -> Fitted:
    """The likeliest strengths; whoever met nobody has none."""
    points: dict[tuple[str, str], float] = defaultdict(float)
    counts: Counter[tuple[str, str]] = Counter()
    for first, second, won in met:
        pair = (first, second) if first < second else (second, first)
        points[pair] += won if first < second else 1 - won
        counts[pair] += 1
    names = sorted({name for pair in counts for name in pair})
    places = {name: i for i, name in enumerate(names)}
    pairs = [(places[a], places[b], points[a, b], counts[a, b]) for a, b in sorted(counts)]
    values, root = [0.0] * len(names), []
    for _ in range(STEPS if names else 0):
        pull, bend = _slopes(values, pairs)
        root = _root(bend)
        moves = _solved(root, pull)
        stride = max(moves) - min(moves)
        share = math.log1p(stride) / stride if stride else 1.0
        values = [value + share * move for value, move in zip(values, moves, strict=True)]
        if stride < CERTAIN:
            break
    deviations = [math.sqrt(max(0.0, spread - SPREAD**2 / len(names))) for spread in _spreads(root)]
    return Fitted(dict(zip(names, values, strict=True)), dict(zip(names, deviations, strict=True)))


def leaderboard(votes: Iterable[Vote], task: str = "") -> Leaderboard:
    """That of one task, or of all together; the order of the votes plays no part."""
    votes = list(votes)
    tasks = Counter(vote.task for vote in votes if vote.task)
    counting = [vote for vote in votes if task in ("", vote.task)]
    met = [duel for vote in counting for duel in duels(vote)]
    strengths, deviations = fit(met)
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for vote in counting:
        for name in {name_of(model) for model in vote.models}:
            tallies[name]["votes"] += 1
            tallies[name]["bad"] += vote.verdict == "both_bad"
    for first, second, won in met:
        tallies[first][_OF[won]] += 1
        tallies[second][_OF[1 - won]] += 1
    rows = [
        _row(name, strengths.get(name, 0.0), deviations.get(name, SPREAD), tally) for name, tally in tallies.items()
    ]
    rows.sort(key=lambda row: (row.model not in strengths, -strengths.get(row.model, 0.0), row.model))
    return Leaderboard(task, tuple(rows), len(counting), dict(sorted(tasks.items())))


_OF: Final = {1.0: "wins", 0.5: "ties", 0.0: "losses"}
_Pairs = Sequence[tuple[int, int, float, int]]
"""Places of two models, what the first one won, how often they met."""


def _row(name: str, strength: float, deviation: float, tally: Mapping[str, int]) -> Standing:
    low, high = (_chance(strength + side * SURE * deviation) for side in (-1, 1))
    elo = round(AVERAGE + TENFOLD * strength / math.log(10))
    return Standing(
        name,
        _chance(strength),
        low,
        high,
        elo,
        tally["votes"],
        tally["wins"],
        tally["ties"],
        tally["losses"],
        tally["bad"],
    )


def _chance(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _slopes(values: Sequence[float], pairs: _Pairs) -> tuple[list[float], list[list[float]]]:
    """What pulls each strength, and the observed information; the prior is in both."""
    size = len(values)
    pull = [-value / SPREAD**2 for value in values]
    bend = [[0.0] * size for _ in range(size)]
    for i in range(size):
        bend[i][i] = 1 / SPREAD**2
    for a, b, won, met in pairs:
        chance = 1 / (1 + math.exp(values[b] - values[a]))
        surprise = won - met * chance
        pull[a] += surprise
        pull[b] -= surprise
        known = met * chance * (1 - chance)
        bend[a][a] += known
        bend[b][b] += known
        bend[b][a] -= known
    return pull, bend


def _root(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Cholesky's, of a positive definite matrix whose lower triangle is read."""
    root: list[list[float]] = []
    for i, row in enumerate(matrix):
        new: list[float] = []
        for j in range(i):
            new.append((row[j] - sum(map(mul, new, root[j]))) / root[j][j])
        new.append(math.sqrt(row[i] - sum(map(mul, new, new))))
        root.append(new)
    return root


def _solved(root: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Of the system whose matrix has this root."""
    half: list[float] = []
    for row, value in zip(root, right, strict=True):
        half.append((value - sum(map(mul, row, half))) / row[-1])
    for i in reversed(range(len(half))):
        half[i] /= root[i][i]
        for j in range(i):
            half[j] -= root[i][j] * half[i]
    return half


def _spreads(root: Sequence[Sequence[float]]) -> list[float]:
    """The diagonal of the inverse of the matrix that has this root."""
    columns = [_column(root, i) for i in range(len(root))]
    return [sum(map(mul, column, column)) for column in columns]


def _column(root: Sequence[Sequence[float]], i: int) -> list[float]:
    """Of the inverse of the root: what is above its diagonal is left out."""
    found: list[float] = [1 / root[i][i]]
    for row in root[i + 1 :]:
        found.append(-sum(map(mul, row[i:], found)) / row[-1])
    return found
