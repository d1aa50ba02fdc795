"""After a thumb down: what was wrong? Everything is optional. Also the note on a rating."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from llmrouter_tui.core.decision import REASONS
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, Painter, center

Said = tuple[tuple[str, ...], str]


class Tick(Painter, Widget, can_focus=True):
    """One reason that can be ticked: ``2 (•) ignored instructions``."""

    DEFAULT_CSS = "Tick { height: 1; }"
    BINDINGS = [Binding("space", "flip", "tick", show=False)]  # noqa: RUF012

    def __init__(self, number: int, reason: str, *, on: bool = False) -> None:
        super().__init__()
        self.number, self.reason, self.on = number, reason, on

    def render_line(self, y: int) -> Strip:
        mark = center(self).look.symbols.up if self.on else " "
        ink = "tab" if self.has_focus else "strong" if self.on else ""
        line: Line = ((f"{self.number} ", "key"), (f"({mark}) ", "accent"), (self.reason, ink))
        return self.strip(line, self.size.width)

    def action_flip(self) -> None:
        self.on = not self.on
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        self.action_flip()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


class ReasonsDialog(ModalScreen[Said]):
    """Returns the reasons ticked and the note; after esc nothing of either (the rating itself is kept)."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape", "leave", "no reason", show=False),
        Binding("enter", "save", "save", show=False, priority=True),
        *[Binding(str(i + 1), f"tick({i})", reason, show=False) for i, reason in enumerate(REASONS)],
    ]

    def __init__(self, title: str, *, reasons: Sequence[str] | None = (), note: str = "") -> None:
        """``reasons`` are ticked at first; None offers only the note."""
        super().__init__()
        self._question = title
        self._ticks = [] if reasons is None else [Tick(i + 1, r, on=r in reasons) for i, r in enumerate(REASONS)]
        self._note = Input(note, placeholder="a note, if you like", compact=True)
        self._only_note = reasons is None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield from self._ticks
            yield self._note
            yield LinesView(self._keys, classes="words keys")

    def _keys(self, cells: int, rows: int) -> list[Line]:
        leave = "leave it" if self._only_note else "save without reason"
        return [(), (("⏎ ", "key"), ("save   ", "soft"), ("esc ", "key"), (leave, "soft"))]

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = self._question
        self.query_one(".words").can_focus = False
        (self._note if self._only_note else self._ticks[0]).focus()

    def action_tick(self, index: int) -> None:
        if self._ticks:
            self._ticks[index].action_flip()
            self._ticks[index].focus()

    def action_save(self) -> None:
        self.dismiss((tuple(tick.reason for tick in self._ticks if tick.on), self._note.value.strip()))

    def action_leave(self) -> None:
        self.dismiss(None if self._only_note else ((), ""))
