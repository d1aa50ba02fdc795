"""What each page looks like, as text: at both sizes, empty, starting, demo, mono, ascii, small and too small."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from rich.color import ColorType

from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.tui.app import ControlCenter
from tests.tui import goldens, scripted
from tests.tui.benches import PROFILES, RUN
from tests.tui.gradebooks import GRADES, JUDGE
from tests.tui.scripted import NOW, SNAPSHOT, ScriptedHost
from tests.tui.shots import build, screen_text, settled

SIZES = ((120, 36), (80, 24))


@asynccontextmanager
async def running(
    size: tuple[int, int] = (120, 36), snapshot: Snapshot = SNAPSHOT, page: str = "dash", **more: Any
) -> AsyncIterator[tuple[ControlCenter, Any]]:
    """The control center on ``page`` after its first snapshot."""
    app = build(ScriptedHost(snapshot), **more)
    async with app.run_test(size=size) as pilot:
        app.go(page)
        await settled(app, pilot)
        yield app, pilot


async def test_below_the_smallest_size_it_says_what_it_needs() -> None:
    async with running((40, 10)) as (app, pilot):
        assert "needs 60x16" in screen_text(app).replace("\n", " ")
        await pilot.press("u", "d", "n", "0", "p", "colon", "2")
        assert app.host.control.calls == []  # type: ignore[attr-defined]
        assert (app.current_mode, len(app.screen_stack)) == ("dash", 1)
        assert not app.view.paused
        await pilot.resize_terminal(80, 24)
        await settled(app, pilot)
        assert "Routes" in screen_text(app)
        assert "needs 60x16" not in screen_text(app)


async def test_no_requests_yet() -> None:
    quiet = replace(SNAPSHOT, exchanges=(), total_exchanges=0, rates=type(SNAPSHOT.rates)())
    async with running((80, 24), quiet) as (app, _):
        goldens.check("empty-80x24", screen_text(app))


async def test_no_gpu_drops_the_panel_and_leaves_the_rest() -> None:
    async with running((120, 36), scripted.machine(devices=())) as (app, _):
        shown = screen_text(app)
        assert "─ VRAM" not in shown
        assert "Throughput" in shown


async def test_without_a_gpu_the_hosts_memory_is_shown() -> None:
    async with running((120, 36), scripted.machine(devices=SNAPSHOT.devices[2:])) as (app, _):
        shown = screen_text(app)
        assert "Memory" in shown
        assert "RAM Ryzen" in shown


async def test_demo_is_said_on_every_screen() -> None:
    demo = replace(SNAPSHOT, service=replace(SNAPSHOT.service, demo=True))
    async with running((80, 24), demo) as (app, pilot):
        for page in app.pages:
            app.go(page)
            await settled(app, pilot, turns=1)
            assert " DEMO " in screen_text(app).splitlines()[0], page


async def test_the_ascii_set_draws_the_whole_screen_in_ascii() -> None:
    plain = tuple(item for item in SNAPSHOT.exchanges if item.prompt.isascii())
    async with running((120, 36), replace(SNAPSHOT, exchanges=plain), page="routes", symbols="ascii") as (app, _):
        shown = screen_text(app)
        assert {char for char in shown if not char.isascii()} == set()
        goldens.check("routes-ascii-120x36", shown)


def colours(app: ControlCenter) -> set[tuple[int, ...]]:
    """Every colour on the screen."""
    styles = [segment.style for strip in app.screen._compositor.render_strips() for segment in strip if segment.style]
    found = [color for style in styles for color in (style.color, style.bgcolor)]
    return {tuple(c.triplet) for c in found if c is not None and c.type is ColorType.TRUECOLOR and c.triplet}


async def test_no_color_uses_weight_and_reverse_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    host = ScriptedHost(replace(SNAPSHOT, profile=RUN, judge=JUDGE))
    host.control.measured, host.control.graded = PROFILES, {one.id: one for one in GRADES}
    app = build(host)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        assert app.theme == "mono"
        assert "vllm ✗" in screen_text(app)
        for page in ("dash", "models", "vram", "profile", "judge"):
            app.go(page)
            await settled(app, pilot)
            assert [triplet for triplet in colours(app) if len(set(triplet)) != 1] == []
        assert "!!" in screen_text(app)


async def test_colours_change_and_text_does_not() -> None:
    async with running() as (app, pilot):
        before = screen_text(app)
        for name in ("router-light", "mono", "ansi-dark", "nord"):
            app.theme = name
            await pilot.pause()
            assert screen_text(app) == before


async def test_the_clock_of_the_tests_stands_still() -> None:
    async with running() as (app, _):
        assert app.clock() == NOW


async def test_the_explanation_beside_the_list_cuts_no_score() -> None:
    async with running((100, 24), page="routes") as (app, pilot):
        for width in (100, 106, 112, 120, 160, 240):
            await pilot.resize_terminal(width, 24)
            await settled(app, pilot)
            shown = screen_text(app).splitlines()
            assert "COST = SCORE" in "\n".join(shown), width
            assert any("»qwen3:32b" in line and "=   .86" in line for line in shown), width
            assert "SCORE" in shown[3].split("││")[0], width


async def test_enter_where_nothing_is_selected_says_so() -> None:
    quiet = replace(SNAPSHOT, exchanges=(), total_exchanges=0)
    async with running((100, 30), quiet, page="routes") as (app, pilot):
        assert "is why it went where it did." in " ".join(screen_text(app).replace("│", " ").split())
        await pilot.press("enter")
        assert [note.message for note in app._notifications] == ["explain: no exchange is selected"]
