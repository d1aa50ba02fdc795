"""What an answer costs, sums by day and month, budgets in words."""

import pytest

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.spending import Line, SpendView, asks_money, budgets, dollars, money, spent, tokens, view
from llmrouter_tui.core.spending_words import brief, whole

PAID = ModelInfo("cloud", "big", price_in=3.0, price_out=15.0, local=False, hosted=True)
TODAY = "2026-11-23"


def test_an_answer_costs_its_tokens_at_the_price_of_a_million() -> None:
    assert dollars(PAID, 1000, 2000) == pytest.approx(0.003 + 0.03)
    assert dollars(ModelInfo("cloud", "half", price_out=2.0), 1_000_000, 500_000) == pytest.approx(1.0)
    assert dollars(ModelInfo("cloud", "unknown"), 1000, 1000) is None


def test_what_was_counted_goes_before_what_was_estimated() -> None:
    assert tokens(Usage(10, 20), 500, 600) == (10, 20)
    assert tokens(Usage(10, None), 500, 600) == (10, 600)
    assert tokens(Usage(0, 0), 500, 600) == (0, 0)


def test_money_is_asked_by_what_has_a_price_and_by_providers_that_do_not_tell() -> None:
    assert asks_money(PAID)
    assert asks_money(ModelInfo("cloud", "unknown", local=False, hosted=True))
    assert not asks_money(ModelInfo("cloud", "free", local=False, hosted=True, price_in=0.0, price_out=0.0))
    assert not asks_money(ModelInfo("box", "near", local=False))
    assert not asks_money(ModelInfo("ollama", "here"))


def test_sums_are_of_the_day_and_its_month() -> None:
    lines = [
        Line("2026-10-31", "cloud/big", "chat", 9.0, 1),
        Line("2026-11-02", "cloud/big", "chat", 1.0, 4),
        Line(TODAY, "cloud/big", "chat", 0.25, 2),
        Line(TODAY, "cloud/big", "judge", 0.5, 1),
        Line(TODAY, "cloud/dear", "chat", 2.0, 1),
        Line(TODAY, "cloud/mute", "profile", 0.0, 3, 3),
    ]
    got = view(lines, TODAY, 2.0, 30.0)
    assert (got.today, got.month, got.unpriced) == (2.75, 3.75, 3)
    assert [(m.model, m.dollars, m.requests) for m in got.models] == [
        ("cloud/dear", 2.0, 1),
        ("cloud/big", 1.75, 7),
        ("cloud/mute", 0.0, 3),
    ]
    assert got.days == (("2026-11-02", 1.0), (TODAY, 2.75))
    assert got.purposes == {"chat": 3.25, "judge": 0.5, "profile": 0.0}
    assert got.spent == "budget of $2.00 a day is spent: $2.75"


@pytest.mark.parametrize(
    ("today", "month", "day_budget", "month_budget", "words"),
    [
        (5.0, 5.0, 0.0, 0.0, ""),
        (1.99, 1.99, 2.0, 0.0, ""),
        (2.0, 2.0, 2.0, 0.0, "budget of $2.00 a day is spent: $2.00"),
        (0.0, 21.5, 2.0, 20.0, "budget of $20.00 a month is spent: $21.50"),
    ],
)
def test_a_budget_is_spent_when_it_is_reached(
    today: float, month: float, day_budget: float, month_budget: float, words: str
) -> None:
    assert spent(today, month, day_budget, month_budget) == words


def test_budgets_and_sums_in_words() -> None:
    assert budgets(2.0, 20.0) == "$2.00 a day and $20.00 a month"
    assert budgets(0.0, 0.0) == ""
    assert [money(x) for x in (0.0, 2.034, 1234.5, 0.0042, 0.000042)] == [
        "$0.00",
        "$2.03",
        "$1,234.50",
        "$0.0042",
        "$0.000042",
    ]


def test_the_status_line_has_the_sum_that_a_budget_bounds() -> None:
    lines = [Line(TODAY, "cloud/big", "chat", 0.5, 3), Line("2026-11-02", "cloud/big", "chat", 1.0, 4)]
    assert brief(SpendView()) == ""
    assert brief(view(lines, TODAY)) == "$0.50 today"
    assert brief(view(lines, TODAY, 2.0, 20.0)) == "$0.50 of $2.00 today"
    assert brief(view(lines, TODAY, 0.0, 20.0)) == "$1.50 of $20.00 this month"


def test_all_of_it_in_words() -> None:
    lines = [Line(TODAY, "cloud/big", "chat", 0.5, 3), Line(TODAY, "cloud/mute", "judge", 0.0, 1, 1)]
    told = whole(view(lines, TODAY, 0.5), str.upper)
    assert told.splitlines()[0] == "Today $0.50 of $0.50, this month $0.50."
    assert "The budget of $0.50 a day is spent: $0.50. Raise budget_day or budget_month" in told
    assert "1 request went to hosted models whose price nobody knows: not in these sums." in told
    assert "  $0.50  CLOUD/BIG  3 requests\n  $0.00  CLOUD/MUTE  1 request" in told
    assert "For  answers $0.50" in told
    assert "Nothing that costs money was asked this month" in whole(SpendView(), str)
