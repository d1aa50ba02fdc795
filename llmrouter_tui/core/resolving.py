"""What a client's ``model`` field asks for: the router's choice (``auto`` and its kin) or certain models."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from llmrouter_tui.core.domain import TASKS, ModelView, model_id
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.making import maker

FAST, BEST = 0.1, 1.0
"""Preference of ``auto:fast`` and ``auto:best``."""
LONGEST_NAME = 120
"""Characters of a requested name that are repeated in messages and compared."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The models in question. ``named`` if the client asked for them by name; else ``preference`` and ``task``
    override the usual ones where given."""

    models: tuple[ModelView, ...]
    named: bool = False
    preference: float | None = None
    task: str | None = None


_resolved = maker(Resolved)


def resolve(requested: str, models: Sequence[ModelView]) -> Resolved:
    """Read a requested name. Raises ``model_not_found`` with the nearest names as a hint.

    ``auto``, ``auto:fast``, ``auto:best``, ``auto:<task>``; ``backend/name`` for one model; ``name`` for all replicas
    of that name; an alias, with or without its backend, for the models that have it where no model is called so. Case
    and a missing ``:latest`` do not matter.
    """
    if requested == "auto":
        return _resolved(tuple(models))
    wanted = _plain(requested)
    if wanted in ("", "auto"):
        return _resolved(tuple(models))
    found = named(requested, models)
    if found:
        return _enabled(requested, found)
    if wanted.startswith("auto:"):
        return _auto(requested, wanted[5:], models)
    raise RouterError(
        "model_not_found", f"There is no model {_quoted(requested)}.", hint=_nearest(wanted, models), param="model"
    )


def _plain(name: str) -> str:
    return name.strip().lower().removesuffix(":latest")


def named(requested: str, models: Sequence[ModelView]) -> list[ModelView]:
    """The models of a name; none where nobody is called so. The exact spelling first, so that two names that differ by
    case stay apart; an id before a name, a name before an alias."""
    wanted = _plain(requested)
    for same in (
        lambda m: m.id == requested,
        lambda m: m.info.name == requested,
        lambda m: _plain(m.id) == wanted,
        lambda m: _plain(m.info.name) == wanted,
        lambda m: requested in _other_names(m),
        lambda m: any(_plain(name) == wanted for name in _other_names(m)),
    ):
        if found := [m for m in models if same(m)]:
            return found
    return []


def _other_names(model: ModelView) -> list[str]:
    """Its aliases, alone and behind its backend."""
    info = model.info
    return [name for alias in info.aliases for name in (alias, model_id(info.backend, alias))]


def _enabled(requested: str, found: list[ModelView]) -> Resolved:
    enabled = tuple(m for m in found if m.enabled)
    if not enabled:
        raise RouterError(
            "model_not_found",
            f"The model {_quoted(requested)} is disabled.",
            hint="Enable it on the Models page, or ask for another one or for auto.",
            param="model",
        )
    return Resolved(enabled, named=True)


def _auto(requested: str, kind: str, models: Sequence[ModelView]) -> Resolved:
    if kind == "fast":
        return Resolved(tuple(models), preference=FAST)
    if kind == "best":
        return Resolved(tuple(models), preference=BEST)
    if kind in TASKS:
        return Resolved(tuple(models), task=kind)
    choices = ", ".join(f"auto:{k}" for k in ("fast", "best", *TASKS))
    raise RouterError(
        "model_not_found", f"There is no routing mode {_quoted(requested)}.", hint=f"Known: {choices}.", param="model"
    )


def _nearest(wanted: str, models: Sequence[ModelView]) -> str:
    spelled = [alias for m in models for alias in m.info.aliases]
    spelled += [m.info.name for m in models] + [m.id for m in models]
    names = {_plain(name): name for name in spelled}
    near = difflib.get_close_matches(wanted[:LONGEST_NAME], names, n=3, cutoff=0.5)
    if near:
        return f"Nearest: {', '.join(names[n] for n in near)}. Or auto, to let the router choose."
    return "GET /v1/models and `llmrouter-tui models` list them; auto lets the router choose, and aliases map names."


def _quoted(name: str) -> str:
    return repr(name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…")
