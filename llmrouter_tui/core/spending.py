"""What was paid for: dollars of an answer, sums per day and month, and the budgets that bound them. Pure.

A day and a month are those of this machine's own time zone, as people read them: ``2026-11-23`` and ``2026-11``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.domain import ModelInfo

Purpose = Literal["chat", "judge", "profile"]
"""What was paid for: exchanges, grades, measuring."""

PER: Final = 1_000_000
"""Prices are those of so many tokens."""


class Line(NamedTuple):
    """What one model cost on one day for one purpose."""

    day: str
    model: str
    purpose: str
    dollars: float = 0.0
    requests: int = 0
    unpriced: int = 0
    """Those of ``requests`` whose price nobody knows: they are in no sum."""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.day, self.model, self.purpose

    def plus(self, other: "Line") -> "Line":
        """Both, of the same day, model and purpose."""
        return Line(
            *self.key,
            self.dollars + other.dollars,
            self.requests + other.requests,
            self.unpriced + other.unpriced,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class ModelSpend:
    """What one model cost this month."""

    model: str
    dollars: float
    requests: int
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class SpendView:
    """What was spent, for a screen."""

    day: str = ""
    today: float = 0.0
    """Dollars."""
    month: float = 0.0
    unpriced: int = 0
    """Requests of this month to hosted models whose price nobody knows."""
    budget_day: float = 0.0
    """0: none."""
    budget_month: float = 0.0
    models: tuple[ModelSpend, ...] = ()
    """This month, the dearest first."""
    days: tuple[tuple[str, float], ...] = ()
    """Dollars of each day of this month on which something was spent, oldest first."""
    purposes: Mapping[str, float] | None = None
    """Dollars of this month by what they were paid for."""
    spent: str = ""
    """Which budget is spent, in words; empty while none is."""


def asks_money(info: ModelInfo) -> bool:
    """Whether asking a model may cost money: it has a price, or a provider runs it and nobody knows its price."""
    return bool(info.price_in or info.price_out) or (info.hosted and info.price_in is None and info.price_out is None)


def dollars(info: ModelInfo, read: int, written: int) -> float | None:
    """What so many tokens of a model cost; None where its price is not known. A price that only one side of is told
    counts nothing for the other. Cached tokens count in full: what they cost differs by provider."""
    if info.price_in is None and info.price_out is None:
        return None
    return (read * (info.price_in or 0.0) + written * (info.price_out or 0.0)) / PER


def tokens(usage: Usage, read: int, written: int) -> tuple[int, int]:
    """(prompt, completion) as they were counted, else by these estimates: an answer that was broken off has no count,
    and costs all the same."""
    counted, answered = usage.prompt_tokens, usage.completion_tokens
    return (read if counted is None else counted), (written if answered is None else answered)


def money(amount: float) -> str:
    """``$2.03``; small sums to two digits that say something: ``$0.0042``."""
    if 0 < abs(amount) < 0.01:
        digits = 4 if abs(amount) >= 0.0001 else 6
        return f"${amount:.{digits}f}"
    return f"${amount:,.2f}"


def budgets(day: float, month: float) -> str:
    """The budgets that are set, in words: ``$2.00 a day and $20.00 a month``."""
    set_ = [f"{money(amount)} a {span}" for amount, span in ((day, "day"), (month, "month")) if amount]
    return " and ".join(set_)


def spent(today: float, month: float, budget_day: float, budget_month: float) -> str:
    """Which budget is spent, in words: ``budget of $2.00 a day is spent: $2.03``; empty while none is."""
    for amount, budget, span in ((today, budget_day, "day"), (month, budget_month, "month")):
        if budget and amount >= budget:
            return f"budget of {money(budget)} a {span} is spent: {money(amount)}"
    return ""


def view(lines: Iterable[Line], day: str, budget_day: float = 0.0, budget_month: float = 0.0) -> SpendView:
    """The sums of one day and its month; lines of other months are passed over."""
    mine = [line for line in lines if line.day[:7] == day[:7]]
    days, models, purposes = dict[str, float](), dict[str, Line](), dict[str, float]()
    for line in mine:
        days[line.day] = days.get(line.day, 0.0) + line.dollars
        purposes[line.purpose] = purposes.get(line.purpose, 0.0) + line.dollars
        known = models.get(line.model)
        models[line.model] = line if known is None else known.plus(line)
    dearest = sorted(models.values(), key=lambda line: (-line.dollars, line.model))
    return SpendView(
        day,
        days.get(day, 0.0),
        sum(days.values()),
        sum(line.unpriced for line in mine),
        budget_day,
        budget_month,
        tuple(ModelSpend(line.model, line.dollars, line.requests, line.unpriced) for line in dearest),
        tuple(sorted(days.items())),
        purposes,
        spent(days.get(day, 0.0), sum(days.values()), budget_day, budget_month),
    )
