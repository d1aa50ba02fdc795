"""What may leave this machine, as the settings and the budgets say."""

from llmrouter_tui.core.hosting import Policy
from llmrouter_tui.engine.outside import Outside
from llmrouter_tui.engine.spending import Spending
from llmrouter_tui.service.live import LiveSettings


def follow(live: LiveSettings, outside: Outside, spending: Spending) -> None:
    """Take the settings as they are now and as they change, and budgets as they are spent and begin anew."""
    local_only = False

    def settle() -> None:
        outside.follow(Policy(local_only, spending.budgets, spending.spent))

    def keep_in(value: bool) -> None:
        nonlocal local_only
        local_only = value
        settle()

    spending.on_budget = settle
    live.on_change("local_only", keep_in)
    live.on_change("budget_day", lambda dollars: spending.set_budgets(day=dollars))
    live.on_change("budget_month", lambda dollars: spending.set_budgets(month=dollars))
