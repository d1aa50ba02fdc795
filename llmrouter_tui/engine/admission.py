"""Who may wait for a model to be loaded, and what those are told who may not."""

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.moving import failure
from llmrouter_tui.engine.record import ModelRecord

GUESSED = 2.0
"""How much longer than allowed a wait must look to be refused at once while it rests on loads or answers that were
never timed."""


class Admission:
    """Bounds the queues, in length and in time."""

    def __init__(self, fleet: Fleet, ledger: Ledger, *, limit: int, seconds: float) -> None:
        """``limit``: requests that may wait for one pool; ``seconds``: until a load begins."""
        self._fleet = fleet
        self._ledger = ledger
        self.limit = limit
        self.seconds = seconds

    def check(self, record: ModelRecord) -> None:
        """Whether one more may wait for a model. Raises ``BackendError``."""
        self.refuse_held(record)
        beside = [m for m in self._fleet.models.values() if any(key in m.queues for key in record.queues)]
        waiting = min(self._crowd(key) for key in record.aim or record.reach or record.queues)
        expected = self._ledger.start(record)
        guessed = any(m.place is not None and not (m.load_history and m.timed_answers) for m in beside)
        if waiting >= self.limit:
            loading = self._ledger.wait(record).load if record.place == 0 else 0.0  # then those who wait have left
            raise _full(record, f"{waiting} requests wait already", expected + loading)
        most = self.seconds * (GUESSED if guessed else 1.0)
        if expected > most and record.residency != "loading":
            words = f"it would wait {expected:.0f} s, longer than the {self.seconds:.0f} s that are allowed"
            raise _full(record, words, expected - self.seconds, status=503)

    def _crowd(self, key: str) -> int:
        """Requests that wait for one pool."""
        return sum(len(m.tickets) for m in self._fleet.models.values() if key in m.queues)

    def late(self, record: ModelRecord) -> BackendError:
        """What one is told whose turn did not come in time."""
        words = f"it did not get its turn within {self.seconds:.0f} s"
        return _full(record, words, self._ledger.wait(record).queue, status=503)

    def refuse_held(self, record: ModelRecord) -> None:
        """Raises ``BackendError`` while nothing is to be loaded."""
        if self._ledger.held:
            raise failure("model_loading", f"{record.id} is not in memory, and {HELD}", record, RELEASED_BY)


def _full(record: ModelRecord, words: str, retry_after: float, status: int | None = None) -> BackendError:
    return BackendError(
        "queue_full",
        f"{record.id} must be loaded first, and the queue of {record.queue} is full: {words}",
        backend=record.info.backend,
        model=record.info.name,
        fallback=True,
        hint="ask again later, or for a model that is in memory",
        retry_after=max(1.0, retry_after),
        status=status,
        blames=False,
    )
