"""Prompts are kept on this machine by one key, and what was paid is told beside its budgets."""

from dataclasses import replace

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.spending import Line, view
from llmrouter_tui.tui import spend_text
from llmrouter_tui.tui.actions import BY_ID, why_not
from tests.tui.scripted import SNAPSHOT
from tests.tui.shots import screen_text
from tests.tui.test_flows import calls, until
from tests.tui.test_review import host
from tests.tui.test_screens import running

LINES = [
    Line("2026-11-22", "cloud/big", "chat", 1.0, 4),
    Line("2026-11-23", "cloud/big", "chat", 0.42, 2),
    Line("2026-11-23", "cloud/big", "judge", 0.08, 1),
    Line("2026-11-23", "cloud/mute", "chat", 0.0, 3, 3),
]
PAID = view(LINES, "2026-11-23", budget_day=2.0)


def status(app: object) -> str:
    return screen_text(app).splitlines()[0]  # type: ignore[arg-type]


async def test_one_key_keeps_all_prompts_here_and_lets_them_out_again() -> None:
    async with running() as (app, pilot):
        assert spend_text.KEPT_IN not in status(app)
        await pilot.press("H")
        await until(app, pilot, lambda: spend_text.KEPT_IN in status(app))
        assert calls(app) == [("set_setting", "local_only", True)]
        await pilot.press("H")
        await until(app, pilot, lambda: spend_text.KEPT_IN not in status(app))
        assert calls(app)[-1] == ("set_setting", "local_only", False)
        host(app).control.refuse = RouterError("invalid_request", "ROUTER_LOCAL_ONLY holds it")
        await pilot.press("H")
        await until(app, pilot, lambda: "Not changed: ROUTER_LOCAL_ONLY holds it" in screen_text(app))
        assert spend_text.KEPT_IN not in status(app)
        situation = replace(app.screen.situation(), readonly=True)  # type: ignore[attr-defined]
        assert why_not(BY_ID["keep.in"], situation) == "this screen is read-only"
        assert why_not(BY_ID["spend"], situation) == ""


async def test_what_was_paid_is_in_the_status_line_and_on_a_page_of_its_own() -> None:
    async with running(snapshot=replace(SNAPSHOT, spend=PAID)) as (app, pilot):
        assert "$0.50 of $2.00 today" in status(app)
        await pilot.press("dollar_sign")
        await until(app, pilot, lambda: "What was paid" in screen_text(app))
        told = screen_text(app)
        assert "Today $0.50 of $2.00, this month $1.50." in told
        assert "3 requests went to hosted models whose price nobody knows" in told
        assert "answers $1.42, grades $0.08" in told
        assert "2026-11-22  $1.00" in told


async def test_a_spent_budget_stays_in_view_in_a_narrow_terminal() -> None:
    spent = view(LINES, "2026-11-23", budget_day=0.5)
    async with running((60, 16), snapshot=replace(SNAPSHOT, spend=spent)) as (app, _):
        assert spend_text.SPENT in status(app)
