"""The first page, and the panel of troubles, driven by keys and events."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import FetchProgress
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.inbox import InboxDialog
from llmrouter_tui.tui.pages.dash import DashPage
from llmrouter_tui.tui.pages.first_run import FirstRunPage
from llmrouter_tui.tui.widgets.trouble import Trouble
from tests.tui import goldens, scripted
from tests.tui.scripted import BARE, EMPTY, NOW, SNAPSHOT, STARTER, TAKEN, ScriptedHost, ScriptedNearby
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, feed, until
from tests.tui.test_screens import SIZES, running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""


def first(app: ControlCenter) -> bool:
    return isinstance(app.screen, FirstRunPage)


@at_sizes(*SIZES)
async def test_without_a_model_the_first_page_stands_in_for_the_dash(size: tuple[int, int]) -> None:
    async with running(size, EMPTY) as (app, _):
        assert first(app)
        goldens.check(f"first-run-{size[0]}x{size[1]}", screen_text(app))


async def test_without_engine_and_gpu_it_says_what_to_install() -> None:
    async with running((80, 24), BARE) as (app, pilot):
        goldens.check("first-run-bare-80x24", screen_text(app))
        await pilot.press("enter", "g")
        await settled(app, pilot)
        assert calls(app) == []


async def test_with_models_nobody_ever_sees_it() -> None:
    async with running() as (app, pilot):
        assert isinstance(app.screen, DashPage)
        app.go("dash")
        await settled(app, pilot)
        assert isinstance(app.screen, DashPage)


@pytest.mark.parametrize("key", ["enter", pytest.param("g", marks=pytest.mark.thorough)])
async def test_one_key_gets_the_model_with_a_bar_by_size(key: str) -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        await pilot.press(key)
        await until(app, pilot, lambda: app.store.fetch)
        assert calls(app) == [("fetch_starter",)]
        feed(app).push(FetchProgress("fetching", 46_435_520, 92_871_040))
        await until(app, pilot, lambda: "46 of 93 MB   50%" in screen_text(app))
        goldens.check("first-run-fetching-80x24", screen_text(app))


async def test_it_can_be_cancelled() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        for key in ("x", "escape", "enter"):
            feed(app).push(FetchProgress("fetching", 1, 92_871_040))
            await until(app, pilot, lambda: "Get it" not in screen_text(app))
            calls(app).clear()
            await pilot.press(key)
            await until(app, pilot, lambda: calls(app))
            assert calls(app) == [("cancel_fetch",)]
            feed(app).push(FetchProgress("cancelled", 0, 0, "cancelled; nothing was left behind"))
            await until(app, pilot, lambda: "Get it" in screen_text(app))


async def test_a_failure_is_shown_and_tried_again_with_the_same_key() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        feed(app).push(FetchProgress("failed", 0, 0, "The starter model could not be fetched: no network."))
        await until(app, pilot, lambda: "no network" in screen_text(app))
        assert "[ Try again ⏎ ]" in screen_text(app)
        await pilot.press("enter")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("fetch_starter",)]


async def test_a_refusal_is_said() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        app.host.control.refuse = RouterError("invalid_request", "no engine", hint="install it")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(app, pilot, lambda: app._notifications)
        assert any("no engine; install it" in note.message for note in app._notifications)


async def test_it_leaves_by_itself_when_a_model_appears() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        feed(app).push(FetchProgress("done", 1, 1), ev.ModelsChanged((STARTER,)))
        await until(app, pilot, lambda: isinstance(app.screen, DashPage))
        assert "No requests yet." in screen_text(app)


async def test_it_comes_back_when_the_last_model_goes() -> None:
    async with running((80, 24), replace(EMPTY, models=(STARTER,))) as (app, pilot):
        assert isinstance(app.screen, DashPage)
        feed(app).push(ev.ModelsChanged((), removed=(STARTER.id,)))
        await until(app, pilot, lambda: first(app))


async def test_the_other_pages_stay_within_reach_and_1_leads_back() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        await pilot.press("8")
        await settled(app, pilot)
        assert "Log" in screen_text(app).splitlines()[2]
        await pilot.press("1")
        await settled(app, pilot)
        assert first(app)
        await pilot.press("right_square_bracket")
        await settled(app, pilot)
        assert not first(app)
        await pilot.press("left_square_bracket")
        await settled(app, pilot)
        assert first(app)


async def test_a_model_that_appears_while_another_page_is_shown_interrupts_nobody() -> None:
    async with running((80, 24), EMPTY, page="log") as (app, pilot):
        feed(app).push(ev.ModelsChanged((STARTER,)))
        await until(app, pilot, lambda: app.store.models)
        assert not first(app) and not isinstance(app.screen, DashPage)
        await pilot.press("1")
        await settled(app, pilot)
        assert isinstance(app.screen, DashPage)


async def test_a_read_only_screen_cannot_get_anything() -> None:
    app = build(ScriptedHost(EMPTY, readonly=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("enter", "g", "x")
        await settled(app, pilot)
        assert calls(app) == []


# ── the port belongs to somebody else ─────────────────────────────────────────────────────────────────────────────


@at_sizes(*SIZES)
async def test_a_taken_port_stands_above_everything_else_that_works(size: tuple[int, int]) -> None:
    async with running(size, TAKEN) as (app, _):
        goldens.check(f"port-taken-{size[0]}x{size[1]}", screen_text(app))


async def test_enter_takes_the_next_port_and_the_panel_goes() -> None:
    async with running((80, 24), TAKEN) as (app, pilot):
        await pilot.press("enter")
        await until(app, pilot, lambda: app.store.service.state == "serving")
        await settled(app, pilot)
        assert calls(app) == [("listen", 11437)]
        assert "not running" not in screen_text(app)
        assert ":11437" in screen_text(app).splitlines()[0]
        await pilot.press("j")
        assert app.screen.focused is app.screen.ledger  # type: ignore[attr-defined]


async def test_r_tries_the_same_port_again() -> None:
    async with running((80, 24), TAKEN) as (app, pilot):
        await pilot.press("r")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("listen", 11436)]


OTHERS = replace(SNAPSHOT, exchanges=SNAPSHOT.exchanges[:1], total_exchanges=7, models=SNAPSHOT.models[:2])


@at_sizes(*SIZES, (60, 16))
async def test_a_port_that_another_llmrouter_holds_offers_to_watch_that_one(size: tuple[int, int]) -> None:
    nearby = ScriptedNearby(ScriptedHost(OTHERS))
    async with running(size, TAKEN, nearby=nearby) as (app, pilot):
        await until(app, pilot, lambda: "another llmrouter" in screen_text(app))
        await settled(app, pilot)
        goldens.check(f"port-of-another-{size[0]}x{size[1]}", screen_text(app))
        assert nearby.looked == [("127.0.0.1", 11436)]


@pytest.mark.parametrize("how", ["button", pytest.param("key", marks=pytest.mark.thorough)])
async def test_w_watches_the_other_router_and_ours_ends(how: str) -> None:
    other = ScriptedHost(OTHERS)
    async with running((80, 24), TAKEN, nearby=ScriptedNearby(other)) as (app, pilot):
        ours: Any = app.host
        await until(app, pilot, lambda: app.port.router)
        await pilot.pause()
        await (pilot.press("w") if how == "key" else pilot.click("Choice"))
        await until(app, pilot, lambda: app.store.ready and app.store.total == 7)
        await settled(app, pilot)
        assert ours.stopped.is_set() and ours.control.calls == []
        assert other.runs == 1
        shown = screen_text(app)
        assert "not running" not in shown
        assert "1 of 7" in shown
        other.feed.push(ev.Progress("x8f21", 212))
        await until(app, pilot, lambda: "▶ 212t" in screen_text(app))
        await pilot.press("3", "e")
        await until(app, pilot, lambda: other.control.calls)
        assert other.control.calls[0][0] == "enable"
        assert ours.control.calls == []
        await pilot.press("q")
        assert not app.is_running, "a watch leaves without asking, whatever is in flight"


async def test_a_port_that_something_else_holds_offers_no_watch() -> None:
    async with running((80, 24), TAKEN, nearby=ScriptedNearby(None, free=11441)) as (app, pilot):
        await until(app, pilot, lambda: "Use port 11441" in screen_text(app))
        assert "Watch" not in screen_text(app)
        await pilot.press("w")
        await settled(app, pilot)
        assert any("no llmrouter answers on port 11436" in note.message for note in app._notifications)
        await pilot.press("enter")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("listen", 11441)]


async def test_a_read_only_screen_may_watch_the_other_router_and_open_no_port() -> None:
    host = ScriptedHost(TAKEN, readonly=True)
    app = build(host, nearby=ScriptedNearby(ScriptedHost(OTHERS, readonly=True)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await until(app, pilot, lambda: "[ Watch it w ]" in screen_text(app))
        assert "Use port" not in screen_text(app)
        await pilot.press("r", "w")
        await until(app, pilot, lambda: app.store.ready and app.store.total == 7)
        assert host.control.calls == []


async def test_another_port_says_whether_it_is_kept() -> None:
    fixed = replace(TAKEN, settings=(*TAKEN.settings, Setting("port", 11436, "flag")))
    async with running((80, 24), fixed, nearby=ScriptedNearby()) as (app, pilot):
        await until(app, pilot, lambda: "port 11439, for this run; a flag says 11436" in screen_text(app))


async def test_i_shows_the_whole_error() -> None:
    async with running((80, 24), TAKEN) as (app, pilot):
        await pilot.press("i")
        await pilot.pause()
        assert isinstance(app.screen, InboxDialog)
        assert "address already in use" in screen_text(app)


async def test_a_next_port_that_is_taken_too_offers_the_one_after() -> None:
    async with running((80, 24), TAKEN) as (app, pilot):
        problem = replace(scripted.PORT_TAKEN, message="could not listen on 127.0.0.1:11437", count=2)
        feed(app).push(ev.ServiceChanged(replace(TAKEN.service, port=11437, problems=(problem,))))
        await until(app, pilot, lambda: "Use port 11438" in screen_text(app))


async def test_a_taken_port_and_no_model_are_told_together() -> None:
    async with running((120, 36), replace(EMPTY, service=TAKEN.service)) as (app, pilot):
        shown = screen_text(app)
        assert first(app)
        assert "Use port 11437" in shown and "Get it" in shown
        await pilot.press("enter")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("listen", 11437)]


async def test_a_taken_port_keeps_nothing_busy_on_pages_that_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = Counter[int]()
    paint = Trouble.paint

    def counted(trouble: Trouble) -> bool:
        painted[id(trouble)] += 1
        return paint(trouble)

    monkeypatch.setattr(Trouble, "paint", counted)
    async with running((120, 36), replace(EMPTY, service=TAKEN.service)) as (app, pilot):
        await settled(app, pilot)
        assert painted
        assert max(painted.values()) < 100


async def test_when_the_port_is_ours_and_every_backend_up_r_says_that_nothing_is_wrong() -> None:
    well = replace(SNAPSHOT, backends=tuple(replace(item, health="up") for item in scripted.BACKENDS))
    async with running((80, 24), well) as (app, pilot):
        await pilot.press("r")
        await settled(app, pilot)
        assert calls(app) == []
        assert any("port 11436 is not taken, and no backend is down" in note.message for note in app._notifications)


# ── other troubles ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_locked_database_is_a_panel_that_goes_when_it_is_over() -> None:
    async with running((80, 24), scripted.LOCKED) as (app, pilot):
        assert "Nothing is being saved" in screen_text(app)
        feed(app).push(ev.ServiceChanged(scripted.SNAPSHOT.service))
        await until(app, pilot, lambda: "Nothing is being saved" not in screen_text(app))


async def test_no_backend_left_is_a_panel_until_one_is_back() -> None:
    async with running((80, 24), scripted.DESERTED) as (app, pilot):
        assert "No backend answers" in screen_text(app)
        feed(app).push(ev.BackendChanged(replace(scripted.BACKENDS[0], since=NOW)))
        await until(app, pilot, lambda: "No backend answers" not in screen_text(app))


async def test_the_address_to_use_follows_the_port() -> None:
    async with running((80, 24), replace(TAKEN, exchanges=(), total_exchanges=0)) as (app, pilot):
        assert "http://127.0.0.1:11436/v1" in screen_text(app)
        await pilot.press("enter")
        await until(app, pilot, lambda: "http://127.0.0.1:11437/v1" in screen_text(app))
