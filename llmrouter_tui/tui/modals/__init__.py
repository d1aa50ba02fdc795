"""Dialogs. Inside one the letters are the dialog's own; esc always leaves without harm.

What every page leads to goes through here, ``modals.HelpDialog(...)``: its module is loaded when it is opened, so that
the first page need not wait for twenty dialogs. ``XyDialog`` is in the module ``xy``.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any


def load_dialogs() -> None:
    """Load all."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


if TYPE_CHECKING:
    from llmrouter_tui.tui.modals.abilities import AbilitiesDialog as AbilitiesDialog
    from llmrouter_tui.tui.modals.backend import BackendDialog as BackendDialog
    from llmrouter_tui.tui.modals.backends import BackendsDialog as BackendsDialog
    from llmrouter_tui.tui.modals.comparisons import ComparisonsDialog as ComparisonsDialog
    from llmrouter_tui.tui.modals.details import DetailsDialog as DetailsDialog
    from llmrouter_tui.tui.modals.help import HelpDialog as HelpDialog
    from llmrouter_tui.tui.modals.inbox import InboxDialog as InboxDialog
    from llmrouter_tui.tui.modals.jump import JumpDialog as JumpDialog
    from llmrouter_tui.tui.modals.keys import KeysDialog as KeysDialog
    from llmrouter_tui.tui.modals.leaderboard import LeaderboardDialog as LeaderboardDialog
    from llmrouter_tui.tui.modals.moment import MomentDialog as MomentDialog
    from llmrouter_tui.tui.modals.pair import PairDialog as PairDialog
    from llmrouter_tui.tui.modals.quit import QuitDialog as QuitDialog
    from llmrouter_tui.tui.modals.review import ReviewDialog as ReviewDialog
    from llmrouter_tui.tui.modals.rules import RulesDialog as RulesDialog
    from llmrouter_tui.tui.modals.save import SaveDialog as SaveDialog
    from llmrouter_tui.tui.modals.settings import SettingsDialog as SettingsDialog
    from llmrouter_tui.tui.modals.themes import ThemesDialog as ThemesDialog
    from llmrouter_tui.tui.modals.trends import TrendsDialog as TrendsDialog
else:

    def __getattr__(name: str) -> Any:
        if not name.endswith("Dialog"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{name.removesuffix('Dialog').lower()}"), name)
