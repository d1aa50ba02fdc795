"""What the user's votes say of an ability: to be preferred to a good model more than to a bad one.

An ability is the likeliest under what is known besides (a Beta of its mean and strength) and the votes, each won with
the chance ``σ(logit(ability) - logit(other's))``, Bradley and Terry's: all at once, so that their order plays no part.
Told as evidence whose weighted mean with the rest is just that ability. Votes on other tasks count a little, as ratings
do; nothing else is shared, so that no vote moves an ability by more than a rating may.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from llmrouter_tui.core.checked import SPILL, piece
from llmrouter_tui.core.domain import Ability, Evidence
from llmrouter_tui.core.yardstick import bounded, sigmoid

CERTAIN: Final = 1e-9
"""A step that moves nothing by more logits than this is the last."""
STEPS: Final = 60


class Preference(NamedTuple):
    """Votes between a model and another one that weigh the same."""

    task: str
    other: str
    """Its name."""
    weight: float
    """Of each, in observations."""
    won: float
    """Points: 1 for each where it was preferred, half for each tie."""
    votes: int


class _Met(NamedTuple):
    against: float
    """The other's ability, as a logit."""
    weight: float
    won: float
    votes: int


Rivals = Mapping[str, Mapping[str, Ability]]
"""By name, what they can do: as it is thought without any comparison, so that two do not draw each other on and on."""


def preferred(before: Mapping[str, Ability], said: Sequence[Preference], rivals: Rivals) -> Mapping[str, Ability]:
    """Abilities with what votes say beside models that are known here."""
    known = [one for one in said if one.other in rivals]
    return {task: _told(task, old, known, rivals) for task, old in before.items()} if known else before


def _told(task: str, old: Ability, said: Sequence[Preference], rivals: Rivals) -> Ability:
    here = [one for one in said if task in rivals[one.other]]
    own, others = ([_met(one, task, rivals) for one in here if (one.task == task) is mine] for mine in (True, False))
    if not here:
        return old
    theta = _settled(bounded(old.mean), old.strength, [*own, *others])
    told = []
    if own:
        told.append(_piece(theta, own, ""))
    if others:
        told.append(_piece(theta, others, " on other tasks"))
    strength = old.strength + sum(one.weight for one in told)
    mean = (old.mean * old.strength + sum(one.value * one.weight for one in told)) / strength
    return Ability(mean, strength, math.sqrt(mean * (1 - mean) / (strength + 1)), (*old.evidence, *told))


def _met(one: Preference, task: str, rivals: Rivals) -> _Met:
    mean = bounded(rivals[one.other][task].mean)
    weight = one.weight * (1.0 if one.task == task else SPILL)
    return _Met(math.log(mean / (1 - mean)), weight, one.won, one.votes)


def _settled(mean: float, strength: float, met: Sequence[_Met]) -> float:
    """The likeliest ability, as a logit: Newton's way, each step so short that it leads uphill (``core.leaderboard``
    tells whence that is)."""
    theta = math.log(mean / (1 - mean))
    for _ in range(STEPS):
        q = sigmoid(theta)
        pull, informed = _pull(theta, met)
        step = (strength * (mean - q) + pull) / (strength * q * (1 - q) + informed)
        theta += math.copysign(math.log1p(abs(step)), step)
        if abs(step) < CERTAIN:
            break
    return theta


def _pull(theta: float, met: Iterable[_Met]) -> tuple[float, float]:
    """What draws an ability that is here, and how much is known by that."""
    pull = informed = 0.0
    for one in met:
        q = sigmoid(theta - one.against)
        pull += one.weight * (one.won - one.votes * q)
        informed += one.weight * one.votes * q * (1 - q)
    return pull, informed


def _piece(theta: float, met: Sequence[_Met], where: str) -> Evidence:
    after = sigmoid(theta)
    pull, informed = _pull(theta, met)
    won, count = sum(one.won for one in met), sum(one.votes for one in met)
    words = f"preferred to {won:.3g} of {count} others in your votes{where}"
    return piece("vote", after, pull, informed / (after * (1 - after)), words, 0 if where else count)
