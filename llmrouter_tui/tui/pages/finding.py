"""Finding an exchange in the ledger: filter, order, pause, and the history back to its beginning."""

from collections.abc import Hashable, Sequence

from textual.timer import Timer
from textual.widgets import Input

from llmrouter_tui.tui import filter_text, modals, text
from llmrouter_tui.tui.actions import BY_ID, RATINGS
from llmrouter_tui.tui.pages.rating import RatingActs
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.completions import Completions
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import PieceLine

SETTLED = 0.3
"""Seconds without another letter after which a filter looks into the history."""

SEEN = 1.0
"""Seconds until a row that came on top by itself is rated: who pressed the key before meant the one that was there."""


class FindingActs(RatingActs):
    """A page with the ledger of exchanges: which of them are listed, and from when. It draws the rows."""

    FILTERS = ("task:code", "model:qwen", "margin:<.05", "you:-", "state:failed", 'text:"two words"')

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(self.draw, self.version, self.header, id="ledger")
        self.hint = PieceLine(id="hint")
        self.hint.display = False
        self.filter_input.suggester = Completions(self._values)
        self._settling: Timer | None = None
        self._top, self._slid = "", 0.0
        """What had the focus, and when another took its place by arriving."""

    # ── what the page draws ───────────────────────────────────────────────────────────────────────────────────

    def draw(self, key: str, cells: int) -> Line:
        """The line of a row."""
        return ()

    def version(self, key: str) -> Hashable:
        """What differs when the row does."""
        return 0

    def header(self, cells: int) -> Line:
        """The line of titles."""
        return ()

    def paint_list(self) -> None:
        """The list is another, or in another order."""

    def paint_head(self) -> None:
        """What the title tells changed."""

    # ── focus ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self.ledger.focus()

    def leave_filter(self) -> None:
        self.ledger.focus()

    def perform(self, act: str) -> None:
        cursor = self.ledger.cursor
        if cursor and cursor != self.center.view.focus:  # a key may overtake the message that the cursor moved
            self.center.view.select(cursor)
        view = self.center.view
        if view.following and view.focus and "exchange" in BY_ID[act].needs:
            view.select(view.focus)  # it is not to change under what is done to it
            if act in RATINGS | {"clear"} and self.center.clock() - self._slid < SEEN and not self._too_small():
                self.center.say("not rated: another request came on top just now; the key again rates that one")
                return
        super().perform(act)

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        view = self.center.view
        if view.following and touched is not None and view.focus != self._top and self._top:
            self._slid = self.center.clock()
        self._top = view.focus

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self.center.view.select(event.key)
        if self.center.store.past is not None:
            self.paint_head()  # it tells which row of all it is
        self.selection_moved()

    def selection_moved(self) -> None:
        """Another exchange has the focus."""
        self.paint_footer()

    def set_filter(self, query: str) -> None:
        view = self.center.view
        if query.strip():
            self.come_back()
        before = view.wanted
        view.filter(query, self.center.clock())
        self._paint_hint()
        if view.wanted == before:
            return
        self.paint_list()
        self.selection_moved()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED, self._search) if view.filtered else None

    def _search(self) -> None:
        """Once the typing rests, look further back than the list goes."""
        center = self.center
        if center.view.filtered and center.serving and not center.view.paused:
            center.history.older(self._paint_found)
            self.paint_head()

    def _paint_found(self) -> None:
        """A search came further."""
        if self.is_current:
            self.paint_list()
            self.selection_moved()

    def searched(self) -> str:
        """How far a filter was followed."""
        center = self.center
        place = center.history.place
        return filter_text.searched(place, center.history.searching, len(center.store.found), center.look)

    def _values(self, name: str) -> Sequence[str]:
        return filter_text.values(self.center.store, name)

    def _paint_hint(self) -> None:
        typed, view = self.filter_input.value, self.center.view
        self.hint.show(filter_text.hint(typed, view.problem, self._values, self.app.size.width))

    def on_piece_line_picked(self, event: PieceLine.Picked) -> None:
        if event.line is self.hint:
            self.filter_input.value = event.target
            self.filter_input.cursor_position = len(event.target)
            self.filter_input.focus()

    def show_filter(self, on: bool) -> None:
        super().show_filter(on)
        if on and self.center.view.query:
            self.filter_input.value = self.center.view.query
        self.hint.display = on
        self._paint_hint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        problem = self.center.view.problem
        if event.input is self.filter_input and problem is not None:
            self.hint.show([(text.clip(f" {problem}", self.app.size.width), "bad", "")])
            event.prevent_default()  # it stays open, to be mended

    def close_top(self) -> bool:
        if self.center.history.searching:
            self.center.history.stop()
            self.paint_list()
            return True
        if super().close_top():
            return True
        if self.center.view.filtered:
            self.set_filter("")
            return True
        return self.come_back(newest=True)

    def _sort(self, step: int) -> None:
        self.come_back()
        self.center.view.shift_sort(step)
        self.ledger.redraw()
        self.paint_list()

    def do_sort_left(self) -> None:
        self._sort(-1)

    def do_sort_right(self) -> None:
        self._sort(1)

    def do_sort_reverse(self) -> None:
        self.come_back()
        self.center.view.reverse()
        self.paint_list()

    def do_pause(self) -> None:
        view = self.center.view
        view.pause(not view.paused)
        self.ledger.redraw()
        self.paint_list()
        self.selection_moved()

    # ── the history ───────────────────────────────────────────────────────────────────────────────────────────

    def _why_no_history(self) -> str:
        """Why the list does not go on into the history."""
        view = self.center.view
        if view.paused:
            return "the list is paused"
        if view.sort.id != "time" or not view.falling:
            return "the list is not ordered newest first"
        return "" if self.center.serving else "the router does not answer yet"

    def finding_reasons(self) -> dict[str, str]:
        """What cannot be done here, and why not."""
        away = "what is past holds still" if self.center.store.past is not None else ""
        filtered = "a filter is on; its terms since: and before: take times" if self.center.view.filtered else ""
        return {"pause": away, "history.go": filtered or self._why_no_history()}

    def on_ledger_ended(self, event: Ledger.Ended) -> None:
        """The cursor nears the last row: read the page of history below it. A search goes on at the last row only."""
        resting = self.center.view.filtered and event.key != self.ledger.keys[-1]
        if not resting and not self._why_no_history():
            self._keep_in_view(event.key)
            self.center.history.older(self._paint_found)
            self.paint_head()

    def on_ledger_began(self, event: Ledger.Began) -> None:
        """The cursor nears the first row: far back, there are newer ones above it."""
        if self.center.store.past is not None and self.center.serving:
            self._keep_in_view(event.key)
            self.center.history.past.newer(self._paint_found)

    def _keep_in_view(self, key: str) -> None:
        """The wheel leaves the cursor behind: before rows go there, it comes along."""
        if self.center.store.past is not None and key != self.center.view.focus:
            self.center.view.select(key)
            self.ledger.select(key)

    def on_ledger_edged(self, event: Ledger.Edged) -> None:
        """The oldest of all is wanted, or the newest."""
        center = self.center
        if not event.end:
            if not self.come_back(newest=True):
                center.view.follow()
        elif not center.view.filtered and not self._why_no_history() and center.store.total > len(center.view.ids):
            center.history.past.beginning(self._paint_found)

    def do_history_go(self) -> None:
        def go(at: float | None) -> None:
            if at is not None:
                self.center.history.past.around(at, self._paint_found)

        self.app.push_screen(modals.MomentDialog(), go)

    def come_back(self, *, newest: bool = False) -> bool:
        """To the live list; whether one was elsewhere."""
        if self.center.store.past is None:
            return False
        self.center.history.past.leave(self._paint_found, newest=newest)
        return True
