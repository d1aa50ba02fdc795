"""Whether a model would fit with all the context that it can have: asked of the router when the model is looked at."""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.vram import Placement
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.plan_text import most_context


class Contexts:
    """One question at a time, and again once the plan of that model is another."""

    def __init__(
        self, app: AppLike, run: Callable[[Coroutine[Any, Any, None]], object], changed: Callable[[], None]
    ) -> None:
        """``run`` starts a coroutine beside the screen."""
        self._app, self._run, self._changed = app, run, changed
        self._asking = False
        self._known: dict[str, tuple[Hashable, Placement | None]] = {}

    def of(self, placement: Placement, model: ModelView) -> Placement | None:
        """What loading it with that context would mean; None before the router told, and where nothing is to ask."""
        most = most_context(placement, model)
        if most is None:
            return None
        mark = (most, placement.verdict, placement.pool, placement.evict, placement.context_length)
        told_for, told = self._known.get(model.id, (None, None))
        if told_for == mark:
            return told
        if not self._asking and self._app.serving:
            self._asking = True
            self._run(self._ask(model.id, mark, most))
        return None

    async def _ask(self, model: str, mark: Hashable, most: int) -> None:
        told: Placement | None = None
        try:
            told = await self._app.link.call(self._app.host.control.plan(model, context_length=most))
        except Exception:  # whatever it was: the plan stands without this
            told = None
        finally:
            self._asking = False
        self._known[model] = mark, told
        self._changed()
