"""Profile: what is being measured, and what changed? Models against tasks, what is asked now, and every answer."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal

from llmrouter_tui.core.profile import Profiles
from llmrouter_tui.tui import bench, bench_panes, bench_text, runs, sheets, text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.bench import Benched
from llmrouter_tui.tui.format import Placed
from llmrouter_tui.tui.modals.runs import RunsDialog
from llmrouter_tui.tui.pages.answers import AnswersActs
from llmrouter_tui.tui.sheets import Sheet
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView
from llmrouter_tui.tui.work_text import in_turn

LEAST_MATRIX, MOST_SHARE = 3, 0.4
"""Rows of models that are always in view, and the share of a tall page that they take at most."""
LOW = 20
"""Rows below which only the models and what is asked now are in view."""
LISTED = frozenset({"bench.open", "bench.mark", "run.compare", "judge.compare"})
ANSWERS = frozenset({"filter", "result.open", "grade.ask", "grade.show", "sort.left", "sort.right"})


class ProfilePage(AnswersActs):
    """The models and the run above, what goes on and what changed below; the answers of a model take their place."""

    PAGE = "profile"
    FILTERS = ("task:math", "is:wrong", "took:>10")

    def __init__(self) -> None:
        super().__init__()
        self.matrix = Ledger(self._draw_row, self._version, self._draw_head, id="matrix")
        self.whole = LinesView(self._draw_run, id="run")
        self.now = LinesView(self._draw_now, id="now")
        self.changes = LinesView(self._draw_changes, id="changes")
        self.history = LinesView(self._draw_history, id="history")
        self.whole.can_focus = False
        self._rows: dict[str, Benched] = {}
        self._drawn: dict[str, int] = {}
        """How often each row became another."""
        self._focus = ""
        self._placed: tuple[Placed, ...] = ()
        self._placed_for: tuple[object, ...] = ()

    def body(self) -> ComposeResult:
        yield self.matrix
        yield self.whole
        with Horizontal(id="going"):
            yield self.now
            yield self.changes
        yield self.history
        with Horizontal(id="answers"):
            yield self.results
            yield self.answer

    def on_mount(self) -> None:
        self.matrix.focus()

    # ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────

    def chosen(self) -> Benched | None:
        """The row under the cursor."""
        return self._rows.get(self._focus)

    def listed(self) -> Sequence[str]:
        return tuple(self._rows)

    def here(self) -> str:
        return self.opened or self._focus

    def paint_marks(self) -> None:
        self._paint_rows()

    def situation(self) -> Situation:
        found, row = super().situation(), self.chosen()
        selected = "" if row else "no model is selected"
        store, rows = self.center.store, self._rows
        failed = "" if bench.failed_prompts(store, rows) or bench.gave_up(store, rows) else "nothing failed"
        running = "models are being measured; b stops that" if self.center.store.profile.running else ""
        reasons = {
            "bench.open": selected,
            "bench.mark": selected or ("" if row and row.view else "it is not here any more"),
            "bench.retry": running or failed,
            "run.compare": self._why_no_runs(),
        }
        return replace(found, model=row.view if row else None, reasons={**found.reasons, **reasons})

    def _why_no_runs(self) -> str:
        if self.opened:
            return "esc leaves the answers first"
        found = self._found
        if found is None:
            return "the runs before are still being read"
        return "" if runs.left_figures(found.history) else "no run left figures yet"

    def hidden_acts(self) -> frozenset[str]:
        back = frozenset() if self.opened else frozenset({"back"})
        if not self.opened:
            return back | ANSWERS
        silent = frozenset() if self.graded() else frozenset({"grade.show"})
        return LISTED | silent | ({"result.open", "filter"} if self.has_class("-answer") else frozenset())

    @property
    def _found(self) -> Profiles | None:
        """What was measured of each model, once the router told."""
        return self.center.measurements.look()

    def sheet(self) -> Sheet:
        """The answers where they are open, else what was checked of the models listed."""
        if self.opened:
            return self.answers_sheet()
        return sheets.of_profiles(row.profile for row in self._rows.values() if row.profile is not None)

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _place(self, cells: int) -> tuple[Placed, ...]:
        longest = max((text.width(self.center.store.name(id_)) for id_ in self._rows), default=0)
        needs = bench.needs_seen(self._rows)
        if (cells, longest, needs) != self._placed_for:
            self._placed_for = (cells, longest, needs)
            self._placed = bench_text.place_columns(cells, longest, needs)
        return self._placed

    def _draw_head(self, cells: int) -> Line:
        return bench_text.head(self._place(cells))

    def _draw_row(self, key: str, cells: int) -> Line:
        row, center = self._rows.get(key), self.center
        if row is None:
            return ()
        name = center.store.name(key)
        return bench_text.row(row, self._place(cells), center.clock(), center.look, name, key in self.marked)

    def _version(self, key: str) -> Hashable:
        return self._drawn.get(key, 0), int(self.center.clock() // 60), key in self.marked, self._placed_for

    def _draw_run(self, cells: int, rows: int) -> list[Line]:
        return bench_text.run_lines(self.center.store, cells, self.center.look)

    def _draw_now(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        if in_turn(center.store.profile) is None:
            return bench_panes.about(self.chosen(), self._found, center.clock(), cells, center.look)
        return bench_panes.now_lines(center.store, center.clock(), cells, rows, center.look)

    def _draw_changes(self, cells: int, rows: int) -> list[Line]:
        center, found = self.center, self._found
        lines = bench_panes.changes(center.store, found, cells, center.look, readonly=center.host.readonly)
        if self.history.display:
            return lines
        return [*lines, (), (("HISTORY", "head"),), *self._draw_history(cells, rows)]

    def _draw_history(self, cells: int, rows: int) -> list[Line]:
        center, found = self.center, self._found
        problem = center.measurements.problem
        if found is None and problem:
            return [((part, "bad"),) for part in text.wrap(f"Not read: {text.tame(problem)}", cells)]
        return bench_panes.history(found, cells, center.look, center.store)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty == Dirty.ALL:
            self._paint()
        elif dirty & (Dirty.PROFILE | Dirty.MODELS | Dirty.CLOCK):
            self._paint_rows()
            self._paint_panes(history=bool(dirty & (Dirty.CLOCK | Dirty.ATTENTION)))
        if dirty & Dirty.PROFILE:
            self.paint_footer()

    def _paint(self) -> None:
        self._share_height()
        self._paint_rows()
        self._paint_panes(history=True)
        self.paint_answers()
        self.paint_footer()

    def _paint_rows(self) -> None:
        before, self._rows = self._rows, bench.benched(self.center.store, self._found)
        changed = {id_ for id_, row in self._rows.items() if before.get(id_) != row}
        for id_ in changed:
            self._drawn[id_] = self._drawn.get(id_, 0) + 1
        keys = list(self._rows)
        if self._focus not in self._rows:
            self._focus = keys[0] if keys else ""
        self.matrix.empty = self._nobody()
        if keys != list(self.matrix.keys) or self._focus != self.matrix.cursor:
            self.matrix.show(keys, self._focus)
            self._share_height()
        else:
            self.matrix.touch(changed)
        run, marked = self.center.store.profile, len(self.marked_models())
        title = bench_text.title(run, self.center.clock(), self.center.look)
        self.matrix.head(title, bench_text.notes(run, marked, self.center.host.readonly))

    def _nobody(self) -> list[Line]:
        if not self.center.store.ready:
            return self.waiting_text()
        return [(), (("  There is no model here that could be measured.", "strong"),)]

    def _share_height(self) -> None:
        """The matrix takes what its models need, and no more than its share of the page."""
        self.set_class(self.size.height < LOW, "-low")
        tall = self.has_class("-wide") and self.has_class("-tall") and self.maximized is not self.matrix
        wanted = min(max(LEAST_MATRIX, len(self._rows)) + 3, int(self.size.height * MOST_SHARE)) if tall else None
        height = self.matrix.styles.height
        if (height.value if height is not None else None) != wanted:
            self.matrix.styles.height = wanted

    def _paint_panes(self, *, history: bool) -> None:
        center = self.center
        self.now.head(bench_panes.now_title(center.store, self.chosen(), center.look), "")
        self.changes.head(bench_panes.changes_title(center.store, self._found, center.look, alone=self.history.display))
        for pane in (self.whole, self.now, self.changes):
            if pane.display:
                pane.paint()
        if history and self.history.display:
            self.history.head("History", "h two runs")
            self.history.paint()

    def leave_filter(self) -> None:
        (self.results if self.opened else self.matrix).focus()

    def answers_closed(self) -> None:
        self.matrix.focus()
        self.call_after_refresh(self._paint)

    def do_bench_open(self) -> None:
        row = self.chosen()
        if row is not None:
            self.open_answers(row.id)

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def do_run_compare(self) -> None:
        found = self._found
        if found is not None:
            self.app.push_screen(RunsDialog(found.history))

    def perform(self, act: str) -> None:
        if self.matrix.cursor:  # a key may overtake the message that the cursor moved
            self._focus = self.matrix.cursor
        super().perform(act)

    def do_bench_retry(self) -> None:
        center, control = self.center, self.center.host.control
        missing = bench.gave_up(center.store, self._rows)
        failed = bench.failed_prompts(center.store, self._rows)
        if missing:  # what of theirs failed is asked with the rest
            center.command(control.profile(missing, quick=center.store.profile.quick), "Not asked again")
        else:
            center.command(control.profile(failed, only="failed"), "Not asked again")

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        if event.ledger is self.results:
            self.answer_moved(event.key)
        else:
            self._focus = event.key
            self._paint_panes(history=False)
        self.paint_footer()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("result.open" if event.ledger is self.results else "bench.open")
