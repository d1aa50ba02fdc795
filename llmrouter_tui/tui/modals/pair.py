"""Which two models are compared, and in what: a list, two marks, a task."""

from collections.abc import Hashable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.core.grades import Comparison
from llmrouter_tui.tui import comparisons_text, pair_text, text
from llmrouter_tui.tui.gradings import why_not_graded
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.pair_text import Rival
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView, center

ROWS = 9
WORDS = 4
"""Rows of the list at most, with its titles; lines below it."""


class PairDialog(Dialog[bool]):
    """Starts the comparison; returns whether it did."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q", "leave", "back", show=False),
        Binding("space", "mark", "mark", show=False),
        Binding("t", "task", "task", show=False),
        Binding("C", "start", "compare", show=False),
    ]

    def __init__(self, marked: Sequence[str] = ()) -> None:
        super().__init__()
        self._marked = list(marked[:2])
        self._about = ""
        self._refused = ""
        self._rivals: dict[str, Rival] = {}
        self.list = Ledger(self._draw_rival, self._version, pair_text.head, id="rivals")
        self.words = LinesView(self._draw, classes="words match")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.list
            yield self.words

    def on_mount(self) -> None:
        app = center(self)
        self.query_one(".dialog").border_title = "Compare which two?"
        self._rivals = pair_text.rivals(app.store, app.measurements.found)
        keys = list(self._rivals)
        self._marked = [model for model in self._marked if model in self._rivals]
        cells = pair_text.cells(self._rivals.values(), app.store.name, self.app.size.width * 9 // 10 - 4)
        self.list.styles.height, self.list.styles.width = 1 + max(1, min(len(keys), ROWS)), cells
        self.words.styles.height, self.words.styles.width, self.words.can_focus = WORDS, cells, False
        self.list.show(keys, keys[0] if keys else "")
        self.list.focus()

    def _draw_rival(self, key: str, cells: int) -> Line:
        rival, app = self._rivals.get(key), center(self)
        return pair_text.row(rival, cells, app.look, app.store.name, marked=key in self._marked) if rival else ()

    def _version(self, key: str) -> Hashable:
        return key in self._marked

    def _draw(self, cells: int, rows: int) -> list[Line]:
        names = [center(self).store.name(model) for model in self._marked]
        return pair_text.words(names, self._about, self._refused, cells)

    def _paint(self) -> None:
        self._refused = ""
        self.list.refresh()
        self.words.paint()

    def action_mark(self) -> None:
        model = self.list.cursor
        if model in self._marked:
            self._marked.remove(model)
        elif model:
            self._marked = [*self._marked[-1:], model]
        self._paint()

    def action_task(self) -> None:
        self._about = pair_text.next_task(self._about)
        self._paint()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.action_start()

    def action_start(self) -> None:
        app = center(self)
        self._refused = "Two models have to be marked." if len(self._marked) != 2 else why_not_graded(app.store.judge)
        if self._refused:
            self.words.paint()
            return
        name, look = app.store.name, app.look

        def told(found: Sequence[Comparison]) -> None:
            app.say(comparisons_text.summary(found, look, name))

        app.comparisons.ask(self._marked[0], self._marked[1], self._about, told)
        app.say(f"{text.tame(' and '.join(name(model) for model in self._marked))} are compared; C on Judge shows it.")
        self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)
