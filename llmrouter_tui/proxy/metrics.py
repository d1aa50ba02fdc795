"""``GET /metrics``: how the router does, as Prometheus reads it. Nothing is asked of a backend, and no model wakes.

Counters are what ``Tally`` counted, gauges are read at the moment. The page is written in a thread, because with
hundreds of models it takes some milliseconds, and answers are passed on meanwhile. Labels are bounded: tasks, outcomes
and codes are few, models are those that answered, and clients are no label.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from llmrouter_tui.proxy.limits import Limits
from llmrouter_tui.proxy.replies import SERVER
from llmrouter_tui.proxy.tally import SECONDS, Spread, Standing, Tally

_PREFIX: Final = "llmrouter_"
_LIMITS: Final = ("requests", "tokens", "concurrent", "all", "calls", "admin")
_ENDS: Final = (*(f"{end:g}" for end in SECONDS), "+Inf")


class Metrics:
    """The handler."""

    def __init__(self, tally: Tally, limits: Limits) -> None:
        self._tally = tally
        self._limits = limits

    async def page(self, request: web.Request) -> web.StreamResponse:
        families = self.families()
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = await asyncio.to_thread(_encoded, families, encode)
        headers = {"Content-Type": content_type, "Cache-Control": "no-store", "Server": SERVER}
        return web.Response(body=body, headers=headers)

    def families(self) -> list[Metric]:
        """All of it, of this moment."""
        tally, standing = self._tally, self._tally.standing()
        return [
            *_traffic(tally),
            *_answers(tally),
            *_money(tally, standing),
            *self._doors(standing),
            *_memory(tally, standing),
        ]

    def _doors(self, standing: Standing) -> list[Metric]:
        limits = self._limits
        return [
            _gauge("exchanges_running", "Requests that are answered or wait.", limits.running),
            _gauge("exchanges_most", "Requests that are taken at the same time at most.", limits.most),
            _counted(
                "rate_limited",
                "Requests refused by a limit.",
                "limit",
                {name: limits.refusals[name] for name in _LIMITS},
            ),
            _counted("events_dropped", "Facts that a reader lost because it was slow.", "reader", standing.dropped),
        ]


class _Page(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _encoded(families: Iterable[Metric], encode: Callable[[Collector], bytes]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(families))
    return encode(registry)


def _traffic(tally: Tally) -> Iterable[Metric]:
    exchanges = CounterMetricFamily(f"{_PREFIX}exchanges", "Requests that ended.", labels=("task", "model", "outcome"))
    for key, count in tally.exchanges.items():
        exchanges.add_metric(key, count)
    yield exchanges
    yield _counted("failures", "Requests that failed, by the code of the error.", "code", tally.failures)
    yield CounterMetricFamily(f"{_PREFIX}retries", "Attempts that failed and were followed by one more.", tally.retries)
    yield _spreads("ttft_seconds", "From a request's arrival to the first token of its answer.", tally.ttft)
    yield _spreads("exchange_seconds", "From a request's arrival to the end of its answer.", tally.seconds)
    waits = HistogramMetricFamily(f"{_PREFIX}wait_seconds", "Until the model of a request could be asked.")
    waits.add_metric((), _steps(tally.waits), tally.waits.sum)
    yield waits


def _answers(tally: Tally) -> Iterable[Metric]:
    tokens = CounterMetricFamily(f"{_PREFIX}tokens", "Tokens as backends counted them.", labels=("model", "kind"))
    ttft = SummaryMetricFamily(f"{_PREFIX}model_ttft_seconds", "The same by model.", labels=("model",))
    seconds = SummaryMetricFamily(f"{_PREFIX}model_exchange_seconds", "The same by model.", labels=("model",))
    for model, of in tally.models.items():
        tokens.add_metric((model, "prompt"), of.prompt_tokens)
        tokens.add_metric((model, "completion"), of.completion_tokens)
        if of.ttfts:
            ttft.add_metric((model,), of.ttfts, of.ttft)
        if of.whole:
            seconds.add_metric((model,), of.whole, of.seconds)
    yield from (tokens, ttft, seconds)
    yield _counted("grades", "Marks of judges.", "outcome", tally.grades)
    yield _counted("ratings", "Ratings of users.", "rating", tally.ratings)


def _money(tally: Tally, standing: Standing) -> Iterable[Metric]:
    """What is paid for: none of it while nothing costs money."""
    cost = CounterMetricFamily(f"{_PREFIX}cost_dollars", "What answers to clients cost.", labels=("model",))
    for model, of in tally.models.items():
        if of.dollars:
            cost.add_metric((model,), of.dollars)
    yield cost
    spend = standing.spend
    spent = GaugeMetricFamily(
        f"{_PREFIX}spent_dollars", "What was spent today and this month, on clients and else.", labels=("span",)
    )
    budget = GaugeMetricFamily(f"{_PREFIX}budget_dollars", "What may be spent; 0 is any sum.", labels=("span",))
    for span, paid, most in (("day", spend.today, spend.budget_day), ("month", spend.month, spend.budget_month)):
        spent.add_metric((span,), paid)
        budget.add_metric((span,), most)
    yield from (spent, budget)
    yield _gauge("spent_unpriced", "This month's requests to hosted models of unknown price.", spend.unpriced)


def _memory(tally: Tally, standing: Standing) -> Iterable[Metric]:
    yield _counted("moves", "Loads and unloads of models.", "kind", tally.moves)
    yield CounterMetricFamily(f"{_PREFIX}evictions", "Models that left so that another could come.", tally.evictions)
    yield CounterMetricFamily(f"{_PREFIX}load_seconds", "Time that loads took together.", tally.load_seconds)
    views = standing.models
    yield _gauge("queue_length", "Requests that wait for a model to be loaded.", sum(view.waiting for view in views))
    states = GaugeMetricFamily(f"{_PREFIX}models", "Models by whether they are in memory.", labels=("state",))
    for state, count in Counter(view.residency for view in views).items():
        states.add_metric((state,), count)
    yield states
    backends = GaugeMetricFamily(f"{_PREFIX}backend_up", "Whether a backend answers.", labels=("backend", "kind"))
    for backend in standing.backends:
        backends.add_metric((backend.name, backend.kind), backend.health == "up")
    yield backends
    vram = GaugeMetricFamily(f"{_PREFIX}memory_bytes", "Memory as measured.", labels=("pool", "kind"))
    for device in standing.devices:
        for kind in ("total", "used", "free"):
            vram.add_metric((device.pool, kind), getattr(device, kind))
    yield vram
    yield _gauge("started_at_seconds", "When the router started, in Unix time.", standing.started_at)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, words, value)


def _counted(name: str, words: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, words, labels=(label,))
    for key, count in counts.items():
        family.add_metric((key,), count)
    return family


def _spreads(name: str, words: str, spreads: Mapping[str, Spread]) -> Metric:
    family = HistogramMetricFamily(_PREFIX + name, words, labels=("task",))
    for task, spread in spreads.items():
        family.add_metric((task,), _steps(spread), spread.sum)
    return family


def _steps(spread: Spread) -> list[tuple[str, float]]:
    return list(zip(_ENDS, accumulate(spread.counts), strict=True))
