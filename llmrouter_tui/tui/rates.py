"""Traffic over time, computed from the events: requests, tokens and first-token times per ten seconds. Pure."""

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from llmrouter_tui.core.decision import Rates

BUCKET = 10.0
"""Seconds per point of a chart."""
KEPT = 60
"""Points kept: ten minutes."""


@dataclass(slots=True)
class Bucket:
    """Ten seconds of traffic."""

    start: float
    requests: float = 0.0
    tokens: float = 0.0
    ttft_sum: float = 0.0
    ttft_count: int = 0

    @property
    def ttft(self) -> float:
        return self.ttft_sum / self.ttft_count if self.ttft_count else 0.0


class Window:
    """A sum over the last ``span`` seconds, kept in tenths of a second: exact at any rate, and cheap at every one."""

    SLOT = 0.1

    def __init__(self, span: float) -> None:
        self._span = span
        self._slots: deque[list[float]] = deque()
        """(start, sum) of every tenth in which something came, oldest first."""
        self._sum = 0.0

    def clear(self) -> None:
        self._slots.clear()
        self._sum = 0.0

    def add(self, at: float, amount: float = 1) -> None:
        if self._slots and at < self._slots[-1][0] + self.SLOT:  # also what comes late
            self._slots[-1][1] += amount
        else:
            self.total(at)  # what is too old goes now: nobody may be asking
            self._slots.append([at - at % self.SLOT, amount])
        self._sum += amount

    def total(self, now: float) -> float:
        """The sum over the time up to ``now``; older parts are forgotten."""
        slots, oldest = self._slots, now - self._span
        while slots and slots[0][0] < oldest:
            self._sum -= slots.popleft()[1]
        return self._sum


class Outcomes(NamedTuple):
    """How many ended well, how many of these on another model than the first, and how many failed by no fault of the
    client."""

    ok: int
    retried: int
    failed: int


class RateBook:
    """Counts what events say and answers in figures per minute and per second."""

    def __init__(self) -> None:
        self._buckets: deque[Bucket] = deque(maxlen=KEPT)
        self._starts = Window(60.0)
        self._tokens = Window(BUCKET)
        self._ttfts: deque[tuple[float, float]] = deque(maxlen=400)
        self._ttft_p50: float | None = None
        self._ttfts_changed = False
        self._outcomes = [Window(BUCKET * KEPT) for _ in Outcomes._fields]

    def restart(self, at: float, rates: Rates, starts: list[float], ttfts: list[tuple[float, float]]) -> None:
        """Begin from a snapshot taken ``at``: its samples and counts, and the exchanges it lists (oldest first)."""
        self._buckets.clear()
        for start, requests, tokens, ttft in rates.samples[-KEPT:]:
            self._buckets.append(Bucket(_floor(start), requests, tokens, ttft, 1 if ttft else 0))
        self._starts.clear()
        for start in starts:
            self._starts.add(start)
        self._tokens.clear()
        self._ttfts, self._ttfts_changed = deque(ttfts, maxlen=400), True
        for window, count in zip(self._outcomes, (rates.ok, rates.retried, rates.failed), strict=True):
            window.clear()
            window.add(at, count)

    def started(self, at: float) -> None:
        self._starts.add(at)
        self._bucket(at).requests += 1

    def first_token(self, at: float, ttft: float) -> None:
        self._ttfts.append((at, ttft))
        self._ttfts_changed = True
        bucket = self._bucket(at)
        bucket.ttft_sum += ttft
        bucket.ttft_count += 1

    def generated(self, at: float, count: int) -> None:
        if count > 0:
            self._tokens.add(at, count)
            self._bucket(at).tokens += count

    def finished(self, at: float, *, ok: bool, retried: bool) -> None:
        for window, counts in zip(self._outcomes, (ok, ok and retried, not ok), strict=True):
            if counts:
                window.add(at)

    def outcomes(self, now: float) -> Outcomes:
        """Of the answers that ended in the last ten minutes."""
        return Outcomes(*(int(window.total(now)) for window in self._outcomes))

    def per_minute(self, now: float) -> int:
        """Requests in the last 60 seconds."""
        return int(self._starts.total(now))

    def tokens_per_second(self, now: float) -> float:
        """Mean over the last ten seconds."""
        return self._tokens.total(now) / BUCKET

    def ttft_p50(self, now: float) -> float | None:
        """Median time to first token of the last ten minutes; None without traffic."""
        while self._ttfts and self._ttfts[0][0] < now - KEPT * BUCKET:
            self._ttfts.popleft()
            self._ttfts_changed = True
        if self._ttfts_changed:
            self._ttfts_changed = False
            self._ttft_p50 = median([ttft for _, ttft in self._ttfts]) if self._ttfts else None
        return self._ttft_p50

    def series(self, now: float) -> tuple[list[float], list[float], list[float]]:
        """Requests per minute, tokens per second and mean TTFT for the last ten minutes, oldest first."""
        points = {bucket.start: bucket for bucket in self._buckets}
        last = _floor(now)
        line = [points.get(last - BUCKET * back) for back in range(KEPT - 1, -1, -1)]
        return (
            [b.requests * 60 / BUCKET if b else 0.0 for b in line],
            [b.tokens / BUCKET if b else 0.0 for b in line],
            [b.ttft if b else 0.0 for b in line],
        )

    def _bucket(self, at: float) -> Bucket:
        start = _floor(at)
        if not self._buckets or self._buckets[-1].start < start:
            self._buckets.append(Bucket(start))
        return self._buckets[-1]


def _floor(at: float) -> float:
    return at - at % BUCKET
