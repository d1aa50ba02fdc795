"""Something that the router is asked for when a screen looks at it, and again when a landmark passed."""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from llmrouter_tui.tui.app_like import AppLike

T = TypeVar("T")
STALE = 120.0
"""Seconds after which it is read again while it is looked at, also after a failure."""


class Reading(Generic[T]):
    """Reads behind the screen. A failure is told by ``problem``; what was read before stays."""

    def __init__(
        self,
        app: AppLike,
        run: Callable[[Coroutine[Any, Any, None]], object],
        ask: Callable[[], Coroutine[Any, Any, T]],
        changed: Callable[[], None],
    ) -> None:
        """``run`` starts a coroutine beside the screen; ``changed`` is called after each answer of ``ask``."""
        self._app, self._run, self._ask, self._changed = app, run, ask, changed
        self._asking = False
        self._read_at: float | None = None
        self._landmark: Hashable = None
        self.problem = ""
        """Why it could not be read, in words."""
        self.found: T | None = None

    def look(self, landmark: Hashable) -> T | None:
        """What was read last; None before the first answer. Reads anew where ``landmark`` is another, or it is old."""
        if not self._asking and self._app.serving and self._due(landmark):
            self._asking, self._landmark = True, landmark
            self._run(self._read())
        return self.found

    def _due(self, landmark: Hashable) -> bool:
        return self._read_at is None or landmark != self._landmark or self._app.clock() - self._read_at >= STALE

    async def _read(self) -> None:
        try:
            self.found = await self._app.link.call(self._ask())
            self.problem = ""
        except Exception as error:  # whatever it was: it is said in its place
            self.problem = str(error) or type(error).__name__
        finally:
            self._asking, self._read_at = False, self._app.clock()
        self._changed()
