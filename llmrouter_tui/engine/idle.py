"""New models are measured by themselves while nobody asks anything, if the user allows that."""

import contextlib
from typing import Final

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.chosen import new
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.profiler import Profiler
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.traffic import Traffic

LOOK: Final = 30.0
"""Seconds between two looks."""
IDLE: Final = 300.0
"""Seconds without any request, and since the start, after which nobody is likely to come back at once."""
NOTE: Final = "by itself, while idle"


class Idle:
    """Orders a quick profile of the models that no order ever named. Whoever asks something then comes first, as with
    any other order."""

    def __init__(self, fleet: Fleet, residency: Residency, profiler: Profiler, traffic: Traffic, clock: Clock) -> None:
        self._fleet = fleet
        self._residency = residency
        self._profiler = profiler
        self._traffic = traffic
        self._clock = clock
        self._since = clock.wall()
        self.when = "off"
        """``new``, or ``off``."""

    async def look(self) -> None:
        """Begin, if it is time to."""
        if self.when != "new" or self._profiler.run.running or self._residency.held or self._seconds() < IDLE:
            return
        named = {model for run in self._profiler.history for model in run.models}
        if models := new(self._fleet, named):
            with contextlib.suppress(RouterError):  # there is a next time
                await self._profiler.start(models, quick=True, again=False, note=NOTE)

    def _seconds(self) -> float:
        """Since anybody asked anything."""
        if self._traffic.running:
            return 0.0
        last = max((one.at + (one.seconds or 0.0) for one in self._traffic.recent), default=0.0)
        return self._clock.wall() - max(last, self._since)
