"""What was paid for: this month's in memory, all of it written behind; and whether budgets are spent."""

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SpendChanged
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.spending import SpendStore
from llmrouter_tui.core.spending import Line, Purpose, SpendView, asks_money, budgets, dollars, spent, tokens, view
from llmrouter_tui.engine.bus import Bus

log = logging.getLogger(__name__)

TELL_SECONDS = 1.0
"""A sum that changed is told this often at most; a day that ends is seen within as long."""


class Charge(Protocol):
    """Puts down what an answer cost. ``read`` and ``written`` are estimates, for tokens that nobody counted."""

    def __call__(
        self, info: ModelInfo, usage: Usage, purpose: Purpose, *, read: int = 0, written: int = 0
    ) -> float | None:
        """Its dollars; None where it costs none, or nobody knows the price."""
        ...


def free(info: ModelInfo, usage: Usage, purpose: Purpose, *, read: int = 0, written: int = 0) -> float | None:
    """Where nobody counts."""
    return None


class Spending:
    """``Charge`` with a memory. A day is one of this machine's time zone."""

    def __init__(self, store: SpendStore, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._lines: dict[tuple[str, str, str], Line] = {}
        """Of this month, by day, model and purpose."""
        self._day = day_of(clock.wall())
        self._told: SpendView | None = None
        self._budget_day = self._budget_month = 0.0
        self._today = self._month = 0.0
        self.on_budget: Callable[[], None] = lambda: None
        """Called when a budget is spent, or is not any more, or is another one."""
        self._words = ("", "")

    async def load(self) -> None:
        """Take in what was spent this month before this start."""
        with contextlib.suppress(RouterError):  # told by the storage watch
            for line in await self._store.spend(f"{self._day[:7]}-01"):
                self._lines[line.key] = line
        self._sum()

    # ── in ──

    def charge(
        self, info: ModelInfo, usage: Usage, purpose: Purpose, *, read: int = 0, written: int = 0
    ) -> float | None:
        """See ``Charge``."""
        if not asks_money(info):
            return None
        self._turn_over()
        prompt, completion = tokens(usage, read, written)
        cost = dollars(info, prompt, completion)
        line = Line(self._day, info.id, purpose, cost or 0.0, 1, int(cost is None), prompt, completion)
        known = self._lines.get(line.key)
        self._lines[line.key] = line if known is None else known.plus(line)
        self._store.remember_spend(line)
        if cost:
            self._today += cost
            self._month += cost
            self._look()
        return cost

    def set_budgets(self, *, day: float | None = None, month: float | None = None) -> None:
        """Dollars; 0 is none, None leaves one as it is."""
        self._budget_day = self._budget_day if day is None else day
        self._budget_month = self._budget_month if month is None else month
        self._look()

    async def step(self) -> None:
        """Tell what changed, and see a new day. To be repeated."""
        self._turn_over()
        if self._bus.wants(SpendChanged) and (now := self.view()) != self._told:
            self._told = now
            self._bus.publish(SpendChanged(now))

    # ── out ──

    @property
    def budgets(self) -> str:
        """Those that are set, in words; empty for none."""
        return self._words[0]

    @property
    def spent(self) -> str:
        """Which of them is spent, in words; empty for none."""
        return self._words[1]

    def view(self) -> SpendView:
        self._turn_over()
        return view(self._lines.values(), self._day, self._budget_day, self._budget_month)

    # ── sums ──

    def _turn_over(self) -> None:
        """A day may have ended."""
        if (day := day_of(self._clock.wall())) != self._day:
            self._day = day
            self._lines = {key: line for key, line in self._lines.items() if line.day[:7] == day[:7]}
            self._sum()

    def _sum(self) -> None:
        self._today = sum(line.dollars for line in self._lines.values() if line.day == self._day)
        self._month = sum(line.dollars for line in self._lines.values())
        self._look()

    def _look(self) -> None:
        """Say so where a budget is spent, or is not any more."""
        day, month = self._budget_day, self._budget_month
        words = budgets(day, month), spent(self._today, self._month, day, month)
        news, began = words != self._words, words[1] and not self._words[1]
        self._words = words
        if began:
            log.warning("the %s; models that cost money are asked nothing more", words[1])
        if news:
            self.on_budget()


def day_of(at: float) -> str:
    """``2026-11-23``, here."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d")
