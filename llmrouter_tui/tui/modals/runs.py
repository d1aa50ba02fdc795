"""Two runs of measuring beside each other: the list of runs, and below it what changed from one to the other."""

from collections.abc import Hashable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.core.profile import PastRun
from llmrouter_tui.tui import runs, runs_text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView, center

ROWS = 6
"""Runs in view."""


class RunsDialog(Dialog[None]):
    """The run under the cursor beside the one that is marked, else each of its models beside the last run of it."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,h", "leave", "close", show=False),
        Binding("space", "mark", "mark", show=False),
    ]

    def __init__(self, history: Sequence[PastRun]) -> None:
        super().__init__()
        self._history = runs.left_figures(history)
        self._by_key = {str(run.started): run for run in self._history}
        self._marked = ""
        self.list = Ledger(self._draw_run, self._version, runs_text.head, id="runs")
        self.words = LinesView(self._draw, id="beside")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield self.list
            yield self.words

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "Two runs"
        dialog.border_subtitle = "space marks one to put it beside, esc closes"
        keys = list(self._by_key)
        self.list.styles.height = 1 + max(1, min(len(keys), ROWS, self.app.size.height // 3))
        self.list.show(keys, keys[0] if keys else "")
        self.words.head("What changed")
        self.list.focus()

    @property
    def _run(self) -> PastRun | None:
        return self._by_key.get(self.list.cursor)

    @property
    def _base(self) -> PastRun | None:
        """The one that is marked."""
        return self._by_key.get(self._marked) if self._marked != self.list.cursor else None

    def _draw_run(self, key: str, cells: int) -> Line:
        run, app = self._by_key.get(key), center(self)
        return runs_text.row(run, cells, app.look, app.store.name, marked=key == self._marked) if run else ()

    def _version(self, key: str) -> Hashable:
        return key == self._marked

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        lines = runs_text.beside(self._run, self._base, self._history, cells, app.look, app.store.name)
        self.fit(self.list.size.height + 1 + len(lines))
        return lines

    def _paint(self) -> None:
        self.list.refresh()
        self.words.scroll_to(y=0, animate=False)
        self.words.paint()

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self._paint()

    def action_mark(self) -> None:
        self._marked = "" if self._marked == self.list.cursor else self.list.cursor
        self._paint()
