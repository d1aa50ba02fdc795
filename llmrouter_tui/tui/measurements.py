"""What was measured of the models, asked for by the app: for Profile, and for what Attention says of it."""

from collections.abc import Callable, Coroutine
from typing import Any

from llmrouter_tui.core.profile import Profiles
from llmrouter_tui.tui import work_causes
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.readings import Reading

MAX_AGE_DAYS = 30.0
"""Where the router does not tell its setting."""


class Measurements:
    """Read anew when a run begins, ends or goes to its next model, and every two minutes."""

    def __init__(
        self, app: AppLike, run: Callable[[Coroutine[Any, Any, None]], object], changed: Callable[[], None]
    ) -> None:
        """``run`` starts a coroutine beside the screen; ``changed`` is called after each answer."""
        self._app, self._changed = app, changed
        self._reading = Reading(app, run, lambda: app.host.control.profiles(), self._told)

    @property
    def problem(self) -> str:
        """Why they could not be read, in words."""
        return self._reading.problem

    @property
    def found(self) -> Profiles | None:
        """What was read last."""
        return self._reading.found

    def look(self) -> Profiles | None:
        """The same, asked for again where that is due."""
        run, store = self._app.store.profile, self._app.store
        states = tuple(model.state for model in run.models)
        weights = tuple((model.info.digest, model.info.quantization) for model in store.models.values())
        return self._reading.look((store.grades.cleared, run.started, run.running, states, weights))

    def _told(self) -> None:
        store = self._app.store
        if (found := self._reading.found) is not None:
            setting = store.settings.get("profile_max_age_days")
            days = setting.value if setting and isinstance(setting.value, int | float) else MAX_AGE_DAYS
            age = float(days) * work_causes.DAY
            causes = work_causes.of_profiles(found, tuple(store.models), age, store.name)
            store.attention.keep(work_causes.PROFILE, causes, self._app.clock())
        self._changed()
