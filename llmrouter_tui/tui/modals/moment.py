"""To which time of the history to go."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.core import moments
from llmrouter_tui.tui import text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

WIDTH = 52


class MomentDialog(Dialog[float]):
    """Returns the time, or None after esc. What is typed is told as the moment that it means."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "go", "go", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.typed = Input(placeholder="2h, 14:00, yesterday, 2026-11-20 14:00", compact=True, max_length=40)
        self.words = LinesView(self._draw, classes="words")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            self.words.can_focus = False
            self.words.styles.height = 3
            self.words.styles.width = WIDTH
            yield self.typed
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Go to a time"
        self.typed.focus()

    def _moment(self) -> float | None:
        return moments.read(self.typed.value, center(self).clock())

    def _draw(self, cells: int, rows: int) -> list[Line]:
        said, at = self.typed.value.strip(), self._moment()
        told: Line = ()
        if at is not None:
            told = ((text.moment(at, center(self).look), "strong"),)
        elif said:
            told = ((f"{said} is no time", "soft" if moments.begun(said) else "bad"),)
        return [told, (), (("⏎ ", "key"), ("goes there   ", "soft"), ("esc ", "key"), ("back", "soft"))]

    def on_input_changed(self, event: Input.Changed) -> None:
        self.words.paint()

    def action_go(self) -> None:
        self.typed.call_later(self._go)  # behind what was typed before and is not taken in yet

    def _go(self) -> None:
        at = self._moment()
        if at is not None or not self.typed.value.strip():
            self.dismiss(at)
