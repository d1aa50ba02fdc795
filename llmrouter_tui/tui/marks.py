"""What a judge said of the exchange that is looked at: known already, or asked for once."""

from collections.abc import Callable

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.grades import Grade, GradeFilter, GradePage
from llmrouter_tui.tui.app_like import AppLike

KEPT = 1_000
"""Exchanges of which it is remembered that they were asked for."""


class Marks:
    """Asks for one exchange at a time, so that walking through a list asks for where it stops."""

    def __init__(self, app: AppLike, changed: Callable[[], None]) -> None:
        self._app, self._changed = app, changed
        self._asked: set[str] = set()
        self._cleared = -1
        self._asking = False

    def of(self, exchange: Exchange) -> Grade | None:
        """The newest grade of its answer; None where there is none, or the router did not tell yet."""
        book = self._app.store.grades
        if self._cleared != book.cleared or len(self._asked) > KEPT:
            self._cleared = book.cleared
            self._asked.clear()
        found = book.of(exchange.id)
        due = found is None and exchange.outcome == "ok" and exchange.id not in self._asked
        if due and not self._asking and self._app.serving:
            self._ask(exchange.id)
        return found

    def _ask(self, id_: str) -> None:
        self._asking = True
        self._asked.add(id_)

        def told(page: GradePage) -> None:
            self._asking = False
            self._app.store.grades.read(page.items)
            self._changed()

        def failed() -> None:
            self._asking = False

        call = self._app.host.control.grades(GradeFilter(subject="exchange", ref=id_), limit=10)
        self._app.command(call, "Grades not read", told, failed)
