"""Judge: what did the judge say, and does it agree with me? The grades, and the judge under judgement."""

from collections.abc import Hashable, Mapping
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal

from llmrouter_tui.core.decision import Effect, Exchange
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.ports import FeedbackInput, Rated
from llmrouter_tui.tui import agreement_text, grades_text, judges_text, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.grades_view import GradesView
from llmrouter_tui.tui.gradings import Gradings, judge_of
from llmrouter_tui.tui.heads import WORDS, Part
from llmrouter_tui.tui.modals.judge import JudgeDialog
from llmrouter_tui.tui.modals.mark import BACK, MarkDialog
from llmrouter_tui.tui.pages.rating import RatingActs
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

LOW = 20
"""Rows below which the agreement is only seen zoomed."""
KEPT_EXCHANGES = 100
"""Exchanges that were asked for because they are no more in the list."""
OF_PROMPT = "it is an answer to a prompt of the set; m puts your mark on it"


class JudgePage(RatingActs):
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
        self._gradings: Gradings | None = None
        self._exchanges: dict[str, Exchange] = {}
        self._sought: set[str] = set()
        """Exchanges that were asked for."""
        self._effects: dict[str, tuple[Effect, ...]] = {}
        """What the last act on a grade moved, by the grade's id."""
        self._asked: dict[tuple[str, str, str], float] = {}
        """Answers that are to be graded again, and when their newest grade was given."""

    def body(self) -> ComposeResult:
        yield self.state
        with Horizontal(id="judged"):
            yield self.list
            yield self.agreement
        yield self.detail

    def on_mount(self) -> None:
        self.list.focus()

    @property
    def view(self) -> GradesView:
        """The list's filter, order and focus."""
        if self._view is None:
            self._view = GradesView(self.center.store.grades)
        return self._view

    @property
    def gradings(self) -> Gradings:
        """Reads pages of grades."""
        if self._gradings is None:
            self._gradings = Gradings(self.center, self._read)
        return self._gradings

    # ── what is selected ──────────────────────────────────────────────────────────────────────────────────────

    def chosen(self) -> Grade | None:
        """The grade under the cursor."""
        return self.view.selected

    def to_rate(self) -> Exchange | None:
        grade = self.chosen()
        return self._exchange(grade) if grade else None

    def _exchange(self, grade: Grade) -> Exchange | None:
        """The request whose answer was graded: as listed, else as it was asked for."""
        if grade.subject != "exchange":
            return None
        row = self.center.store.rows.get(grade.ref)
        return row.exchange if row else self._exchanges.get(grade.ref)

    def _seek(self, grade: Grade | None) -> None:
        """Ask for the request of a grade where it is no more in the list."""
        if grade is None or grade.subject != "exchange" or self._exchange(grade) or grade.ref in self._sought:
            return
        if len(self._sought) > KEPT_EXCHANGES:
            self._sought.clear()
            self._exchanges.clear()
        self._sought.add(grade.ref)

        def found(exchange: Exchange) -> None:
            self._exchanges[exchange.id] = exchange
            self._paint_detail()

        self.center.command(self.center.host.control.exchange(grade.ref), "The request was not read", found)

    def situation(self) -> Situation:
        found, grade = super().situation(), self.chosen()
        return replace(found, exchange=self.to_rate(), reasons=self._reasons(grade))

    def _reasons(self, grade: Grade | None) -> Mapping[str, str]:
        judge = self.center.store.judge
        none = "" if grade else "no grade is selected"
        rate = none or (OF_PROMPT if grade and grade.subject == "prompt" else "")
        nobody = "" if judge.judge or judge.state != "off" else "there is no judge; c chooses one"
        return {
            **dict.fromkeys(("good", "bad", "note", "clear"), rate),
            "grade.open": none,
            "grade.again": none or nobody,
            "grade.mark": none,
            "judge.pause": nobody,
        }

    def hidden_acts(self) -> frozenset[str]:
        grade = self.chosen()
        of_prompt = {"good", "bad", "note", "clear"} if grade and grade.subject == "prompt" else set()
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
        draw = agreement_text.lines if self._roomy or self.maximized is self.agreement else agreement_text.brief
        return draw(center.store.judge, cells, center.look, center.store.name)

    def _draw_detail(self, cells: int, rows: int) -> list[Line]:
        grade, center = self.chosen(), self.center
        if grade is None:
            return []
        effects, exchange = self._effects.get(grade.id, ()), self._exchange(grade)
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
        if dirty & Dirty.GRADES or dirty == Dirty.ALL:
            self._settle()
            self._paint_list()
        if dirty & (Dirty.JUDGE | Dirty.CLOCK):
            self._paint_judge()
        grade = self.chosen()
        if dirty & Dirty.ROWS and grade and (touched is None or grade.ref in touched):
            self._paint_detail()

    def _read(self) -> None:
        """Grades were read."""
        if self.is_attached:
            self._paint_list()
            if self.view.filtered and len(self.view.ids) < self.size.height:
                self.gradings.older()

    def _paint_list(self) -> None:
        view = self.view
        view.refresh()
        self.list.empty = self._empty()
        self.list.show(view.ids, view.focus)
        self.list.head("Grades", grades_text.notes(view, self.gradings.total))
        self._paint_judge()
        self._paint_detail()
        self.paint_footer()

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

    def _paint_detail(self) -> None:
        grade, center = self.chosen(), self.center
        self._seek(grade)
        note = Part("esc back" if self.covered else "⏎ all of it", WORDS)
        title = grades_text.title(grade, center.look, center.store.name) if grade else "Selected"
        self.detail.head(title, (note,) if grade else "")
        self.detail.set_class(grade is None, "-gone")
        if self.detail.display:
            self.detail.paint()

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
        self._paint_detail()
        self.paint_footer()

    def on_ledger_ended(self, event: Ledger.Ended) -> None:
        self.gradings.older()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        self.perform("grade.open")

    def on_descendant_focus(self) -> None:
        self._paint_detail()

    def do_grade_open(self) -> None:
        self._open(True)

    def _open(self, on: bool) -> None:
        self.set_class(on, "-detail")
        (self.detail if on else self.list).focus()
        self.call_after_refresh(self._paint_detail)
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

    def set_filter(self, query: str) -> None:
        self.view.filter(query)
        self._read()

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

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def rate(self, feedback: FeedbackInput, mark: str) -> None:
        grade, center = self.chosen(), self.center
        if grade is None:
            return
        id_, ref = grade.id, grade.ref

        def done(result: Rated) -> None:
            self._effects[id_] = result.effects
            self._sought.discard(ref)
            known = self._exchanges.get(ref)
            if known is not None:
                self._exchanges[ref] = replace(known, rating=None if feedback.clear else result.feedback)
            self.gradings.again(ref)

        center.command(center.host.control.rate(feedback), "Rating not saved", done)

    def do_grade_again(self) -> None:
        grade, center = self.chosen(), self.center
        if grade is None:
            return
        model = grade.model if grade.subject == "prompt" else ""
        self._asked[(grade.subject, grade.ref, grade.model)] = grade.at
        call = judge_of(center).grade(grade.subject, grade.ref, model)
        center.command(call, "Not graded again", lambda _: center.say("It is graded again as soon as no client waits."))

    def _settle(self) -> None:
        """Say what came of answers that were to be graded again."""
        for grade in list(self.center.store.grades.known.values()):
            about = (grade.subject, grade.ref, grade.model)
            if about in self._asked and grade.at > self._asked[about]:
                del self._asked[about]
                said = grades_text.mark_text(grade.score)
                self.center.say(f"{self.center.store.name(grade.model)}, graded again: {said}")

    def do_grade_mark(self) -> None:
        grade, center = self.chosen(), self.center
        if grade is None:
            return
        id_ = grade.id

        def marked(mark: float | None) -> None:
            if mark is not None:
                call = judge_of(center).overrule(id_, None if mark == BACK else mark)
                center.command(call, "Mark not kept", lambda effects: self._overruled(id_, effects))

        cells = min(60, self.app.size.width * 9 // 10 - 4)
        lines = grades_text.judged(grade, cells, center.store.name)
        self.app.push_screen(MarkDialog(lines, overruled=grade.overruled is not None), marked)

    def _overruled(self, grade_id: str, effects: tuple[Effect, ...]) -> None:
        self._effects[grade_id] = tuple(effects)
        for effect in effects:
            self.center.say(fmt.effect_text(effect, self.center.store.name, self.center.look))
        self._paint_detail()

    def do_judge_pause(self) -> None:
        center = self.center
        paused = center.store.judge.state == "paused"
        center.command(judge_of(center).pause_judge(not paused), "The judge was not told")

    def do_judge_choose(self) -> None:
        self.app.push_screen(JudgeDialog(), self._choose)

    def _choose(self, chosen: str | None) -> None:
        if chosen is None:
            return
        center = self.center
        wanted = judges_text.wanted(center.store, chosen)

        async def set_all() -> None:
            for key, value in wanted.items():
                await center.host.control.set_setting(key, value)

        center.command(set_all(), "Judge not chosen")
