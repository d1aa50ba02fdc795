"""The router's own state: is it serving, and what needs a person's eye."""

import logging
from dataclasses import replace

from llmrouter_tui.core.domain import Problem, ServiceView
from llmrouter_tui.core.events import ServiceChanged
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.sources import source_of_problem
from llmrouter_tui.engine.bus import Bus

log = logging.getLogger(__name__)


class Status:
    """One ``Problem`` per cause, counted; publishes each change."""

    def __init__(self, bus: Bus, clock: Clock, view: ServiceView) -> None:
        self._bus = bus
        self._clock = clock
        self._view = view
        self._problems: dict[str, Problem] = {}
        self.stored_exchanges = 0
        """How many exchanges the database held at start."""

    def view(self) -> ServiceView:
        return replace(self._view, problems=tuple(self._problems.values()))

    def change(self, **changes: object) -> None:
        self._view = replace(self._view, **changes)  # type: ignore[arg-type]
        self._bus.publish(ServiceChanged(self.view()))

    def report(self, code: str, message: str, hint: str = "", detail: str = "") -> None:
        """Something is wrong; the same cause again only counts up."""
        known = self._problems.get(code)
        count = known.count + 1 if known else 1
        self._problems[code] = Problem(code, message, hint, self._clock.wall(), count, detail)
        about = {"source": source_of_problem(code)}
        log.warning("%s%s", message, f" ({hint})" if hint else "", extra=about)
        self._bus.publish(ServiceChanged(self.view()))

    def clear(self, code: str) -> None:
        if self._problems.pop(code, None) is not None:
            self._bus.publish(ServiceChanged(self.view()))
