"""Log: what the router and its backends say, line by line."""

from textual.app import ComposeResult

from llmrouter_tui.tui import log_text, sheets
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.log_list import Entry, LogList
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.sheets import Sheet
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.log_view import LogView


class LogPage(Page):
    """The log fills the page; it follows the newest line until the cursor moves."""

    PAGE = "log"
    FILTERS = ("level:warn", "source:vllm")

    def __init__(self) -> None:
        super().__init__()
        self.listed = LogList()
        self.lines = LogView(self.listed, self._draw, id="log")
        self.wrapped = False
        self.form = ""
        """How times are told; empty until the width has said it."""

    def body(self) -> ComposeResult:
        yield self.lines

    def on_mount(self) -> None:
        self.lines.focus()

    @property
    def clock_form(self) -> str:
        """How times are told: as asked for, else to the millisecond where there is room."""
        return self.form or ("exact" if self.has_class("-wide") else "time")

    def _draw(self, entry: Entry, part: int, cells: int) -> Line:
        return log_text.log_row(entry, part, cells, self.clock_form, self.wrapped, self.center.look)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty & Dirty.LOG:
            self._paint(self.listed.refresh(self.center.store))

    def _paint(self, forgotten: int = 0) -> None:
        room = self.lines.cells - log_text.text_start(self.clock_form)
        self.listed.wrap(max(8, room) if self.wrapped else 0)
        self.lines.empty = log_text.empty(self.listed, self.center.store)
        self.lines.show(forgotten)
        self._paint_head()

    def _paint_head(self) -> None:
        self.lines.head("Log", log_text.note(self.listed, self.center.store, self.lines.following))

    def situation(self) -> Situation:
        nothing = {"log.copy": "there is no line"} if self.lines.selected is None else {}
        about = {} if self._request else {"log.open": "it is about no request that is listed"}
        reasons = {**nothing, **about}
        return Situation(page=self.PAGE, readonly=self.center.host.readonly, ready=self.center.serving, reasons=reasons)

    @property
    def _request(self) -> str:
        """The id of the request that the selected line is about; empty for none."""
        entry = self.lines.selected
        return log_text.request(entry.line, self.center.store) if entry is not None else ""

    def hidden_acts(self) -> frozenset[str]:
        return super().hidden_acts() | (frozenset() if self._request else {"log.open"})

    def on_log_view_moved(self) -> None:
        self._paint_head()
        self.paint_footer()

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def do_log_open(self) -> None:
        self.center.at_routes(exchange=self._request)

    def do_log_follow(self) -> None:
        self.lines.follow(not self.lines.following)

    def do_log_wrap(self) -> None:
        self.wrapped = not self.wrapped
        self.lines.redraw()
        self._paint()

    def do_log_time(self) -> None:
        forms = log_text.CLOCKS
        self.form = forms[(forms.index(self.clock_form) + 1) % len(forms)]
        self.lines.redraw()
        self._paint()

    def do_log_level(self) -> None:
        self.listed.next_level()
        self._paint()

    def do_log_copy(self) -> None:
        entry = self.lines.selected
        if entry is not None:
            self.center.copy(log_text.copied(entry.line, self.center.look), "the line")

    def sheet(self) -> Sheet:
        return sheets.of_log(entry.line for entry in self.listed.entries)

    def close_top(self) -> bool:
        if super().close_top():
            return True
        if self.listed.filtered:
            self.set_filter("")
            return True
        return False

    def set_filter(self, query: str) -> None:
        self.listed.filter(query)
        self._paint()

    def show_filter(self, on: bool) -> None:
        super().show_filter(on)
        if on and self.listed.query:
            self.filter_input.value = self.listed.query

    def leave_filter(self) -> None:
        self.lines.focus()
