"""The answers that one model gave to our prompts: a list, and one of them in full; they take the place of a page."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from llmrouter_tui.core.grades import Grade, GradeFilter, GradePage
from llmrouter_tui.core.profile import Result
from llmrouter_tui.tui import results_text, sheets, text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.gradings import QUEUED, why_not_graded
from llmrouter_tui.tui.heads import NAME, WORDS, Part
from llmrouter_tui.tui.pages.bench_acts import BenchActs
from llmrouter_tui.tui.readings import Reading
from llmrouter_tui.tui.results_view import ResultsView
from llmrouter_tui.tui.sheets import Sheet
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView

GRADES = 200
"""Grades of one model that are asked for: as many as there are prompts."""


class AnswersActs(BenchActs):
    """A page that opens the answers of a model (``open_answers``); ``answers_closed`` is called when they are left."""

    def __init__(self) -> None:
        super().__init__()
        self.results = Ledger(self._draw_result, self._result_version, results_text.head, id="results")
        self.answer = LinesView(self._draw_answer, id="answer")
        self.opened = ""
        """The model whose answers are shown; empty for none."""
        self._answers: Reading[Sequence[Result]] | None = None
        self._view = ResultsView()
        self._grades: dict[str, Grade] = {}
        """What a judge said of them, by prompt."""

    def answers_closed(self) -> None:
        """The rest of the page is seen again."""

    def beside(self, reading: object) -> None:
        """Run a coroutine beside the screen."""
        self.run_worker(reading, exit_on_error=False)  # type: ignore[arg-type]

    def situation(self) -> Situation:
        found, result = super().situation(), self._view.selected
        closed = "" if self.opened else "⏎ opens the answers of a model first"
        none = closed or ("" if result else "no answer is selected")
        empty = "" if result is None or result.answer else "there is no answer to grade"
        reasons = {
            **dict.fromkeys(("filter", "sort.left", "sort.right"), closed),
            "result.open": none,
            "grade.ask": none or empty or why_not_graded(self.center.store.judge),
            "grade.show": none or ("" if self.graded() else "no judge graded it"),
        }
        return replace(found, reasons={**found.reasons, **reasons})

    def answers_sheet(self) -> Sheet:
        """The answers listed."""
        listed = [self._view.known[id_] for id_ in self._view.ids]
        return sheets.of_records(f"answers of {self.center.store.name(self.opened)}", "profiles", listed)

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _draw_result(self, key: str, cells: int) -> Line:
        result = self._view.known.get(key)
        return results_text.row(result, cells, self.center.look, self._grades.get(key)) if result else ()

    def _result_version(self, key: str) -> Hashable:
        result = self._view.known.get(key)
        return (self.opened, result.at, self._grades.get(key)) if result else -1

    def _draw_answer(self, cells: int, rows: int) -> list[Line]:
        result, center = self._view.selected, self.center
        if result is None:
            return [(("Here an answer is told in full, with its verdict and why.", "soft"),)]
        grade = self._grades.get(result.prompt)
        return results_text.answer(result, center.clock(), cells, center.look, center.store.name, grade)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty & Dirty.PROFILE:
            self._look()  # paints when new ones are there
        if dirty & Dirty.GRADES:
            self.paint_answers()

    def _look(self) -> Sequence[Result] | None:
        if not self.opened or self._answers is None:
            return None
        progress = next((one for one in self.center.store.profile.models if one.model == self.opened), None)
        return self._answers.look((progress.done if progress else 0, self.center.store.grades.cleared))

    def paint_answers(self) -> None:
        """Show what was read of them."""
        if not self.opened or not self.is_attached:
            return
        found = self._look()
        self._grades = self._graded()
        self._view.show(found or ())
        self.results.empty = self._no_answers(found)
        self.results.show(self._view.ids, self._view.focus)
        name = self.center.store.name(self.opened)
        self.results.head((Part(name, NAME), Part("answers", WORDS)), results_text.notes(self._view))
        self._paint_answer()

    def _graded(self) -> dict[str, Grade]:
        """The newest grade of each answer that is known, by prompt."""
        known = self.center.store.grades.known.values()
        mine = [grade for grade in known if grade.model == self.opened and grade.subject == "prompt"]
        return {grade.ref: grade for grade in sorted(mine, key=lambda grade: grade.at)}

    def _no_answers(self, found: Sequence[Result] | None) -> list[Line]:
        if self._answers is not None and found is None and self._answers.problem:
            return [(), ((f"  Not read: {text.tame(self._answers.problem)}", "bad"),)]
        if found is None:
            return [(), (("  Reading its answers.", "soft"),)]
        if self._view.filtered:
            said = f"  0 of {len(found)} match "
            clears: Line = (("  esc ", "key"), ("clears the filter", "soft"))
            return [(), ((said, ""), (self._view.query, "strong")), clears]
        start: list[Line] = [] if self.center.host.readonly else [(("  b ", "key"), ("measures it", "soft"))]
        return [(), (("  It was not measured yet.", "strong"),), *start]

    def _paint_answer(self) -> None:
        result = self._view.selected
        note = Part("esc back" if self.has_class("-answer") else "", WORDS)
        self.answer.head(self._title(result), (note,))
        if self.answer.display:
            self.answer.paint()

    def _title(self, result: Result | None) -> str | tuple[Part, ...]:
        if result is None:
            return "Answer"
        return results_text.answer_title(result, self.center.look, self._grades.get(result.prompt))

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def open_answers(self, model: str) -> None:
        """Show the answers of a model in the place of the rest."""
        center, self.opened, self._view = self.center, model, ResultsView()
        self._answers = Reading(
            center, self.beside, lambda: center.host.control.profile_results(model), self.paint_answers
        )
        read = center.host.control.grades(GradeFilter(model=model, subject="prompt"), limit=GRADES)
        center.command(read, "Grades not read", self._take)
        self.add_class("-detail")
        self.results.focus()
        self.paint_answers()
        self.paint_footer()

    def _take(self, page: GradePage) -> None:
        self.center.store.grades.read(page.items)
        self.paint_answers()

    def do_result_open(self) -> None:
        """The whole answer: in a narrow terminal in the place of the list."""
        if not self.has_class("-wide"):
            self.add_class("-answer")
        self.answer.focus()
        self.call_after_refresh(self._paint_answer)
        self.paint_footer()

    def do_grade_ask(self) -> None:
        result, center = self._view.selected, self.center
        if result is not None:
            call = center.host.control.grade("prompt", result.prompt, self.opened)
            center.command(call, "Not graded", lambda _: center.say(QUEUED))

    def graded(self) -> Grade | None:
        """What a judge said of the selected answer."""
        result = self._view.selected
        return self._grades.get(result.prompt) if result else None

    def do_grade_show(self) -> None:
        grade = self.graded()
        if grade is not None:
            self.center.store.grades.wanted = grade.id
            self.center.go("judge")

    def answer_moved(self, prompt: str) -> None:
        """The cursor is on another answer."""
        self._view.focus = prompt
        self.answer.scroll_to(y=0, animate=False)
        self._paint_answer()

    def perform(self, act: str) -> None:
        if self.opened and self.results.cursor:  # a key may overtake the message that the cursor moved
            self._view.focus = self.results.cursor
        super().perform(act)

    def close_top(self) -> bool:
        if self.has_class("-answer") or self.focused is self.answer:
            self.remove_class("-answer")
            self.results.focus()
            self.paint_footer()
            return True
        if super().close_top():
            return True
        if not self.opened:
            return False
        if self._view.filtered:
            self.set_filter("")
            return True
        self.opened, self._answers = "", None
        self.remove_class("-detail")
        self.answers_closed()
        return True

    def set_filter(self, query: str) -> None:
        self._view.filter(query)
        self.paint_answers()

    def do_sort_left(self) -> None:
        self._view.shift_order(-1)
        self.paint_answers()

    def do_sort_right(self) -> None:
        self._view.shift_order(1)
        self.paint_answers()
