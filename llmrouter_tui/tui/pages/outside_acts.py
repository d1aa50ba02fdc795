"""What every page leads to: whether prompts may leave this machine, and what was paid for those that did."""

from typing import TYPE_CHECKING

from textual.screen import Screen

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.spending_words import whole
from llmrouter_tui.tui import modals
from llmrouter_tui.tui.widgets.lines import center

if TYPE_CHECKING:
    Base = Screen[None]
else:
    Base = object


class OutsideActs(Base):
    """Mixed into each page."""

    def do_keep_in(self) -> None:
        screen = center(self)
        wanted = not screen.store.local_only

        def done(setting: Setting) -> None:
            kept = "Every prompt stays on this machine now: what runs elsewhere is not asked until H lets it."
            screen.say(kept if setting.value is True else "Models that run elsewhere may be asked.")

        screen.command(screen.host.control.set_setting("local_only", wanted), "Not changed", done)

    def do_spend(self) -> None:
        store = center(self).store
        self.app.push_screen(modals.DetailsDialog("What was paid", whole(store.spend, store.name)))
