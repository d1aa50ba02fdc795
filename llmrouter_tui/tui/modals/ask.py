"""A question with a few answers: confirm, quit, copy. Each answer is a button with a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.containers import Vertical

from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import LinesView


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what it returns, its words, its key and how people read that key."""

    value: str
    label: str
    key: str
    show: str = ""


class Ask(Dialog[str]):
    """Returns the value of the answer; empty after esc."""

    BINDINGS = [Binding("escape", "answer('')", "back", show=False)]  # noqa: RUF012

    def __init__(self, question: str, lines: Sequence[Line], answers: Sequence[Answer]) -> None:
        super().__init__()
        self._question = question
        self._lines = list(lines)
        self._answers = answers
        keys = [Binding(a.key, f"answer('{a.value}')", a.label, show=False) for a in answers if a.key != "escape"]
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(keys)])
        self.words = LinesView(lambda cells, rows: self._lines, classes="words")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            self.words.styles.height = len(self._lines)
            self.words.can_focus = False
            yield self.words
            for answer in self._answers:
                yield Choice(answer.value, answer.label, answer.show or answer.key)

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = self._question
        first = self.query(Choice).first()
        first.focus()

    def say(self, lines: Sequence[Line]) -> None:
        """Change the words above the answers."""
        self._lines = list(lines)
        self.words.paint()

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        self.action_answer(event.act)

    def action_answer(self, value: str) -> None:
        self.dismiss(value)
