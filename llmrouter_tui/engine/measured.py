"""The results of measuring, in memory: what learning reads of them, and what is told of each model."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from llmrouter_tui.core.domain import ModelInfo, Probed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.measuring import LOAD, MAX_AGE, babbles, difficulty, same_weights, summary
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.profile import ProfileStore
from llmrouter_tui.core.probing import probed
from llmrouter_tui.core.profile import PROMPTS_VERSION, ModelProfile, Result
from llmrouter_tui.core.prompt_set.speed import TASK as SPEED
from llmrouter_tui.core.yardstick import Checked
from llmrouter_tui.engine.record import ModelRecord

OTHER_WEIGHTS: Final = 0.5
"""Of a check of other weights of the same name. By judgement: a new build or quantization is mostly the old model."""


class Measured:
    """Owns the newest result of every model and prompt; without the answers, which stay in the database."""

    def __init__(self, store: ProfileStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._results: dict[str, dict[str, Result]] = {}
        self._named: dict[str, set[str]] = defaultdict(set)
        """Models by name: those of one name and the same weights share what they can do."""
        self._endless: dict[tuple[str, str, str], bool] = {}
        """Who babbles, by name and weights: judges are looked for many times between two results."""

    async def load(self) -> None:
        """Take in what earlier runs found, if the database can be read now."""
        with contextlib.suppress(RouterError):
            for result in await self._store.profile_results():
                self.take(result)

    def take(self, result: Result) -> None:
        self._endless.clear()
        self._results.setdefault(result.model, {})[result.prompt] = result
        self._named[result.model.partition("/")[2]].add(result.model)

    def of(self, model: str) -> Mapping[str, Result]:
        """By prompt."""
        return self._results.get(model, {})

    def checks(self, info: ModelInfo) -> list[Checked]:
        """The checked answers of a model, its own before those of replicas, of these weights before those of others,
        which count half: where a model comes with other weights it begins from what the old ones could do."""
        found: dict[str, tuple[tuple[bool, bool], Result]] = {}
        for model in sorted(self._named.get(info.name, ())):
            for name, one in self._results[model].items():
                rank = same_weights(one, info), model == info.id
                if (
                    one.passed is not None
                    and one.version == PROMPTS_VERSION
                    and (name not in found or rank > found[name][0])
                ):
                    found[name] = rank, one
        return [
            Checked(one.task, level, one.passed, 1.0 if rank[0] else OTHER_WEIGHTS)
            for rank, one in found.values()
            if one.passed is not None and (level := difficulty(one)) is not None
        ]

    def probed(self, info: ModelInfo) -> tuple[Probed, ...]:
        """What was tried of it, as its backend tells it; replicas may be served otherwise and do not count."""
        return probed(self.of(info.id), info)

    def babbles(self, info: ModelInfo) -> bool:
        """Whether it, or a replica of the same weights, was seen to go on without an end."""
        weights = info.name, info.digest, info.quantization
        if weights not in self._endless:
            same = (self._results[model].values() for model in self._named.get(info.name, ()))
            self._endless[weights] = any(babbles(results, info) for results in same)
        return self._endless[weights]

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
