"""How things went over time: sums of short spans, kept for long, and the curves that are drawn from them. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.errors import is_fault

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400

KEPT: Final = {10: 2 * HOUR, 300: 8 * DAY, HOUR: 400 * DAY}
"""Seconds that one kept sum is of, finest first, and for how long it is kept."""
SPANS: Final = (10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)
"""What a screen offers."""
POINTS: Final = 200
"""Values of a curve at most: a wide terminal has room for as many columns of braille."""

_LARGE: Final = 10**9
"""No answer has more tokens."""
_STEPS: Final = (10, 20, 30, 60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY)
"""Seconds of one value of a curve."""

What = Literal[
    "requests", "failed", "tokens", "ttft", "decode", "swaps", "memory", "utilization", "temperature", "power"
]
UNITS: Final[dict[What, str]] = {
    "requests": "/min",
    "failed": "/min",
    "tokens": "tok/s",
    "ttft": "s",
    "decode": "tok/s",
    "swaps": "s",
    "memory": "bytes",
    "utilization": "of 1",
    "temperature": "°C",
    "power": "W",
}


class Work(NamedTuple):
    """What one model did in one span; the figures are sums."""

    at: int
    """When the span began, seconds since 1970."""
    model: str
    """Its id; empty for requests that reached no model."""
    requests: int = 0
    failed: int = 0
    """Those that failed, and not by the client's own fault."""
    tokens: int = 0
    """Written by the model."""
    ttfts: int = 0
    """Answers whose time to first token is known."""
    ttft: float = 0.0
    decoded: int = 0
    """Tokens whose speed is known."""
    decode_seconds: float = 0.0


class Reading(NamedTuple):
    """What one memory pool was in one span; the figures are sums over ``samples``, of which those that told nothing
    count as the mean of the others; None where none told anything."""

    at: int
    pool: str
    samples: int
    used: float
    """Bytes."""
    utilization: float | None = None
    temperature: float | None = None
    power: float | None = None


class Swap(NamedTuple):
    """Seconds of one span that went into loads and unloads of ours."""

    at: int
    seconds: float


def figures(outcome: str, code: str, ttft: object, tokens: object, speed: object) -> tuple[float, ...]:
    """What one finished exchange adds to a ``Work``, in its order: of what cannot be, nothing."""
    written = tokens if isinstance(tokens, int) and 0 <= tokens < _LARGE else 0
    first = ttft if isinstance(ttft, (int, float)) and math.isfinite(ttft) else None
    fast = speed if isinstance(speed, (int, float)) and math.isfinite(speed) and speed > 0 else 0.0
    decoded = written if fast else 0
    failed = is_fault(outcome, code)
    return 1, failed, written, first is not None, first or 0.0, decoded, decoded / fast if fast else 0.0


class Fold:
    """The samples of one memory pool in one span."""

    __slots__ = ("_counts", "_samples", "_sums")

    def __init__(self) -> None:
        self._samples, self._sums, self._counts = 0, [0.0] * 4, [0] * 4

    def add(self, device: Device) -> None:
        self._samples += 1
        for index, value in enumerate((device.used, device.utilization, device.temperature, device.power)):
            if value is not None:
                self._sums[index] += value
                self._counts[index] += 1

    def reading(self, at: int, pool: str) -> Reading:
        every = self._samples
        told = [total * every / count if count else None for total, count in zip(self._sums, self._counts, strict=True)]
        return Reading(at, pool, every, told[0] or 0.0, *told[1:])


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over time."""

    what: What
    of: str
    """A model's id or a pool; empty for all together."""
    values: tuple[float | None, ...]
    """Oldest first, one for each step; None where nothing is known."""

    @property
    def unit(self) -> str:
        return UNITS[self.what]


