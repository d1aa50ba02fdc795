"""How often judges may be asked: so many calls a minute and a day, all judges and all grades together."""

import asyncio
import contextlib
from collections import deque
from typing import Final

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.hosting import remedy
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.judging import GradeStore
from llmrouter_tui.engine.journal import midnight
from llmrouter_tui.engine.judge_bench import JudgeSettings
from llmrouter_tui.engine.manners import Tell

MINUTE: Final = 60.0
LOOK: Final = 0.5
"""Seconds between two looks at the clock while a call waits."""


class UnaskedError(RouterError):
    """The judge was not asked: what it was to grade waits on."""


class SpentError(UnaskedError):
    """No call may be made today any more."""

    def __init__(self, words: str) -> None:
        super().__init__("rate_limited", words)


class WithheldError(UnaskedError):
    """Nothing may go to that judge now."""

    def __init__(self, judge: str, reason: str) -> None:
        super().__init__("forbidden", f"{judge} may not be asked ({reason})", hint=remedy(reason))


class Limits:
    """Counts every call, over restarts too."""

    def __init__(self, store: GradeStore, settings: JudgeSettings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._sent: deque[float] = deque()
        """When the calls of the last minute were made."""
        self._quiet_until = 0.0
        self._day = 0.0
        self._today = 0

    async def load(self) -> None:
        """Take in what was asked today before this start."""
        self._day = midnight(self._clock.wall())
        with contextlib.suppress(RouterError):
            self._today = await self._store.judge_calls(self._day)

    @property
    def today(self) -> int:
        """Calls since local midnight."""
        return self._today if midnight(self._clock.wall()) == self._day else 0

    @property
    def spent(self) -> str:
        """Why no call may be made before midnight, in words; empty where one may."""
        most = self._settings.daily_calls
        return f"the {most} calls of today are made; it goes on at midnight" if 0 < most <= self.today else ""

    @property
    def full(self) -> bool:
        """Whether a call has to be waited for now."""
        return self._wait() > 0

    def cool(self, seconds: float) -> None:
        """Nobody is asked for so long: a judge said that it is asked too much."""
        self._quiet_until = max(self._quiet_until, self._clock.mono() + seconds)

    async def turn(self, tell: Tell) -> None:
        """Wait until a call may be made. Raises ``SpentError`` where today none may."""
        while (wait := self._wait()) > 0:
            tell("waiting", f"a judge may be asked again in {wait:.0f} s" if wait >= 1 else "")
            await asyncio.sleep(min(wait, LOOK))
        if words := self.spent:
            raise SpentError(words)

    async def count(self) -> None:
        """A call is made now."""
        now, day = self._clock.wall(), midnight(self._clock.wall())
        self._today = 1 if day != self._day else self._today + 1
        self._day = day
        self._sent.append(self._clock.mono())
        with contextlib.suppress(RouterError):  # what cannot be written counts in memory
            await self._store.count_judge_call(now)

    def _wait(self) -> float:
        now = self._clock.mono()
        while self._sent and now - self._sent[0] >= MINUTE:
            self._sent.popleft()
        full = len(self._sent) >= self._settings.rpm
        turn = self._sent[len(self._sent) - self._settings.rpm] + MINUTE - now if full else 0.0
        return max(0.0, turn, self._quiet_until - now)
