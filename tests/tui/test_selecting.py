"""Text that is marked with the mouse: every list and panel takes part, and ctrl+c copies it."""

from textual.widgets import Input

from tests.tui.shots import screen_text, settled
from tests.tui.test_screens import running

VIEWS = (
    ("routes", "g", "#ledger"),
    ("routes", "g", "#why"),
    ("vram", "g", "#events"),
    ("log", "G", "#log"),
    ("dash", "question_mark", "HelpDialog LinesView"),
)


async def test_what_is_marked_is_copied_as_it_is_shown() -> None:
    async with running() as (app, pilot):
        for page, key, view in VIEWS:
            app.go(page)
            await settled(app, pilot, turns=1)
            await pilot.press(key)
            await settled(app, pilot, turns=1)
            region = app.screen.query_one(view).content_region
            shown = screen_text(app).splitlines()
            first = shown[region.y + 1][region.x + 1 : region.right].rstrip()
            second = shown[region.y + 2][region.x : region.x + 9].rstrip()
            await pilot.mouse_down(offset=(region.x + 1, region.y + 1))
            await pilot.hover(offset=(region.x + 8, region.y + 2))
            await pilot.mouse_up(offset=(region.x + 8, region.y + 2))
            await settled(app, pilot, turns=1)
            assert app.screen.get_selected_text() == f"{first}\n{second}", view
            strip = app.screen.query_one(view).render_line(1)  # type: ignore[attr-defined]
            assert any(segment.style and segment.style.reverse for segment in strip), view
            await pilot.press("ctrl+c")
            assert app.clipboard == f"{first}\n{second}", view
            assert [note.message for note in app._notifications][-1].startswith("Copied what is marked")
            await pilot.press("escape")
            assert app.screen.get_selected_text() is None, view


async def test_a_double_click_opens_and_marks_nothing() -> None:
    async with running(page="routes") as (app, pilot):
        await pilot.click("#ledger", offset=(5, 4), times=2)
        await settled(app, pilot, turns=1)
        assert app.screen.selections == {}


async def test_ctrl_c_with_nothing_marked_says_how_to_leave() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+c")
        assert [note.message for note in app._notifications] == ["ctrl+c again, or q, leaves."]
        await pilot.press("slash", *"abc")
        field = app.screen.query_one("#filter", Input)
        field.select_all()
        await pilot.press("ctrl+c")
        assert app.clipboard == "abc"