@dataclass(frozen=True, slots=True)
class Trends:
    """Curves over the same span."""

    since: float
    """When the first value's step began."""
    step: float
    """Seconds of one value. ``swaps`` are seconds lost within it, all else is a mean: of the step, and of what is told
    by the minute or second at least of the minute up to its end, or up to now."""
    curves: tuple[Curve, ...] = ()

    def curve(self, what: What, of: str = "") -> Curve | None:
        """The one that tells this, where anything is known of it."""
        return next((curve for curve in self.curves if (curve.what, curve.of) == (what, of)), None)


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps that a span is cut into, and the kept sums it is read from."""

    kept: int
    """Seconds of one kept sum: a key of ``KEPT``."""
    since: int
    step: int
    """A multiple of ``kept``."""
    count: int
    over: float = 1.0
    """The share of the last step that has passed, 0 to 1."""

    def place(self, at: int) -> int | None:
        """To which value a sum belongs; None outside."""
        index = (at - self.since) // self.step
        return index if 0 <= index < self.count else None


def grid(now: float, span: float) -> Grid:
    """How to cut the last ``span`` seconds (between a minute and what is kept longest)."""
    span = max(MINUTE, min(span, KEPT[HOUR]))
    kept = next((size for size, length in KEPT.items() if span <= length), HOUR)
    step = next(size for size in _STEPS if size % kept == 0 and span <= size * POINTS)
    end = (int(now) // step + 1) * step
    count = math.ceil(span / step)
    return Grid(kept, end - count * step, step, count, 1 - (end - now) / step)


def trends(cut: Grid, work: Iterable[Work], readings: Iterable[Reading], swaps: Iterable[Swap]) -> Trends:
    """The curves of what was kept. Requests and swaps are 0 where nothing was, means are None."""
    lost = _Sums(cut)
    for swap in swaps:
        lost.add(swap.at, swap.seconds)
    curves = (*_work(cut, work), *_pools(cut, readings), Curve("swaps", "", lost.filled))
    return Trends(cut.since, cut.step, curves)


class _Sums:
    """Sums per step; None where nothing was added."""

    def __init__(self, cut: Grid) -> None:
        self._values: list[float | None] = [None] * cut.count
        self._cut = cut

    def add(self, at: int, value: float | None) -> None:
        index = self._cut.place(at)
        if index is not None and value is not None:
            self._values[index] = (self._values[index] or 0.0) + value

    @property
    def empty(self) -> bool:
        return all(value is None for value in self._values)

    @property
    def filled(self) -> tuple[float, ...]:
        """0 where nothing was added."""
        return tuple(value or 0.0 for value in self._values)

    def each(self, seconds: float) -> tuple[float, ...]:
        """How much it was in so many seconds, over a step and a minute at least: one request in ten seconds is not six
        a minute. The last value is of as long a time up to now: of the step that left it in part, as much."""
        values, step, count = self.filled, self._cut.step, self._cut.count
        size = min(count, max(1, MINUTE // step))
        sums = [sum(values[max(0, end - size) : max(end, size)]) for end in range(1, count + 1)]
        if count > size:
            sums[-1] += (1 - self._cut.over) * values[-size - 1]
        return tuple(value * seconds / (size * step) for value in sums)

    def over(self, counts: "_Sums") -> tuple[float | None, ...]:
        """The means."""
        return tuple(
            value / count if value is not None and count else None
            for value, count in zip(self._values, counts._values, strict=True)
        )


def _work(cut: Grid, work: Iterable[Work]) -> Iterable[Curve]:
    by_model: dict[str, list[Work]] = {}
    for one in work:
        by_model.setdefault(one.model, []).append(one)
    every = [one for mine in by_model.values() for one in mine]
    yield from _of(cut, "", every)
    yield Curve("failed", "", _sum(cut, every, lambda one: one.failed).each(MINUTE))
    yield Curve("tokens", "", _sum(cut, every, lambda one: one.tokens).each(1))
    for model in sorted(by_model.keys() - {""}):
        yield from _of(cut, model, by_model[model])


def _of(cut: Grid, model: str, work: Sequence[Work]) -> Iterable[Curve]:
    """What is told of all together and of each model."""
    yield Curve("requests", model, _sum(cut, work, lambda one: one.requests).each(MINUTE))
    first, firsts = _sum(cut, work, lambda one: one.ttft), _sum(cut, work, lambda one: one.ttfts)
    yield Curve("ttft", model, first.over(firsts))
    tokens, seconds = _sum(cut, work, lambda one: one.decoded), _sum(cut, work, lambda one: one.decode_seconds)
    yield Curve("decode", model, tokens.over(seconds))


def _sum(cut: Grid, work: Iterable[Work], figure: Callable[[Work], float]) -> _Sums:
    sums = _Sums(cut)
    for one in work:
        sums.add(one.at, figure(one))
    return sums


def _pools(cut: Grid, readings: Iterable[Reading]) -> Iterable[Curve]:
    by_pool: dict[str, list[Reading]] = {}
    for reading in readings:
        by_pool.setdefault(reading.pool, []).append(reading)
    figures: tuple[tuple[What, Callable[[Reading], float | None]], ...] = (
        ("memory", lambda one: one.used),
        ("utilization", lambda one: one.utilization),
        ("temperature", lambda one: one.temperature),
        ("power", lambda one: one.power),
    )
    for pool, mine in sorted(by_pool.items()):
        for what, figure in figures:
            sums, counts = _Sums(cut), _Sums(cut)
            for one in mine:
                value = figure(one)
                sums.add(one.at, value)
                counts.add(one.at, one.samples if value is not None else None)
            if not sums.empty:
                yield Curve(what, pool, sums.over(counts))
