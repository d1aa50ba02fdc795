"""When the judge stops giving way. Live traffic comes first, but where it comes without pause, what the user waits for
gets its turn within a bounded time: then the judge waits in the queue like any client, and keeps its model for one
stretch, so that one swap serves all that waits for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.leasing import Lease
from llmrouter_tui.engine.manners import Manners, Tell
from llmrouter_tui.engine.record import ModelRecord


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that work waits for a moment without live traffic, before it insists; and how long it then keeps a model.
    With these clients wait for the judge at most a quarter of the time, whoever asks it for how much."""

    asked: float = 60.0
    """What the user asked the judge for."""
    measured: float = 300.0
    """Answers that measuring left, which the user asked for too, but not just now."""
    stretch: float = 20.0


PATIENCE: Final = Patience()


class Turns:
    """Of one judge after another: since when nothing was graded that the user waits for, and the stretch under way."""

    def __init__(self, manners: Manners, clock: Clock, patience: Patience = PATIENCE) -> None:
        self._manners = manners
        self._clock = clock
        self.patience = patience
        self.bound: Callable[[], float | None] = lambda: None
        """Seconds that the most urgent work that waits may wait; None where the user waits for none."""
        self._since: float | None = None
        self._lease: Lease | None = None
        self._until = 0.0

    def look(self) -> None:
        """Note since when somebody waits: to be called now and then."""
        if self.bound() is None:
            self._since = None
        elif self._since is None:
            self._since = self._clock.mono()

    def due(self) -> bool:
        """Whether the judge gave way for long enough."""
        self.look()
        bound = self.bound()
        return bound is not None and self._since is not None and self._clock.mono() - self._since >= bound

    async def begin(self, record: ModelRecord, tell: Tell) -> None:
        """Wait for the model in the queue, and keep it for a stretch. Raises ``RouterError``."""
        self.over()
        self._lease = await self._manners.insist(record, tell)
        self._until = self._clock.mono() + self.patience.stretch

    def holds(self, record: ModelRecord) -> bool:
        """Whether this model is kept now, so that it can be asked at once; its stretch ends where its time is over."""
        if self._lease is not None and (self._lease.record is not record or self._clock.mono() >= self._until):
            self.over()
        return self._lease is not None

    def graded(self) -> None:
        """Something was graded: who waits for more, waits from now on."""
        self._since = None

    def over(self) -> None:
        """The stretch has an end, if one is under way."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None
            self._since = None
