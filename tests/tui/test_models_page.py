"""The Models page, driven by keys."""

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.pages.models import ModelsPage
from tests.tui import goldens
from tests.tui.scripted import MODELS, ScriptedHost
from tests.tui.shots import build, screen_text, settled
from tests.tui.test_flows import calls, feed, fill, until
from tests.tui.test_screens import SIZES, running

DEEP, BIG, PHI = "ollama/deepseek-r1:14b", "ollama/qwen3:32b", "ollama/phi4:14b"


def page(app: ControlCenter) -> ModelsPage:
    assert isinstance(app.screen, ModelsPage)
    return app.screen


def said(app: ControlCenter) -> list[str]:
    """The words in the corner."""
    return [note.message for note in app._notifications]


async def put_cursor(app: ControlCenter, pilot: object, model: str) -> None:
    """Walk down to a model."""
    listed = page(app).list
    while listed.cursor != model:
        listed.action_move(1)
    await settled(app, pilot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_page(size: tuple[int, int]) -> None:
    async with running(size, page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        goldens.check(f"models-{size[0]}x{size[1]}", screen_text(app))


async def test_a_model_takes_a_page_of_its_own_in_a_narrow_terminal() -> None:
    async with running((80, 24), page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        await pilot.press("enter")
        await settled(app, pilot)
        goldens.check("model-80x24", screen_text(app))
        await pilot.press("escape")
        await settled(app, pilot)
        assert "9 of 9" in screen_text(app)


async def test_loading_is_marked_until_the_router_says_it_loads() -> None:
    async with running(page="models") as (app, pilot):
        app.host.control.holds = True  # type: ignore[attr-defined]
        await put_cursor(app, pilot, DEEP)
        await pilot.press("l")
        await settled(app, pilot)
        assert "▶ load?" in screen_text(app)
        app.host.control.holds = False  # type: ignore[attr-defined]
        await until(app, pilot, lambda: app.store.models[DEEP].residency == "resident")
        assert calls(app)[-1] == ("load", DEEP)
        assert "load?" not in screen_text(app)


async def test_a_refused_load_takes_its_mark_back_and_says_so() -> None:
    async with running(page="models") as (app, pilot):
        app.host.control.refuse = RouterError("out_of_memory", "it does not fit")  # type: ignore[attr-defined]
        await put_cursor(app, pilot, DEEP)
        await pilot.press("l")
        await until(app, pilot, lambda: not page(app).pending.what(DEEP))
        assert any("it does not fit" in note for note in said(app))


async def test_unloading_an_idle_model_asks_nothing() -> None:
    async with running(page="models") as (app, pilot):
        await put_cursor(app, pilot, PHI)
        await pilot.press("x")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("unload", PHI, False)]


@pytest.mark.parametrize(("key", "asked"), [("w", [("unload", BIG, False)]), ("u", [("unload", BIG, True)])])
async def test_unloading_a_model_that_answers_asks_first(key: str, asked: list[object]) -> None:
    async with running(page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, Ask)
        assert "qwen3:32b is writing 1 answer." in screen_text(app)
        await pilot.press(key)
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == asked


async def test_leaving_the_question_unloads_nothing() -> None:
    async with running(page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        await pilot.press("x", "escape")
        await settled(app, pilot)
        assert calls(app) == []


async def test_pin_and_enable_change_back_and_forth() -> None:
    async with running(page="models") as (app, pilot):
        await put_cursor(app, pilot, PHI)
        await pilot.press("P")
        await until(app, pilot, lambda: app.store.models[PHI].pinned)
        await pilot.press("e")
        await until(app, pilot, lambda: not app.store.models[PHI].enabled)
        await pilot.press("P", "e")
        await until(app, pilot, lambda: app.store.models[PHI].enabled and not app.store.models[PHI].pinned)
        assert [call[2] for call in calls(app)] == [True, False, False, True]


async def test_a_key_pressed_right_after_the_cursor_moved_acts_on_the_new_row() -> None:
    async with running(page="models") as (app, pilot):
        page(app).list.action_edge(0)
        await settled(app, pilot)
        page(app).list.action_move(1)  # its message has not been handled yet
        page(app).perform("model.pin")
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[0][1] == page(app).list.cursor == "ollama/llama3.1:8b"


async def test_what_cannot_be_done_is_said_and_not_sent() -> None:
    async with running(page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        await pilot.press("l")
        await settled(app, pilot)
        assert said(app) == ["load: it is loaded"]
        assert calls(app) == []


async def test_a_read_only_screen_has_no_keys_that_change_something() -> None:
    app = build(ScriptedHost(readonly=True))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        app.go("models")
        await settled(app, pilot)
        await pilot.press("l", "x", "P", "e")
        await settled(app, pilot)
        assert calls(app) == []
        assert "l load" not in screen_text(app).splitlines()[-1]


async def test_the_filter_says_when_nothing_matches() -> None:
    async with running((80, 24), page="models") as (app, pilot):
        await pilot.press("slash")
        fill(app, "can:vision")
        await settled(app, pilot)
        assert "2 of 9" in screen_text(app)
        fill(app, "can:flying")
        await settled(app, pilot)
        assert "0 of 9 match can:flying" in screen_text(app)
        await pilot.press("escape")
        await settled(app, pilot)
        assert "9 of 9" in screen_text(app)


async def test_sorting_shows_which_column_orders() -> None:
    async with running(page="models") as (app, pilot):
        await pilot.press("full_stop")
        await settled(app, pilot)
        assert "by your ratings" in screen_text(app)
        await pilot.press("comma", "o")
        await settled(app, pilot)
        assert "USED▲" in screen_text(app)


async def test_models_that_come_and_go_are_listed_at_once() -> None:
    async with running(page="models") as (app, pilot):
        feed(app).push(ev.ModelsChanged((), removed=(PHI,)))
        await until(app, pilot, lambda: "8 of 8" in screen_text(app))
        feed(app).push(ev.ModelsChanged(MODELS[2:3]))
        await until(app, pilot, lambda: "9 of 9" in screen_text(app))
