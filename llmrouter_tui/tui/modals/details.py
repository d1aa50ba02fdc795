"""The whole of an error, to read and to copy."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

WIDTH = 84
"""Cells of the dialog with its border; ``app.tcss`` has the same."""


class DetailsDialog(Dialog[None]):
    """Shows text; ``y`` copies it."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,i,enter", "leave", "close", show=False),
        Binding("y", "copy", "copy", show=False),
    ]

    def __init__(self, title: str, body: str) -> None:
        super().__init__()
        self._about, self._body = title, body
        self._words = LinesView(self._draw)

    def _draw(self, cells: int, rows: int) -> list[Line]:
        return [((part, ""),) for raw in self._body.splitlines() for part in text.wrap(text.tame(raw), cells)]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield self._words

    def on_resize(self) -> None:
        """As high as the words are, as far as there is room."""
        width, height = self.app.size
        lines = len(self._draw(min(WIDTH, width * 9 // 10) - 3, 0))
        self._words.styles.height = max(1, min(lines, height * 9 // 10 - 2))

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = self._about
        dialog.border_subtitle = "y copies, esc closes"
        self._words.focus()

    def action_copy(self) -> None:
        center(self).copy(self._body, "all of it")
