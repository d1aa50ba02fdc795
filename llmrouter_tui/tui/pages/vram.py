"""VRAM: what is loaded, what would fit, what keeps being thrown out?"""

from collections.abc import Callable, Hashable

from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from llmrouter_tui.core.domain import Device, ModelView
from llmrouter_tui.tui import fitting, loads_text, panels, vram_text
from llmrouter_tui.tui.fitting import Fit
from llmrouter_tui.tui.heads import NAME, Part
from llmrouter_tui.tui.pages.model_acts import ModelActs
from llmrouter_tui.tui.roster import Versions
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

MOST_PANELS = 4
"""Pools that get a panel each; more are shown in lines."""

TINY = 20
"""Rows below which a pool is one line."""


class VramPage(ModelActs):
    """The pools above; below them the models that could be loaded, and what came and went."""

    PAGE = "vram"

    def __init__(self) -> None:
        super().__init__()
        self.panels = [LinesView(self._drawer(index), classes="pool") for index in range(MOST_PANELS)]
        self.brief = LinesView(self._draw_brief, id="pools-brief")
        self.fits = Ledger(self._draw_fit, self._version, vram_text.fit_head, id="fits")
        self.events = LinesView(self._draw_events, id="events")
        self.brief.can_focus = False
        for panel in self.panels:
            panel.can_focus = False
        self._fits: dict[str, Fit] = {}
        self._focus = ""
        self._versions = Versions()

    def body(self) -> ComposeResult:
        with Container(id="pools"):
            yield from self.panels
        yield self.brief
        with Horizontal(id="below"):
            yield self.fits
            yield self.events

    def chosen(self) -> ModelView | None:
        return self.center.store.models.get(self._focus)

    def on_mount(self) -> None:
        self.fits.focus()

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _drawer(self, index: int) -> Callable[[int, int], list[Line]]:
        def draw(cells: int, rows: int) -> list[Line]:
            pools = panels.pools(self.center.store)
            if index >= len(pools):
                return []
            center = self.center
            return vram_text.pool_panel(center.store, pools[index], center.clock(), cells, rows, center.look)

        return draw

    def _draw_brief(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        draw = panels.vram_brief if self._tiny else vram_text.pools_brief
        return draw(center.store, center.clock(), cells, center.look)

    @property
    def _tiny(self) -> bool:
        """Whether rows are so few that a pool gets only one."""
        return self.size.height < TINY

    def _draw_fit(self, key: str, cells: int) -> Line:
        fit = self._fits.get(key)
        return vram_text.fit_row(fit, cells, self.shown(key)) if fit else ()

    def _version(self, key: str) -> Hashable:
        fit = self._fits.get(key)
        if fit is None:
            return -1
        minute = int(self.center.clock() // 60)
        asked = self.pending.what(key)
        return self._versions.of(fit.model), fit.verdict, fit.evicts, fit.drains, fit.missing, asked, minute

    def _draw_events(self, cells: int, rows: int) -> list[Line]:
        return loads_text.event_lines(self.center.store, self.center.clock(), cells, self.center.look)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty & (Dirty.DEVICES | Dirty.MODELS | Dirty.CLOCK | Dirty.SETTINGS):
            self._paint_pools()
            self._paint_fits()
        if dirty & (Dirty.RESIDENCY | Dirty.MODELS | Dirty.CLOCK):
            self.events.head("Loads and evictions")
            self.events.paint()

    def paint_models(self) -> None:
        self._paint_pools()
        self._paint_fits()
        self.paint_footer()

    def _paint_pools(self) -> None:
        store, look = self.center.store, self.center.look
        pools = panels.pools(store)
        roomy = self.has_class("-wide") and self.has_class("-tall") and 0 < len(pools) <= MOST_PANELS
        self.query_one("#pools").set_class(not roomy, "-gone")
        self.brief.set_class(roomy, "-gone")
        if not roomy:
            self._paint_brief(pools)
            return
        self.query_one("#pools").set_class(len(pools) == 1, "-one")
        self.query_one("#pools").set_class(len(pools) > 2, "-many")
        keep = vram_text.limits(store)
        for index, panel in enumerate(self.panels):
            panel.set_class(index >= len(pools), "-gone")
            if index < len(pools):
                left = Part(vram_text.pool_note(pools[index], keep), NAME)
                panel.head(vram_text.pool_parts(pools[index], look), (left,))
                panel.paint()

    def _paint_brief(self, pools: list[Device]) -> None:
        self.brief.head("Memory", (Part(panels.loaded_text(self.center.store)),))
        lines = len(pools) if self._tiny else 3 * len(pools) + 1 + (not vram_text.has_gpu(self.center.store))
        wanted = 1 + max(1, min(lines, self.size.height // 2))
        if self.brief.styles.height is None or self.brief.styles.height.value != wanted:
            self.brief.styles.height = wanted
        self.brief.paint()

    def _paint_fits(self) -> None:
        store = self.center.store
        found = fitting.fits(list(store.models.values()), store.devices, self.center.clock(), vram_text.limits(store))
        keys = [fit.model.id for fit in found]
        before = list(self.fits.keys)
        self._fits = {fit.model.id: fit for fit in found}
        if self._focus not in self._fits:
            self._focus = keys[0] if keys else ""
        self.fits.empty = [(), (("  No model lives in this machine's memory.", "soft"),)]
        if keys != before or self._focus != self.fits.cursor:
            self.fits.show(keys, self._focus)
        else:
            self.fits.refresh()
        self.fits.head("What would fit?", vram_text.fit_note(found))

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self, act: str) -> None:
        if self.fits.cursor:  # a key may overtake the message that the cursor moved
            self._focus = self.fits.cursor
        super().perform(act)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self._focus = event.key
        self.paint_footer()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("model.load")

    def leave_filter(self) -> None:
        self.fits.focus()
