"""What Models asks the router for beside the models themselves: curves of the selected one, votes, measurements."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from llmrouter_tui.core.trends import POINTS, Trends
from llmrouter_tui.core.votes import Leaderboard
from llmrouter_tui.tui import beside
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.beside import Beside
from llmrouter_tui.tui.model_course import Course
from llmrouter_tui.tui.readings import Reading
from llmrouter_tui.tui.rivals import Choices, Rivals

FRESH = 10.0
"""Seconds after which curves are read again at the soonest."""


class Courses:
    """Reads behind the screen; where something cannot be read, what stands on it is left out."""

    def __init__(
        self,
        app: AppLike,
        run: Callable[[Coroutine[Any, Any, None]], object],
        listed: Callable[[], None],
        told: Callable[[], None],
    ) -> None:
        """``run`` starts a coroutine beside the screen; ``listed`` is called when votes were read, ``told`` when curves
        were."""
        control = app.host.control
        self._app = app
        self._rivals = Rivals(app.store)
        self._trends: Reading[tuple[float, Trends]] = Reading(app, run, self._ask, told)
        self._board: Reading[Leaderboard] = Reading(app, run, lambda: control.leaderboard(""), listed)

    async def _ask(self) -> tuple[float, Trends]:
        span = self._app.trend_span
        return span, await self._app.host.control.trends(span)

    def course(self) -> Course:
        """How things went, over the span that plots look back."""
        app = self._app
        step = max(FRESH, app.trend_span / POINTS)
        span, trends = self._trends.look((app.trend_span, app.clock() // step)) or (0.0, None)
        return Course(self.choices(), trends, span)

    def choices(self) -> Choices:
        """Who was chosen lately, and who could have been."""
        return self._rivals.choices(self._app.clock())

    def beside(self) -> Mapping[str, Beside]:
        """Votes and measurements, by model."""
        store = self._app.store
        return beside.beside(store.models, self._board.look(store.voted), self._app.measurements.found)
