"""What was paid, in words: for screens and terminals. Pure."""

from collections.abc import Callable

from llmrouter_tui.core.hosting import remedy
from llmrouter_tui.core.spending import SpendView, money

PURPOSES = {"chat": "answers", "judge": "grades", "profile": "measuring"}


def brief(view: SpendView) -> str:
    """``$0.42 of $2.00 today``; empty where nothing was paid and no budget is set."""
    if view.budget_day:
        return f"{money(view.today)} of {money(view.budget_day)} today"
    if view.budget_month:
        return f"{money(view.month)} of {money(view.budget_month)} this month"
    return f"{money(view.today)} today" if view.today else ""


def whole(view: SpendView, name: Callable[[str], str]) -> str:
    """All of it: the sums beside their budgets, then what for, then by model (as ``name`` calls it) and by day."""
    lines = [
        f"Today {money(view.today)}{_of(view.budget_day)}, this month {money(view.month)}{_of(view.budget_month)}.",
    ]
    if view.spent:
        lines += [f"The {view.spent}. {remedy(view.spent)}"]
    if view.unpriced:
        many = "requests went" if view.unpriced != 1 else "request went"
        lines += [f"{view.unpriced:,} {many} to hosted models whose price nobody knows: not in these sums."]
    if not view.models:
        lines += ["", "Nothing that costs money was asked this month. Models on your own machines are not counted."]
    if purposes := {key: cost for key, cost in (view.purposes or {}).items() if cost}:
        lines += ["", "For  " + ", ".join(f"{PURPOSES.get(key, key)} {money(cost)}" for key, cost in purposes.items())]
    if view.models:
        lines += ["", "By model, this month"]
        lines += [f"  {money(m.dollars)}  {name(m.model)}  {_requests(m.requests)}" for m in view.models]
    if view.days:
        lines += ["", "By day"]
        lines += [f"  {day}  {money(cost)}" for day, cost in reversed(view.days)]
    return "\n".join(lines)


def _of(budget: float) -> str:
    return f" of {money(budget)}" if budget else ""


def _requests(count: int) -> str:
    return f"{count:,} request{'s' if count != 1 else ''}"
