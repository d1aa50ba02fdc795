"""The first page of a router without any model: it stands in for the Dash, and leaves when a model appears."""

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll

from llmrouter_tui.tui import actions, first_run_text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.pages.port_acts import PortActs
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import LinesView


class FirstRunPage(PortActs):
    """What was looked for, and the starter model by one key."""

    PAGE = "first_run"
    TAB = "dash"

    def __init__(self) -> None:
        super().__init__()
        self.checks = LinesView(self._draw_checks, id="checks")
        self.starter = LinesView(self._draw_starter, id="starter")
        self.outro = LinesView(self._draw_outro, id="outro")
        self.get = Choice("starter.get", "Get it", "⏎")
        self.cancel = Choice("starter.cancel", "Cancel", "x")
        self.keys = Horizontal(self.get, self.cancel, classes="buttons")
        for panel in (self.checks, self.starter, self.outro):
            panel.can_focus = False

    def body(self) -> ComposeResult:
        with VerticalScroll(id="first"):
            yield self.trouble
            yield self.checks
            yield self.starter
            yield self.keys
            yield self.outro

    def leave_filter(self) -> None:
        if self.trouble.port_taken:
            self.trouble.next.focus()
        else:
            (self.cancel if first_run_text.state(self.center.store) == "running" else self.get).focus()

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def _draw_checks(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        return first_run_text.checks(center.store, center.clock(), cells, center.look, add=not center.host.readonly)

    def _draw_starter(self, cells: int, rows: int) -> list[Line]:
        return first_run_text.starter(self.center.store, cells, self.center.look)

    def _draw_outro(self, cells: int, rows: int) -> list[Line]:
        return first_run_text.outro(self.center.store, cells, self.center.look)

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        store = self.center.store
        if self.is_current and store.models:
            self.center.say("A model is here. Requests are routed to it.")
            self.center.go("dash")
            return
        if dirty & (Dirty.SERVICE | Dirty.BACKENDS | Dirty.DEVICES | Dirty.FETCH | Dirty.CLOCK):
            self._paint()

    def _paint(self) -> None:
        store = self.center.store
        state = first_run_text.state(store)
        self.get.label = "Try again" if state == "failed" else "Get it"
        self.get.key = "g" if self.trouble.port_taken else "⏎"
        self.get.refresh(layout=True)
        self.get.set_class(state in ("running", "done", "missing"), "-gone")
        self.cancel.set_class(state != "running", "-gone")
        self.keys.set_class(state in ("done", "missing"), "-gone")
        if self.focused in (self.get, self.cancel, None) and not self.trouble.port_taken:
            self.call_after_refresh(self.leave_filter)
        for panel, draw in (
            (self.checks, self._draw_checks),
            (self.starter, self._draw_starter),
            (self.outro, self._draw_outro),
        ):
            cells = panel.scrollable_size.width or self.app.size.width - 4
            panel.styles.height = len(draw(cells, 0)) + panel.gutter.height
            panel.paint()
        self.paint_footer()

    def situation(self) -> Situation:
        situation, store = super().situation(), self.center.store
        own = {
            "starter.get": first_run_text.why_not_get(store),
            "starter.cancel": "" if first_run_text.state(store) == "running" else "nothing is being fetched",
        }
        return replace(situation, reasons={**situation.reasons, **own})

    def hidden_acts(self) -> frozenset[str]:
        running = first_run_text.state(self.center.store) == "running"
        hidden = {"starter.get"} if running or self.trouble.port_taken else set()  # there ⏎ opens the next port
        return super().hidden_acts() | hidden | (set() if running else {"starter.cancel"})

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def do_starter_get(self) -> None:
        center = self.center
        center.command(center.host.control.fetch_starter(), "The starter model was not fetched")

    def do_starter_cancel(self) -> None:
        self.center.command(self.center.host.control.cancel_fetch(), "Not cancelled")

    def do_starter_copy(self) -> None:
        self.center.copy(first_run_text.curl(self.center.store), "a curl line")

    def do_back(self) -> None:
        if not actions.why_not(actions.BY_ID["starter.cancel"], self.situation()):
            self.do_starter_cancel()
