"""What the judge said of two models' answers beside each other: read, and asked for."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from llmrouter_tui.core.grades import Comparison
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.pairs import Pair, pairs
from llmrouter_tui.tui.readings import Reading


class Comparisons:
    """Kept by the app, so that a comparison that goes on is known wherever one looks."""

    def __init__(
        self, app: AppLike, run: Callable[[Coroutine[Any, Any, None]], object], changed: Callable[[], None]
    ) -> None:
        """``run`` starts a coroutine beside the screen; ``changed`` is called when there is something new."""
        self._app, self._changed = app, changed
        self._reading = Reading(app, run, lambda: app.host.control.comparisons(), changed)
        self._asked = 0
        self.pending: list[tuple[str, str, str]] = []
        """First, second, and the task or nothing for all: what the judge was asked for and did not end yet."""

    @property
    def problem(self) -> str:
        """Why they could not be read, in words."""
        return self._reading.problem

    def look(self) -> list[Pair] | None:
        """What was read last, by pair; read anew as the judge goes on."""
        store = self._app.store
        found = self._reading.look((store.grades.cleared, store.judge.done, self._asked))
        return None if found is None else pairs(found)

    def ask(self, first: str, second: str, task: str, told: Callable[[Sequence[Comparison]], None]) -> None:
        """Have two models compared; ``told`` is called with what came of it."""
        asked = (first, second, task)
        self.pending.append(asked)
        self._changed()

        def over() -> None:
            self.pending.remove(asked)
            self._asked += 1
            self._changed()

        def done(found: Sequence[Comparison]) -> None:
            over()
            told(found)

        self._app.command(self._app.host.control.compare(first, second, task), "Not compared", done, over)
