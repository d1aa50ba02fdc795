"""The colours: every theme by name, seen at once; enter keeps it, esc leaves it as it was."""

import os

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import theme
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.entries import Entries, Entry
from llmrouter_tui.tui.widgets.lines import center

ABOUT = {
    theme.DARK.name: "ours; good and bad in blue and orange",
    theme.LIGHT.name: "ours, on a light ground",
    theme.MONO.name: "no colour: weight and reverse only",
    theme.ANSI_DARK.name: "the terminal's own 16 colours, on a dark ground",
    theme.ANSI_LIGHT.name: "the terminal's own 16 colours, on a light ground",
}


class ThemesDialog(Dialog[str]):
    """Returns the theme that is kept; empty where it stays as it was."""

    BINDINGS = [Binding("escape,q", "leave", "leave it", show=False)]  # noqa: RUF012

    def __init__(self, now: str) -> None:
        super().__init__()
        self._before = now
        self.list = Entries(self._draw, id="themes")
        self.list.cursor = now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.list

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "Colours"
        dialog.border_subtitle = f"j k see it   {center(self).look.symbols.enter} keep   esc leave it"
        self.list.styles.width, self.list.styles.height = 66, max(4, min(24, self.app.size.height - 4))
        self.list.focus()

    def _draw(self, cells: int, rows: int) -> list[Entry]:
        return [(name, (_line(name),)) for name in theme.offered(os.environ)]

    def on_entries_moved(self) -> None:
        if self.list.cursor:
            self.app.theme = self.list.cursor

    def on_entries_opened(self) -> None:
        self.dismiss(self.list.cursor)

    def action_leave(self) -> None:
        self.app.theme = self._before
        self.dismiss("")


def _line(name: str) -> Line:
    return ((f"{name:<24}", ""), (ABOUT.get(name, "Textual's"), "soft"))
