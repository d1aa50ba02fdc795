"""Judge: what did the judge say, and does it agree with me? The grades, and the judge under judgement."""

from collections.abc import Hashable, Mapping
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from llmrouter_tui.core.grades import Grade
from llmrouter_tui.tui import agreement_text, comparisons_text, grades_text, sheets, text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.grades_view import GradesView
from llmrouter_tui.tui.gradings import why_not_graded
from llmrouter_tui.tui.heads import WORDS, Part
from llmrouter_tui.tui.pages.judge_acts import JudgeActs
from llmrouter_tui.tui.sheets import Sheet
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

LOW = 20
"""Rows below which the agreement is only seen zoomed."""
OF_PROMPT = "it is an answer to a prompt of the set; m puts your mark on it"


class JudgePage(JudgeActs):
    """The grades with the agreement beside them, the selected one below; in a narrow terminal it takes their place."""

    PAGE = "judge"
    FILTERS = ("model:qwen", "task:math", "mark:<6", "you:-", "is:disagree", "is:failed")

    def __init__(self) -> None:
        super().__init__()
        self.state = LinesView(self._draw_state, id="judge-state")
        self.list = Ledger(self._draw, self._version, grades_text.head, id="grades")
        self.agreement = LinesView(self._draw_agreement, id="agreement")
        self.detail = LinesView(self._draw_detail, id="grade")
        self.state.can_focus = False
        self._view: GradesView | None = None

    def body(self) -> ComposeResult:
        yield self.state
        with Horizontal(id="judged"):
            yield self.list
            yield self.agreement
        with Container(id="graded"):
            yield self.detail
            if not self.center.host.readonly:
                yield self.rating

    def on_mount(self) -> None:
        self.list.focus()

    @property
    def view(self) -> GradesView:
        """The list's filter, order and focus."""
        if self._view is None:
            self._view = GradesView(self.center.store.grades)
        return self._view

    # ── what is selected ──────────────────────────────────────────────────────────────────────────────────────

    def chosen(self) -> Grade | None:
        """The grade under the cursor."""
        return self.view.selected

    def situation(self) -> Situation:
        found, grade = super().situation(), self.chosen()
        return replace(found, exchange=self.to_rate(), reasons=self._reasons(grade))

    def _reasons(self, grade: Grade | None) -> Mapping[str, str]:
        judge = self.center.store.judge
        none = "" if grade else "no grade is selected"
        rate = none or (OF_PROMPT if grade and grade.subject == "prompt" else "")
        nobody = why_not_graded(judge)
        return {
            **dict.fromkeys(("good", "bad", "note", "clear"), rate),
            "grade.open": none,
            "grade.again": none or nobody,
            "grade.mark": none,
            "request.show": rate,
            "judge.pause": nobody,
        }

    def hidden_acts(self) -> frozenset[str]:
        grade = self.chosen()
        of_prompt = {"good", "bad", "note", "clear", "request.show"} if grade and grade.subject == "prompt" else set()
        return super().hidden_acts() | of_prompt | ({"grade.open", "filter"} if self.covered else frozenset())

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _draw_state(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        return [agreement_text.state_line(center.store.judge, cells, center.look, center.store.name)]

    def _draw(self, key: str, cells: int) -> Line:
        center = self.center
        grade = center.store.grades.known.get(key)
        return grades_text.row(grade, cells, center.look, center.store.name) if grade else ()

    def _version(self, key: str) -> Hashable:
        return self.center.store.grades.known.get(key)

    def _draw_agreement(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        if not self._roomy and self.maximized is not self.agreement:
            return agreement_text.brief(center.store.judge, cells, center.look, center.store.name)
        lines = agreement_text.lines(center.store.judge, cells, center.look, center.store.name)
        compared = comparisons_text.brief(center.comparisons.look() or (), cells, center.look, center.store.name)
        return [*lines, (), *compared] if compared else lines

    def _draw_detail(self, cells: int, rows: int) -> list[Line]:
        grade, center = self.chosen(), self.center
        if grade is None:
            return []
        effects, exchange = self.effects.get(grade.id, ()), self.exchange(grade)
        draw = grades_text.whole if self._whole else grades_text.brief
        return draw(grade, exchange, effects, cells, center.look, center.store.name)

    @property
    def _roomy(self) -> bool:
        """Whether there is room for the agreement beside the list."""
        return self.has_class("-wide")

    @property
    def _whole(self) -> bool:
        """Whether the selected grade is told in full."""
        return self.has_class("-detail") or self.focused is self.detail or self.maximized is self.detail

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        self.set_class(self.size.height < LOW, "-low")
        self.gradings.look()
        told = dirty & Dirty.JUDGE and not self.view.ids  # of the judge, in place of grades
        if dirty & Dirty.GRADES or dirty == Dirty.ALL or told:
            self.settle()
            self._paint_list()
        if dirty & (Dirty.JUDGE | Dirty.CLOCK):
            self._paint_judge()
        grade = self.chosen()
        if dirty & Dirty.ROWS and grade and (touched is None or grade.ref in touched):
            self.paint_detail()

    def grades_read(self) -> None:
        """Grades were read."""
        if self.is_attached:
            self._paint_list()
            if self.view.filtered and len(self.view.ids) < self.size.height:
                self.gradings.older()

    def _paint_list(self) -> None:
        view = self.view
        self._show_wanted()
        view.refresh()
        self.list.empty = self._empty()
        self.list.show(view.ids, view.focus)
        self.list.head("Grades", grades_text.notes(view, self.gradings.total))
        self._paint_judge()
        self.paint_detail()
        self.paint_footer()

    def _show_wanted(self) -> None:
        """Put the focus on the grade for which one came here from elsewhere."""
        book = self.center.store.grades
        if book.wanted in book.known:
            self.view.filter("")
            self.view.select(book.wanted)
            book.wanted = ""

    def _paint_judge(self) -> None:
        center = self.center
        judge = center.store.judge
        self.state.head(agreement_text.title(judge, center.store.name), self._state_notes())
        self.agreement.head("Agreement", agreement_text.agreement_notes(judge))
        self.state.paint()
        if self.agreement.display:
            self.agreement.paint()

    def _state_notes(self) -> tuple[Part, ...]:
        judge = self.center.store.judge
        disagree = Part(f"{judge.disagree} disagree" if judge.disagree else "")
        mean = Part(f"mean {judge.mean:.1f}" if judge.mean is not None else "")
        return disagree, mean

    def paint_detail(self) -> None:
        grade, center = self.chosen(), self.center
        self.seek(grade)
        note = Part("esc back" if self.covered else "⏎ all of it", WORDS)
        title = grades_text.title(grade, center.look, center.store.name) if grade else "Selected"
        self.detail.head(title, (note,) if grade else "")
        self.query_one("#graded").set_class(grade is None, "-gone")
        if grade is None:
            return
        self.detail.paint()
        roomy = self.has_class("-detail") or (self.has_class("-wide") and self.has_class("-tall"))
        self.rating.set_class(grade.subject == "prompt" or not roomy, "-gone")
        self.paint_rating()

    def _empty(self) -> list[Line]:
        center = self.center
        if not center.store.ready:
            return self.waiting_text()
        if self.view.filtered:
            said = f"  0 of {text.count(self.gradings.total)} match "
            clears: Line = (("  esc ", "key"), ("clears the filter", "soft"))
            return [(), ((said, ""), (self.view.query, "strong")), clears]
        if not self.gradings.read:
            return [(), (("  Reading the grades.", "soft"),)]
        cells = self.list.size.width
        return agreement_text.nothing_yet(center.store.judge, cells, readonly=center.host.readonly)

    # ── moving ────────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self, act: str) -> None:
        if self.list.cursor:  # a key may overtake the message that the cursor moved
            self.view.select(self.list.cursor)
        super().perform(act)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self.view.select(event.key)
        self.detail.scroll_to(y=0, animate=False)
        self.paint_detail()
        self.paint_footer()

    def on_ledger_ended(self, event: Ledger.Ended) -> None:
        self.gradings.older()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("grade.open")

    def on_descendant_focus(self) -> None:
        self.paint_detail()

    def do_grade_open(self) -> None:
        self._open(True)

    def do_request_show(self) -> None:
        grade = self.chosen()
        if grade is not None:
            self.center.at_routes(exchange=grade.ref)

    def _open(self, on: bool) -> None:
        self.set_class(on, "-detail")
        (self.detail if on else self.list).focus()
        self.call_after_refresh(self.paint_detail)
        self.paint_footer()

    def close_top(self) -> bool:
        if self.has_class("-detail"):
            self._open(False)
            return True
        if self.focused in (self.detail, self.agreement):
            self.list.focus()
            return True
        if super().close_top():
            return True
        if self.view.filtered:
            self.set_filter("")
            return True
        return False

    def sheet(self) -> Sheet:
        known = self.center.store.grades.known
        return sheets.of_records("grades", "grades", [known[id_] for id_ in self.view.ids if id_ in known])

    def set_filter(self, query: str) -> None:
        self.view.filter(query)
        self.grades_read()

    def show_filter(self, on: bool) -> None:
        super().show_filter(on)
        if on and self.view.query:
            self.filter_input.value = self.view.query

    def leave_filter(self) -> None:
        self.list.focus()

    def do_sort_left(self) -> None:
        self.view.shift_order(-1)
        self._paint_list()

    def do_sort_right(self) -> None:
        self.view.shift_order(1)
        self._paint_list()
