"""What was said is forgotten from the palette, after a question; the screen drops it when the router says so."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.forgetting import Forget
from llmrouter_tui.tui.actions import BY_ID, why_not
from llmrouter_tui.tui.app import ControlCenter
from tests.tui.shots import screen_text
from tests.tui.test_flows import calls, fill, until
from tests.tui.test_review import host
from tests.tui.test_screens import running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""


def said(app: ControlCenter) -> list[str]:
    return [row.exchange.prompt for row in app.store.rows.values() if row.exchange.prompt and not row.running]


async def test_all_of_it_is_forgotten_after_a_question() -> None:
    async with running() as (app, pilot):
        assert said(app)
        await pilot.press("colon")
        fill(app, "forget all")
        await until(app, pilot, lambda: "Forget every prompt and answer" in screen_text(app))
        await pilot.press("enter")
        await until(app, pilot, lambda: "Forget what was said?" in screen_text(app))
        assert "Every prompt and every answer leaves" in screen_text(app)
        await pilot.press("enter")  # the answer that is offered first keeps it
        assert calls(app) == []
        app.screen.perform("forget.all")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "Forget what was said?" in screen_text(app))
        await pilot.press("f")
        await until(app, pilot, lambda: calls(app) == [("forget", Forget())])
        await until(app, pilot, lambda: not said(app))


async def test_of_the_selected_exchange_and_of_its_conversation() -> None:
    async with running(page="routes") as (app, pilot):
        while why_not(BY_ID["forget.one"], app.screen.situation()):  # type: ignore[attr-defined]
            await pilot.press("j")  # past those that are still being written
        selected = app.screen.situation().exchange  # type: ignore[attr-defined]
        before = len(said(app))
        app.screen.perform("forget.one")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: f"What was said in {selected.id[-4:]}" in screen_text(app))
        await pilot.press("f")
        await until(app, pilot, lambda: calls(app) == [("forget", Forget(exchange=selected.id))])
        await until(app, pilot, lambda: len(said(app)) == before - 1)
        act = BY_ID["forget.session"]
        situation = app.screen.situation()  # type: ignore[attr-defined]
        assert (
            why_not(act, replace(situation, exchange=replace(selected, session=""))) == "it belongs to no conversation"
        )
        app.store.rows[selected.id].exchange = replace(selected, session="id:work")
        app.screen.perform("forget.session")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "said in this conversation" in screen_text(app))
        await pilot.press("f")
        await until(app, pilot, lambda: calls(app)[-1] == ("forget", Forget(session="id:work")))


async def test_who_may_change_nothing_cannot_forget() -> None:
    async with running(page="routes") as (app, _):
        situation = replace(app.screen.situation(), readonly=True)  # type: ignore[attr-defined]
        for act in ("forget.one", "forget.session", "forget.all"):
            assert why_not(BY_ID[act], situation) == "this screen is read-only"


async def test_a_disk_that_refuses_is_told_and_nothing_is_dropped() -> None:
    async with running() as (app, pilot):
        before = len(said(app))
        host(app).control.refuse = RouterError("storage_unavailable", "the disk is full")
        app.screen.perform("forget.all")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "Forget what was said?" in screen_text(app))
        await pilot.press("f")
        await until(app, pilot, lambda: "Not forgotten: the disk is full" in screen_text(app))
        assert len(said(app)) == before
