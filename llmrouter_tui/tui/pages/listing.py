"""What Dash and Routes share: the live ledger with its filter, order, pause, focus and the rating keys."""

from collections.abc import Hashable

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.ports import FeedbackInput, Rated
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.gradings import QUEUED, why_not_graded
from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.pages.rating import RatingActs
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger


class ListingPage(RatingActs):
    """A page with the ledger of exchanges."""

    FILTERS = ("task:code", "model:qwen", "margin:<.05", "you:-", "state:failed")

    shows_effects = False
    """Whether the page itself shows what a rating moved, so that no word in the corner is needed."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(self._draw, self._version, self._header, id="ledger")
        self._placed: tuple[fmt.Placed, ...] = ()
        self._placed_for: tuple[int, str] = (0, "")

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def columns(self, cells: int) -> tuple[fmt.Placed, ...]:
        """The columns for a width; worked out again only when the width or the order changed."""
        wanted = (cells, self.center.view.sort.id)
        if wanted != self._placed_for:
            self._placed_for = wanted
            self._placed = fmt.place_columns(cells, sort=wanted[1])
        return self._placed

    def _draw(self, key: str, cells: int) -> Line:
        row = self.center.view.row(key)
        if row is None:
            return ()
        return fmt.ledger_row(row, self.columns(cells), cells, self.center.look, self.center.store.name)

    def _version(self, key: str) -> Hashable:
        row = self.center.view.row(key)
        return row.version if row else -1

    def _header(self, cells: int) -> Line:
        view = self.center.view
        return fmt.ledger_head(self.columns(cells), cells, self.center.look, view.sort.id, view.falling)

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        reordered = dirty & Dirty.ROWS and self._reorders()
        if touched is None or dirty & (Dirty.ROUTES | Dirty.SERVICE) or reordered:
            self._paint_list()
            return
        if dirty & Dirty.ROWS:
            self.ledger.touch(touched)
        if dirty & Dirty.SETTINGS:
            self._paint_head()

    def _reorders(self) -> bool:
        view = self.center.view
        return view.filtered or view.sort.id != "time"

    def _paint_list(self) -> None:
        view = self.center.view
        self.ledger.empty = self._empty()
        if not view.paused or list(self.ledger.keys) != view.ids:
            self.ledger.show(view.ids, view.focus)
        self._paint_head()

    def _paint_head(self) -> None:
        view = self.center.view
        shown = f"{text.count(len(view.ids))} of {text.count(self.center.store.total)}"
        order = view.sort.label + ("" if view.falling == view.sort.falling else " reversed")
        notes = [Part(shown)]
        if view.paused:
            notes.insert(0, Part(f"paused, {view.waiting} waiting"))
        elif view.filtered:
            notes.insert(0, Part(f"filter {view.query}"))
        if self.shows_preference():
            notes.append(Part(self._preference(), FACT))
        notes.append(Part(order, WORDS))
        self.ledger.head((Part("Routes", NAME), Part("" if view.paused else "live", WORDS)), notes)

    def shows_preference(self) -> bool:
        """Whether the head of the list tells the preference (no slider is in view)."""
        return True

    def _preference(self) -> str:
        center = self.center
        asked = (
            ""
            if center.preference.asked is None
            else center.look.symbols.arrow + text.fraction(center.preference.asked)
        )
        return f"quality {text.fraction(center.store.preference)}{asked}"

    def _empty(self) -> list[Line]:
        center = self.center
        if center.view.filtered:
            return [
                (),
                ((f"  0 of {text.count(center.store.total)} match ", ""), (center.view.query, "strong")),
                (("  esc ", "key"), ("clears the filter", "soft")),
            ]
        if not center.store.ready:
            return self.waiting_text()
        return [
            (),
            (("  No requests yet.", "strong"),),
            (),
            (("  Point any OpenAI client at", "soft"),),
            ((f"    {center.store.service.url}", "accent"), ("   model ", "soft"), ('"auto"', "accent")),
            (),
            (("  y ", "key"), ("copies the address", "soft")),
        ]

    # ── focus, filter, order, pause ───────────────────────────────────────────────────────────────────────────

    def situation(self) -> Situation:
        selected = self.center.view.selected
        return Situation(
            page=self.PAGE,
            readonly=self.center.host.readonly,
            ready=self.center.serving,
            exchange=selected.exchange if selected else None,
            reasons={"grade.ask": self._why_not_grade(), "grade.show": "" if self.graded() else "no judge graded it"},
        )

    def graded(self) -> Grade | None:
        """What a judge said of the selected answer, as far as this screen heard of it."""
        selected = self.center.view.selected
        return self.center.store.grades.of(selected.id) if selected else None

    def do_grade_show(self) -> None:
        grade = self.graded()
        if grade is not None:
            self.center.store.grades.wanted = grade.id
            self.center.go("judge")

    def hidden_acts(self) -> frozenset[str]:
        return super().hidden_acts() | (frozenset() if self.graded() else {"grade.show"})

    def _why_not_grade(self) -> str:
        selected = self.center.view.selected
        if selected is None:
            return "no exchange is selected"
        return why_not_graded(self.center.store.judge, selected.exchange)

    def on_mount(self) -> None:
        self.ledger.focus()

    def leave_filter(self) -> None:
        self.ledger.focus()

    def perform(self, act: str) -> None:
        cursor = self.ledger.cursor
        if cursor and cursor != self.center.view.focus:  # a key may overtake the message that the cursor moved
            self.center.view.select(cursor)
        super().perform(act)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self.center.view.select(event.key)
        self.selection_moved()

    def selection_moved(self) -> None:
        """Another exchange has the focus."""
        self.paint_footer()

    def set_filter(self, query: str) -> None:
        self.center.view.filter(query)
        self._paint_list()
        self.selection_moved()

    def show_filter(self, on: bool) -> None:
        super().show_filter(on)
        if on and self.center.view.query:
            self.filter_input.value = self.center.view.query

    def close_top(self) -> bool:
        if super().close_top():
            return True
        if self.center.view.filtered:
            self.set_filter("")
            return True
        return False

    def _sort(self, step: int) -> None:
        self.center.view.shift_sort(step)
        self.ledger.redraw()
        self._paint_list()

    def do_sort_left(self) -> None:
        self._sort(-1)

    def do_sort_right(self) -> None:
        self._sort(1)

    def do_sort_reverse(self) -> None:
        self.center.view.reverse()
        self._paint_list()

    def do_pause(self) -> None:
        view = self.center.view
        view.pause(not view.paused)
        self.ledger.redraw()
        self._paint_list()
        self.selection_moved()

    def on_ledger_ended(self, event: Ledger.Ended) -> None:
        """The cursor is on the last row: read the page of history below it."""
        center, view = self.center, self.center.view
        if view.sort.id != "time" or not view.falling or view.paused or not center.serving:
            return
        center.history.older(self._paint_list)

    # ── rating ────────────────────────────────────────────────────────────────────────────────────────────────

    def to_rate(self) -> Exchange | None:
        selected = self.center.view.selected
        return selected.exchange if selected else None

    def rate(self, feedback: FeedbackInput, mark: str) -> None:
        """Send a rating; the row shows it with ``?`` until the router confirms."""
        center, store = self.center, self.center.store
        row = store.rows.get(feedback.exchange_id)
        if row is None:
            return
        row.pending = mark
        store.touch(row.id)

        def failed() -> None:
            row.pending = ""
            store.touch(row.id)

        def done(result: Rated) -> None:
            if not self.shows_effects:
                for effect in result.effects:
                    center.say(fmt.effect_text(effect, store.name, center.look))

        center.command(center.host.control.rate(feedback), "Rating not saved", done, failed)
        center.view.refresh({row.id})
        self.absorb(Dirty.ROWS, {row.id})

    def do_grade_ask(self) -> None:
        exchange, center = self.to_rate(), self.center
        if exchange is not None:
            call = center.host.control.grade("exchange", exchange.id)
            center.command(call, "Not graded", lambda _: center.say(QUEUED))

    # ── the rest ──────────────────────────────────────────────────────────────────────────────────────────────

    def do_copy(self) -> None:
        """Copy what is there; asks when there is a choice."""
        exchange, url = self.situation().exchange, self.center.store.service.url
        things = {"prompt": exchange.prompt, "answer": exchange.answer, "id": exchange.id} if exchange else {}
        things["address"] = url
        keys = {"prompt": "p", "answer": "a", "id": "i", "address": "u"}
        answers = [Answer(what, f"{what.capitalize()}", keys[what]) for what, value in things.items() if value]

        def chosen(what: str | None) -> None:
            if what:
                self.app.copy_to_clipboard(things[what])
                self.center.say(f"Copied the {what}.")

        if len(answers) == 1:
            chosen(answers[0].value)
        else:
            self.app.push_screen(Ask("Copy what?", [], answers), chosen)

    def do_prefer_speed(self) -> None:
        self.center.preference.move(-0.05)

    def do_prefer_quality(self) -> None:
        self.center.preference.move(0.05)
