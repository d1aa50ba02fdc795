"""What goes on under a dialog: the status line of its page, and nothing else until the dialog is gone."""

from dataclasses import replace

from llmrouter_tui.core import events as ev
from tests.tui.scripted import EXCHANGES, NOW
from tests.tui.shots import screen_text
from tests.tui.test_flows import until
from tests.tui.test_screens import running


async def test_the_status_line_under_a_dialog_goes_on_and_the_page_waits() -> None:
    async with running(page="routes") as (app, pilot):
        now = [NOW]
        app.clock = lambda: now[0]
        await pilot.press("question_mark")
        before = screen_text(app).splitlines()
        assert "2 in flight" in before[0]
        app.host.feed.push(ev.ExchangeStarted(replace(EXCHANGES[0], id="xnew", outcome="running")))  # type: ignore[attr-defined]
        now[0] += 60
        await until(app, pilot, lambda: "3 in flight" in screen_text(app))
        after = screen_text(app).splitlines()
        assert "21:05" in after[0]
        assert after[2:] == before[2:]
        await pilot.press("escape")
        await until(app, pilot, lambda: screen_text(app).splitlines()[2:] != before[2:])
        assert "xnew" in screen_text(app)
