"""The history further back than the live list: a window of rows that moves, and the way back to the newest."""

from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Exchange, ExchangePage, place, placed
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.tui import past as past_module
from llmrouter_tui.tui import rows
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.pages.routes import RoutesPage
from llmrouter_tui.tui.past import Past
from llmrouter_tui.tui.row import Row
from tests.tui import scripted
from tests.tui.scripted import NOW, SNAPSHOT
from tests.tui.shots import screen_text
from tests.tui.test_flows import feed, until
from tests.tui.test_screens import running

ALL = 3000
ONE = scripted.exchange("n", 0, scripted.MATH, tokens=9, ttft=0.2)


def nth(number: int) -> Exchange:
    """The newest is 1."""
    return replace(ONE, id=f"n{number:05d}", at=NOW - 100 * number)


def numbers(past: Past) -> list[int]:
    return [int(id_[1:]) for id_ in past.ids]


def test_a_window_moves_over_the_history_without_growing_or_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "MOST_ROWS", 50)
    past = Past([Row(nth(n)) for n in range(1, 21)], older=980, total=1000)
    for begin in range(21, 1001, 20):
        past.add_older([nth(n) for n in range(begin, begin + 20)], ended=begin == 981)
        assert past.number(past.ids[-1], 1000) == begin + 19
    assert numbers(past) == list(range(951, 1001))
    assert (past.older, past.first.id, past.number("n00970", 1007)) == (0, "n00951", 977)
    assert past.told("n00970", 1007) == "row 977 of 1,007, 7 new"
    past.add_newer([nth(n) for n in range(931, 955)])
    assert numbers(past) == list(range(931, 981))
    assert past.older == 20
    assert len(past.rows) == 50


def test_heavy_rows_make_the_window_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "MOST_WEIGHT", 100_000)
    monkeypatch.setattr(past_module, "FEWEST", 10)
    past = Past([Row(nth(1))], older=99, total=100)
    past.add_older([replace(nth(n), prompt="x" * 10_000) for n in range(2, 51)], ended=False)
    assert numbers(past) == list(range(41, 51))


class Long:
    """A history of ``ALL`` behind the control, asked by place."""

    def __init__(self, app: ControlCenter) -> None:
        self.items = [nth(n) for n in range(1, ALL + 1)]
        self.asked: list[Any] = []
        app.host.control.exchanges = self.exchanges  # type: ignore[method-assign, assignment]

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        self.asked.append((before, after))
        if after is not None:
            edge = placed(after) if after else (0.0, "")
            newer = [one for one in self.items if (one.at, one.id) > edge]
            return ExchangePage(tuple(newer[-limit:]), after=place(newer[-limit]) if newer[:-limit] else None)
        edge = placed(before) if before else (NOW + 1, "")
        older = [one for one in self.items if (one.at, one.id) < edge]
        last = place(older[limit - 1]) if len(older) > limit else None
        return ExchangePage(tuple(older[:limit]), last, ALL, older=max(0, len(older) - limit) if count else None)


async def test_the_whole_history_is_read_back_from_any_time_and_from_its_end_and_left_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "KEPT_ROWS", 100)
    monkeypatch.setattr(past_module, "MOST_ROWS", 500)
    newest = replace(SNAPSHOT, exchanges=tuple(nth(n) for n in range(1, 101)), total_exchanges=ALL)
    async with running((120, 36), newest) as (app, pilot):
        Long(app)
        await pilot.press("2")
        page = app.screen
        assert isinstance(page, RoutesPage)

        def at(number: int) -> bool:
            return app.view.focus == nth(number).id and page.ledger.cursor == nth(number).id

        # on below the live list, whose end is not waited for
        app.view.select(nth(90).id)
        page.paint_list()
        await pilot.press("down")
        await until(app, pilot, lambda: app.store.past is not None)
        assert at(91)
        await pilot.press(*["down"] * 10)
        assert at(101)
        assert "row 101 of 3,000" in screen_text(app)
        # what arrives moves nothing
        held, offset = app.view.ids, page.ledger.scroll_offset.y
        feed(app).push(ev.ExchangeStarted(scripted.exchange("live1", 0, None, outcome="running")))
        await until(app, pilot, lambda: "row 102 of 3,001, 1 new" in screen_text(app))
        assert (app.view.ids, page.ledger.scroll_offset.y) == (held, offset)
        assert at(101)
        await pilot.press("p")
        assert not app.view.paused, "what is past holds still as it is"
        # back into the live list by going up
        await pilot.press("up", "pageup", "pageup", "pageup", "pageup", "pageup", "pageup")
        await until(app, pilot, lambda: app.store.past is None)
        assert "live" in screen_text(app)
        # to the end, and up again through a window that stays small
        await pilot.press("G")
        await until(app, pilot, lambda: at(ALL))
        assert "row 3,001 of 3,001" in screen_text(app)
        for _ in range(4):
            first = app.view.ids[0]
            app.view.select(first)
            page.paint_list()
            await pilot.press("up")
            await until(app, pilot, lambda first=first: app.view.ids[0] != first)
        assert len(app.view.ids) == len(app.store.past.rows) == 500  # type: ignore[union-attr]
        # a rating works there
        rated = app.view.focus
        await pilot.press("u")
        await until(app, pilot, lambda: app.store.row(rated).exchange.rating is not None)  # type: ignore[union-attr]
        # to a time
        await pilot.press("t", *"50000s", "enter")
        await until(app, pilot, lambda: at(501))  # strictly before: the 500th arrived in that very second
        assert "row 502 of 3,001" in screen_text(app)
        await pilot.press("escape")
        assert app.store.past is None
        assert app.view.following
        # a filter looks through all, from the live list on
        await pilot.press("G")
        await until(app, pilot, lambda: app.store.past is not None)
        await pilot.press("slash", *"x")
        assert app.store.past is None
