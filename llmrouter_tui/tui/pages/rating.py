"""Rating an answer: thumbs, a reason, a note, and taking it back. What every page does where an answer is selected."""

from dataclasses import replace
from typing import ClassVar

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.modals.reasons import ReasonsDialog, Said
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.rating_line import Button, RatingLine

AN_EFFECT = 31
"""Cells of the longest usual effect behind the buttons: ``+ good  instruction .29 → .37``."""


class RatingActs(Page):
    """A page where an exchange is selected. It says which (``to_rate``); where it yields ``rating``, that has buttons
    for it."""

    MORE: ClassVar[tuple[Button, ...]] = ()
    """Buttons of its own behind those that rate."""

    def __init__(self) -> None:
        super().__init__()
        self.rating = RatingLine(self.center.keys.shown, self.MORE)

    def to_rate(self) -> Exchange | None:
        """The exchange that the keys rate."""
        return None

    def said_of(self, cells: int) -> Line:
        """What was said of it, for behind the buttons."""
        return ()

    @property
    def shows_effects(self) -> bool:
        """Whether the page itself shows what a rating moved, so that no word in the corner is needed."""
        shown = self.rating.is_attached and self.rating.display and self.maximized is None
        return shown and self.rating.room >= AN_EFFECT

    def paint_rating(self) -> None:
        """Another answer is selected, or this one changed."""
        if self.rating.is_attached and self.rating.display:
            self.rating.paint(self.situation(), self.said_of)

    def rate(self, feedback: FeedbackInput, mark: str) -> None:
        """Send a rating; ``mark`` is how it looks in a list, with ``?`` until the router confirms."""
        center, store = self.center, self.center.store
        row = store.row(feedback.exchange_id)
        if row is None:
            return
        row.pending = mark
        store.touch(row.id)

        def failed() -> None:
            row.pending = ""
            store.touch(row.id)

        def done(result: Rated) -> None:
            if not self.shows_effects:
                for effect in result.effects:
                    center.say(fmt.effect_text(effect, store.name, center.look))

        center.command(center.host.control.rate(feedback), "Rating not saved", done, failed)
        center.view.refresh({row.id})
        self.absorb(Dirty.ROWS, {row.id})

    def do_good(self) -> None:
        exchange = self.to_rate()
        if exchange is not None:
            self.rate(FeedbackInput(exchange.id, rating="up"), "+")

    def do_bad(self) -> None:
        exchange = self.to_rate()
        if exchange is not None:
            self._say_bad(exchange.id)

    def _say_bad(self, id_: str) -> None:
        def said(reasons: Said | None) -> None:
            ticked, note = reasons or ((), "")
            self.rate(FeedbackInput(id_, rating="down", reasons=ticked, comment=note), "-")

        self.app.push_screen(ReasonsDialog("Bad: what was wrong?"), said)

    def do_note(self) -> None:
        exchange = self.to_rate()
        if exchange is None:
            return
        rating = exchange.rating
        if rating is not None and rating.rating is not None:
            kept = FeedbackInput(exchange.id, rating=rating.rating, reasons=rating.reasons)
            self._write_note("Note", kept, rating.comment)
            return
        good = FeedbackInput(exchange.id, rating="up")

        def chosen(rated: str | None) -> None:
            if rated == "up":
                self._write_note("Good: your note", good)
            elif rated == "down":
                self._say_bad(good.exchange_id)

        question = "A note goes with a rating. How was it?"
        self.app.push_screen(Ask(question, [], [Answer("up", "+ Good", "u"), Answer("down", "- Bad", "d")]), chosen)

    def _write_note(self, title: str, feedback: FeedbackInput, note: str = "") -> None:
        """The rating goes with the note; esc leaves both as they are."""

        def said(answer: Said | None) -> None:
            if answer is not None:
                self.rate(replace(feedback, comment=answer[1]), {"up": "+", "down": "-"}[feedback.rating or "up"])

        self.app.push_screen(ReasonsDialog(title, reasons=None, note=note), said)

    def do_clear(self) -> None:
        exchange = self.to_rate()
        if exchange is not None:
            self.rate(FeedbackInput(exchange.id, clear=True), "·")
