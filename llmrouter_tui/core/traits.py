"""What decisions ask of a model that changes only with its backend's word or with what was learned of it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from llmrouter_tui.core.ability import is_embedding, thinks
from llmrouter_tui.core.domain import TASKS, Ability, ModelInfo, ModelView

UNKNOWN_ABILITY: Final = 0.4
"""For a task on which nothing at all is known of a model."""
_KEPT: Final = 4096
"""Models remembered, more than any fleet has."""


class Traits(NamedTuple):
    """Read once per model, and anew when it gets another info or other abilities (neither changes in place)."""

    info: ModelInfo
    abilities: Mapping[str, Ability]
    id: str
    means: tuple[float, ...]
    """Ability per task, in the order of ``TASKS``."""
    embeds: bool
    thinks: bool
    priced: bool
    """Whether running it costs money."""


_traits: dict[int, Traits] = {}
"""By the identity of the info, which each entry keeps alive."""


def traits(model: ModelView) -> Traits:
    """The traits of a model."""
    known = _traits.get(id(model.info))
    if known is None or known.abilities is not model.abilities:
        known = _read(model)
    return known


def _read(model: ModelView) -> Traits:
    info, abilities = model.info, model.abilities
    if len(_traits) >= _KEPT:
        _traits.clear()
    found = _traits[id(info)] = Traits(
        info,
        abilities,
        info.id,
        tuple([abilities[task].mean if task in abilities else UNKNOWN_ABILITY for task in TASKS]),
        is_embedding(info),
        thinks(info),
        info.price_in is not None or info.price_out is not None,
    )
    return found
