"""Routes: what was chosen, why, and was it right? The ledger, the explanation beside it, and feedback."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.tui import explain, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.heads import WORDS, Part
from llmrouter_tui.tui.marks import Marks
from llmrouter_tui.tui.modals.whatif import WhatIfDialog
from llmrouter_tui.tui.pages.listing import ListingPage
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

LIST, WHY = 58, 53
"""Cells of the list with its margins, and of an explanation whose table is whole beside a scroll bar; where both do not
fit, the list gives way."""
BROAD = 160
"""Cells of a terminal from which on an explanation is whole beside the larger half, and the list has that."""

BESIDE = ("id", "of", "ttft", "toks")
"""Columns that an explanation tells, too: what they take WHY needs more."""


class RoutesPage(ListingPage):
    """The ledger and the explanation: side by side when wide, one after the other when narrow."""

    PAGE = "routes"

    def __init__(self) -> None:
        super().__init__()
        self.why = LinesView(self._draw_why, id="why")
        self._today: tuple[str, Decision] | None = None
        self._shown = ""
        self._marks: Marks | None = None

    def body(self) -> ComposeResult:
        with Horizontal(id="split"):
            yield self.ledger
            with Vertical(id="detail"):
                yield self.why
                if not self.center.host.readonly:
                    yield self.rating
        yield self.hint

    def graded(self) -> Grade | None:
        """What a judge said of the selected answer: asked for where this screen did not hear of it."""
        if self._marks is None:
            self._marks = Marks(self.center, self.selection_moved)
        selected = self.center.view.selected
        return self._marks.of(selected.exchange) if selected else None

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        focus = self.center.view.focus
        if touched is None:
            self._share_width()  # also when a pane is zoomed
        if touched is None or focus in touched or focus != self._shown or dirty & (Dirty.MODELS | Dirty.GRADES):
            self._paint_why()

    def selection_moved(self) -> None:
        super().selection_moved()
        self._paint_why()

    def _paint_why(self) -> None:
        center = self.center
        row, self._shown = center.view.selected, center.view.focus
        note = Part("esc back" if self.covered else "", WORDS)
        if row:
            figures = Part(explain.figures(row, center.look))
            self.why.head(explain.title(row, center.store.name, center.look), (figures, note))
        else:
            self.why.head("Why?", (note,))
        if self._today and self._today[0] != center.view.focus:
            self._today = None
        self.why.paint()
        self.paint_rating()

    def _draw_why(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        row = center.view.selected
        if row is None:
            said = text.wrap("Select an exchange, and here is why it went where it did.", cells)
            return [((part, "soft"),) for part in said]
        today = self._today[1] if self._today else None
        return explain.explanation(row, center.store, cells, center.look, today, self.graded())

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        self._share_width()
        if self.app.size.width < fmt.WIDE and self.focused is self.why:
            self.add_class("-detail")

    def _share_width(self) -> None:
        cells, beside = self.app.size.width, self.maximized is None
        wide = beside and cells >= fmt.WIDE
        share = cells * 11 // 20 if cells >= BROAD else max(cells * 2 // 5, min(LIST, cells - WHY))
        self.ledger.styles.width = share if wide else None

    def told_beside(self) -> tuple[str, ...]:
        beside = self.maximized is None and self.app.size.width >= fmt.WIDE
        return tuple(column for column in BESIDE if column != self.center.view.sort.id) if beside else ()

    def open_detail(self, on: bool) -> None:
        """In a narrow terminal the explanation takes the place of the list."""
        self.set_class(on, "-detail")
        (self.why if on else self.ledger).focus()
        self._paint_why()
        self.paint_footer()

    def do_open(self) -> None:
        if self.has_class("-wide"):
            self.why.focus()
        else:
            self.open_detail(True)

    def go_to(self, exchange_id: str, query: str) -> None:
        """Show one exchange, as it is listed or out of the history; without one all that ``query`` finds."""
        view = self.center.view
        self.come_back()
        if view.paused:
            view.pause(False)
        if self.filter_input.display:
            self.show_filter(False)
        self.set_filter(query)
        if self.has_class("-detail") or self.focused is not self.ledger:
            self.open_detail(False)
        if exchange_id in self.center.store.rows:
            view.select(exchange_id)
            view.refresh()
            self._arrived()
        elif exchange_id:
            self.center.history.past.to(exchange_id, self._arrived)

    def _arrived(self) -> None:
        self.paint_list()
        self.selection_moved()
        if self.is_current and not self.has_class("-wide"):
            self.open_detail(True)

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("open")

    def close_top(self) -> bool:
        if self.has_class("-detail"):
            self.open_detail(False)
            return True
        if self.focused is self.why:
            self.ledger.focus()
            return True
        return super().close_top()

    def do_whatif(self) -> None:
        self.app.push_screen(WhatIfDialog(self.center.store.preference))

    def do_again(self) -> None:
        row = self.center.view.selected
        if row is None:
            return
        id_, exchange = row.id, row.exchange

        def done(decision: Decision) -> None:
            self._today = (id_, decision)
            self._paint_why()

        call = self.center.host.control.explain(exchange.prompt, model=exchange.requested, client=exchange.client)
        self.center.command(call, "Not replayed", done)
