"""One exchange as the ledger sees it. Pure."""

from sys import getsizeof

from llmrouter_tui.core.decision import Candidate, Effect, Exchange
from llmrouter_tui.core.events import Waiting

_BARE = 2500
"""Bytes of an exchange and its analysis, without texts and candidates: measured."""
_PER_CANDIDATE = 550
CLOSE_CALL = 0.05
"""A margin below this is one: the runner-up would have served as well."""


def _weigh(exchange: Exchange) -> int:
    decision = exchange.decision
    candidates = len(decision.candidates) if decision else 0
    return _BARE + _PER_CANDIDATE * candidates + getsizeof(exchange.prompt) + getsizeof(exchange.answer)


def _failures(exchange: Exchange) -> int:
    return sum([attempt.outcome == "failed" for attempt in exchange.attempts])


class Row:
    """The newest record of an exchange, and what is only known while it runs."""

    __slots__ = (
        "asks",
        "effects",
        "exchange",
        "failed",
        "pending",
        "progress_at",
        "tokens",
        "version",
        "waiting",
        "weight",
    )

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.version = 0
        self.tokens = exchange.usage.completion_tokens or 0
        self.progress_at = 0.0
        self.waiting: Waiting | None = None
        self.failed = _failures(exchange)
        self.weight = _weigh(exchange)
        """About how many bytes the record takes."""
        self.pending = ""
        """A rating that was sent and is not confirmed yet: its mark."""
        self.effects: tuple[Effect, ...] = ()
        self.asks = False
        """Whether the user is asked, quietly, how good the answer was."""

    def finish(self, exchange: Exchange) -> int:
        """Take the complete record; how much heavier that is."""
        before = self.weight
        self.exchange, self.waiting, self.weight = exchange, None, _weigh(exchange)
        self.failed = _failures(exchange)
        return self.weight - before

    def copy(self) -> "Row":
        """The row as it is now, for a paused list."""
        twin = Row.__new__(Row)
        for name in Row.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    @property
    def id(self) -> str:
        return self.exchange.id

    @property
    def running(self) -> bool:
        return self.exchange.outcome == "running"

    @property
    def doubtful(self) -> bool:
        """Whether it was answered after a close call between models that nobody rated."""
        exchange, decision = self.exchange, self.exchange.decision
        if decision is None or exchange.outcome != "ok" or exchange.rating is not None:
            return False
        close = len(decision.candidates) > 1 and abs(decision.margin) < CLOSE_CALL
        return close and not decision.analysis.background

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that the decision took, None when the model was named by the client."""
        decision = self.exchange.decision
        if decision is None:
            return None
        return next((c for c in decision.candidates if c.model == decision.chosen), None)

    @property
    def model(self) -> str:
        """The model that answers, or that was chosen to."""
        if self.exchange.model:
            return self.exchange.model
        return self.exchange.decision.chosen if self.exchange.decision else ""

    @property
    def decode(self) -> float | None:
        """Tokens per second: what the engine says of a whole answer, or what the clock says so far."""
        exchange = self.exchange
        if exchange.outcome != "running":  # without a figure there was nothing to clock
            return exchange.decode_per_second
        if exchange.ttft is None or not self.tokens:
            return None
        elapsed = self.progress_at - exchange.at - exchange.ttft
        return self.tokens / elapsed if elapsed > 0.2 else None
