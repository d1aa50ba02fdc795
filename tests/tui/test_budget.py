"""What the screen may cost beside the router: measured as tests.tools.screen_cost does, on seconds of a recorded hour.

A budget is told against a fixed piece of Python on the same machine, both in CPU time, so that a slow or busy machine
changes nothing. 5 ms a tick is one such piece where this was written.
"""

from statistics import median, quantiles
from typing import Any

from llmrouter_tui.core import events as ev
from tests.tools.screen_cost import calibrated, measure
from tests.tui.shots import screen_text, settled
from tests.tui.test_screens import running

MEDIAN, SLOW = 1.5, 6.0
"""Of the fixed piece, for a usual tick and for one of the slowest twentieth; they take 0.65 and 1.7 of it."""
WARM_UP = 10
"""Ticks after which everything was drawn once."""


async def test_a_tick_at_fifty_events_a_second_is_cheap() -> None:
    costs = (await measure("routes", (160, 45), 8))[WARM_UP:]
    piece = calibrated()
    assert median(costs) <= MEDIAN * piece
    assert quantiles(costs, n=20)[18] <= SLOW * piece


async def test_what_moves_in_a_panel_is_painted_and_the_rest_is_not() -> None:
    async with running(page="routes") as (app, pilot):
        panel: Any = app.screen.query_one("#why")
        drawn: list[int] = []
        draw = panel.render_line
        panel.render_line = lambda y: drawn.append(y) or draw(y)
        panel.head("Another title")
        await pilot.pause()
        assert "Another title" in screen_text(app)
        assert drawn == []
        app.host.feed.push(ev.Progress("x8f21", 123))  # type: ignore[attr-defined]
        await settled(app, pilot)
        assert 0 < len(drawn) <= 3
