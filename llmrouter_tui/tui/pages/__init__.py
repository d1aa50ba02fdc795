"""The pages by id. A page exists once it is listed here; its key, tab and palette entry appear by themselves.

A page is loaded when it is opened, or soon after the first one is painted: most of the time of a start would go into
pages that nobody looks at yet.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from llmrouter_tui.tui.pages.base import Page

CLASSES: Final = {
    "dash": "DashPage",
    "routes": "RoutesPage",
    "models": "ModelsPage",
    "vram": "VramPage",
    "profile": "ProfilePage",
    "judge": "JudgePage",
    "ask": "AskPage",
    "log": "LogPage",
    "first_run": "FirstRunPage",
}
"""The class of each page, in the module of the page's id."""


def page_class(page: str) -> "type[Page]":
    """The class of a page, loaded now if it was not yet."""
    found: type[Page] = getattr(import_module(f"{__name__}.{page}"), CLASSES[page])
    return found


def load_pages() -> None:
    """Load all."""
    for page in CLASSES:
        page_class(page)


def opened(page: str) -> "Page":
    """A page anew."""
    return page_class(page)()
