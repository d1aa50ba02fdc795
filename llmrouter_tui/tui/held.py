"""What is in memory: weights, once each, however many names they answer to. Pure.

Ollama runs every name of the same weights by one process (a copy with another system prompt, say), so their memory is
to be counted and drawn once, and leases and pins of one name hold it for all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from llmrouter_tui.core.domain import ModelView


@dataclass(frozen=True, slots=True)
class Held:
    """Weights in memory. ``model`` is the name that holds them, with the leases, the pin and the last use of all."""

    model: ModelView
    others: tuple[str, ...] = ()
    """Ids of the other names."""

    @property
    def ids(self) -> tuple[str, ...]:
        return self.model.id, *self.others


def in_memory(model: ModelView) -> bool:
    """Whether the model takes memory now."""
    return model.residency in ("resident", "loading", "unloading")


def held(models: Iterable[ModelView]) -> list[Held]:
    """Those in memory, as weights."""
    found: dict[str, list[ModelView]] = {}
    for model in models:
        if in_memory(model):
            found.setdefault(f"{model.info.backend}/{model.shares or model.info.name}", []).append(model)
    return [_joined(names) for names in found.values()]


def _joined(names: list[ModelView]) -> Held:
    first = next((model for model in names if not model.shares), names[0])
    if len(names) == 1:
        return Held(first)
    used = [model.last_used for model in names if model.last_used is not None]
    whole = replace(
        first,
        leases=sum(model.leases for model in names),
        waiting=sum(model.waiting for model in names),
        pinned=any(model.pinned for model in names),
        last_used=max(used, default=None),
    )
    return Held(whole, tuple(model.id for model in names if model is not first))


def of(model: ModelView, models: Iterable[ModelView]) -> Held:
    """The weights that a model is a name of; itself alone while it is not in memory."""
    mine = (other for other in models if other.info.backend == model.info.backend)
    return next((weights for weights in held(mine) if model.id in weights.ids), Held(model))


def names(weights: Held, name: Callable[[str], str]) -> str:
    """``qwen3:8b = assistant``: all names, as ``name`` calls each."""
    return " = ".join(name(id_) for id_ in weights.ids)
