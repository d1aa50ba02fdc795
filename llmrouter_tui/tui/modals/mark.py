"""The user's own mark in the place of a judge's: 1 to 10, or the judge's back."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.core.grades import HIGHEST, LOWEST
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView

BACK = 0.0
"""What is returned where the judge's mark is to stand again."""


class MarkDialog(Dialog[float]):
    """Returns the mark, ``BACK``, or None after esc."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "save", "save", show=False, priority=True),
    ]

    def __init__(self, lines: Sequence[Line], cells: int, *, overruled: bool) -> None:
        """``lines`` say what is marked, in at most so many cells."""
        super().__init__()
        self._words, self._cells, self._overruled, self._refused = list(lines), cells, overruled, ""
        self.typed = Input(placeholder=f"{LOWEST:.0f} to {HIGHEST:.0f}", compact=True, max_length=4)
        self.words = LinesView(self._draw, classes="words")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            self.words.can_focus = False
            self.words.styles.height = len(self._words) + 3
            self.words.styles.width = self._cells
            yield self.typed
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Your mark in the place of the judge's"
        self.typed.focus()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        empty = "gives the judge's mark back" if self._overruled else "leaves the judge's mark"
        hint: Line = (("⏎ ", "key"), ("saves   ", "soft"), ("empty ", "key"), (f"{empty}   ", "soft"), ("esc ", "key"))
        return [((self._refused, "bad"),), *self._words, (), (*hint, ("back", "soft"))]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._refused = ""
        self.words.paint()

    def action_save(self) -> None:
        self.typed.call_later(self._save)  # behind digits that were typed before and are not taken in yet

    def _save(self) -> None:
        said = self.typed.value.strip().replace(",", ".")
        if not said:
            self.dismiss(BACK if self._overruled else None)
            return
        try:
            mark = float(said)
        except ValueError:
            mark = 0.0
        if LOWEST <= mark <= HIGHEST:
            self.dismiss(mark)
            return
        self._refused = f"{said} is no mark from {LOWEST:.0f} to {HIGHEST:.0f}."
        self.words.paint()
