"""The results of measuring, in memory: what learning reads of them, and what is told of each model."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping

from llmrouter_tui.core.checked import Checked
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import Clock, ProfileStore
from llmrouter_tui.core.profile import ModelProfile, Result, difficulty, same_weights, summary


class Measured:
    """Owns the newest result of every model and prompt; without the answers, which stay in the database."""

    def __init__(self, store: ProfileStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._results: dict[str, dict[str, Result]] = {}
        self._named: dict[str, set[str]] = defaultdict(set)
        """Models by name: those of one name and the same weights share what they can do."""

    async def load(self) -> None:
        """Take in what earlier runs found, if the database can be read now."""
        with contextlib.suppress(RouterError):
            for result in await self._store.profile_results():
                self.take(result)

    def take(self, result: Result) -> None:
        self._results.setdefault(result.model, {})[result.prompt] = result
        self._named[result.model.partition("/")[2]].add(result.model)

    def of(self, model: str) -> Mapping[str, Result]:
        """By prompt."""
        return self._results.get(model, {})

    def checks(self, info: ModelInfo) -> list[Checked]:
        """The checked answers of these weights, its own before those of replicas."""
        newest: dict[str, Result] = {}
        for model in sorted(self._named.get(info.name, ()), key=lambda model: model == info.id):
            newest |= {prompt: one for prompt, one in self._results[model].items() if _counts(one, info)}
        return [
            Checked(one.task, level, one.passed)
            for one in newest.values()
            if one.passed is not None and (level := difficulty(one)) is not None
        ]

    def profiles(self, infos: Mapping[str, ModelInfo]) -> tuple[ModelProfile, ...]:
        """Of every model that was measured, here or not; ``infos`` of those that are here."""
        now = self._clock.wall()
        return tuple(
            summary(model, tuple(results.values()), infos.get(model), now)
            for model, results in sorted(self._results.items())
        )


def _counts(result: Result, info: ModelInfo) -> bool:
    return result.outcome == "checked" and same_weights(result, info)
