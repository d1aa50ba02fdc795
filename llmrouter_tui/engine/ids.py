"""Ids of exchanges: they sort by time, also where the clock is set back."""

import random
from collections.abc import Iterable
from typing import Final

from llmrouter_tui.core.decision import Exchange

DIGITS: Final = 11
"""Hex digits of milliseconds, enough until the year 2527; four of a counter follow."""
_LATEST: Final = 16**DIGITS - 1


class Ids:
    """Each is greater than the one before it."""

    def __init__(self) -> None:
        self._milliseconds = 0
        self._counter = random.getrandbits(16)
        """Not from 0: of two routers that write to one file, none makes an id of the other's."""

    def follow(self, exchanges: Iterable[Exchange]) -> None:
        """Be greater than those of earlier runs, whatever the clock was then."""
        for exchange in exchanges:
            try:
                known = int(exchange.id[:DIGITS], 16)
            except ValueError:
                continue
            self._milliseconds = max(self._milliseconds, min(known, _LATEST))

    def new(self, wall: float) -> str:
        counter = self._counter = (self._counter + 1) & 0xFFFF
        now, least = int(wall * 1000), self._milliseconds + (not counter)
        if now < least or now > _LATEST:
            now = max(least, min(now, _LATEST))
        self._milliseconds = now
        return f"{now << 16 | counter:0{DIGITS + 4}x}"
