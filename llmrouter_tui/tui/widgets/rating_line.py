"""The buttons that rate an answer, and behind them what was said of it and what that moved."""

from collections.abc import Callable, Sequence
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from llmrouter_tui.tui import actions, text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import PieceLine

Button = tuple[str, str]
"""The act that it does, and its label."""
RATE: tuple[Button, ...] = (("good", "+ Good"), ("bad", "- Bad"), ("note", "Note"), ("clear", "Clear"))


class RatingLine(Horizontal):
    """One line, wherever an answer is shown; ``more`` are buttons behind those that rate. What they do is the page's:
    it hears ``Choice.Pressed``."""

    def __init__(self, key: Callable[[str], str], more: Sequence[Button] = ()) -> None:
        """``key`` tells how the key of an act is written."""
        super().__init__(id="choices")
        self.choices = [Choice(act, label, key(act)) for act, label in (*RATE, *more)]
        self.rated = PieceLine(id="rated")
        self.room = 0
        """Cells behind the buttons."""
        self._shown: tuple[Situation, Callable[[int], Line]] | None = None

    def compose(self) -> ComposeResult:
        yield from self.choices
        yield self.rated

    def paint(self, situation: Situation, said: Callable[[int], Line]) -> None:
        """Grey what cannot be done now; ``said`` gives what stands behind the buttons, in so many cells."""
        self._shown = situation, said
        shown = [choice for choice in self.choices if not choice.has_class("-gone")]
        for choice in shown:
            choice.allow(actions.why_not(actions.BY_ID[choice.act], situation))
        taken = sum(choice.cells + 1 for choice in shown)
        around = self.gutter.width + self.styles.margin.width
        self.room = cast(Widget, self.parent).size.width - taken - around - 1
        line = said(self.room) if self.room > 0 else ()
        cells = text.line_width(line)
        self.rated.set_class(not cells, "-gone")
        if self.rated.styles.width is None or self.rated.styles.width.value != cells:
            self.rated.styles.width = cells
        self.rated.show([(words, role, "") for words, role in line])

    def on_resize(self) -> None:
        if self._shown is not None:
            self.paint(*self._shown)
