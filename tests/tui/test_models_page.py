"""The Models page, driven by keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.core.query import Term
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.pages.models import ModelsPage
from tests.tui import goldens
from tests.tui.benches import PROFILES
from tests.tui.scripted import MODELS, NOW, SNAPSHOT, ScriptedHost
from tests.tui.shots import build, screen_text, settled
from tests.tui.test_flows import calls, feed, fill, until
from tests.tui.test_leaderboard import VOTES
from tests.tui.test_screens import running
from tests.tui.test_trends import went

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


@asynccontextmanager
async def lived_in(size: tuple[int, int], **more: Any) -> AsyncIterator[tuple[ControlCenter, Any]]:
    """The page on a router that has curves, votes and measurements to tell of its models."""
    left = ResidencyEvent(NOW - 900, "unload", BIG, "gpu0", 0.4, "made room", "", False, PHI)
    host = ScriptedHost(replace(SNAPSHOT, residency=(*SNAPSHOT.residency, left)))
    host.control.went, host.control.measured = went, PROFILES
    host.control.given = {vote.id: vote for vote in VOTES}
    app = build(host, **more)
    async with app.run_test(size=size) as pilot:
        app.go("models")
        await until(app, pilot, lambda: page(app).roster.about(BIG).met and page(app).roster.about(BIG).measured)
        await put_cursor(app, pilot, BIG)
        await until(app, pilot, lambda: page(app).courses.course().trends)
        yield app, pilot


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


async def test_unloading_asks_first_only_where_a_model_answers() -> None:
    async with running(page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        await pilot.press("l")
        assert said(app) == ["load: it is loaded"]
        await pilot.press("x")
        assert isinstance(app.screen, Ask)
        assert "qwen3:32b is writing 1 answer." in screen_text(app)
        await pilot.press("escape")
        assert calls(app) == []
        await pilot.press("x", "u")
        await until(app, pilot, lambda: calls(app) == [("unload", BIG, True)])
        feed(app).push(ev.ModelsChanged(SNAPSHOT.models))
        await until(app, pilot, lambda: app.store.models[BIG].residency == "resident")
        await pilot.press("x", "w")
        await until(app, pilot, lambda: calls(app)[1:] == [("unload", BIG, False)])
        await put_cursor(app, pilot, PHI)
        await pilot.press("x")
        await until(app, pilot, lambda: calls(app)[2:] == [("unload", PHI, False)])


async def test_a_key_pressed_right_after_the_cursor_moved_acts_on_the_new_row() -> None:
    async with running(page="models") as (app, pilot):
        page(app).list.action_edge(0)
        await settled(app, pilot)
        page(app).list.action_move(1)  # its message has not been handled yet
        page(app).perform("model.pin")
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[0][1] == page(app).list.cursor == "ollama/llama3.1:8b"


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


async def test_the_newest_requests_of_a_model_are_rated_and_opened_where_they_stand() -> None:
    async with running((80, 24), page="models") as (app, pilot):
        await pilot.press("u")
        assert said(app)[-1] == "not rated: none of its requests is listed"
        await pilot.press("j", "u")
        assert said(app)[-1] == "not rated: select one of its newest requests first, with ⏎ and tab"
        await pilot.press("enter")
        await settled(app, pilot)
        await pilot.press("tab", "down")
        await settled(app, pilot)
        models = page(app)
        chosen = models.latest.cursor
        assert app.store.rows[chosen].model == models.roster.focus and "u good" in screen_text(app)
        feed(app).push(ev.ExchangeStarted(replace(app.store.rows[chosen].exchange, id="xnew1", outcome="running")))
        await pilot.press("u")
        await until(app, pilot, lambda: calls(app)[-1] == ("rate", FeedbackInput(chosen, rating="up")))
        assert models.latest.cursor == chosen and "xnew1" not in models._newest(), "it holds still while one is in it"
        await pilot.press("escape", "v")
        await until(app, pilot, lambda: app.view.said == str(Term("model", app.store.name(models.roster.focus))))
        await pilot.press("escape", "3", "enter")
        await settled(app, pilot)
        await pilot.press("tab", "down", "down", "enter")
        await until(app, pilot, lambda: app.current_mode == "routes" and app.view.focus == models.latest.cursor)
        await pilot.press("8", "3")
        app.at_routes(exchange="xgone")
        await until(app, pilot, lambda: "not read" in said(app)[-1])
