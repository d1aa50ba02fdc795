"""Comparisons in memory: which of them count, and what learning reads of them.

One counts where its judge preferred the same answer in both orders. An order that decided, a tie and a failure say
nothing, and the newest comparison of two models' answers to one prompt stands in the place of all others.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from llmrouter_tui.core.agreement import OWN
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import Comparison
from llmrouter_tui.core.measuring import same_weights
from llmrouter_tui.core.ports.judging import GradeStore
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.measured import Measured

READ: Final = 20_000
"""Comparisons that are read at the start, the newest."""
PAIRED: Final = 0.5
"""Of a grade of the same judge. By judgement: it has graded these answers too, or will, and one opinion of an answer
is not two."""


class Bout(NamedTuple):
    """A comparison as one of the two sees it."""

    other: str
    """The name of the other model."""
    task: str
    won: bool
    weight: float
    """In observations."""


Place = tuple[str, frozenset[str]]
"""(prompt, names of the two models): replicas share what they can do."""


class Pairings:
    """Owns every comparison that may count."""

    def __init__(
        self,
        store: GradeStore,
        measured: Measured,
        gradings: Gradings,
        infos: Callable[[], Mapping[str, ModelInfo]] = dict,
    ) -> None:
        """``infos``: of the models that are here, by id."""
        self._store = store
        self._measured = measured
        self._gradings = gradings
        self.infos = infos
        self._found: dict[Place, dict[tuple[str, str], Comparison]] = defaultdict(dict)
        """By judge and the first one's name, as they are kept."""
        self._of: dict[str, set[Place]] = defaultdict(set)
        """By the name of a model."""

    async def load(self) -> None:
        """Take in what earlier runs left, if the database can be read now."""
        with contextlib.suppress(RouterError):
            for comparison in reversed(await self._store.comparisons(limit=READ)):
                self.take(comparison)

    def take(self, comparison: Comparison) -> None:
        """Count a comparison, in the place of an older one of the same two answers."""
        names = name_of(comparison.first), name_of(comparison.second)
        place = comparison.prompt, frozenset(names)
        self._found[place][comparison.judge, names[0]] = comparison
        for name in names:
            self._of[name].add(place)
        self._gradings.version += 1

    def bouts(self, info: ModelInfo) -> list[Bout]:
        """What comparisons say of a model, with answers that are its and the other's newest."""
        places = self._of.get(info.name)
        if not places:
            return []
        infos = self.infos()
        standing = (self._standing(place) for place in sorted(places, key=lambda place: place[0]))
        return [_bout(one, info.name, self._weight(one)) for one in standing if one and self._counts(one, info, infos)]

    def _standing(self, place: Place) -> Comparison | None:
        """The newest one that did not fail."""
        done = (one for one in self._found[place].values() if not one.code)
        return max(done, key=lambda one: one.at, default=None)

    def _counts(self, one: Comparison, info: ModelInfo, infos: Mapping[str, ModelInfo]) -> bool:
        if one.swayed or one.preferred not in ("first", "second") or self._weight(one) <= 0:
            return False
        return all(self._is_of(one, model, info, infos) for model in (one.first, one.second))

    def _is_of(self, one: Comparison, model: str, info: ModelInfo, infos: Mapping[str, ModelInfo]) -> bool:
        """Whether it is of the answer that this model gives with the weights it has now."""
        result = self._measured.of(model).get(one.prompt)
        there = info if name_of(model) == info.name else infos.get(model)
        if result is None or result.outcome != "ungraded" or one.at < result.at:
            return False
        return there is None or same_weights(result, there)

    def _weight(self, one: Comparison) -> float:
        own = any(name_of(one.judge) == name_of(model) for model in (one.first, one.second))
        return PAIRED * self._gradings.worth(one.judge) * (OWN if own else 1.0)


def _bout(one: Comparison, name: str, weight: float) -> Bout:
    first, second = name_of(one.first), name_of(one.second)
    is_first = name == first
    return Bout(second if is_first else first, one.task, (one.preferred == "first") is is_first, weight)


def name_of(model: str) -> str:
    """Of a model by its id; whole where it is none."""
    return model.partition("/")[2] or model
