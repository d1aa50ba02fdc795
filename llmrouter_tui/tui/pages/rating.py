"""Rating an answer: thumbs, a reason, a note, and taking it back. What every page does where an answer is selected."""

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.ports import FeedbackInput
from llmrouter_tui.tui.modals.reasons import ReasonsDialog, Said
from llmrouter_tui.tui.pages.base import Page


class RatingActs(Page):
    """A page where an exchange is selected. It says which (``to_rate``) and sends (``rate``)."""

    def to_rate(self) -> Exchange | None:
        """The exchange that the keys rate."""
        return None

    def rate(self, feedback: FeedbackInput, mark: str) -> None:
        """Send a rating; ``mark`` is how it looks in a list."""

    def do_good(self) -> None:
        exchange = self.to_rate()
        if exchange is not None:
            self.rate(FeedbackInput(exchange.id, rating="up"), "+")

    def do_bad(self) -> None:
        exchange = self.to_rate()
        if exchange is None:
            return
        id_ = exchange.id

        def said(reasons: Said | None) -> None:
            ticked, note = reasons or ((), "")
            self.rate(FeedbackInput(id_, rating="down", reasons=ticked, comment=note), "-")

        self.app.push_screen(ReasonsDialog("Bad: what was wrong?"), said)

    def do_note(self) -> None:
        exchange = self.to_rate()
        rating = exchange.rating if exchange else None
        if exchange is None or rating is None or rating.rating is None:
            return
        kept, mark, id_ = rating, {"up": "+", "down": "-"}[rating.rating], exchange.id

        def said(answer: Said | None) -> None:
            if answer is not None:
                feedback = FeedbackInput(id_, rating=kept.rating, reasons=kept.reasons, comment=answer[1])
                self.rate(feedback, mark)

        self.app.push_screen(ReasonsDialog("Note", reasons=None, note=rating.comment), said)

    def do_clear(self) -> None:
        exchange = self.to_rate()
        if exchange is not None:
            self.rate(FeedbackInput(exchange.id, clear=True), "·")
