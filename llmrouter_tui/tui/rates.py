"""Traffic over time, computed from the events: requests, tokens and first-token times per ten seconds. Pure."""

from collections import deque
from dataclasses import dataclass
from statistics import median

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


class RateBook:
    """Counts what events say and answers in figures per minute and per second."""

    def __init__(self) -> None:
        self._buckets: deque[Bucket] = deque(maxlen=KEPT)
        self._starts: deque[float] = deque(maxlen=6000)
        self._tokens: deque[tuple[float, int]] = deque(maxlen=6000)
        self._ttfts: deque[tuple[float, float]] = deque(maxlen=400)
        self.ok = self.failed = self.retried = 0

    def restart(self, rates: Rates, starts: list[float], ttfts: list[tuple[float, float]]) -> None:
        """Begin from a snapshot: its samples, and the exchanges it lists (oldest first)."""
        self._buckets.clear()
        for at, requests, tokens, ttft in rates.samples[-KEPT:]:
            self._buckets.append(Bucket(_floor(at), requests, tokens, ttft, 1 if ttft else 0))
        self._starts = deque(starts, maxlen=6000)
        self._tokens.clear()
        self._ttfts = deque(ttfts, maxlen=400)
        self.ok, self.failed, self.retried = rates.ok, rates.failed, rates.retried

    def started(self, at: float) -> None:
        self._starts.append(at)
        self._bucket(at).requests += 1

    def first_token(self, at: float, ttft: float) -> None:
        self._ttfts.append((at, ttft))
        bucket = self._bucket(at)
        bucket.ttft_sum += ttft
        bucket.ttft_count += 1

    def generated(self, at: float, count: int) -> None:
        if count > 0:
            self._tokens.append((at, count))
            self._bucket(at).tokens += count

    def finished(self, *, ok: bool, retried: bool) -> None:
        if ok:
            self.ok += 1
            self.retried += retried
        else:
            self.failed += 1

    def per_minute(self, now: float) -> int:
        """Requests in the last 60 seconds."""
        while self._starts and self._starts[0] < now - 60:
            self._starts.popleft()
        return len(self._starts)

    def tokens_per_second(self, now: float) -> float:
        """Mean over the last ten seconds."""
        while self._tokens and self._tokens[0][0] < now - BUCKET:
            self._tokens.popleft()
        return sum(count for _, count in self._tokens) / BUCKET

    def ttft_p50(self, now: float) -> float | None:
        """Median time to first token of the last ten minutes; None without traffic."""
        while self._ttfts and self._ttfts[0][0] < now - KEPT * BUCKET:
            self._ttfts.popleft()
        return median(ttft for _, ttft in self._ttfts) if self._ttfts else None

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
