"""Was the router right? Ratings against expectations, the surprises first."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import review_text, text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.reviews import Reviews
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center


class ReviewDialog(Dialog[None]):
    """Reads the review when it opens."""

    BINDINGS = [Binding("escape,q", "leave", "close", show=False)]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.words = LinesView(self._fitted)
        self._reviews: Reviews | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield self.words

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "Was the router right?"
        dialog.border_subtitle = "esc closes"
        self._reviews = Reviews(center(self), self._start, self.words.paint)
        self.words.focus()

    def _start(self, reading: object) -> None:
        self.run_worker(reading, exit_on_error=False)  # type: ignore[arg-type]

    def _fitted(self, cells: int, rows: int) -> list[Line]:
        lines = self._draw(cells, rows)
        self.fit(len(lines))
        return lines

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if self._reviews is None:
            return []
        app, found = center(self), self._reviews.look()
        if found is not None:
            return review_text.lines(found, cells, app.look, app.store.name)
        said = self._reviews.problem or "Reading what was rated…"
        return [((part, "bad" if self._reviews.problem else "soft"),) for part in text.wrap(text.tame(said), cells)]
