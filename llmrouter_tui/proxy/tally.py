"""What happened since the start, counted for ``/metrics``: plain numbers, a microsecond an exchange."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import BackendView, Device, ModelView
from llmrouter_tui.core.events import Envelope, ExchangeFinished, Graded, Rated, ResidencyChanged
from llmrouter_tui.core.spending import SpendView

KINDS: Final = (ExchangeFinished, ResidencyChanged, Graded, Rated)
"""The facts that it reads."""
MODELS: Final = 500
"""Models that have figures of their own; what more there are since the start are ``other``."""
OTHER: Final = "other"
NONE: Final = "none"
"""For the model and the task of a request that was refused before anybody read it."""
SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
"""Upper ends of the steps in which times are counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are at one moment."""

    models: Sequence[ModelView] = ()
    backends: Sequence[BackendView] = ()
    devices: Sequence[Device] = ()
    started_at: float = 0.0
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many facts each kind of reader lost since the start."""
    spend: SpendView = SpendView()


class Spread:
    """How many values fell into which step, and their sum."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(SECONDS, value)] += 1
        self.sum += value


class Of:
    """What one model did."""

    __slots__ = ("completion_tokens", "dollars", "prompt_tokens", "seconds", "ttft", "ttfts", "whole")

    def __init__(self) -> None:
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.dollars = 0.0
        self.whole = 0
        """Answers that were given whole; ``seconds`` is their sum."""
        self.seconds = 0.0
        self.ttfts = 0
        """Answers of which the time to the first token is known; ``ttft`` is their sum."""
        self.ttft = 0.0


class Tally:
    """Taps the bus."""

    def __init__(self) -> None:
        self.exchanges: Counter[tuple[str, str, str]] = Counter()
        """By task, model and outcome."""
        self.failures: Counter[str] = Counter()
        """By code."""
        self.retries = 0
        """Attempts that failed and were followed by another."""
        self.models: dict[str, Of] = {}
        self.ttft: dict[str, Spread] = {}
        """By task, as the client had it."""
        self.seconds: dict[str, Spread] = {}
        """By task, of answers that were given whole."""
        self.waits = Spread()
        """Of each answer, until its model could be asked."""
        self.moves: Counter[str] = Counter()
        """Loads and unloads, by kind."""
        self.load_seconds = 0.0
        self.evictions = 0
        self.grades: Counter[str] = Counter()
        self.ratings: Counter[str] = Counter()
        self.standing: Callable[[], Standing] = Standing
        """How things are now; set by whoever knows. It must be quick."""

    def put(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, ExchangeFinished):
            self._exchange(fact.exchange)
        elif isinstance(fact, ResidencyChanged):
            event = fact.event
            self.moves[event.kind] += 1
            self.evictions += bool(event.evicted_for)
            if event.kind == "load":
                self.load_seconds += event.seconds or 0.0
        elif isinstance(fact, Graded):
            grade = fact.grade
            self.grades["failed" if grade.code else "overruled" if grade.overruled is not None else "given"] += 1
        elif isinstance(fact, Rated):
            self.ratings[fact.feedback.rating or "cleared"] += 1

    def _exchange(self, exchange: Exchange) -> None:
        decision, attempts = exchange.decision, exchange.attempts
        task = decision.analysis.task if decision is not None else NONE
        model = exchange.model or NONE
        of = self.models.get(model)
        if of is None:
            model = model if len(self.models) < MODELS or model == NONE else OTHER
            of = self.models.setdefault(model, Of())
        self.exchanges[task, model, exchange.outcome] += 1
        if exchange.code:
            self.failures[exchange.code] += 1
        self.retries += len(attempts) - 1 if len(attempts) > 1 else 0
        usage = exchange.usage
        of.prompt_tokens += usage.prompt_tokens or 0
        of.completion_tokens += usage.completion_tokens or 0
        of.dollars += exchange.cost or 0.0
        if exchange.ttft is not None:
            of.ttfts += 1
            of.ttft += exchange.ttft
            (self.ttft.get(task) or self.ttft.setdefault(task, Spread())).add(exchange.ttft)
        if exchange.outcome == "ok" and exchange.seconds is not None:
            of.whole += 1
            of.seconds += exchange.seconds
            (self.seconds.get(task) or self.seconds.setdefault(task, Spread())).add(exchange.seconds)
            self.waits.add(attempts[-1].wait_seconds if attempts else 0.0)
