"""What a model would be worth for a request: predicted quality, seconds, and five terms that add up.

    score = Q · quality + (1 − Q) · (w₁·speed + w₂·continuity + w₃·pinned + w₄·cost)

    quality = σ(logit(Σ share·ability) + slope·easiness)

Q is the preference (0 speed, 1 quality). Everything is a pure function of numbers; names and words are elsewhere.
"""

from dataclasses import dataclass
from math import floor
from typing import NamedTuple

from llmrouter_tui.core.decision import Analysis, Breakdown
from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.kinds import KIND_INDEX, KIND_TASKS, spread

Factors = tuple[float, float, float, float, float]
"""What quality, speed, staying on the model that answered so far, a pin and cheapness are multiplied by; the products
add up to the score."""


class Weights(NamedTuple):
    """Shares of what is not quality; they add up to 1."""

    speed: float = 0.60
    continuity: float = 0.20
    pinned: float = 0.05
    cost: float = 0.15


WEIGHTS = Weights()
"""By judgement: at Q = .5 leaving the model of a long conversation must be worth .20 of predicted quality (.08 of a
short one), and a pin .05, which only decides between near equals."""
_BY_SPEED, _BY_CONTINUITY, _BY_PIN, _BY_COST = WEIGHTS

SLOPE = 0.8
"""How far easiness moves the logit of quality. Below 1 because the difficulty estimate is rough: a wrong confident
estimate costs more than an unsure one."""
FLOOR = 1 / 3
"""A model whose predicted quality is below this share of the best candidate's is hopeless for the request. It does
not depend on Q, so that raising Q can never let in a worse model."""

SCALE_SECONDS = {
    "chat": 8.0,
    "factual": 12.0,
    "reasoning": 75.0,
    "math": 60.0,
    "coding": 50.0,
    "creative": 30.0,
    "instruction": 20.0,
    "extraction": 18.0,
    "translation": 14.0,
}
"""Seconds to a whole answer at which speed counts half, for a rather hard prompt (difficulty .6); people wait longer
for a proof than for a greeting. By judgement."""
_SCALES = tuple(SCALE_SECONDS[task] for task in KIND_TASKS.values())

VOICE = 0.4
CACHE_TOKENS = 1500
"""Continuity is worth ``VOICE`` at once (an answer in the voice of the last) and all of it once the conversation is
long: at this many tokens half of the rest, because its cache is then worth keeping. By judgement."""

COST_SCALE = 0.01
"""Dollars for one answer at which cost counts half."""

HIDDEN_LEAST, HIDDEN_MOST = 150.0, 3000.0
"""Hidden tokens of a thinking model, from the easiest to the hardest prompt (growing with the square of difficulty):
the order that distilled reasoners of 7B to 32B were seen to write; judgement until measured."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What stands between a request and a model, in seconds. ``load`` includes unloading others and is taken as it
    stands; ``blocked`` says in words why the model cannot be placed at all."""

    queue: float = 0.0
    load: float = 0.0
    blocked: str = ""
    held: bool = False
    """Whether that is because nothing is loaded now, whatever it needs."""
    never: bool = False
    """Whether that is so whoever leaves: it is larger than the memory."""


NO_WAIT = Wait()


def terms(analysis: Analysis, preference: float) -> tuple[list[tuple[int, float]], float, float, float, Factors]:
    """What a score asks of a request, in one call because every request asks it: (the kinds of prompt that it can be
    and their shares; easiness, about 2 for a greeting, 0 in the middle, −2 for the hardest; seconds at which speed
    counts half; tokens that a thinking model writes before its answer; factors).

    Staying on the model that answered so far is worth 0.4 in a short conversation,
    towards 1 in a long one.
    """
    kinds, difficulty, prompt_tokens = analysis.kinds, analysis.difficulty, analysis.prompt_tokens
    if kinds is None:
        kinds = spread(analysis.tasks)
    scale = 0.0
    shares: list[tuple[int, float]] = []
    for kind, share in kinds.items():
        at = KIND_INDEX[kind]
        scale += share * _SCALES[at]
        shares.append((at, share))
    scale *= 0.3 + 2 * difficulty * difficulty
    hidden = HIDDEN_LEAST + (HIDDEN_MOST - HIDDEN_LEAST) * difficulty * difficulty
    rest = 1.0 - preference
    staying = VOICE + (1 - VOICE) * prompt_tokens / (prompt_tokens + CACHE_TOKENS)
    factors = preference, rest * _BY_SPEED, rest * _BY_CONTINUITY * staying, rest * _BY_PIN, rest * _BY_COST
    return shares, easiness_of(difficulty), scale, hidden, factors


def cost_value(info: ModelInfo, prompt_tokens: int, answer_tokens: float) -> float:
    """1 where running costs no money, ½ at ``COST_SCALE`` dollars."""
    if info.price_in is None and info.price_out is None:
        return 1.0
    dollars = (prompt_tokens * (info.price_in or 0.0) + answer_tokens * (info.price_out or 0.0)) / 1e6
    return COST_SCALE / (COST_SCALE + max(0.0, dollars))


def shown(breakdown: Breakdown, digits: int = 2) -> tuple[float, float, float, float, float, float]:
    """(quality, speed, continuity, pinned, cost, score) rounded so that the five add up to the score as printed.

    The score is rounded as usual and what rounding left over goes to the terms that lost most (largest remainder);
    no term moves by more than one unit.
    """
    unit = 10**digits
    terms = (breakdown.quality, breakdown.speed, breakdown.continuity, breakdown.pinned, breakdown.cost)
    total = round(breakdown.score * unit)
    floors = [floor(t * unit) for t in terms]
    order = sorted(range(5), key=lambda i: (floors[i] - terms[i] * unit, i))
    for i in order[: max(0, total - sum(floors))]:
        floors[i] += 1
    quality, speed, continuity, pinned, cost = (f / unit for f in floors)
    return quality, speed, continuity, pinned, cost, total / unit
