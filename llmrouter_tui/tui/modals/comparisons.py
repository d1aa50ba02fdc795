"""Who is better beside whom, as the judge has it: the pairs that were compared, and one of them in full."""

from collections.abc import Hashable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import agreement_text, comparisons_text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.modals.pair import PairDialog
from llmrouter_tui.tui.pairs import Pair
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView, center

ROWS = 6
"""Pairs in view."""
EVERY = 0.5
"""Seconds between two looks at what was read."""


class ComparisonsDialog(Dialog[None]):
    """Shows what is known, also of what goes on; ``n`` has two models compared."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,C", "leave", "close", show=False),
        Binding("n", "compare", "compare two", show=False),
    ]

    def __init__(self, marked: tuple[str, ...] = ()) -> None:
        """``marked``: models to begin with where two are to be compared."""
        super().__init__()
        self._marked = marked
        self._pairs: dict[str, Pair] = {}
        self.list = Ledger(self._draw_pair, self._version, comparisons_text.head, id="pairs")
        self.words = LinesView(self._draw, id="beside")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield self.list
            yield self.words

    def on_mount(self) -> None:
        dialog, readonly = self.query_one(".dialog"), center(self).host.readonly
        dialog.border_title = "Compared by the judge"
        dialog.border_subtitle = "esc closes" if readonly else "n compares two models, esc closes"
        self.list.focus()
        self.set_interval(EVERY, self._look)
        self._look()

    def _look(self) -> None:
        """Show what was read, with the pairs that are being compared."""
        comparisons = center(self).comparisons
        found = {pair.key: pair for pair in comparisons.look() or ()}
        for first, second, _ in comparisons.pending:
            found.setdefault(" ".join(sorted((first, second))), Pair(first, second))
        if found == self._pairs and self.list.keys:
            self.words.paint()
            return
        self._pairs = found
        keys = list(found)
        height = 1 + max(1, min(len(keys), ROWS, self.app.size.height // 3))
        if self.list.styles.height is None or self.list.styles.height.value != height:
            self.list.styles.height = height
        self.list.show(keys, self.list.cursor if self.list.cursor in found else keys[0] if keys else "")
        self._paint()

    def _going(self, key: str) -> bool:
        return any(key == " ".join(sorted(asked[:2])) for asked in center(self).comparisons.pending)

    def _draw_pair(self, key: str, cells: int) -> Line:
        pair, app = self._pairs.get(key), center(self)
        if pair is None:
            return ()
        return comparisons_text.row(pair, app.clock(), cells, app.look, app.store.name, pending=self._going(key))

    def _version(self, key: str) -> Hashable:
        return self._pairs.get(key), self._going(key)

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        if problem := app.comparisons.problem:
            return [((f"Not read: {problem}", "bad"),)]
        lines = comparisons_text.whole(self._pairs.get(self.list.cursor), cells, app.look, app.store.name)
        if self._going(self.list.cursor):
            lines = [agreement_text.state_line(app.store.judge, cells, app.look, app.store.name), (), *lines]
        self.fit(self.list.size.height + 1 + len(lines))
        return lines

    def _paint(self) -> None:
        name = center(self).store.name
        pair = self._pairs.get(self.list.cursor)
        self.words.head(f"{name(pair.first)} beside {name(pair.second)}" if pair else "Nothing yet")
        self.words.scroll_to(y=0, animate=False)
        self.words.paint()

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self._paint()

    def action_compare(self) -> None:
        if not center(self).host.readonly:
            self.app.push_screen(PairDialog(self._marked), lambda _: self._look())
