"""VRAM: what is loaded, what would fit, what keeps being thrown out?"""

from collections.abc import Callable, Hashable
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.memory_words import HELD_NOW, RELEASED_BY_KEY
from llmrouter_tui.core.vram import PoolView
from llmrouter_tui.tui import loads_text, panels, plan_text, pools_text, text, vram_text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.contexts import Contexts
from llmrouter_tui.tui.heads import NAME, WORDS, Part
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.modals.details import DetailsDialog
from llmrouter_tui.tui.pages.model_acts import ModelActs
from llmrouter_tui.tui.roster import Versions
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.entries import Entries
from llmrouter_tui.tui.widgets.entries import Entry as Drawn
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

MOST_PANELS = 4
"""Pools that get a panel each; more are shown in lines."""

TINY = 20
"""Rows below which a pool is one line."""


class VramPage(ModelActs):
    """The pools above; below them the models that could be loaded and what loading the selected one would mean, and
    beside that what loads, came and went."""

    PAGE = "vram"

    def __init__(self) -> None:
        super().__init__()
        self.panels = [LinesView(self._drawer(index), classes="pool") for index in range(MOST_PANELS)]
        self.brief = LinesView(self._draw_brief, id="pools-brief")
        self.fits = Ledger(self._draw_fit, self._version, plan_text.head, id="fits")
        self.plan = LinesView(self._draw_plan, id="plan")
        self.events = Entries(self._draw_events, id="events")
        for panel in (self.brief, self.plan, *self.panels):
            panel.can_focus = False
        self._focus = ""
        self._entries: list[loads_text.Entry] = []
        """Of loads and evictions, as they were drawn."""
        self._versions = Versions()
        self._contexts: Contexts | None = None
        self._painted: tuple[object, int] = (None, 0)
        """The view of memory and the second that the pools were painted for."""

    def body(self) -> ComposeResult:
        with Container(id="pools"):
            yield from self.panels
        yield self.brief
        with Horizontal(id="below"):
            with Vertical(id="wishes"):
                yield self.fits
                yield self.plan
            yield self.events

    def chosen(self) -> ModelView | None:
        """That of the pane that has the focus."""
        mine = loads_text.about(self._entry) if self.focused is self.events else self._focus
        return self.center.store.models.get(mine)

    @property
    def contexts(self) -> Contexts:
        """Which context there would be room for, of the models that were looked at."""
        if self._contexts is None:
            self._contexts = Contexts(
                self.center, lambda asking: self.run_worker(asking, exit_on_error=False), self._paint_plan
            )
        return self._contexts

    @property
    def _entry(self) -> loads_text.Entry | None:
        """The selected one of loads and evictions."""
        return next((entry for entry in self._entries if entry.key and entry.key == self.events.cursor), None)

    def on_mount(self) -> None:
        self.fits.focus()

    def situation(self) -> Situation:
        found, view = super().situation(), self.center.store.vram
        clear = HELD_NOW if view.held else ""
        release = "" if view.held else "loads are not held"
        reasons = {**found.reasons, "vram.clear": clear, "vram.release": release}
        if self.focused is self.events:
            nobody = loads_text.why_no_model(self._entry, self.center.store)
            reasons |= dict.fromkeys(("model.load", "model.unload", "model.pin"), nobody) if nobody else {}
            reasons["vram.open"] = "" if self._entry else "no load or eviction is selected"
            reasons["request.show"] = "" if loads_text.request(self._entry) else "it was for no request"
        elif found.model is None:
            reasons["vram.open"] = "no model is selected"
        return replace(found, reasons={"request.show": "no load or eviction is selected", **reasons})

    def hidden_acts(self) -> frozenset[str]:
        """Where the plan is told beside the list, enter is one more key for loading."""
        same = {"vram.open"} if self.plan.display and self.focused is not self.events else set()
        asked = set() if loads_text.request(self._entry) and self.focused is self.events else {"request.show"}
        return super().hidden_acts() | same | asked | {"vram.clear" if self.center.store.vram.held else "vram.release"}

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _drawer(self, index: int) -> Callable[[int, int], list[Line]]:
        def draw(cells: int, rows: int) -> list[Line]:
            center = self.center
            pools = pools_text.pools(center.store.vram)
            if index >= len(pools):
                return []
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
        store = self.center.store
        placement, model = store.placements.get(key), store.models.get(key)
        return plan_text.row(placement, model, cells, self.shown(key)) if placement and model else ()

    def _version(self, key: str) -> Hashable:
        store = self.center.store
        placement, model = store.placements.get(key), store.models.get(key)
        if placement is None or model is None:
            return -1
        return self._versions.of(model), placement, self.pending.what(key), int(self.center.clock() // 60)

    def _draw_plan(self, cells: int, rows: int) -> list[Line]:
        model = self.chosen()
        placement = self.center.store.placements.get(model.id) if model else None
        if placement is None or model is None:
            return []
        return plan_text.plan(placement, model, self.shown(), cells, self.contexts.of(placement, model))

    def _draw_events(self, cells: int, rows: int) -> list[Drawn]:
        center = self.center
        self._entries = loads_text.entries(center.store, center.clock(), cells, rows, center.look)
        return [(entry.key, entry.lines) for entry in self._entries]

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty & (Dirty.VRAM | Dirty.CLOCK):
            self._paint_pools(anew=dirty == Dirty.ALL)
        if dirty & (Dirty.VRAM | Dirty.MODELS | Dirty.CLOCK):
            self._paint_fits()
        if dirty & (Dirty.RESIDENCY | Dirty.VRAM | Dirty.CLOCK):
            self._paint_events()

    def paint_models(self) -> None:
        self._paint_pools(anew=True)
        self._paint_fits()
        self.paint_footer()

    def _paint_pools(self, *, anew: bool = False) -> None:
        store, second = self.center.store, int(self.center.clock())
        view, painted = self._painted
        if view is store.vram and painted == second and not anew:
            return
        self._painted = store.vram, second
        pools = pools_text.pools(store.vram)
        roomy = self.has_class("-wide") and self.has_class("-tall") and 0 < len(pools) <= MOST_PANELS
        self.query_one("#pools").set_class(not roomy, "-gone")
        self.brief.set_class(roomy, "-gone")
        if roomy:
            self._paint_panels(pools)
        else:
            self._paint_brief(pools)

    def _paint_panels(self, pools: list[PoolView]) -> None:
        look, grid = self.center.look, self.query_one("#pools")
        grid.set_class(len(pools) == 1, "-one")
        grid.set_class(len(pools) > 2, "-many")
        for index, panel in enumerate(self.panels):
            panel.set_class(index >= len(pools), "-gone")
            if index < len(pools):
                pool = pools[index]
                hint = Part("" if index else "T plots", WORDS)
                notes = (hint, *vram_text.pool_notes(pool, look))
                panel.head(vram_text.pool_parts(pool.device, look), notes)
                panel.paint()

    def _paint_brief(self, pools: list[PoolView]) -> None:
        view = self.center.store.vram
        self.brief.head("Memory", (Part(pools_text.loaded_text(view)), Part("T plots", WORDS)))
        lines = len(pools) if self._tiny else 3 * len(pools) + 1 + (not pools_text.has_gpu(view))
        wanted = 1 + max(1, min(lines, self.size.height // 2))
        if self.brief.styles.height is None or self.brief.styles.height.value != wanted:
            self.brief.styles.height = wanted
        self.brief.paint()

    def _paint_fits(self) -> None:
        store = self.center.store
        keys = [key for key in store.placements if key in store.models]
        if self._focus not in keys:
            self._focus = keys[0] if keys else ""
        nobody: list[Line] = [(), (("  No model lives in this machine's memory.", "soft"),)]
        self.fits.empty = nobody if store.ready else self.waiting_text()
        if keys != list(self.fits.keys) or self._focus != self.fits.cursor:
            self.fits.show(keys, self._focus)
        else:
            self.fits.refresh()
        self.fits.head("What would fit?", plan_text.notes(store.placements.values(), beside=self.plan.display))
        self._paint_plan()

    def _paint_plan(self) -> None:
        model = self.chosen()
        self.plan.head((Part(self.center.store.name(model.id), NAME),) if model else "")
        if self.plan.display:
            self.plan.paint()

    def _paint_events(self) -> None:
        self.events.head("Loads and evictions", loads_text.notes(self.center.store))
        self.events.paint()

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def do_vram_clear(self) -> None:
        question = loads_text.interrupted(self.center.store)
        if not question:
            self._clear()
            return
        answers = (
            Answer("clear", "Unload all when they are done", "w"),
            Answer("", "Leave all as it is", "escape", "esc"),
        )

        def answered(answer: str | None) -> None:
            if answer:
                self._clear()

        self.app.push_screen(Ask("Unload all?", [*question, ()], answers), answered)

    def _clear(self) -> None:
        center = self.center
        said = " ".join(part for part in (f"{RELEASED_BY_KEY}.", loads_text.staying(center.store)) if part)
        center.command(center.host.control.clear_vram(), "not unloaded", lambda _: center.say(said))

    def do_vram_release(self) -> None:
        self.center.command(self.center.host.control.release_vram(), "not loaded again")

    def perform(self, act: str) -> None:
        if self.fits.cursor:  # a key may overtake the message that the cursor moved
            self._focus = self.fits.cursor
        super().perform(act)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self._focus = event.key
        self._paint_plan()
        self.paint_footer()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("vram.open")

    def on_entries_moved(self, event: Entries.Moved) -> None:
        self._paint_plan()
        self.paint_footer()

    def on_entries_opened(self, event: Entries.Opened) -> None:
        self.perform("vram.open")

    def on_descendant_focus(self) -> None:
        """The keys act on what is selected in another pane now."""
        self._paint_plan()
        self.paint_footer()

    def do_vram_open(self) -> None:
        entry = self._entry
        if self.focused is not self.events:
            self._open_model()
        elif entry is not None:
            center, model = self.center, loads_text.about(entry)
            said = loads_text.whole(entry, center.store, center.clock(), center.look)
            self.app.push_screen(DetailsDialog(center.store.name(model) if model else "Taking turns", said))

    def do_request_show(self) -> None:
        self.center.at_routes(exchange=loads_text.request(self._entry))

    def _open_model(self) -> None:
        """Where the plan stands beside the list, load; elsewhere tell the plan first."""
        model = self.chosen()
        placement = self.center.store.placements.get(model.id) if model else None
        if self.plan.display or model is None or placement is None:
            self.perform("model.load")
            return
        whole = self.contexts.of(placement, model)
        name, said = self.center.store.name(model.id), plan_text.sentences(placement, model, self.shown(), whole)
        if self.center.host.readonly or self.situation().reasons.get("model.load"):
            self.app.push_screen(DetailsDialog(name, said))
            return
        answers = (Answer("load", "Load it", "l"), Answer("", "Leave it", "escape", "esc"))

        def answered(answer: str | None) -> None:
            if answer:
                self.send(model, "load", self.center.host.control.load(model.id), "did not load")

        lines = [((part, ""),) for part in text.wrap(said, loads_text.QUESTION)]
        self.app.push_screen(Ask(name, [*lines, ()], answers), answered)

    def leave_filter(self) -> None:
        self.fits.focus()
