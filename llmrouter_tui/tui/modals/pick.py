"""A part of a name is typed, and one of the choices that hold it is taken: what the dialogs of this kind share."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView

Choice = TypeVar("Choice")
Result = TypeVar("Result")
PAGE = 10
"""Choices that a page is."""
KEYS: Line = (("⏎ ", "key"), ("choose   ", "soft"), ("up down ", "key"), ("mark   ", "soft"), ("esc ", "key"),
              ("leave it as it is", "soft"))  # fmt: skip


class PickDialog(Dialog[Result], Generic[Choice, Result]):
    """A dialog of this kind tells its title (``asked``), finds choices (``find``), draws them (``line``) and words
    about them (``about``), and takes one (``take``). Returns None after esc, unless it says otherwise (``leave``)."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "choose", "choose", show=False, priority=True),
        Binding("down", "walk(1)", "down", show=False, priority=True),
        Binding("up", "walk(-1)", "up", show=False, priority=True),
        Binding("pagedown", f"walk({PAGE})", "page down", show=False, priority=True),
        Binding("pageup", f"walk(-{PAGE})", "page up", show=False, priority=True),
    ]
    EXAMPLE: ClassVar[str] = "part of a name"
    NOTHING: ClassVar[str] = ""
    """What stands in place of choices where there is none."""
    ROWS: ClassVar[int] = 10
    """Choices in view."""
    SAID: ClassVar[int] = 3
    """Lines of words below the choices, above the keys."""

    def __init__(self) -> None:
        super().__init__()
        self.choices: Sequence[Choice] = ()
        self.at = 0
        """Which choice is marked."""
        self.typed = Input(placeholder=self.EXAMPLE, compact=True, id="typed")
        self.list = LinesView(self._draw, classes="words match")
        self.words = LinesView(self._draw_words, classes="words match")

    # ── to override ───────────────────────────────────────────────────────────────────────────────────────────

    def asked(self) -> str:
        """The title."""
        return ""

    def find(self, typed: str) -> Sequence[Choice]:
        """The choices that what was typed leaves."""
        return ()

    def line(self, choice: Choice, cells: int, *, marked: bool) -> Line:
        """A choice as it is drawn."""
        return ()

    def first(self) -> int:
        """Which choice is marked at first."""
        return 0

    def about(self, cells: int) -> list[Line]:
        """Words about it."""
        return []

    def keys(self) -> Line:
        """What keys do here."""
        return KEYS

    def take(self, choice: Choice) -> None:
        """This one was chosen."""

    def leave(self) -> None:
        """None was chosen."""
        self.dismiss(None)

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.typed
            yield self.list
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = self.asked()
        self.list.can_focus = self.words.can_focus = False
        self.show()
        self.at = self.first()
        self.list.styles.height, self.words.styles.height = self.rows, self.SAID + 1
        self.typed.focus()

    @property
    def rows(self) -> int:
        """Choices in view."""
        return self.ROWS

    def show(self) -> None:
        """List what can be chosen now."""
        self.choices = self.find(self.typed.value)
        self.at = max(0, min(self.at, len(self.choices) - 1))
        self.list.paint()
        self.words.paint()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if not self.choices:
            return [((self.NOTHING, "dim"),)]
        first = max(0, min(self.at - self.rows // 2, len(self.choices) - self.rows))
        shown = list(enumerate(self.choices))[first : first + self.rows]
        return [self.line(choice, cells, marked=at == self.at) for at, choice in shown]

    def _draw_words(self, cells: int, rows: int) -> list[Line]:
        told = self.about(cells)[: self.SAID]
        return [*told, *[()] * (self.SAID - len(told)), self.keys()]

    # ── keys: they wait behind letters that were typed before and are not taken in yet ────────────────────────

    def on_input_changed(self, event: Input.Changed) -> None:
        self.at = 0
        self.show()

    def action_walk(self, step: int) -> None:
        self.at = max(0, min(len(self.choices) - 1, self.at + step))
        self.list.paint()

    def action_choose(self) -> None:
        self.typed.call_later(self._choose)

    def _choose(self) -> None:
        if self.choices:
            self.take(self.choices[self.at])

    def action_leave(self) -> None:
        self.typed.call_later(self.leave)
