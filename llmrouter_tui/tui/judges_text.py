"""Who could judge: the models here, the largest first, or nobody. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.tui import closeness, models_text, text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look

NOBODY, BY_ITSELF = "nobody", "by itself"
ABOUT = (
    "A judge reads questions and answers and gives marks from 1 to 10. The larger the model, the better it judges; how "
    "far it is believed is measured against your ratings and against checks. It works when no client waits."
)


class Choice(NamedTuple):
    """One that could judge."""

    value: str
    """The model's id, ``BY_ITSELF`` or ``NOBODY``."""
    label: str
    about: str


def choices(store: Store, typed: str) -> list[Choice]:
    """Those that fit what was typed; while nothing is typed the other answers first, then models, the largest
    first."""
    models = [model for model in store.models.values() if not is_embedding(model.info)]
    models.sort(key=lambda model: (-(model.info.parameters or 0), model.id))
    found = [Choice(model.id, store.name(model.id), _about(model)) for model in models]
    others = [
        Choice(BY_ITSELF, "by itself", "the ablest model in this machine's memory that costs nothing"),
        Choice(NOBODY, "nobody", "no answer is put to a judge"),
    ]
    if wanted := typed.strip():
        return [*closeness.ranked(wanted, found, lambda one: one.label), *others]
    return [*others, *found]


def _about(model: ModelView) -> str:
    parts = [models_text.parameters_text(model.info.parameters, "size not told")]
    parts.append("here" if model.info.local else f"{model.info.backend}: answers leave this machine")
    parts += ["costs money"] if model.info.price_in or model.info.price_out else []
    parts += [] if model.healthy else ["down"]
    return ", ".join(parts)


def choice_line(choice: Choice, *, marked: bool, now: bool, cells: int, look: Look) -> Line:
    """A row of the list: the cursor, the name, what it is, and whether it judges now."""
    cursor = look.symbols.cursor if marked else " "
    tail = f"{text.tame(choice.about)}{f' {look.symbols.ok}' if now else '  '}"
    room = max(cells - 3 - text.width(tail), 12)
    label = text.left(text.tame(choice.label), room, look.symbols.ellipsis)
    role = "strong" if marked else "accent" if choice.value in (BY_ITSELF, NOBODY) else ""
    return text.clip_line(
        ((f"{cursor} ", "key"), (label, role), (" ", ""), (tail, "dim")), cells, look.symbols.ellipsis
    )


def now(store: Store) -> str:
    """The choice that holds now; of a judge that is reached at an address of its own, its name there."""
    if store.judge.state == "off":
        return NOBODY
    return _set(store, "judge_model") or BY_ITSELF


def wanted(store: Store, choice: str) -> dict[str, object]:
    """The settings that a choice changes, and to what."""
    if choice == NOBODY:
        asked: dict[str, object] = {"judge_enabled": False}
    else:
        model = "" if choice == BY_ITSELF else choice
        asked = {"judge_base_url": "", "judge_model": model, "judge_enabled": True}
    held = {key: setting.value for key, setting in store.settings.items()}
    return {key: value for key, value in asked.items() if key not in held or held[key] != value}


def _set(store: Store, key: str) -> str:
    setting = store.settings.get(key)
    return str(setting.value) if setting and setting.value else ""


def words(cells: int) -> Sequence[str]:
    """What a judge is."""
    return text.wrap(ABOUT, cells)
