"""The pages by id. A page exists once it is listed here; its key, tab and palette entry appear by themselves."""

from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.pages.dash import DashPage
from llmrouter_tui.tui.pages.first_run import FirstRunPage
from llmrouter_tui.tui.pages.judge import JudgePage
from llmrouter_tui.tui.pages.log import LogPage
from llmrouter_tui.tui.pages.models import ModelsPage
from llmrouter_tui.tui.pages.profile import ProfilePage
from llmrouter_tui.tui.pages.routes import RoutesPage
from llmrouter_tui.tui.pages.vram import VramPage

PAGE_CLASSES: dict[str, type[Page]] = {
    "dash": DashPage,
    "routes": RoutesPage,
    "models": ModelsPage,
    "vram": VramPage,
    "profile": ProfilePage,
    "judge": JudgePage,
    "log": LogPage,
    "first_run": FirstRunPage,
}
