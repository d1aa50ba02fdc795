"""Aliases as the lists of models need them: clients with fixed names look for these."""

from collections.abc import Sequence

from llmrouter_tui.core.aliases import Aliases, of_lines
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.resolving import named


async def aliases_of(control: Control) -> Aliases:
    """Those in force."""
    value = next((setting.value for setting in await control.settings() if setting.key == "aliases"), None)
    return of_lines(value) if isinstance(value, list) else Aliases()


def meant(name: str, aliases: Aliases, views: Sequence[ModelView]) -> str:
    """The name to look for in place of this one: the same where a model is called so, or no alias says otherwise."""
    return name if named(name, views) else aliases.meant(name) or name


def listed(aliases: Aliases, views: Sequence[ModelView], auto: Sequence[str]) -> list[tuple[str, str]]:
    """The aliases that are names, with what each means: as far as that is here, and no model is called so."""
    there = [(alias.name, alias.model) for alias in aliases.all if alias.exact and not named(alias.name, views)]
    return [(name, model) for name, model in there if model in auto or any(v.enabled for v in named(model, views))]
