"""What runs now and what ran lately, in memory: for snapshots, rates and a quiet shutdown."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from llmrouter_tui.core.decision import Exchange, Feedback, Rates
from llmrouter_tui.core.errors import is_fault
from llmrouter_tui.core.forgetting import Forget, without_texts
from llmrouter_tui.core.ports.clock import Clock

RECENT = 200
TEXT = 16_384
"""Characters of a prompt or an answer that stay in memory."""
WINDOW_SECONDS = 600.0
BUCKET_SECONDS = 10.0


class Running(Protocol):
    """An exchange under way."""

    id: str

    def exchange(self) -> Exchange: ...


class Traffic:
    """The newest exchanges, and the ones under way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.running: dict[str, Running] = {}
        self.recent: deque[Exchange] = deque(maxlen=RECENT)
        self.finished_total = 0

    def remember(self, newest_first: Sequence[Exchange]) -> None:
        """Begin with what the database holds of earlier runs."""
        self.recent.extend(reversed(newest_first))

    def started(self, run: Running) -> None:
        self.running[run.id] = run

    def finished(self, exchange: Exchange) -> None:
        self.running.pop(exchange.id, None)
        if len(exchange.prompt) > TEXT or len(exchange.answer) > TEXT:
            exchange = replace(exchange, prompt=exchange.prompt[:TEXT], answer=exchange.answer[:TEXT])
        self.recent.append(exchange)
        self.finished_total += 1

    def find(self, any_id: str) -> Exchange | None:
        """By exchange id or by the id that the client saw."""
        for exchange in reversed(self.recent):
            if any_id in (exchange.id, exchange.response_id):
                return exchange
        return None

    def rated(self, exchange: Exchange, feedback: Feedback | None) -> None:
        """Keep the copy in memory true."""
        for index, known in enumerate(self.recent):
            if known.id == exchange.id:
                self.recent[index] = replace(known, rating=feedback)

    def forget(self, wanted: Forget) -> None:
        """Keep no words of these."""
        for index, known in enumerate(self.recent):
            if wanted.means(known):
                self.recent[index] = without_texts(known)

    def under_way(self) -> list[Exchange]:
        return [run.exchange() for run in list(self.running.values())]

    def newest(self) -> tuple[Exchange, ...]:
        """Newest first, running ones included: they take the places of the oldest, whatever the clock said then."""
        running = [run.exchange() for run in list(self.running.values())[-RECENT:]]
        room = RECENT - len(running)
        recent = list(self.recent)[-room:] if room else []
        return tuple(sorted([*recent, *running], key=lambda e: e.id, reverse=True))

    def rates(self) -> Rates:
        now = self._clock.wall()
        window = [e for e in self.recent if abs(now - e.at) <= WINDOW_SECONDS]  # others are of a clock that was wrong
        ttfts = sorted(e.ttft for e in window if e.ttft is not None)
        buckets: dict[int, list[Exchange]] = {}
        for exchange in window:
            buckets.setdefault(int(exchange.at // BUCKET_SECONDS), []).append(exchange)
        return Rates(
            in_flight=len(self.running),
            per_minute=float(sum(abs(now - e.at) <= 60 for e in window)),
            ttft_p50=ttfts[len(ttfts) // 2] if ttfts else None,
            ok=sum(e.outcome == "ok" for e in window),
            failed=sum(is_fault(e.outcome, e.code) for e in window),
            retried=sum(e.outcome == "ok" and len(e.attempts) > 1 for e in window),
            samples=tuple(_sample(key, exchanges) for key, exchanges in sorted(buckets.items())),
        )


def _sample(key: int, exchanges: list[Exchange]) -> tuple[float, float, float, float]:
    ttfts = [e.ttft for e in exchanges if e.ttft is not None]
    tokens = sum(e.usage.completion_tokens or 0 for e in exchanges)
    return key * BUCKET_SECONDS, float(len(exchanges)), float(tokens), sum(ttfts) / len(ttfts) if ttfts else 0.0
