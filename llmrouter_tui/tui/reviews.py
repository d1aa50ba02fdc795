"""The router's review of itself, asked for when somebody looks, and kept for a while."""

from collections.abc import Callable, Coroutine
from typing import Any

from llmrouter_tui.core.review import Review
from llmrouter_tui.tui.app_like import AppLike

STALE = 300.0
"""Seconds after which it is read again while it is looked at."""
PAUSE = 10.0
"""Seconds between two readings at least, however much is rated meanwhile."""


class Reviews:
    """Reads behind the screen; a failure is told where the review would stand, and waits for ``STALE`` too."""

    def __init__(
        self, app: AppLike, run: Callable[[Coroutine[Any, Any, None]], object], changed: Callable[[], None]
    ) -> None:
        """``run`` starts a coroutine beside the screen."""
        self._app = app
        self._run = run
        self._changed = changed
        self._asking = False
        self._read_at: float | None = None
        self._ratings = -1
        self.problem = ""
        """Why there is none, in words."""
        self.found: Review | None = None

    def look(self) -> Review | None:
        """What was read last; None before the first answer. Reads anew where that is old, or something was rated
        since."""
        if self._due():
            self._asking = True
            self._run(self._ask())
        return self.found

    def _due(self) -> bool:
        if self._asking or not self._app.serving:
            return False
        if self._read_at is None:
            return True
        age = self._app.clock() - self._read_at
        return age >= STALE or (age >= PAUSE and self._count() != self._ratings)

    def _count(self) -> int:
        return sum(model.ratings_up + model.ratings_down for model in self._app.store.models.values())

    async def _ask(self) -> None:
        app, self._ratings = self._app, self._count()
        try:
            self.found = await app.link.call(app.host.control.review())
            self.problem = ""
        except Exception as error:  # whatever it was: it is said in its place
            self.found, self.problem = None, str(error) or type(error).__name__
        finally:
            self._asking, self._read_at = False, app.clock()
        self._changed()
