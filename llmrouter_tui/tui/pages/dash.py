"""Dash: is it well, right now? Memory, throughput, the live ledger, and what needs attention."""

from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from llmrouter_tui.core.domain import HOST_POOL
from llmrouter_tui.core.memory_words import HELD_BRIEF
from llmrouter_tui.tui import first_run_text, panels, pools_text, work_text
from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part
from llmrouter_tui.tui.pages.listing import ListingPage
from llmrouter_tui.tui.pages.port_acts import PortActs
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView


class DashPage(PortActs, ListingPage):
    """The first page."""

    PAGE = "dash"

    def __init__(self) -> None:
        super().__init__()
        self.vram = LinesView(self._draw_vram, id="vram")
        self.throughput = LinesView(self._draw_throughput, id="throughput")
        self.attention = LinesView(self._draw_attention, id="attention")
        self.profiling = LinesView(self._draw_profiling, id="profiling")
        self.judging = LinesView(self._draw_judging, id="judging")
        for panel in (self.profiling, self.judging):
            panel.can_focus = False
        for choice in self.rating.choices:
            choice.can_focus = False  # tab goes from pane to pane; the keys are there all the time
        self._drawn_rate = 0

    def body(self) -> ComposeResult:
        yield self.trouble
        with Horizontal(id="gauges"):
            yield self.vram
            yield self.throughput
        with Container(id="live"):
            yield self.ledger
            if not self.center.host.readonly:
                yield self.rating
        with Horizontal(id="work", classes="-gone"):
            yield self.profiling
            yield self.judging
        yield self.attention
        yield self.hint

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if self.is_current and first_run_text.applies(self.center.store):
            self.center.go("dash")
            return
        if dirty & (Dirty.VRAM | Dirty.CLOCK):
            self._paint_vram()
        if dirty & (Dirty.CLOCK | Dirty.SETTINGS) or (dirty & Dirty.ROUTES and self._busier()):
            self.throughput.paint()
            self.throughput.head("Throughput", (Part("last 10 min", FACT), Part("T plots", WORDS)))
        if dirty & (Dirty.ATTENTION | Dirty.CLOCK):
            self._paint_attention()
        if dirty & (Dirty.PROFILE | Dirty.JUDGE) or dirty == Dirty.ALL:
            self._paint_work()
        if dirty & (Dirty.ROWS | Dirty.SERVICE):
            self.paint_rating()

    def selection_moved(self) -> None:
        super().selection_moved()
        self.paint_rating()

    def paint_rating(self) -> None:
        self.rating.set_class(self._brief or self.center.view.selected is None, "-gone")
        super().paint_rating()

    def _busier(self) -> bool:
        """Whether the traffic moved enough since it was drawn to draw it before the second is over."""
        rate = self.center.store.rates.per_minute(self.center.clock())
        if abs(rate - self._drawn_rate) * 50 < rate:
            return False
        self._drawn_rate = rate
        return True

    @property
    def _brief(self) -> bool:
        """Whether panels are single lines: too few rows, or too narrow for two side by side."""
        return not (self.has_class("-tall") and self.has_class("-wide"))

    def shows_preference(self) -> bool:
        return self._brief

    def _paint_vram(self) -> None:
        store = self.center.store
        pools = pools_text.pools(store.vram)
        self.vram.set_class(not pools, "-gone")
        wanted = len(pools) if self._brief else max(9, min(3 * len(pools), 12) + 2)
        for panel, rows in ((self.vram, wanted), (self.throughput, 1 if self._brief else wanted)):
            if panel is self.maximized:
                panel.styles.height = None
            elif panel.styles.height is None or panel.styles.height.value != rows:
                panel.styles.height = rows
        gpus = sum(1 for pool in pools if pool.device.pool != HOST_POOL)
        note = Part(f"{gpus} GPU{'s' if gpus > 1 else ''}" if gpus else "", FACT)
        held = Part(HELD_BRIEF if store.vram.held else "", NAME)
        self.vram.head("VRAM" if gpus else "Memory", (held, note, Part(pools_text.loaded_text(store.vram))))
        self.vram.paint()

    def _draw_vram(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        draw = panels.vram_brief if self._brief and self.maximized is not self.vram else panels.vram_lines
        return draw(center.store, center.clock(), cells, center.look)

    def _draw_throughput(self, cells: int, rows: int) -> list[Line]:
        center, now = self.center, self.center.clock()
        if self._brief and self.maximized is not self.throughput:
            return [panels.throughput_brief(center.store, now, cells, center.look)]
        return panels.throughput_lines(center.store, now, cells, rows, center.look, center.preference.asked)

    def _paint_work(self) -> None:
        """The panels of long work, while there is any; where rows are scarce both are one line."""
        store = self.center.store
        measures, judges = work_text.measures(store.profile), work_text.judges(store.judge)
        self.query_one("#work").set_class(not (measures or judges), "-gone")
        self.profiling.set_class(not (measures or (self._brief and judges)), "-gone")
        self.judging.set_class(not judges or self._brief, "-gone")
        if self._brief:
            self.profiling.head("")
        else:
            self.profiling.head("Measuring", work_text.profiling_notes(store.profile))
            self.judging.head("Judge", work_text.judge_notes(store))
        for panel in (self.profiling, self.judging):
            if panel.display:
                panel.paint()

    def _draw_profiling(self, cells: int, rows: int) -> list[Line]:
        draw = work_text.brief if self._brief else work_text.profiling
        return draw(self.center.store, cells, self.center.look)

    def _draw_judging(self, cells: int, rows: int) -> list[Line]:
        return work_text.judging(self.center.store, cells, self.center.look)

    def _paint_attention(self) -> None:
        causes = self.center.store.attention.causes(self.center.clock())
        self.attention.set_class(not causes, "-gone")
        self.attention.head("Attention", "x dismiss")
        self.attention.paint()

    def _draw_attention(self, cells: int, rows: int) -> list[Line]:
        causes = self.center.store.attention.causes(self.center.clock())
        if self.maximized is self.attention:
            return panels.attention_lines(causes, cells)
        return [panels.attention_line(causes, cells, hint=self._brief)]

    def do_dismiss(self) -> None:
        if not self.center.store.attention.dismiss(self.center.clock()):
            self.center.say("Nothing needs attention.")
        self._paint_attention()

    def hidden_acts(self) -> frozenset[str]:
        return super().hidden_acts() | (set() if self.trouble.deserted else {"backend.add"})

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("open")

    def do_open(self) -> None:
        self.center.go("routes")
        from llmrouter_tui.tui.pages.routes import RoutesPage  # loaded by now, as it is shown

        routes = self.app.screen
        if isinstance(routes, RoutesPage) and not self.has_class("-wide"):
            routes.call_after_refresh(routes.open_detail, True)
