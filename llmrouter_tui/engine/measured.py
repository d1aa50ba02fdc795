"""The results of measuring, in memory: what learning reads of them, and what is told of each model."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping

from llmrouter_tui.core.checked import Checked
from llmrouter_tui.core.domain import ModelInfo, Probed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.measuring import LOAD, MAX_AGE, difficulty, same_weights, summary
from llmrouter_tui.core.ports import Clock, ProfileStore
from llmrouter_tui.core.probing import probed
from llmrouter_tui.core.profile import ModelProfile, Result
from llmrouter_tui.core.prompt_set.speed import TASK as SPEED
from llmrouter_tui.engine.record import ModelRecord


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

    def probed(self, info: ModelInfo) -> tuple[Probed, ...]:
        """What was tried of it, as its backend tells it; replicas may be served otherwise and do not count."""
        return probed(self.of(info.id), info)

    def profiles(self, infos: Mapping[str, ModelInfo], max_age: float = MAX_AGE) -> tuple[ModelProfile, ...]:
        """Of every model that was measured, here or not; ``infos`` of those that are here."""
        now = self._clock.wall()
        return tuple(
            summary(model, tuple(results.values()), infos.get(model), now, max_age)
            for model, results in sorted(self._results.items())
        )


def weight(record: ModelRecord, now: float) -> Result | None:
    """What a model takes in memory and how long its loads took, as a result; None where neither is known."""
    info, seen = record.info, record.seen
    known = seen is not None and seen.source in ("measured", "reported")
    if not (record.backend.manages_memory and (known or record.load_history)):
        return None
    return Result(
        record.id,
        LOAD,
        SPEED,
        now,
        "timed",
        seconds=record.load_seconds if record.load_history else 0.0,
        digest=info.digest,
        quantization=info.quantization,
        footprint=seen.bytes if seen is not None and known else None,
        footprint_source=seen.source if seen is not None and known else "",
    )


def _counts(result: Result, info: ModelInfo) -> bool:
    return result.outcome == "checked" and same_weights(result, info)
