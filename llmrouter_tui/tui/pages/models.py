"""Models: who is good at what, and what does each cost me? The list, and beside it where its scores come from."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.dossier import Dossier
from llmrouter_tui.core.query import Term
from llmrouter_tui.tui import beside, model_course, model_detail, models_text, review_text, sheets, text
from llmrouter_tui.tui.actions import RATINGS, Situation
from llmrouter_tui.tui.column_heads import column_of
from llmrouter_tui.tui.courses import Courses
from llmrouter_tui.tui.dossiers import Dossiers
from llmrouter_tui.tui.format import Placed
from llmrouter_tui.tui.heads import NAME, WORDS, Part
from llmrouter_tui.tui.modals.figures import FiguresDialog
from llmrouter_tui.tui.modals.match import MatchDialog
from llmrouter_tui.tui.pages.bench_acts import BenchActs
from llmrouter_tui.tui.pages.model_acts import ModelActs
from llmrouter_tui.tui.pages.rating import RatingActs
from llmrouter_tui.tui.reviews import Reviews
from llmrouter_tui.tui.roster import Roster
from llmrouter_tui.tui.sheets import Sheet
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.entries import Entries, Entry
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

PREVIEW, ROOMY_PREVIEW = 5, 7
"""Rows of the preview below the list in a narrow terminal, with its head; from ``ROOMY`` rows on it tells more."""
ROOMY = 22
LATEST, FEW_LATEST = 5, 3
"""Exchanges of the selected model that are listed, and where rows are scarce."""


class ModelsPage(BenchActs, ModelActs, RatingActs):
    """The list above, the selected model below; in a narrow terminal the model takes a page of its own."""

    PAGE = "models"
    FILTERS = ("state:loaded", "can:vision", "code:>.6", "size:>7", "vram:<8", "backend:ollama")

    def __init__(self) -> None:
        super().__init__()
        self.list = Ledger(self._draw, self._version, self._header, id="models")
        self.scores = LinesView(self._draw_scores, id="scores")
        self.facts = LinesView(self._draw_facts, id="facts")
        self.latest = Entries(self._draw_latest, id="latest")
        self._held: tuple[str, list[str]] = ("", [])
        """A model and its newest exchanges; while one is in that list it holds still."""
        self.preview = LinesView(self._draw_preview, id="preview")
        self.whole = LinesView(self._draw_whole, id="whole")
        self.preview.can_focus = False
        self._roster: Roster | None = None
        self._dossiers: Dossiers | None = None
        self._reviews: Reviews | None = None
        self._courses: Courses | None = None
        self._columns: tuple[object, ...] = ()
        self._placed: tuple[Placed, ...] = ()

    def body(self) -> ComposeResult:
        yield self.list
        with Horizontal(id="about"):
            yield self.scores
            with Vertical(id="going"):
                yield self.facts
                yield self.latest
        yield self.preview
        yield self.whole

    @property
    def roster(self) -> Roster:
        """The list's filter, order and focus."""
        if self._roster is None:
            self._roster = Roster(self.center.store)
        return self._roster

    def chosen(self) -> ModelView | None:
        return self.roster.selected

    def listed(self) -> Sequence[str]:
        return self.roster.ids

    def here(self) -> str:
        return self.roster.focus

    def paint_marks(self) -> None:
        self.paint_models()

    def situation(self) -> Situation:
        found = super().situation()
        none = "" if found.model else "no model is selected"
        reasons = {**found.reasons, "bench.mark": none}
        if self.focused is not self.latest:
            first = "select one of its newest requests first, with ⏎ and tab"
            why = first if self._newest() else "none of its requests is listed"
            reasons |= dict.fromkeys((*RATINGS, "clear"), why)
        return replace(found, exchange=self.to_rate(), reasons=reasons)

    def hidden_acts(self) -> frozenset[str]:
        if self.focused is self.latest:
            return super().hidden_acts() - {"back"} | {"model.load", "model.unload", "model.pin", "model.enable"}
        return super().hidden_acts() | {"good", "bad", "note"}

    def to_rate(self) -> Exchange | None:
        row = self.center.store.rows.get(self.latest.cursor) if self.focused is self.latest else None
        return row.exchange if row else None

    @property
    def dossiers(self) -> Dossiers:
        """What is publicly known of the models that were looked at."""
        if self._dossiers is None:
            self._dossiers = Dossiers(self.center, self._paint_model)
        return self._dossiers

    @property
    def reviews(self) -> Reviews:
        """What was seen of the models against what was expected."""
        if self._reviews is None:
            self._reviews = Reviews(
                self.center, lambda reading: self.run_worker(reading, exit_on_error=False), self._paint_model
            )
        return self._reviews

    @property
    def courses(self) -> Courses:
        """How things went with the models, and what is known beside them."""
        if self._courses is None:
            self._courses = Courses(
                self.center,
                lambda reading: self.run_worker(reading, exit_on_error=False),
                self.paint_models,
                self._paint_model,
            )
        return self._courses

    def on_mount(self) -> None:
        self.list.focus()

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _place(self, cells: int) -> tuple[Placed, ...]:
        store, sort = self.center.store, self.roster.sort.id
        longest = max((text.width(store.name(id_)) for id_ in self.roster.ids), default=0)
        empty = beside.empty_columns(self.roster.beside)
        if (cells, longest, sort, empty) != self._columns:
            self._columns = (cells, longest, sort, empty)
            self._placed = models_text.place_columns(cells, longest, sort, empty)
        return self._placed

    def _draw(self, key: str, cells: int) -> Line:
        model = self.center.store.models.get(key)
        shown = replace(self.shown(key), beside=self.roster.about(key))
        return models_text.row(model, self._place(cells), shown, marked=key in self.marked) if model else ()

    def _version(self, key: str) -> Hashable:
        minute = int(self.center.clock() // 60)
        told = self.roster.version(key), self.roster.about(key)
        return told, self.pending.what(key), minute, self._columns, key in self.marked

    def _header(self, cells: int) -> Line:
        return models_text.head(self._place(cells), self.center.look, self.roster.sort.id, self.roster.falling)

    def _draw_scores(self, cells: int, rows: int) -> list[Line]:
        model = self.chosen()
        if model is None:
            return []
        return model_detail.scores(model, cells, self.center.look, self._known(model), self._review(model, cells))

    def _draw_facts(self, cells: int, rows: int) -> list[Line]:
        model = self.chosen()
        return model_detail.facts(model, self.shown(model.id), cells, self._course(model, cells)) if model else []

    def _draw_preview(self, cells: int, rows: int) -> list[Line]:
        model = self.chosen()
        if model is None:
            return []
        shown = self.shown(model.id)
        told = model_course.told(model, shown, self.courses.choices())
        return model_detail.preview(model, shown, cells, told, rows)

    def _draw_whole(self, cells: int, rows: int) -> list[Line]:
        model = self.chosen()
        if model is None:
            return []
        known, review, course = self._known(model), self._review(model, cells), self._course(model, cells)
        return model_detail.full(model, self.shown(model.id), cells, known, review, course)

    def _draw_latest(self, cells: int, rows: int) -> list[Entry]:
        rows_, look = self.center.store.rows, self.center.look
        known = (rows_[id_] for id_ in self._newest() if id_ in rows_)
        return [(row.id, (model_course.exchange_line(row, cells, look),)) for row in known]

    def _newest(self) -> list[str]:
        """Ids of the newest exchanges of the selected model."""
        model = self.chosen()
        if model is None:
            return []
        if self.focused is not self.latest or self._held[0] != model.id:
            most = LATEST if self.has_class("-tall") else FEW_LATEST
            self._held = model.id, model_course.latest(model, self.center.store, most)
        return self._held[1]

    def _course(self, model: ModelView, cells: int) -> list[Line]:
        return model_course.lines(model, self.shown(model.id), self.courses.course(), cells)

    def _review(self, model: ModelView, cells: int) -> list[Line]:
        """What was expected of the selected model and seen, once the router told."""
        found, problem, center = self.reviews.look(), self.reviews.problem, self.center
        if found is None:
            return review_text.unknown(problem, cells) if problem else []
        return review_text.of_model(found, model.id, cells, center.look, center.store.name)

    def _known(self, model: ModelView) -> Dossier | None:
        known = self.dossiers.of(model.match.own) if model.match else None
        return known.run_in(model.match.mode) if known and model.match else None

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty & Dirty.SYNC and not self.center.store.sync.running:
            self.dossiers.ask_again()
            self._paint_model()
        if dirty & (Dirty.MODELS | Dirty.BACKENDS | Dirty.RESIDENCY | Dirty.PROFILE | Dirty.VOTES):
            self.paint_models()
        elif dirty & (Dirty.ROWS | Dirty.CLOCK):
            self._paint_model()
            if dirty & Dirty.CLOCK:
                self.list.refresh()

    def paint_models(self) -> None:
        roster = self.roster
        if self.is_current and roster.beside != (told := self.courses.beside()):
            roster.beside = told
            self.list.redraw()
        roster.refresh()
        self.list.empty = self._empty()
        self.list.show(roster.ids, roster.focus)
        if self.has_class("-wide") and self.maximized is not self.list:
            wanted = min(max(4, len(roster.ids)) + 3, self.size.height * 2 // 5)
            if self.list.styles.height is None or self.list.styles.height.value != wanted:
                self.list.styles.height = wanted
        else:
            self.list.styles.height = None
        wanted = ROOMY_PREVIEW if self.size.height >= ROOMY else PREVIEW
        if self.preview.styles.height is None or self.preview.styles.height.value != wanted:
            self.preview.styles.height = wanted
        marked = len(self.marked_models())
        notes = [
            Part(f"{marked} marked" if marked else ""),
            Part(f"filter {roster.query}" if roster.filtered else ""),
            Part(f"{len(roster.ids)} of {len(self.center.store.models)}"),
            Part(f"by {roster.sort.label}", WORDS),
        ]
        self.list.head("Models", notes)
        self._paint_model()
        self.paint_footer()

    def _paint_model(self) -> None:
        model = self.chosen()
        title = model_detail.title(model, self.shown()) if model else (Part("No model", NAME),)
        about = Part("scores and where they come from", WORDS)
        self.scores.head((*title, about) if model else "Scores", "Q as a plot" if model else "")
        self.facts.head("How it goes, what it costs", "T plots" if model else "")
        self.preview.head(title, "⏎ everything" if model else "")
        self.whole.head(title, "esc back")
        self._paint_latest()
        for panel in (self.scores, self.facts, self.preview, self.whole):
            if panel.display:
                panel.paint()

    def _paint_latest(self) -> None:
        count = len(self._newest())
        self.latest.set_class(not count, "-gone")
        if not count or not self.latest.display:
            return
        height = count + self.latest.gutter.height
        if self.latest.styles.height is None or self.latest.styles.height.value != height:
            self.latest.styles.height = height
        here = self.focused is self.latest
        self.latest.head("Its newest requests", "⏎ why  u good  d bad" if here else "tab  v all of them")
        self.latest.paint()

    def _empty(self) -> list[Line]:
        center, roster = self.center, self.roster
        if roster.filtered:
            return [
                (),
                ((f"  0 of {len(center.store.models)} match ", ""), (roster.query, "strong")),
                (("  esc ", "key"), ("clears the filter", "soft")),
            ]
        if not center.store.ready:
            return self.waiting_text()
        add: list[Line] = [] if center.host.readonly else [(("  A ", "key"), ("adds a backend by its address", "soft"))]
        return [(), (("  No models.", "strong"),), (("  1 ", "key"), ("says how to get one", "soft")), *add]

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self, act: str) -> None:
        if self.list.cursor:  # a key may overtake the message that the cursor moved
            self.roster.focus = self.list.cursor
        super().perform(act)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self.roster.focus = event.key
        for panel in (self.scores, self.facts, self.whole):
            panel.scroll_to(y=0, animate=False)
        self._paint_model()
        self.paint_footer()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("model.open")

    def on_entries_moved(self) -> None:
        self.paint_footer()

    def on_entries_opened(self) -> None:
        self.center.at_routes(exchange=self.latest.cursor)

    def on_descendant_focus(self) -> None:
        self._paint_latest()
        self.paint_footer()

    def do_model_requests(self) -> None:
        model = self.chosen()
        if model is not None:
            self.center.at_routes(query=str(Term("model", self.center.store.name(model.id))))

    def do_model_open(self) -> None:
        if self.has_class("-wide"):
            self.scores.focus()
        else:
            self._open(True)

    def _open(self, on: bool) -> None:
        self.set_class(on, "-detail")
        (self.whole if on else self.list).focus()
        self.call_after_refresh(self._paint_model)
        self.paint_footer()

    def close_top(self) -> bool:
        if self.has_class("-detail"):
            self._open(False)
            return True
        if self.focused in (self.scores, self.facts, self.latest):
            self.list.focus()
            return True
        if super().close_top():
            return True
        if self.roster.filtered:
            self.set_filter("")
            return True
        return False

    def set_filter(self, query: str) -> None:
        self.roster.filter(query)
        self.paint_models()

    def show_filter(self, on: bool) -> None:
        super().show_filter(on)
        if on and self.roster.query:
            self.filter_input.value = self.roster.query

    def leave_filter(self) -> None:
        self.list.focus()

    def sheet(self) -> Sheet:
        models = self.center.store.models
        return sheets.of_models(models[id_] for id_ in self.roster.ids if id_ in models)

    def task_in_view(self) -> str:
        return self.roster.sort.id if self.roster.sort.id in TASKS else ""

    def act_on(self, model_id: str, act: str) -> None:
        """Select a model and do this to it."""
        if model_id not in self.roster.ids:
            self.set_filter("")
        self.roster.focus = model_id
        self.paint_models()
        if self.roster.focus == model_id:
            self.perform(act)
        else:  # it went since it was chosen: what is there now is not meant
            self.center.say(f"no backend has {self.center.store.name(model_id)} any more")

    def do_figures(self) -> None:
        self.app.push_screen(FiguresDialog())

    def do_model_match(self) -> None:
        model = self.chosen()
        if model is None:
            return
        center, name = self.center, self.center.store.name(model.id)

        def answered(entry: str | None) -> None:
            if entry is not None:
                center.command(center.host.control.match(model.id, entry), f"{name}: match not changed")

        self.app.push_screen(MatchDialog(name, model.info.name, model.match), answered)

    def order_by(self, title: str) -> None:
        columns = [(column.id, column.head) for column in models_text.COLUMNS]
        self.roster.sort_by(column_of(title, columns, self.center.look.symbols))
        self.list.redraw()
        self.paint_models()

    def do_sort_left(self) -> None:
        self._sort(-1)

    def do_sort_right(self) -> None:
        self._sort(1)

    def _sort(self, step: int) -> None:
        self.roster.shift_sort(step)
        self.list.redraw()
        self.paint_models()

    def do_sort_reverse(self) -> None:
        self.roster.reverse()
        self.paint_models()
