"""Reads grades page by page: those that disagree with what is known first, then the newest, older ones as asked for."""

from collections.abc import Callable

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.grades import GradeFilter, GradePage, JudgeView
from llmrouter_tui.tui.app_like import AppLike

PAGE = 100
"""Grades read at once."""
QUEUED = "It is graded as soon as no client waits; 6 shows it."
AGAIN = 30.0
"""Seconds after a failure until it is tried again."""


def why_not_graded(judge: JudgeView, exchange: Exchange | None = None) -> str:
    """Why an answer cannot be put to the judge, in words; empty when it can."""
    if judge.state == "off":
        return "there is no judge; c on Judge chooses one"
    if exchange is not None and exchange.outcome != "ok":
        return "the answer is still being written" if exchange.outcome == "running" else "there is no whole answer"
    if exchange is not None and not (exchange.prompt and exchange.answer):
        return "its texts were not kept (privacy policy)"
    return ""


class Gradings:
    """What is read goes into the store's book; ``changed`` is called then."""

    def __init__(self, app: AppLike, changed: Callable[[], None]) -> None:
        self._app, self._changed = app, changed
        self._cleared = -1
        self._reading = False
        self._before: str | None = None
        self._failed_at: float | None = None
        self.ended = False
        """Whether all that are kept are known."""
        self.read = False
        """Whether a first page was read."""
        self._total = 0

    @property
    def total(self) -> int:
        """How many grades there are."""
        return max(self._total, len(self._app.store.grades.known))

    def look(self) -> None:
        """Begin anew where the store forgot what it knew."""
        app = self._app
        if self._reading or not app.serving or self._cleared == app.store.grades.cleared:
            return
        if self._failed_at is not None and app.clock() - self._failed_at < AGAIN:
            return
        self._cleared, self._before, self.ended = app.store.grades.cleared, None, False
        self._ask(GradeFilter(disagree=True), self._disagreeing)

    def older(self) -> None:
        """Read the next page, if there is one."""
        if not self._reading and not self.ended and self.read and not self._app.store.grades.full:
            self._ask(GradeFilter(), self._page)

    def again(self, ref: str) -> None:
        """What is told of one answer may be another now."""
        call = self._app.host.control.grades(GradeFilter(ref=ref), limit=PAGE)

        def found(page: GradePage) -> None:
            for grade in page.items:
                self._app.store.grades.take(grade)
            self._changed()

        self._app.command(call, "Grades not read", found)

    def _ask(self, wanted: GradeFilter, then: Callable[[GradePage], None]) -> None:
        self._reading = True
        before = None if wanted.disagree else self._before
        call = self._app.host.control.grades(wanted, before=before, limit=PAGE)
        self._app.command(call, "Grades not read", then, self._failed)

    def _failed(self) -> None:
        self._reading, self._failed_at, self._cleared = False, self._app.clock(), -1

    def _disagreeing(self, page: GradePage) -> None:
        self._app.store.grades.read(page.items)
        self._ask(GradeFilter(), self._page)

    def _page(self, page: GradePage) -> None:
        self._reading, self._failed_at, self.read = False, None, True
        self._before, self.ended, self._total = page.before, page.before is None, page.total
        self._app.store.grades.read(page.items)
        self._changed()
