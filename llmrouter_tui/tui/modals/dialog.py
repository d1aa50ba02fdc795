"""What every dialog is: it lies over a page, esc leaves it without harm, and its text can be marked and copied."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.screen import ModalScreen

from llmrouter_tui.tui.widgets.selecting import Marking

Result = TypeVar("Result")
FRAME = 2
"""Rows of the box around a dialog."""


class Dialog(Marking, ModalScreen[Result]):
    """Returns None after esc, unless it says otherwise."""

    BINDINGS = [Binding("escape", "leave", "back", show=False)]  # noqa: RUF012

    _rows = 0

    def fit(self, rows: int) -> None:
        """Make a tall box as high as the ``rows`` in it, at most as high as the style allows. It never shrinks: what
        is looked at stays where it is while other lines come and go."""
        if rows > self._rows:
            self._rows = rows
            self.query_one(".dialog").styles.height = rows + FRAME

    def action_leave(self) -> None:
        self.dismiss(None)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave once: a second click, or an answer that comes as one leaves, must not close what is below."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
