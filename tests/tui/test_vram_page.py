"""The VRAM page, driven by keys."""

from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import Device
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.pages.vram import VramPage
from tests.tui import goldens, ledgers, scripted
from tests.tui.scripted import DEVICES, GIB, MODELS, NOW, SNAPSHOT, machine
from tests.tui.shots import remember, screen_text, settled
from tests.tui.test_flows import calls, feed, until
from tests.tui.test_screens import SIZES, running


def page(app: ControlCenter) -> VramPage:
    assert isinstance(app.screen, VramPage)
    return app.screen


async def put_cursor(app: ControlCenter, pilot: object, model: str) -> None:
    listed = page(app).fits
    listed.action_edge(0)
    while listed.cursor != model:
        listed.action_move(1)
    await settled(app, pilot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_page(size: tuple[int, int]) -> None:
    async with running(size, page="vram") as (app, pilot):
        remember(app)
        page(app).paint_models()
        await settled(app, pilot)
        goldens.check(f"vram-{size[0]}x{size[1]}", screen_text(app))


async def test_the_smallest_size_has_a_line_per_pool() -> None:
    async with running((60, 16), page="vram") as (app, _):
        lines = screen_text(app).splitlines()
        assert lines[3].startswith(" GPU0 ▓")
        assert lines[4].startswith(" GPU1 ▓")
        assert "fits" in lines[7]


async def test_enter_loads_the_model_under_the_cursor() -> None:
    async with running(page="vram") as (app, pilot):
        await put_cursor(app, pilot, "ollama/gemma3:4b")
        await pilot.press("enter")
        await until(app, pilot, lambda: app.store.models["ollama/gemma3:4b"].residency == "resident")
        assert calls(app) == [("load", "ollama/gemma3:4b")]
        assert "gemma3:4b" in screen_text(app).split("What would fit?")[0]


async def test_unloading_from_here_asks_while_the_model_answers() -> None:
    async with running(page="vram") as (app, pilot):
        await put_cursor(app, pilot, "ollama/qwen3:32b")
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, Ask)
        await pilot.press("w")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("unload", "ollama/qwen3:32b", False)]


async def test_the_bars_follow_the_samples() -> None:
    async with running(page="vram") as (app, pilot):
        grown = tuple(
            replace(item, used=int(11.0 * GIB), free=GIB) if item.pool == "gpu1" else item for item in DEVICES
        )
        feed(app).push(ev.VramChanged(ledgers.ledger(MODELS, grown, NOW + 1)), at=NOW + 1)
        await until(app, pilot, lambda: "11.0/12.0G" in screen_text(app))
        assert "other programs   2.9G" in screen_text(app)


async def test_without_a_gpu_the_page_shows_memory_and_says_why() -> None:
    async with running((120, 36), scripted.RAM_ONLY, page="vram") as (app, _):
        goldens.check("vram-no-gpu-120x36", screen_text(app))


async def test_a_machine_that_measures_nothing_still_has_its_page() -> None:
    async with running((80, 24), machine(devices=()), page="vram") as (app, _):
        shown = screen_text(app)
        assert "Memory is not measured here." in shown
        assert "memory not measured" in shown


@pytest.mark.parametrize("count", [1, 3, 4, 8])
async def test_any_number_of_gpus_has_its_place(count: int) -> None:
    gpus = tuple(
        Device(f"gpu{i}", f"Card {i}", "nvidia", 24 * GIB, GIB, 23 * GIB, sampled_at=NOW) for i in range(count)
    )
    async with running((120, 36), machine(devices=gpus), page="vram") as (app, pilot):
        shown = screen_text(app)
        for i in range(min(count, 5)):
            assert f"GPU{i}  Card {i}" in shown
        assert "What would fit?" in shown
        page(app).brief.scroll_end(animate=False)
        await settled(app, pilot)
        assert f"GPU{count - 1}" in screen_text(app)
