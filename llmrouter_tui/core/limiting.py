"""How much one client may ask: token buckets, pure. Time is an argument (seconds of a clock that never goes back);
nothing here waits or keeps a timer, a bucket fills by arithmetic when it is looked at."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

What = Literal["requests", "tokens", "concurrent"]


@dataclass(frozen=True, slots=True)
class Limit:
    """What one client may do; 0 is as much as it likes."""

    rpm: int = 0
    """Requests a minute."""
    tpm: int = 0
    """Tokens a minute, of prompts and of answers."""
    concurrent: int = 0
    """Exchanges at the same time."""

    def __bool__(self) -> bool:
        return bool(self.rpm or self.tpm or self.concurrent)


class Refused(NamedTuple):
    """Why a request may not begin now, and when one may."""

    what: What
    limit: int
    wait: float
    """Seconds; of ``concurrent`` a guess, because nobody knows when an answer ends."""


UNKNOWN_WAIT = 2.0
"""Seconds after which a client may ask whether one of its own answers has ended."""


class Bucket:
    """Holds a minute's worth and fills evenly, so in any t seconds at most ``per_minute * (1 + t / 60)`` are taken."""

    __slots__ = ("_at", "_level", "_rate", "per_minute")

    def __init__(self, per_minute: float, now: float) -> None:
        self.per_minute = per_minute
        self._rate = per_minute / 60.0
        self._level = float(per_minute)
        self._at = now

    def level(self, now: float) -> float:
        """What is in it; less than nothing where more was charged than there was."""
        if now > self._at:
            self._level = min(self.per_minute, self._level + (now - self._at) * self._rate)
            self._at = now
        return self._level

    def full(self, now: float) -> bool:
        return self.level(now) >= self.per_minute

    def lacks(self, now: float) -> float:
        """Seconds until one is in it; 0.0 where it is."""
        level = self.level(now)
        return (1.0 - level) / self._rate if level < 1.0 else 0.0

    def take(self, now: float) -> float:
        """Take one. 0.0 where it was there, else nothing is taken: the seconds until it will be."""
        if wait := self.lacks(now):
            return wait
        self._level -= 1.0
        return 0.0

    def charge(self, amount: float, now: float) -> None:
        """Take what was used already, whether it is there or not: who comes next waits for it."""
        self._level = self.level(now) - amount

    def wait(self, now: float) -> float:
        """Seconds until something is in it; 0.0 where there is."""
        level = self.level(now)
        return 0.0 if level > 0.0 else (1.0 - level) / self._rate


class Meter:
    """What one client uses of its limit."""

    __slots__ = ("_requests", "_tokens", "limit", "running")

    def __init__(self, limit: Limit, now: float) -> None:
        self.running = 0
        """Its exchanges under way."""
        self.limit = limit
        self._requests = Bucket(limit.rpm, now) if limit.rpm else None
        self._tokens = Bucket(limit.tpm, now) if limit.tpm else None

    def change(self, limit: Limit, now: float) -> None:
        """Count by another limit from now on. A bucket whose rate is the same keeps its level."""
        if limit.rpm != self.limit.rpm:
            self._requests = Bucket(limit.rpm, now) if limit.rpm else None
        if limit.tpm != self.limit.tpm:
            self._tokens = Bucket(limit.tpm, now) if limit.tpm else None
        self.limit = limit

    def enter(self, now: float) -> Refused | None:
        """Begin an exchange, or say why not: then nothing is counted."""
        if (refused := self.look(now)) is not None:
            return refused
        if self._requests is not None:
            self._requests.take(now)
        self.running += 1
        return None

    def look(self, now: float) -> Refused | None:
        """Why no exchange may begin now; None where one may."""
        limit = self.limit
        if limit.concurrent and self.running >= limit.concurrent:
            return Refused("concurrent", limit.concurrent, UNKNOWN_WAIT)
        if self._tokens is not None and (wait := self._tokens.wait(now)):
            return Refused("tokens", limit.tpm, wait)
        if self._requests is not None and (wait := self._requests.lacks(now)):
            return Refused("requests", limit.rpm, wait)
        return None

    def leave(self, tokens: int, now: float) -> None:
        """An exchange is over, and used so many tokens."""
        self.running -= 1
        if self._tokens is not None:
            self._tokens.charge(tokens, now)

    def idle(self, now: float) -> bool:
        """Whether forgetting it loses nothing."""
        return not (
            self.running
            or (self._requests is not None and not self._requests.full(now))
            or (self._tokens is not None and not self._tokens.full(now))
        )


SWEPT = 8
"""Meters looked at for one that may be forgotten, when there are too many."""


class Meters:
    """A meter for each client of some kind, by name or address; of very many the least recently seen are forgotten."""

    def __init__(self, limit: Limit, most: int) -> None:
        self.limit = limit
        self._most = most
        self._meters: dict[str, Meter] = {}

    def __len__(self) -> int:
        return len(self._meters)

    def of(self, client: str, now: float) -> Meter:
        """The client's own, which is now the most recently seen."""
        meter = self._meters.pop(client, None)
        if meter is None:
            if len(self._meters) >= self._most:
                self._forget(now)
            meter = Meter(self.limit, now)
        elif meter.limit is not self.limit:
            meter.change(self.limit, now)
        self._meters[client] = meter
        return meter

    def _forget(self, now: float) -> None:
        """One that is idle among the least recently seen; else one that answers nothing; else the oldest of all."""
        oldest = [client for client, _ in zip(self._meters, range(SWEPT), strict=False)]
        meters = self._meters
        gone = next((client for client in oldest if meters[client].idle(now)), None)
        gone = gone or next((client for client in oldest if not meters[client].running), oldest[0])
        del meters[gone]
