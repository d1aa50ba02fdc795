"""How long a model may be silent, and who looks after that."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmrouter_tui.core.ports.clock import Clock

if TYPE_CHECKING:
    from llmrouter_tui.engine.attempt import Try

LOOK_SECONDS = 0.5
LOOKS = 5
"""Looks at least within the shortest deadline: it is kept to a fifth of itself."""
LATE_SECONDS = 0.25
"""A look that comes so late judges nobody: this program itself was busy and has not read what models said meanwhile."""
MOST_LATE = 2
"""Looks in a row that may judge nobody: a program that is always busy has read what there was between them."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds. What a load may take has its own bound (``Residency``), and so has the queue for one."""

    first_token: float = 300.0
    """Until a loaded model says something; it may have a long prompt to read, and others to answer first."""
    stall: float = 90.0
    """Between two pieces of a stream."""


class Watch:
    """Looks at everyone who waits for a model's words: one timer for all of them, since one for each would cost every
    request more than its bookkeeping."""

    def __init__(self, clock: Clock) -> None:
        self.deadlines = Deadlines()
        """Of requests that begin from now on."""
        self.tries: set[Try] = set()
        """Requests that models answer, or are to."""
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        """When the next look is meant to be."""
        self._late = 0
        """How many looks in a row came too late."""

    def over(self, one: "Try") -> None:
        """From now on, until it is taken out of ``tries``."""
        self.tries.add(one)
        if self._timer is None:
            self._begin()

    def _begin(self) -> None:
        shortest = min(self.deadlines.first_token, self.deadlines.stall)
        pause = min(LOOK_SECONDS, shortest / LOOKS)
        self._due = self._clock.mono() + pause
        self._timer = asyncio.get_running_loop().call_later(pause, self._look)

    def _look(self) -> None:
        self._timer, now = None, self._clock.mono()
        self._late = self._late + 1 if now - self._due >= LATE_SECONDS and self._late < MOST_LATE else 0
        if not self._late:
            for one in list(self.tries):
                one.look(now)
        if self.tries:
            self._begin()
