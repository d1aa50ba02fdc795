"""Adding a backend by its address, from every place that offers it."""

from dataclasses import replace

import pytest
from textual.widgets import Input

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.tui.modals.backend import BackendDialog
from tests.tui import goldens, scripted
from tests.tui.scripted import EMPTY, SNAPSHOT, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, until
from tests.tui.test_screens import SIZES, running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""


@pytest.mark.parametrize(
    ("snapshot", "page"),
    [
        (EMPTY, "dash"),
        (SNAPSHOT, "models"),
        pytest.param(scripted.DESERTED, "dash", marks=pytest.mark.thorough),
        pytest.param(SNAPSHOT, "dash", marks=pytest.mark.thorough),
    ],
)
async def test_a_key_an_address_and_the_server_is_asked_what_it_is(snapshot: scripted.Snapshot, page: str) -> None:
    async with running((80, 24), snapshot, page=page) as (app, pilot):
        await pilot.press("A")
        assert isinstance(app.screen, BackendDialog)
        await pilot.press(*"box:1", "tab", *"mine", "enter")
        await until(app, pilot, lambda: not isinstance(app.screen, BackendDialog))
        assert calls(app) == [("add_backend", "", "box:1", "mine")]
        assert any("mine (openai) is in" in note.message for note in app._notifications)


async def test_what_the_server_refuses_is_said_and_can_be_mended() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        control = app.host.control
        control.refuse = RouterError(  # type: ignore[attr-defined]
            "invalid_request", "http://box:1 is no model server: it answers 404", hint="give another address"
        )
        await pilot.press("A", *"box:1", "enter")
        await until(app, pilot, lambda: "is no model server" in screen_text(app))
        assert "another address" in screen_text(app)
        assert app.screen.query_one("#address", Input).value == "box:1"
        await pilot.press("2")
        await settled(app, pilot)
        assert "is no model server" not in screen_text(app)
        control.refuse = None  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(app, pilot, lambda: not isinstance(app.screen, BackendDialog))
        assert calls(app)[-1] == ("add_backend", "", "box:12", "")


async def test_while_it_is_asked_it_says_so_and_enter_asks_only_once() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        app.host.control.holds = True  # type: ignore[attr-defined]
        await pilot.press("A", *"box:1", "enter", "enter", "enter")
        await until(app, pilot, lambda: "asking box:1 what it is" in screen_text(app))
        app.host.control.holds = False  # type: ignore[attr-defined]
        await until(app, pilot, lambda: not isinstance(app.screen, BackendDialog))
        assert len(calls(app)) == 1


async def test_without_an_address_nothing_is_asked_and_escape_leaves() -> None:
    async with running((80, 24), EMPTY) as (app, pilot):
        await pilot.press("A", "enter")
        await until(app, pilot, lambda: "Write the address first" in screen_text(app))
        await pilot.press("escape")
        assert not isinstance(app.screen, BackendDialog)
        assert calls(app) == []


@at_sizes(*SIZES)
async def test_the_dialog(size: tuple[int, int]) -> None:
    async with running(size, EMPTY) as (app, pilot):
        await pilot.press("A")
        await settled(app, pilot)
        goldens.check(f"add-backend-{size[0]}x{size[1]}", screen_text(app))


async def test_when_no_backend_answers_there_are_buttons_to_try_again_and_to_add_one() -> None:
    async with running((80, 24), scripted.DESERTED) as (app, pilot):
        goldens.check("no-backend-80x24", screen_text(app))
        await pilot.press("r")
        await until(app, pilot, lambda: len(calls(app)) == 3)
        assert calls(app)[0] == ("retry_backend", "ollama")
        await pilot.click("#trouble Choice#add")
        assert isinstance(app.screen, BackendDialog)


async def test_a_read_only_screen_adds_nothing() -> None:
    app = build(ScriptedHost(replace(EMPTY, models=()), readonly=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert "adds one" not in screen_text(app)
        await pilot.press("A")
        await settled(app, pilot)
        assert not isinstance(app.screen, BackendDialog)
