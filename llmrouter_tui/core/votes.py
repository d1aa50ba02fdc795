"""Votes of the user between answers of two or three models to one prompt. Facts only; ``core.leaderboard`` counts them.

A vote is the user's own word, as a rating is: the winner beat each of the others, or they tied, or all were bad, which
says nothing of who is better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Literal, NamedTuple

from llmrouter_tui.core.decision import Effect

Verdict = Literal["better", "tie", "both_bad"]
"""``both_bad``: all answers, of three too."""
FEWEST: Final = 2
MOST: Final = 3
"""Answers that a vote is between."""
WEIGHT: Final = 0.375
"""Observations that a vote counts for in the ability of each of its models, where a rating counts for one: the most
with which no vote moves an ability by more than a rating may, however little is known of it (``core.preferred``)."""
TIED: Final = 0.5
"""Of that, for a tie: easy prompts end in one whoever answers (Tang et al., arXiv 2510.02306)."""


@dataclass(frozen=True, slots=True)
class VoteInput:
    """A vote as a person gives it."""

    exchanges: tuple[str, ...]
    """Those whose answers were compared: two or three, by their ids or by those of their answers."""
    verdict: Verdict
    winner: str = ""
    """The exchange of the best answer, where one is better than all others."""


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote as it stands. One on the same exchanges takes its place."""

    id: str
    """Made of its exchanges: ``vote_id``."""
    at: float
    task: str
    models: tuple[str, ...]
    """Who answered, in the order of ``exchanges``."""
    verdict: Verdict
    exchanges: tuple[str, ...]
    winner: str = ""
    """The id of the model whose answer was the best; empty where none was."""


@dataclass(frozen=True, slots=True)
class Voted:
    """A vote was stored or taken back, and what that moved."""

    vote: Vote
    effects: tuple[Effect, ...] = ()
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class VotePage:
    """Newest first; ``before`` asks for the next page, None at the end."""

    items: tuple[Vote, ...]
    before: str | None = None


class Duel(NamedTuple):
    """Two of the models of a vote, by name."""

    first: str
    second: str
    points: float
    """Of the first: 1 it was better, 0.5 a tie, 0 the other was better."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A model on a leaderboard, by name: replicas are one."""

    model: str
    strength: float
    """The chance, 0..1, that its answer is preferred to that of the average model of the board."""
    low: float
    high: float
    """Between these the strength lies with 95 %."""
    elo: int
    """The same as a number of points: the average model has 1,000, and 400 more mean ten wins for one loss."""
    votes: int
    """Those in which it took part."""
    wins: int
    """Answers of others that its own were preferred to; the next two likewise."""
    ties: int
    losses: int
    bad: int = 0
    """Votes that said that all answers were bad, its own among them."""


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Who is preferred to whom by the user, the strongest first."""

    task: str = ""
    """Empty: votes of all tasks together."""
    rows: tuple[Standing, ...] = ()
    votes: int = 0
    """Those that it rests on, that all were bad included."""
    tasks: Mapping[str, int] = field(default_factory=dict)
    """Votes that stand, by task, whichever task this one is of."""


def vote_id(exchanges: Sequence[str]) -> str:
    """Of a vote on these exchanges, whatever their order."""
    return "-".join(sorted(exchanges))


def said_of(vote: Vote, name: str) -> list[tuple[str, float, float]]:
    """What a vote says of a model beside the others: (name of the other, points as in ``Duel``, weight in
    observations). All of it weighs ``WEIGHT`` at most."""
    seen = [(b, points) if a == name else (a, 1 - points) for a, b, points in duels(vote) if name in (a, b)]
    return [(other, points, WEIGHT * (TIED if points == 0.5 else 1.0) / len(seen)) for other, points in seen]


def name_of(model: str) -> str:
    """Of a model by its id, without its backend; whole where it has none."""
    return model.partition("/")[2] or model


def duels(vote: Vote) -> list[Duel]:
    """Who met whom: the winner all others, who tied each other. Replicas of a model do not meet."""
    if vote.verdict == "both_bad":
        return []
    names = sorted({name_of(model) for model in vote.models})
    best = name_of(vote.winner)
    return [
        Duel(first, second, 0.5 if vote.verdict == "tie" else float(first == best))
        for first, second in combinations(names, 2)
        if vote.verdict == "tie" or best in (first, second)
    ]
