"""Who may ask how much: a meter per key, or per address where there are no keys, and one bound for all together.

Everything here is arithmetic at the moment of a request. Where nothing is limited an exchange pays for a comparison and
two additions.
"""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.limiting import UNKNOWN_WAIT, Bucket, Limit, Meter, Meters, Refused

MOST_ADDRESSES = 4096
"""Addresses that are remembered, of each kind of request."""
CALLS = 600
"""Calls a minute of one address, of those that no model answers: of ``/admin``, and of the lists and ratings under
``/v1``. Where ``rpm`` is larger it is ten times that. They are counted apart from exchanges and from each other: who
chats too much can still be let in by the owner, and a list that is asked for every second costs no chat."""
NOTED = 120
"""Refusals a minute that are put on record. A stranger who knocks a thousand times a second fills no disk."""
LONGEST = 60.0
"""Seconds beyond which a client is told not to try again by itself."""

_WORDS = {
    "requests": "requests a minute",
    "tokens": "tokens a minute",
    "concurrent": "requests at the same time",
}


@dataclass(slots=True, eq=False)
class Caller:
    """Who a key belongs to."""

    name: str
    """The key's name; empty for one of the plain ones."""
    models: tuple[str, ...]
    """What it may ask for; empty for all."""
    meter: Meter | None
    """None: without limits."""


class Limits:
    """Counts what is under way and what each client used. Used on the loop that serves only."""

    def __init__(self, most: int, usual: Limit, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        """The clock: seconds that never go back."""
        self.most = most
        """Exchanges of all clients together."""
        self.running = 0
        """Exchanges that are answered or wait."""
        self.refusals: Counter[str] = Counter()
        """How often each limit refused somebody since the start."""
        self._usual = usual
        self._addresses = Meters(usual, MOST_ADDRESSES)
        self._lists = Meters(_calls(usual), MOST_ADDRESSES)
        self._admin = Meters(_calls(usual), MOST_ADDRESSES)
        self._noted = Bucket(NOTED, now())

    @property
    def usual(self) -> Limit:
        """What holds for each key without a limit of its own, and for each address where there are no keys."""
        return self._usual

    @usual.setter
    def usual(self, limit: Limit) -> None:
        self._usual = self._addresses.limit = limit
        self._lists.limit = self._admin.limit = _calls(limit)

    def meter(self, limit: Limit) -> Meter | None:
        return Meter(limit, self.now()) if limit else None

    def enter(self, caller: Caller | None, request: web.BaseRequest) -> Meter | None:
        """Begin an exchange; what to leave with. Raises ``RouterError`` ``rate_limited``, ``queue_full``."""
        meter = self.look(caller, request)
        if meter is not None:
            meter.enter(self.now())
        self.running += 1
        return meter

    def look(self, caller: Caller | None, request: web.BaseRequest) -> Meter | None:
        """Whether an exchange could begin now, before anything of it is read; nothing is counted. Whose meter it would
        run on. Raises as ``enter``."""
        if self.running >= self.most:
            self.refusals["all"] += 1
            raise _full(self.most)
        meter = caller.meter if caller is not None else None
        if caller is None and self._usual:
            meter = self._addresses.of(client_of(request.remote), self.now())
        if meter is not None and (refused := meter.look(self.now())) is not None:
            self.refusals[refused.what] += 1
            raise _limited(refused, caller)
        return meter

    def leave(self, meter: Meter | None, tokens: int) -> None:
        """The exchange is over, and used so many tokens, which the next one of this client pays for."""
        self.running -= 1
        if meter is not None:
            meter.leave(tokens, self.now())

    def call(self, address: str | None, *, admin: bool) -> None:
        """A request that no model answers. Raises ``RouterError`` ``rate_limited``."""
        if not self._usual.rpm:
            return
        now = self.now()
        meter = (self._admin if admin else self._lists).of(client_of(address), now)
        if (refused := meter.enter(now)) is not None:
            self.refusals["admin" if admin else "calls"] += 1
            raise _limited(refused, None)
        meter.leave(0, now)

    def worth_noting(self) -> bool:
        """Whether one more refusal at the door is put on record."""
        return not self._noted.take(self.now())


def _calls(usual: Limit) -> Limit:
    return Limit(rpm=max(CALLS, 10 * usual.rpm))


def client_of(address: str | None) -> str:
    """What counts as one client: an IPv4 address, or the 64 bits of an IPv6 one that a provider hands to one home."""
    given = (address or "").partition("%")[0]
    if ":" not in given:
        return given
    try:
        packed = ip_address(given).packed
    except ValueError:
        return given
    return given if packed[:12] == bytes(10) + b"\xff\xff" else packed[:8].hex()


def _full(most: int) -> RouterError:
    return RouterError(
        "queue_full",
        f"The router answers {most} requests already, the most that it takes at the same time.",
        hint="Send the request again in a moment; max_exchanges sets the number.",
        retryable=True,
        retry_after=UNKNOWN_WAIT,
    )


def _limited(refused: Refused, caller: Caller | None) -> RouterError:
    who = "This address" if caller is None else f"The key {caller.name!r}" if caller.name else "This key"
    used = "has as many" if refused.what == "concurrent" else "used its"
    seconds = max(1, math.ceil(refused.wait))
    when = "when one of its answers has ended" if refused.what == "concurrent" else f"in {seconds} s"
    return RouterError(
        "rate_limited",
        f"{who} {used} {refused.limit:,} {_WORDS[refused.what]}{' as it may' * (refused.what == 'concurrent')}.",
        hint=f"Send the request again {when}.",
        retryable=refused.wait <= LONGEST,
        retry_after=refused.wait,
    )
