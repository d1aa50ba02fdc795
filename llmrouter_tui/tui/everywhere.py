"""The acts that work on every page. A part of the app."""

from typing import TYPE_CHECKING

from textual.app import App
from textual.command import CommandPalette
from textual.timer import Timer

from llmrouter_tui.tui import glossary, modals
from llmrouter_tui.tui.actions import PLACES
from llmrouter_tui.tui.link import Link
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.palette import Acts
from llmrouter_tui.tui.state import Dirty

FASTEST, SLOWEST = 0.05, 2.0
"""Seconds between two looks at the feed, at least and at most."""

if TYPE_CHECKING:
    Base = App[None]
else:
    Base = object


class Everywhere(Base):
    """Their methods."""

    crashed: str
    debugging: bool
    link: Link
    _every: float
    _timer: Timer

    def say(self, message: str, *, bad: bool = False) -> None:
        """Say something in the corner."""

    def wear(self, theme: str) -> None:
        """Put colours on, and keep them."""

    def look_out(self) -> None:
        """Take in what happened."""

    def _tell(self, more: Dirty = Dirty.NONE) -> None:
        """Tell the visible page what changed."""

    def do_help(self) -> None:
        page = self.screen
        if isinstance(page, Page):
            about = f"Keys and words on {PLACES[page.PAGE]}"
            self.push_screen(modals.HelpDialog(about, page.acts(), glossary.WORDS[page.PAGE]))

    def do_palette(self) -> None:
        self.push_screen(CommandPalette([Acts], placeholder="Find a command"))

    def do_refresh(self) -> None:
        self.link.stale = True

    def do_details(self) -> None:
        if self.crashed:
            self.push_screen(modals.DetailsDialog("The proxy stopped", self.crashed))
            return

        def chosen(act: str | None) -> None:
            if isinstance(self.screen, Page):
                self._tell(Dirty.ATTENTION)  # what was dismissed goes from the page too
                if act:
                    self.screen.perform(act)

        self.push_screen(modals.InboxDialog(), chosen)

    def do_review(self) -> None:
        self.push_screen(modals.ReviewDialog())

    def do_leaderboard(self) -> None:
        self.push_screen(modals.LeaderboardDialog())

    def do_rate_faster(self) -> None:
        self._look_every(self._every / 2)

    def do_rate_slower(self) -> None:
        self._look_every(self._every * 2)

    def _look_every(self, every: float) -> None:
        self._every = max(FASTEST, min(SLOWEST, every))
        self._timer.stop()
        self._timer = self.set_interval(self._every, self.look_out)
        self.say(f"The screen looks {round(1 / self._every, 1):g} times a second.")

    def do_theme(self) -> None:
        self.push_screen(modals.ThemesDialog(self.theme), lambda name: self.wear(name) if name else None)

    def do_debug(self) -> None:
        self.debugging = not self.debugging
        self._tell(Dirty.ALL)
