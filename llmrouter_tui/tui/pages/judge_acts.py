"""What is done on Judge: rate, mark, grade again, and tell the judge to rest or choose another."""

from dataclasses import replace

from llmrouter_tui.core.decision import Effect, Exchange
from llmrouter_tui.core.grades import Grade, Overruled
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import grades_text, judges_text
from llmrouter_tui.tui.gradings import QUEUED, Gradings
from llmrouter_tui.tui.modals.judge import JudgeDialog
from llmrouter_tui.tui.modals.mark import BACK, MarkDialog
from llmrouter_tui.tui.pages.rating import RatingActs

WORDS_CELLS = 60
KEPT_EXCHANGES = 100
"""Exchanges that were asked for because they are no more in the list."""


class JudgeActs(RatingActs):
    """A page where a grade is selected. It says which (``chosen``) and paints it (``paint_detail``)."""

    def __init__(self) -> None:
        super().__init__()
        self.effects: dict[str, tuple[Effect, ...]] = {}
        """What the last act on a grade moved, by the grade's id."""
        self._gradings: Gradings | None = None
        self._exchanges: dict[str, Exchange] = {}
        self._sought: set[str] = set()
        """Exchanges that were asked for."""
        self._asked: dict[tuple[str, str, str], float] = {}
        """Answers that are to be graded again, and when their newest grade was given."""

    def chosen(self) -> Grade | None:
        """The selected grade."""
        return None

    def paint_detail(self) -> None:
        """Something about the selected grade changed."""

    def grades_read(self) -> None:
        """Grades were read."""

    @property
    def gradings(self) -> Gradings:
        """Reads pages of grades."""
        if self._gradings is None:
            self._gradings = Gradings(self.center, self.grades_read)
        return self._gradings

    # ── the request behind a grade ────────────────────────────────────────────────────────────────────────────

    def to_rate(self) -> Exchange | None:
        grade = self.chosen()
        return self.exchange(grade) if grade else None

    def exchange(self, grade: Grade) -> Exchange | None:
        """The request whose answer was graded: as listed, else as it was asked for."""
        if grade.subject != "exchange":
            return None
        row = self.center.store.rows.get(grade.ref)
        return row.exchange if row else self._exchanges.get(grade.ref)

    def seek(self, grade: Grade | None) -> None:
        """Ask for the request of a grade where it is no more in the list."""
        if grade is None or grade.subject != "exchange" or self.exchange(grade) or grade.ref in self._sought:
            return
        if len(self._sought) > KEPT_EXCHANGES:
            self._sought.clear()
            self._exchanges.clear()
        self._sought.add(grade.ref)

        def found(exchange: Exchange) -> None:
            self._exchanges[exchange.id] = exchange
            self.paint_detail()

        self.center.command(self.center.host.control.exchange(grade.ref), "The request was not read", found)

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def rate(self, feedback: FeedbackInput, mark: str) -> None:
        center, ref = self.center, feedback.exchange_id

        def done(result: Rated) -> None:
            graded = (grade.id for grade in center.store.grades.known.values() if grade.ref == ref)
            self.effects |= dict.fromkeys(graded, result.effects)
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
        call = center.host.control.grade(grade.subject, grade.ref, model)
        center.command(call, "Not graded again", lambda _: center.say(QUEUED))

    def settle(self) -> None:
        """Say what came of answers that were to be graded again."""
        for grade in list(self.center.store.grades.known.values()) if self._asked else ():
            about = (grade.subject, grade.ref, grade.model)
            if about in self._asked and grade.at > self._asked[about]:
                del self._asked[about]
                self._graded_again(grade)

    def _graded_again(self, grade: Grade) -> None:
        """Tell the mark and what it moved, in the corner and with the grade."""
        center = self.center
        if grade.score is None:
            center.say(f"{center.store.name(grade.model)}, not graded again: {grade.reason}", bad=True)
            return
        effects = center.store.grades.effects.get(grade.id, ())
        self.effects[grade.id] = effects
        told = ", ".join(fmt.effect_text(effect, center.store.name, center.look) for effect in effects)
        said = f"graded again: {grades_text.mark_text(grade.score)}"
        center.say(f"{center.store.name(grade.model)}, {said}; {told or 'no ability moved'}")

    def do_grade_mark(self) -> None:
        grade, center = self.chosen(), self.center
        if grade is None:
            return
        id_ = grade.id

        def marked(mark: float | None) -> None:
            if mark is not None:
                call = center.host.control.overrule(id_, None if mark == BACK else mark)
                center.command(call, "Mark not kept", lambda done: self._overruled(id_, done))

        cells = min(WORDS_CELLS, self.app.size.width * 9 // 10 - 4)
        lines = grades_text.judged(grade, cells, center.store.name)
        self.app.push_screen(MarkDialog(lines, cells, overruled=grade.overruled is not None), marked)

    def _overruled(self, grade_id: str, done: Overruled) -> None:
        self.effects[grade_id] = done.effects
        for effect in done.effects:
            self.center.say(fmt.effect_text(effect, self.center.store.name, self.center.look))
        if done.why:
            self.center.say(f"your mark is kept; no ability moved: {done.why}")
        self.paint_detail()

    def do_judge_pause(self) -> None:
        center = self.center
        paused = center.store.judge.state == "paused"
        center.command(center.host.control.pause_judge(not paused), "The judge was not told")

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
