"""Training: kinds, easiness and leaning at once, so that predicted quality fits the grades.

    q = σ(logit(Σ p_kind · σ(level_m + talent_m,kind)) + slope_m · easiness)

The loss is the log-loss of the grades, of the kinds (a weak label allows several), of leaning, and the squared error
of easiness on our own prompts. Talents are centred per set and kind, so that what makes a kind hard for everybody is
easiness and not talent; levels start where the size puts them and are shared by a model's appearances.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmrouter_tui.core.ability import SIZE_LINES
from llmrouter_tui.core.figures import EVERYDAY
from llmrouter_tui.core.kinds import KINDS

K = len(KINDS)
EASE, LEAN = K, K + 1


@dataclass
class Targets:
    """What is known of each row; arrays of the length of the rows."""

    allowed: Any
    """[n, K] 1 where the kind is possible; all 0 where nothing is known"""
    grades: Any
    """[n, models a row], nan where none"""
    models: Any
    """[n, models a row], index of the model, −1 where none"""
    worth: Any
    """[n] weight of its grades: every set counts the same, however many questions it has"""
    ease: Any
    """[n] easiness, nan where unknown"""
    lean: Any
    """[n] 0 or 1"""
    groups: Any
    """[models] index of the set of each model"""
    people: Any
    """[models] index of the model across sets"""
    level: Any
    """[people] the level that the size suggests"""


@dataclass(frozen=True)
class Options:
    steps: int = 200
    rate: float = 0.05
    shrink: float = 1e-4
    """of word weights"""
    shrink_numbers: float = 1e-4
    kinds: float = 1.0
    ease: float = 0.05
    lean: float = 0.3
    talent: float = 0.05
    level: float = 0.05
    slope: float = 0.02


@dataclass
class Fit:
    weights: Any
    level: Any
    talent: Any
    slope: Any


def size_level(billions: float) -> float:
    """The mean over tasks of what the size line says, as a logit."""
    lines = SIZE_LINES.values()
    doublings = math.log2(billions / 8.0)
    return EVERYDAY + sum(line.at_8b + line.per_doubling * doublings for line in lines) / len(lines)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


class _Adam:
    def __init__(self, parameters: Sequence[Any], options: Options) -> None:
        self.parameters, self.options, self.step = parameters, options, 0
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]

    def move(self, gradients: Sequence[Any]) -> None:
        self.step += 1
        rate = self.options.rate * min(1.0, self.step / 10) * (1 - (self.step - 1) / self.options.steps)
        for p, g, a, b in zip(self.parameters, gradients, self.first, self.second, strict=True):
            a += 0.1 * (g - a)
            b += 0.02 * (g * g - b)
            p -= rate * (a / (1 - 0.9**self.step)) / (np.sqrt(b / (1 - 0.98**self.step)) + 1e-7)


def train(matrix: Any, t: Targets, options: Options, start: Fit | None = None) -> Fit:
    """Full-batch Adam; the same data give the same weights."""
    models = len(t.groups)
    fit = start or Fit(
        np.zeros((matrix.width, K + 2), np.float32), t.level.copy(), np.zeros((models, K)), np.full(models, 0.8)
    )
    adam = _Adam([fit.weights, fit.level, fit.talent, fit.slope], options)
    shrink = np.full((matrix.width, 1), options.shrink, np.float32)
    shrink[matrix.words :] = options.shrink_numbers
    shrink[-1] = 0
    for _ in range(options.steps):
        out = matrix.dot(fit.weights)
        slopes, level, talent, slope = _gradients(out, fit, t, options)
        adam.move([matrix.back(slopes.astype(np.float32)) + shrink * fit.weights, level, talent, slope])
        _centre(fit.talent, t)
    return fit


def _centre(talent: Any, t: Targets) -> None:
    for group in set(t.groups):
        own = t.groups == group
        talent[own] -= talent[own].mean(0)


def _gradients(out: Any, fit: Fit, t: Targets, o: Options) -> tuple[Any, Any, Any, Any]:
    n = len(out)
    p = softmax(out[:, :K])
    slopes = np.zeros_like(out, dtype=float)
    known = (t.allowed.sum(1) > 0)[:, None]
    right = (p * t.allowed).sum(1, keepdims=True).clip(1e-6)
    slopes[:, :K] = o.kinds * known * (p - p * t.allowed / right) / n
    error = np.nan_to_num(out[:, EASE] - t.ease)
    slopes[:, EASE] = o.ease * error / n
    slopes[:, LEAN] = o.lean * (sigmoid(out[:, LEAN]) - t.lean) / n
    graded = np.flatnonzero((t.models >= 0).any(1))
    level, talent, slope = _grade_gradients(out, p, graded, slopes, fit, t)
    spread = len(t.groups)
    level += o.level * (fit.level - t.level) / spread
    talent += o.talent * fit.talent / (spread * K)
    slope += o.slope * (fit.slope - 0.8) / spread
    return slopes, level, talent, slope


def _grade_gradients(out: Any, p: Any, graded: Any, slopes: Any, fit: Fit, t: Targets) -> tuple[Any, Any, Any]:
    """Adds to ``slopes`` in place; the gradients of level, talent and slope."""
    level, talent, slope = np.zeros_like(fit.level), np.zeros_like(fit.talent), np.zeros_like(fit.slope)
    if not len(graded):
        return level, talent, slope
    models = t.models[graded]
    there = models >= 0
    m = np.where(there, models, 0)
    weight = t.worth[graded][:, None] * there / there.sum(1, keepdims=True) / len(out)
    ability = sigmoid(fit.level[t.people][:, None] + fit.talent)
    p, ease = p[graded], out[graded, EASE]
    able = ability[m]
    mean = np.einsum("nmk,nk->nm", able, p).clip(1e-3, 1 - 1e-3)
    q = sigmoid(np.log(mean / (1 - mean)) + fit.slope[m] * ease[:, None])
    miss = (q - np.where(there, np.nan_to_num(t.grades[graded]), 0)) * weight
    by_mean = miss / (mean * (1 - mean))
    by_p = np.einsum("nm,nmk->nk", by_mean, able)
    slopes[graded, :K] += p * (by_p - (by_p * p).sum(1, keepdims=True))
    slopes[graded, EASE] += (miss * fit.slope[m]).sum(1)
    for k in range(K):
        talent[:, k] = np.bincount(m.ravel(), (by_mean * p[:, k : k + 1]).ravel(), len(talent))
    talent *= ability * (1 - ability)
    level += np.bincount(t.people, talent.sum(1), len(level))
    slope += np.bincount(m.ravel(), (miss * ease[:, None]).ravel(), len(slope))
    return level, talent, slope
