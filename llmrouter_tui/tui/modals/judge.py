"""Who judges? A name typed in part, a list of the models here, one choice."""

from collections.abc import Sequence

from llmrouter_tui.tui import judges_text
from llmrouter_tui.tui.judges_text import Choice
from llmrouter_tui.tui.modals.pick import PickDialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import center


class JudgeDialog(PickDialog[Choice, str]):
    """Returns the value of the choice; None after esc."""

    SAID = 4
    ROWS = 8

    def asked(self) -> str:
        return "Who judges?"

    def first(self) -> int:
        values = [choice.value for choice in self.choices]
        now = judges_text.now(center(self).store)
        return values.index(now) if now in values else 0

    def find(self, typed: str) -> Sequence[Choice]:
        return judges_text.choices(center(self).store, typed)

    def line(self, choice: Choice, cells: int, *, marked: bool) -> Line:
        app = center(self)
        now = choice.value == judges_text.now(app.store)
        return judges_text.choice_line(choice, marked=marked, now=now, cells=cells, look=app.look)

    def about(self, cells: int) -> list[Line]:
        return [((part, "soft"),) for part in judges_text.words(cells)]

    def take(self, choice: Choice) -> None:
        self.dismiss(choice.value)
