"""Starting, losing events, crashing, and leaving: the screen never hangs and never lies."""

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.tui.modals.details import DetailsDialog
from llmrouter_tui.tui.modals.quit import QuitDialog
from tests.tui import scripted
from tests.tui.scripted import SNAPSHOT, ScriptedControl, ScriptedHost
from tests.tui.shots import build, screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_screens import running


class Gate:
    """Holds back the first snapshots."""

    def __init__(self, control: ScriptedControl, fail: int) -> None:
        self.left, self.real = fail, control.snapshot

    async def snapshot(self) -> Snapshot:
        if self.left:
            self.left -= 1
            raise OSError("connection refused")
        return await self.real()


async def test_it_says_starting_until_the_router_answers() -> None:
    host = ScriptedHost()
    gate = Gate(host.control, 5)
    host.control.snapshot = gate.snapshot  # type: ignore[method-assign]
    app = build(host)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "○ starting" in screen_text(app)
        assert "Starting. The router will answer" in screen_text(app)
        await until(app, pilot, lambda: app.store.ready)
        await settled(app, pilot)
        assert "starting" not in screen_text(app)


async def test_lost_events_are_cured_by_a_new_snapshot() -> None:
    async with running() as (app, pilot):
        host: Any = app.host
        fresh = scripted.exchange("zlost", 0, None, outcome="running")
        host.control.now = replace(SNAPSHOT, exchanges=(fresh, *SNAPSHOT.exchanges))
        host.feed.cut()
        await until(app, pilot, lambda: "zlost" in app.store.rows)
        await settled(app, pilot)
        assert "lost" in screen_text(app)
        assert app.link.figures.snapshots == 2
        host.feed.push(ev.Progress("zlost", 77))
        await settled(app, pilot)
        assert "▶  77t" in screen_text(app)


async def test_a_watched_router_out_of_reach_is_said() -> None:
    async with running((80, 24)) as (app, pilot):
        app.host.feed.connected = False  # type: ignore[misc]
        app._second = 0
        await settled(app, pilot)
        assert "✗ out of reach" in screen_text(app).splitlines()[0]


async def test_watching_an_address_where_nothing_answers_says_so_until_it_does() -> None:
    host = ScriptedHost()
    host.feed.connected = False  # type: ignore[misc]
    gate = Gate(host.control, 10_000)
    host.control.snapshot = gate.snapshot  # type: ignore[method-assign]
    app = build(host, watching=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, lambda: app.unanswered)
        await settled(app, pilot)
        assert "✗ out of reach" in screen_text(app).splitlines()[0]
        assert "connection refused" in screen_text(app)
        assert "Trying again." in screen_text(app)
        assert "Starting." not in screen_text(app)
        host.feed.connected = True  # type: ignore[misc]
        gate.left = 0
        await until(app, pilot, lambda: app.store.ready)
        await settled(app, pilot)
        assert "out of reach" not in screen_text(app)


async def test_a_crash_leaves_the_screen_up_and_one_key_restarts() -> None:
    host = ScriptedHost()
    host.crash = ValueError("the database is on fire")
    app = build(host)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(app, pilot, lambda: app.crashed)
        await settled(app, pilot)
        assert "✗ proxy stopped" in screen_text(app).splitlines()[0]
        await pilot.press("i")
        await settled(app, pilot)
        assert isinstance(app.screen, DetailsDialog)
        assert "the database is on fire" in screen_text(app)
        await pilot.press("escape")
        host.crash = None
        await pilot.press("R")
        await until(app, pilot, lambda: app.store.ready)
        await settled(app, pilot)
        assert "● serving" in screen_text(app).splitlines()[0]
        assert host.runs == 2


async def test_leaving_stops_the_router_and_never_hangs() -> None:
    began = time.monotonic()
    host = ScriptedHost()
    app = build(host)
    async with app.run_test() as pilot:
        await settled(app, pilot)
    assert host.stopped.is_set()
    assert not host.stopped_at_once
    for _ in range(100):
        if not [thread for thread in threading.enumerate() if "asyncio" in thread.name and thread.is_alive()]:
            break
        await asyncio.sleep(0.01)
    assert time.monotonic() - began < 10


async def test_quitting_asks_while_answers_are_written() -> None:
    async with running(patience=2.5) as (app, pilot):
        await pilot.press("q")
        assert isinstance(app.screen, QuitDialog)
        assert "2 answers are still being written" in screen_text(app)
        assert "Wait for them (max 2.5s)" in screen_text(app)
        await pilot.press("escape")
        assert app.is_running
        await pilot.press("q", "s")
        await pilot.pause()
        assert app._exit
    assert app.host.stopped_at_once  # type: ignore[attr-defined]


async def test_waiting_leaves_as_soon_as_the_last_answer_is_written() -> None:
    async with running() as (app, pilot):
        await pilot.press("q", "w")
        for id_ in ("x8f20", "x8f21"):
            app.host.feed.push(ev.ExchangeFinished(replace(app.store.rows[id_].exchange, outcome="ok")))  # type: ignore[attr-defined]
        await until(app, pilot, lambda: app._exit)
    assert app.host.stopped_at_once, "who waited as long as was told waits no longer"  # type: ignore[attr-defined]


async def test_quitting_asks_nothing_when_nothing_runs_or_only_watching() -> None:
    done = tuple(item for item in SNAPSHOT.exchanges if item.outcome != "running")
    async with running(snapshot=replace(SNAPSHOT, exchanges=done)) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert app._exit
    async with running(watching=True) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


async def test_q_first_closes_what_is_open() -> None:
    async with running((80, 24), page="routes") as (app, pilot):
        await pilot.press("enter", "q")
        assert app.is_running
        assert not isinstance(app.screen, QuitDialog)
        await pilot.press("q")
        assert isinstance(app.screen, QuitDialog)


async def test_ctrl_c_twice_leaves() -> None:
    async with running(watching=True) as (app, pilot):
        await pilot.press("ctrl+c")
        assert app.is_running
        assert not app._exit
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app._exit


async def test_ctrl_c_twice_asks_while_answers_run_and_once_more_leaves_without_them() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+c", "ctrl+c")
        assert isinstance(app.screen, QuitDialog)
        assert not app._notifications, "no word in the corner lies over the answers"
        await pilot.press("ctrl+c")
        await until(app, pilot, lambda: app._exit)


async def test_it_runs_as_a_program_does_with_every_page_opened() -> None:
    """``run_test`` starts tasks as tests do; a program starts them eagerly from Python 3.12 on, so that a screen's
    widgets come to life before the screen is on the stack."""
    app = build()
    seen = []

    async def open_every_page(pilot: Any) -> None:
        await settled(app, pilot)
        for page in app.pages:
            app.go(page)
            await settled(app, pilot)
            seen.append(app.current_mode)
        seen.append(f"return code {app.return_code}")
        app.exit()

    await app.run_async(headless=True, size=(120, 36), auto_pilot=open_every_page)
    assert seen == [*app.pages, "return code None"], "an error gives one before the program has ended"
