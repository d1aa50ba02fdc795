"""The mouse does what the keys do: tabs, footer, rows, panes, and titles of columns."""

from typing import Any

from llmrouter_tui.tui.column_heads import column_of, word_at
from llmrouter_tui.tui.modals.help import HelpDialog
from llmrouter_tui.tui.symbols import ASCII, BRAILLE
from llmrouter_tui.tui.widgets.choice import Choice
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_screens import running


async def click(app: Any, pilot: Any, word: str, y: int) -> None:
    """Click a word of a line of the screen."""
    x = screen_text(app).splitlines()[y].index(word)
    await pilot.click(offset=(x, y))
    await settled(app, pilot, turns=1)


def test_a_click_between_titles_means_the_nearer_one() -> None:
    head = ((" TIME", ""), ("   SCORE MARGI", "head"), ("v", "key"))
    assert [word_at(head, x) for x in (0, 4, 7, 8, 13, 30)] == ["TIME", "TIME", "SCORE", "SCORE", "SCORE", "MARGIv"]
    columns = [("time", "TIME"), ("margin", "MARGIN"), ("flag", "")]
    assert column_of("MARGIv", columns, ASCII) == "margin"
    assert column_of("MARGI▼", columns, BRAILLE) == "margin"
    assert column_of("WHY", columns, ASCII) == ""
    assert word_at((), 3) == ""


async def test_a_list_is_ordered_by_the_title_that_is_clicked() -> None:
    async with running(page="routes") as (app, pilot):
        await click(app, pilot, "SCORE", 3)
        assert (app.view.sort.id, app.view.falling) == ("score", True)
        await click(app, pilot, "SCOR", 3)
        assert (app.view.sort.id, app.view.falling) == ("score", False)
        await click(app, pilot, "3 Models", 1)
        await click(app, pilot, "MATH", 3)
        assert app.screen.roster.sort.id == "math"  # type: ignore[attr-defined]


async def test_tabs_rows_panes_and_the_footer_take_clicks() -> None:
    async with running() as (app, pilot):
        await click(app, pilot, "p pause", 35)
        assert app.view.paused
        await click(app, pilot, "2 Routes", 1)
        assert app.screen.PAGE == "routes"  # type: ignore[attr-defined]
        await pilot.click("#ledger", offset=(5, 6))
        await settled(app, pilot, turns=1)
        assert app.view.focus == app.view.ids[4]
        await pilot.click("#why", offset=(5, 5))
        assert app.screen.focused is app.screen.query_one("#why")
        await click(app, pilot, "? help", 35)
        assert isinstance(app.screen, HelpDialog)


async def test_buttons_in_the_frame_of_the_live_list_rate_the_selected_answer() -> None:
    async with running() as (app, pilot):
        await pilot.click("#ledger", offset=(5, 4))
        await settled(app, pilot, turns=1)
        page: Any = app.screen
        rate = next(y for y, line in enumerate(screen_text(app).splitlines()) if "+ Good" in line)
        for button, told in (
            ("+ Good", "[ Clear 0 ] + good  llama3.1:8b coding .62 → .60 ─"),
            ("Clear", "[ Clear 0 ] ──"),
        ):
            await click(app, pilot, button, rate)
            await until(app, pilot, lambda told=told: told in screen_text(app))
        assert app.screen.focused is page.ledger, "the keys of the list go on working"
        await pilot.press("y")
        first = app.screen.query(Choice).first()
        for _ in range(2):  # a double click while the screen is busy
            first.post_message(Choice.Pressed(first))
        await until(app, pilot, lambda: app.screen is page)
        assert app.clipboard == app.view.selected.exchange.prompt  # type: ignore[union-attr]
        await pilot.press("tab")
        assert app.screen.focused is page.attention, "tab goes from pane to pane"
        await pilot.resize_terminal(80, 24)
        await settled(app, pilot)
        assert "[ + Good" not in screen_text(app) and "u good" in screen_text(app)
