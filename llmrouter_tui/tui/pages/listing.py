"""What Dash and Routes share: the live ledger with its filter, order, pause, focus and the rating keys."""

from collections.abc import Hashable

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.tui import curl_text, explain, filter_text, sheets, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.column_heads import column_of
from llmrouter_tui.tui.gradings import QUEUED, why_not_graded
from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.pages.finding import FindingActs
from llmrouter_tui.tui.sheets import Sheet
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line


class ListingPage(FindingActs):
    """A page with the ledger of exchanges."""

    def __init__(self) -> None:
        super().__init__()
        self._placed: tuple[fmt.Placed, ...] = ()
        self._placed_for: tuple[int, str, bool] = (0, "", False)

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def columns(self, cells: int) -> tuple[fmt.Placed, ...]:
        """The columns for a width; worked out again only when the width or the order changed."""
        wanted = (cells, self.center.view.sort.id, self._dated())
        if wanted != self._placed_for:
            self._placed_for = wanted
            self._placed = fmt.place_columns(cells, sort=wanted[1], without=self.told_beside(), dated=wanted[2])
        return self._placed

    def told_beside(self) -> tuple[str, ...]:
        """Columns that the list leaves out, because a pane beside it tells the same."""
        return ()

    def _dated(self) -> bool:
        """Whether days are told: history is listed."""
        store = self.center.store
        return store.past is not None or (self.center.view.filtered and bool(store.found))

    def draw(self, key: str, cells: int) -> Line:
        row = self.center.view.row(key)
        if row is None:
            return ()
        return fmt.ledger_row(row, self.columns(cells), cells, self.center.look, self.center.store.name)

    def version(self, key: str) -> Hashable:
        row = self.center.view.row(key)
        return row.version if row else -1

    def header(self, cells: int) -> Line:
        view = self.center.view
        return fmt.ledger_head(self.columns(cells), cells, self.center.look, view.sort.id, view.falling)

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        reordered = dirty & Dirty.ROWS and self._reorders()
        if touched is None or dirty & (Dirty.ROUTES | Dirty.SERVICE) or reordered:
            self.paint_list()
            return
        if dirty & Dirty.ROWS:
            self.ledger.touch(touched)
        if dirty & Dirty.SETTINGS:
            self.paint_head()

    def _reorders(self) -> bool:
        view = self.center.view
        return view.filtered or view.sort.id != "time"

    def paint_list(self) -> None:
        view = self.center.view
        self.ledger.empty = self._empty()
        still = view.paused or (self.center.store.past is not None and self.ledger.cursor == view.focus)
        if not still or list(self.ledger.keys) != view.ids:
            self.ledger.show(view.ids, view.focus)
        self.paint_head()

    def paint_head(self) -> None:
        view = self.center.view
        shown = f"{text.count(len(view.ids))} of {text.count(self.center.store.total)}"
        order = view.sort.label + ("" if view.falling == view.sort.falling else " reversed")
        notes = [Part(shown)]
        past = self.center.store.past
        if past is not None:
            notes = [Part(past.told(view.focus, self.center.store.total))]
        elif view.paused:
            notes.insert(0, Part(f"paused, {view.waiting} new wait"))
        elif view.filtered:
            notes.insert(0, Part(f"filter {view.said}"))
            notes.insert(1, Part(filter_text.span(view.wanted, self.center.look)))
            notes.insert(2, Part(self.searched()))
        if self.shows_preference():
            notes.append(Part(self._preference(), FACT))
        notes.append(Part(order, WORDS))
        pace = "history" if past is not None else "" if view.paused else "live"
        self.ledger.head((Part("Routes", NAME), Part(pace, WORDS)), notes)

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
                ((f"  0 of {text.count(center.store.total)} match ", ""), (center.view.said, "strong")),
                *[((f"  {told}", "soft"),) for told in (filter_text.span(center.view.wanted, center.look),) if told],
                ((f"  {self.searched()}", "soft"),),
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

    # ── what is selected ──────────────────────────────────────────────────────────────────────────────────────

    def situation(self) -> Situation:
        selected = self.center.view.selected
        return Situation(
            page=self.PAGE,
            readonly=self.center.host.readonly,
            ready=self.center.serving,
            exchange=selected.exchange if selected else None,
            reasons=self.finding_reasons()
            | {"grade.ask": self._why_not_grade(), "grade.show": "" if self.graded() else "no judge graded it"},
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

    # ── rating ────────────────────────────────────────────────────────────────────────────────────────────────

    def to_rate(self) -> Exchange | None:
        selected = self.center.view.selected
        return selected.exchange if selected else None

    def said_of(self, cells: int) -> Line:
        row, center = self.center.view.selected, self.center
        return explain.rated(row, center.store.name, center.look, cells) if row else ()

    def do_grade_ask(self) -> None:
        exchange, center = self.to_rate(), self.center
        if exchange is not None:
            call = center.host.control.grade("exchange", exchange.id)
            center.command(call, "Not graded", lambda _: center.say(QUEUED))

    def do_ask_with(self) -> None:
        exchange = self.to_rate()
        if exchange is not None:
            self.center.asks.draft.prompt = exchange.prompt
            self.center.go("ask")

    def order_by(self, title: str) -> None:
        self.come_back()
        columns = [(column.id, column.head) for column in fmt.COLUMNS]
        self.center.view.sort_by(column_of(title, columns, self.center.look.symbols))
        self.ledger.redraw()
        self.absorb(Dirty.ROUTES)

    def sheet(self) -> Sheet | None:
        view = self.center.view
        rows = [row for id_ in view.ids if (row := view.row(id_)) is not None]
        return sheets.of_records("routes", "exchanges", [row.exchange for row in rows])

    # ── the rest ──────────────────────────────────────────────────────────────────────────────────────────────

    def do_copy(self) -> None:
        """Copy what is there; asks when there is a choice."""
        exchange, url = self.situation().exchange, self._url()
        things = {"prompt": exchange.prompt, "answer": exchange.answer, "id": exchange.id} if exchange else {}
        if exchange is not None and exchange.prompt:
            things["curl line"] = curl_text.curl(exchange, url)
        things["address"] = url
        keys = {"prompt": "p", "answer": "a", "id": "i", "curl line": "c", "address": "u"}
        answers = [Answer(what, f"{what.capitalize()}", keys[what]) for what, value in things.items() if value]

        def chosen(what: str | None) -> None:
            if what:
                self.center.copy(things[what], f"the {what}")

        if len(answers) == 1:
            chosen(answers[0].value)
        else:
            self.app.push_screen(Ask("Copy what?", [], answers), chosen)

    def _url(self) -> str:
        """Where this screen's router is asked; one that is watched, as it is reached from here."""
        root = self.center.host.url
        return f"{root}/v1" if root else curl_text.reachable(self.center.store.service.url)

    def do_prefer_speed(self) -> None:
        self.center.preference.move(-0.05)

    def do_prefer_quality(self) -> None:
        self.center.preference.move(0.05)
