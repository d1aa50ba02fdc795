"""What happened in the demo before somebody looked: who asked what, when. What came of it is made by the router."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

from llmrouter_tui.demo.texts.prompts import SCENARIOS, Scenario

HOUR = 3600.0
MEASURED = 47.0
"""Hours ago, when all models were measured."""
SITTINGS = (46.2, 41.0, 28.5, 23.5, 20.5, 6.5, 2.9, 0.9)
"""Hours ago, when the people of the house sat down with their models."""
TALKS = 8
"""Conversations of one sitting."""
PAUSE = 70.0
"""Seconds between two of them, on average."""
LAST_MINUTES = (610.0, 12.0, 60)
"""Seconds ago when the latest conversations began, seconds between them on average, how many at most."""
COMPARED = (45.0, 27.0, 3.4)
"""Hours ago, when somebody put the same questions to two models."""
PAIRS = (
    ("qwen3:32b", "llama3.1:8b"),
    ("phi4:14b", "llama3.1:8b"),
    ("qwen3:32b", "phi4:14b"),
    ("gemma3:4b", "mistral:7b"),
    ("deepseek-r1:14b", "phi4:14b"),
    ("llama3.1:8b", "gemma3:4b"),
)
COMPARISONS = 4
"""Of one time."""
JUDGED = (28.2, 2.6)
"""Hours ago, when the judge was asked for grades."""
WHOM = ("qwen3:32b", "phi4:14b", "llama3.1:8b", "mistral:7b")
"""Who was measured."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, ``ago`` seconds before now. ``models`` are those that it was about."""

    ago: float
    what: Literal["talk", "compare", "measure", "judge"]
    scenario: Scenario | None = None
    models: Sequence[str] = ()


def story(seed: int) -> list[Moment]:
    """Oldest first. Same seed, same story."""
    rng = random.Random(f"story:{seed}")
    talks = _shuffled(rng)
    moments = [Moment(MEASURED * HOUR, "measure", models=WHOM)]
    moments += [Moment(hours * HOUR, "judge") for hours in JUDGED]
    for hours in SITTINGS:
        moments += _sitting(hours * HOUR, TALKS, PAUSE, rng, talks)
    moments += _sitting(LAST_MINUTES[0], int(LAST_MINUTES[2]), LAST_MINUTES[1], rng, talks)
    pairs, plain = cycle(PAIRS), (one for one in talks if _plain(one))
    for hours in COMPARED:
        start = hours * HOUR
        moments += [Moment(start - 90.0 * n, "compare", next(plain), next(pairs)) for n in range(COMPARISONS)]
    return sorted(moments, key=lambda moment: -moment.ago)


def _sitting(ago: float, count: int, pause: float, rng: random.Random, talks: Iterator[Scenario]) -> list[Moment]:
    found = []
    for _ in range(count):
        if ago <= 0:
            break
        found.append(Moment(ago, "talk", next(talks)))
        ago -= rng.uniform(0.3, 1.7) * pause
    return found


def _plain(scenario: Scenario) -> bool:
    """Whether it can be put to any model."""
    special = scenario.tools or scenario.shape or scenario.picture or scenario.max_tokens or scenario.system
    return not special and scenario.model == "auto" and len(scenario.turns[0]) < 400


def _shuffled(rng: random.Random) -> Iterator[Scenario]:
    while True:
        yield from rng.sample(SCENARIOS, len(SCENARIOS))
