"""Who judges? A name typed in part, a list of the models here, one choice."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from llmrouter_tui.tui import judges_text
from llmrouter_tui.tui.judges_text import Choice
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

ROWS = 8
"""Choices in view."""
WORDS = 5
"""Lines of what a judge is, and the keys."""


class JudgeDialog(ModalScreen[str]):
    """Returns the value of the choice; None after esc."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape", "leave", "back", show=False),
        Binding("enter", "choose", "choose", show=False, priority=True),
        Binding("down", "walk(1)", "down", show=False, priority=True),
        Binding("up", "walk(-1)", "up", show=False, priority=True),
        Binding("pagedown", f"walk({ROWS})", "page down", show=False, priority=True),
        Binding("pageup", f"walk(-{ROWS})", "page up", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._choices: list[Choice] = []
        self._at = 0
        self.typed = Input(placeholder="part of a name", compact=True, id="typed")
        self.list = LinesView(self._draw, classes="words match")
        self.words = LinesView(self._draw_words, classes="words match")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.typed
            yield self.list
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Who judges?"
        self.list.can_focus = self.words.can_focus = False
        self.list.styles.height, self.words.styles.height = ROWS, WORDS
        self.typed.focus()
        self._list()
        values = [choice.value for choice in self._choices]
        now = judges_text.now(center(self).store)
        self._at = values.index(now) if now in values else 0

    def _list(self) -> None:
        self._choices = judges_text.choices(center(self).store, self.typed.value)
        self._at = max(0, min(self._at, len(self._choices) - 1))
        self.list.paint()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        now = judges_text.now(app.store)
        first = max(0, min(self._at - ROWS // 2, len(self._choices) - ROWS))
        return [
            judges_text.choice_line(one, marked=at == self._at, now=one.value == now, cells=cells, look=app.look)
            for at, one in list(enumerate(self._choices))[first : first + ROWS]
        ]

    def _draw_words(self, cells: int, rows: int) -> list[Line]:
        told: list[Line] = [((part, "soft"),) for part in judges_text.words(cells)[: WORDS - 1]]
        keys: Line = (("⏎ ", "key"), ("choose   ", "soft"), ("up down ", "key"), ("mark   ", "soft"), ("esc ", "key"),
                      ("leave it as it is", "soft"))  # fmt: skip
        return [*told, *[()] * (WORDS - 1 - len(told)), keys]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._at = 0
        self._list()

    def action_walk(self, step: int) -> None:
        self._at = max(0, min(len(self._choices) - 1, self._at + step))
        self.list.paint()

    def action_choose(self) -> None:
        self.typed.call_later(self._choose)  # behind letters that were typed before and are not taken in yet

    def _choose(self) -> None:
        self.dismiss(self._choices[self._at].value)

    def action_leave(self) -> None:
        self.dismiss(None)
