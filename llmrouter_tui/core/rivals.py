"""Whom a blind comparison puts side by side: the router's choice, and the models from which a vote would teach most.
Pure."""

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.domain import Ability, ModelView

MOST = 3
"""Answers side by side at most."""
UNKNOWN = Ability(0.5, 0.0, 0.25)
"""What is assumed of a model whose ability on a task nobody knows."""
EDGE = 0.02
"""Abilities are kept so far from 0 and 1, where a logit has no bounds."""


def teaches(first: Ability, second: Ability) -> float:
    """How much of the doubt about two abilities a vote between them would take, in expectation.

    Abilities are read as strengths of Bradley and Terry (1952) on the logit scale; one comparison has the Fisher
    information p(1-p), so that a difference of variance V loses I V^2 / (1 + I V) of it: the Gaussian update.
    """
    one, spread = _logit(first)
    other, more = _logit(second)
    wins = 1.0 / (1.0 + math.exp(other - one))
    information, variance = wins * (1.0 - wins), spread + more
    return information * variance * variance / (1.0 + information * variance)


def _logit(ability: Ability) -> tuple[float, float]:
    """(mean, variance) on the logit scale, by the delta method."""
    mean = min(1.0 - EDGE, max(EDGE, ability.mean))
    slope = mean * (1.0 - mean)
    return math.log(mean / (1.0 - mean)), (ability.uncertainty / slope) ** 2


def rivals(
    decision: Decision, models: Mapping[str, ModelView], count: int, picked: Sequence[str] = ()
) -> tuple[str, ...]:
    """Up to ``count`` models for a comparison: those that the user ``picked`` and that can answer, then the router's
    choice, then the models whose comparison with those teaches most. Of replicas one is taken; what costs money only
    where it was picked or chosen. Fewer than two: there is nobody to compare."""
    able = [candidate.model for candidate in decision.candidates]
    found: list[str] = []
    for model in (*picked, decision.chosen):
        if model in able and model not in found and len(found) < count:
            found.append(model)
    task = decision.analysis.task
    while len(found) < min(count, MOST):
        left = [model for model in able if not _twin(model, found, models) and not _paid(model, models)]
        if not left:
            break
        found.append(max(left, key=lambda model: _worth(model, found, models, task)))
    return tuple(found)


def _worth(model: str, found: Collection[str], models: Mapping[str, ModelView], task: str) -> float:
    mine = _ability(model, models, task)
    return sum(teaches(mine, _ability(other, models, task)) for other in found)


def _ability(model: str, models: Mapping[str, ModelView], task: str) -> Ability:
    view = models.get(model)
    return view.abilities.get(task, UNKNOWN) if view else UNKNOWN


def _name(model: str, models: Mapping[str, ModelView]) -> str:
    view = models.get(model)
    return view.info.name if view else model.partition("/")[2]


def _twin(model: str, found: Collection[str], models: Mapping[str, ModelView]) -> bool:
    """Whether it, or a replica of it, is taken already."""
    return _name(model, models) in {_name(other, models) for other in found}


def _paid(model: str, models: Mapping[str, ModelView]) -> bool:
    view = models.get(model)
    return view is not None and bool(view.info.price_in or view.info.price_out)


def shuffled(models: Sequence[str], seed: str) -> tuple[str, ...]:
    """The models in an order that nobody can guess, and that is the same for the same ``seed``: by the SHA-256 of seed
    and name."""
    return tuple(sorted(models, key=lambda model: hashlib.sha256(f"{seed}\n{model}".encode()).digest()))
