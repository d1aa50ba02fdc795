"""What the command palette finds by name: each model with what can be done to it, each setting, each theme."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.tui import modals
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.theme import PALETTES


@dataclass(frozen=True, slots=True)
class Named:
    """Something that goes by a name: the words that it is found by, what choosing it means, and doing so."""

    title: str
    about: str
    go: Callable[[], None]


def named(page: Page) -> list[Named]:
    """All of it."""
    return [*_models(page), *_settings(page), *_themes(page)]


def _models(page: Page) -> Iterator[Named]:
    center = page.center
    for model in center.store.models.values():
        name = center.store.name(model.id)
        yield Named(f"show {name}", "goes to Models", partial(center.at_model, model.id, "model.open"))
        if center.host.readonly:
            continue
        yield Named(f"ask {name}", "goes to Ask, and picks it", partial(_ask, page, model.id))
        for word, act in _acts(model):
            yield Named(f"{word} {name}", "goes to Models, and does it there", partial(center.at_model, model.id, act))


def _acts(model: ModelView) -> Iterator[tuple[str, str]]:
    if model.loadable:
        yield ("unload", "model.unload") if model.residency == "resident" else ("load", "model.load")
        yield ("unpin" if model.pinned else "pin"), "model.pin"
    yield ("switch off" if model.enabled else "switch on"), "model.enable"


def _ask(page: Page, model: str) -> None:
    page.center.asks.draft.picked = (model,)
    page.center.go("ask")


def _settings(page: Page) -> Iterator[Named]:
    for key, setting in page.center.store.settings.items():
        about = setting.form.doc if setting.form else "opens Settings"
        yield Named(f"setting {key}", about, partial(_setting, page, key))


def _setting(page: Page, key: str) -> None:
    page.app.push_screen(modals.SettingsDialog(key))


def _themes(page: Page) -> Iterator[Named]:
    for name in PALETTES:
        yield Named(f"colours {name}", "puts them on", partial(page.center.wear, name))
