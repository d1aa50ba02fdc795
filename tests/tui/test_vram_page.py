"""The VRAM page, driven by keys."""

from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import Device, ResidencyEvent
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.memory_words import HELD, HELD_NOW, RELEASED_BY_KEY, pinned_held, remedy
from llmrouter_tui.core.vram import LoadProgress, Thrash
from llmrouter_tui.tui import text
from llmrouter_tui.tui.actions import PAGES, available
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.modals.details import DetailsDialog
from llmrouter_tui.tui.pages.vram import VramPage
from llmrouter_tui.tui.widgets.lines import LinesView
from tests.tui import goldens, ledgers, scripted
from tests.tui.scripted import DEVICES, GIB, MODELS, NOW, SNAPSHOT, machine
from tests.tui.shots import at_sizes, remember, screen_text, settled
from tests.tui.test_flows import calls, feed, until
from tests.tui.test_screens import SIZES, running

DEEP = "ollama/deepseek-r1:14b"


def page(app: ControlCenter) -> VramPage:
    assert isinstance(app.screen, VramPage)
    return app.screen


def said(app: ControlCenter) -> list[str]:
    """What was said in the corner."""
    return [note.message for note in app._notifications]


async def put_cursor(app: ControlCenter, pilot: object, model: str) -> None:
    listed = page(app).fits
    listed.action_edge(0)
    while listed.cursor != model:
        listed.action_move(1)
    await settled(app, pilot)


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


async def test_where_the_plan_has_no_place_enter_tells_it_first_and_enter_again_loads() -> None:
    async with running((80, 24), page="vram") as (app, pilot):
        await put_cursor(app, pilot, "ollama/deepseek-r1:14b")
        assert "First phi4:14b leaves." not in screen_text(app)
        await pilot.press("enter")
        assert isinstance(app.screen, Ask)
        await settled(app, pilot)
        shown = screen_text(app)
        assert "First phi4:14b leaves." in shown
        assert "Ready in 9.0s, as" in shown
        assert calls(app) == []
        await pilot.press("escape", "enter", "enter")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("load", "ollama/deepseek-r1:14b")]
        app.host.readonly = True  # type: ignore[misc]
        await put_cursor(app, pilot, "ollama/gemma3:4b")
        await pilot.press("enter")
        assert isinstance(app.screen, DetailsDialog), "who may not load is told the plan, without a button"


async def test_where_there_is_no_room_enter_tells_the_whole_reason() -> None:
    big = tuple(replace(one, footprint=42 * GIB) if one.info.name == "gemma3:4b" else one for one in MODELS)
    async with running((80, 24), machine(models=big), page="vram") as (app, pilot):
        await put_cursor(app, pilot, "ollama/gemma3:4b")
        await pilot.press("enter")
        assert isinstance(app.screen, DetailsDialog)
        await settled(app, pilot)
        assert "Needs 42.0 GiB, gpu1 gives models 11.5 GiB." in screen_text(app)
        assert app.screen.query_one(".dialog").size.height == 1
        await pilot.press("enter")
        assert page(app).focused is page(app).fits
        assert calls(app) == []


@at_sizes(*SIZES)
async def test_a_load_that_failed_can_be_read_to_its_end(size: tuple[int, int]) -> None:
    words = "llama_model_load: error loading model: unable to allocate CUDA0 buffer of 15,032,385,536 bytes, the last"
    failed = ResidencyEvent(NOW, "load_failed", "ollama/phi4:14b", "gpu1", None, words)
    async with running(size, machine(residency=(failed, *SNAPSHOT.residency)), page="vram") as (app, pilot):
        assert "bytes, the last" not in screen_text(app)
        await pilot.press("tab", "enter")
        await settled(app, pilot)
        assert isinstance(app.screen, DetailsDialog)
        assert "Loading into GPU1 failed." in screen_text(app)
        shown = " ".join(text.plain(line) for line in app.screen.query_one(LinesView).lines)
        assert shown.endswith(f"Why: {words}")


async def test_the_keys_act_on_what_is_selected_in_the_pane_with_the_focus() -> None:
    async with running(page="vram") as (app, pilot):
        await put_cursor(app, pilot, "ollama/gemma3:4b")
        await pilot.press("tab")
        assert page(app).focused is page(app).events
        assert "»21:03:58 + qwen2.5vl:7b" in screen_text(app)
        await pilot.press("j", "j", "j", "P")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("pin", "ollama/qwen3:32b", True)]
        await pilot.press("g", "l", "shift+tab", "l")
        await until(app, pilot, lambda: len(calls(app)) == 3)
        assert calls(app)[1:] == [("load", "llama.cpp/qwen2.5vl:7b"), ("load", "ollama/gemma3:4b")]


async def test_an_entry_about_no_model_here_greys_the_keys_and_says_why() -> None:
    gone = ResidencyEvent(NOW, "unload", "ollama/gone:7b", "gpu1", 0.4, "by somebody else", external=True)
    snapshot = machine(residency=(gone, *SNAPSHOT.residency), vram=replace(BUSY, loads=()))
    async with running((120, 36), snapshot, page="vram") as (app, pilot):
        await pilot.press("tab", "l", "j", "P")
        assert said(app) == [
            "load: this is about several models; choose one of them under What would fit",
            "pin: no backend has gone:7b any more",
        ]
        assert calls(app) == []


async def test_the_cursor_of_loads_and_evictions_stays_on_its_entry_while_others_come() -> None:
    async with running(page="vram") as (app, pilot):
        await pilot.press("tab", "j")
        assert "»21:03:58 - phi4:14b" in screen_text(app)
        event = ResidencyEvent(NOW, "load", "ollama/gemma3:4b", "gpu1", 2.9, "asked for")
        feed(app).push(ev.ResidencyChanged(event), at=NOW)
        await until(app, pilot, lambda: "+ gemma3:4b" in screen_text(app))
        assert "»21:03:58 - phi4:14b" in screen_text(app)


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


@pytest.mark.parametrize(
    "count", [1, pytest.param(3, marks=pytest.mark.thorough), pytest.param(4, marks=pytest.mark.thorough), 8]
)
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


# ── loads under way, and taking turns ─────────────────────────────────────────────────────────────────────────────

BUSY = replace(
    SNAPSHOT.vram,
    loads=(
        LoadProgress("llama.cpp/qwen2.5vl:7b", "gpu1", NOW - 2, 6.4, waiting=2),
        LoadProgress("ollama/deepseek-r1:14b", "gpu1", None, 8.0, 2, 1, "llama.cpp/qwen2.5vl:7b loads first"),
    ),
    thrash=(
        Thrash(
            "gpu1",
            ("ollama/phi4:14b", "llama.cpp/qwen2.5vl:7b"),
            6,
            600.0,
            remedy(int(14.5 * GIB), int(11.5 * GIB)),
        ),
    ),
)


@at_sizes(*SIZES)
async def test_what_loads_and_what_takes_turns(size: tuple[int, int]) -> None:
    async with running(size, machine(vram=BUSY), page="vram") as (app, pilot):
        remember(app)
        page(app).paint_models()
        await settled(app, pilot)
        goldens.check(f"vram-busy-{size[0]}x{size[1]}", screen_text(app))


async def test_the_bar_of_a_load_moves_with_the_clock() -> None:
    async with running(page="vram", snapshot=machine(vram=BUSY)) as (app, pilot):
        assert "2s of ~6.4s" in screen_text(app)
        app.clock = lambda: NOW + 3
        await settled(app, pilot)
        assert "5s of ~6.4s" in screen_text(app)


async def test_a_sample_of_the_devices_alone_paints_no_pool() -> None:
    async with running(page="vram") as (app, pilot):
        drawn = []
        panel = page(app).panels[0]
        panel._draw = lambda cells, rows: drawn.append(cells) or []  # type: ignore[func-returns-value]
        feed(app).push(ev.DevicesSampled(DEVICES), ev.ModelsChanged(MODELS[:1]), at=NOW)
        await settled(app, pilot)
        assert drawn == []
        feed(app).push(ev.VramChanged(BUSY), at=NOW)
        await settled(app, pilot)
        assert len(drawn) == 1


async def test_the_plan_follows_the_cursor() -> None:
    async with running(page="vram") as (app, pilot):
        await put_cursor(app, pilot, "ollama/deepseek-r1:14b")
        assert "First phi4:14b leaves." in screen_text(app)
        await put_cursor(app, pilot, "ollama/phi4:14b")
        assert "first to go where room is needed." in screen_text(app)


# ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_sizes(*SIZES)
async def test_the_largest_context_that_would_fit_is_asked_for_and_told(size: tuple[int, int]) -> None:
    placements = tuple(
        replace(one, verdict="full", reason="needs 9.0 GiB; phi4 must stay in memory", evict=())
        if one.model == DEEP else one
        for one in SNAPSHOT.vram.placements
    )  # fmt: skip
    full = replace(SNAPSHOT, vram=replace(SNAPSHOT.vram, placements=placements))
    async with running(size, full, page="vram") as (app, pilot):
        told = next(one for one in placements if one.model == DEEP)
        app.host.control.wider[DEEP] = replace(told, largest=16_384)  # type: ignore[attr-defined]
        await put_cursor(app, pilot, DEEP)
        if size[0] < 100:  # here it is told when asked for
            await until(app, pilot, lambda: page(app).contexts.of(told, app.store.models[DEEP]) is not None)
            await pilot.press("enter")
        await until(app, pilot, lambda: "With 16k" in screen_text(app))


async def test_what_the_router_would_refuse_to_load_is_grey_and_says_why() -> None:
    big = tuple(replace(one, footprint=42 * GIB) if one.info.name == "gemma3:4b" else one for one in MODELS)
    async with running(page="vram", snapshot=machine(models=big)) as (app, pilot):
        await put_cursor(app, pilot, "ollama/gemma3:4b")
        await pilot.press("l")
        assert said(app) == ["load: needs 42.0 GiB, gpu1 gives models 11.5 GiB"]
        assert calls(app) == []


@pytest.mark.parametrize("where", ["vram", pytest.param("models", marks=pytest.mark.thorough)])
async def test_a_refused_pin_tells_the_arithmetic_at_once_and_under_attention(where: str) -> None:
    async with running(page=where) as (app, pilot):
        arithmetic = "pins on gpu1 would take 17.1 of 11.5 GiB: phi4:14b 8.1, deepseek-r1:14b 9.0"
        app.host.control.refuse = RouterError("invalid_request", arithmetic)  # type: ignore[attr-defined]
        await pilot.press("P")
        await until(app, pilot, lambda: said(app))
        assert said(app)[0].endswith(f"pin refused: {arithmetic}")
        assert said(app)[0] in [cause.message for cause in app.store.attention.causes(NOW)]


async def test_unloading_all_asks_while_answers_are_written_and_can_be_taken_back() -> None:
    async with running(page="vram") as (app, pilot):
        await pilot.press("L")
        assert said(app) == ["load again: loads are not held"]
        await pilot.press("X")
        assert isinstance(app.screen, Ask)
        await settled(app, pilot)
        assert "qwen3:32b, llama3.1:8b are writing 2" in screen_text(app)
        await pilot.press("escape")
        assert calls(app) == []
        await pilot.press("X", "w")
        await until(app, pilot, lambda: app.store.vram.held)
        assert calls(app) == [("clear_vram",)]
        assert "Loads are held to keep the memory free" in screen_text(app).replace("│", "")
        await pilot.press("X")
        assert said(app)[-1] == f"unload all: {HELD_NOW}"
        await pilot.press("l")
        assert said(app)[-1] == f"load: {HELD_NOW}"
        await pilot.press("L")
        await until(app, pilot, lambda: not app.store.vram.held)
        assert calls(app) == [("clear_vram",), ("release_vram",)]


@pytest.mark.parametrize("where", ["vram", pytest.param("models", marks=pytest.mark.thorough)])
async def test_a_pin_while_loads_are_held_says_when_the_model_will_be_loaded(where: str) -> None:
    idle = tuple(replace(one, leases=0, residency="absent") for one in MODELS)
    held = replace(ledgers.ledger(idle, DEVICES, NOW), held=True)
    async with running(page=where, snapshot=machine(models=idle, vram=held)) as (app, pilot):
        await pilot.press("P")
        await until(app, pilot, lambda: said(app))
        model = calls(app)[0][1].partition("/")[2]
        assert said(app) == [f"{pinned_held(model)}: {RELEASED_BY_KEY}."]
        await pilot.press("P")
        await until(app, pilot, lambda: len(calls(app)) == 2)
        assert len(said(app)) == 1


async def test_a_pin_of_a_model_that_stays_in_memory_is_nothing_to_wait_for() -> None:
    held = machine(vram=replace(SNAPSHOT.vram, held=True))
    async with running(page="vram", snapshot=held) as (app, pilot):
        await put_cursor(app, pilot, "ollama/qwen3:32b")
        await pilot.press("P")
        await until(app, pilot, lambda: calls(app))
        await settled(app, pilot)
        assert said(app) == []


async def test_where_nothing_would_be_interrupted_all_is_unloaded_at_once() -> None:
    idle = tuple(replace(one, leases=0) for one in MODELS)
    async with running(page="vram", snapshot=machine(models=idle)) as (app, pilot):
        await pilot.press("X")
        await until(app, pilot, lambda: app.store.vram.held)
        assert calls(app) == [("clear_vram",)]
        assert "phi4:14b" not in screen_text(app).split("What would fit?")[0]


async def test_every_page_says_that_loads_are_held_and_the_dash_how_they_are_released() -> None:
    async with running(snapshot=machine(vram=replace(SNAPSHOT.vram, held=True))) as (app, pilot):
        assert f"! {HELD} ({RELEASED_BY_KEY})" in screen_text(app)
        for size in (*SIZES, (60, 16)):
            await pilot.resize_terminal(*size)
            for where in ("dash", "routes", "models", "vram", "log"):
                app.go(where)
                await settled(app, pilot, turns=1)
                assert "loads held" in screen_text(app).splitlines()[0], (where, size)


async def test_the_palette_finds_unloading_all_from_everywhere_and_under_readonly_nowhere() -> None:
    async with running() as (app, pilot):
        await pilot.press("colon", *"unload all")
        await until(app, pilot, lambda: "on VRAM: goes there first" in screen_text(app))
    assert "vram.clear" not in {action.id for action in available("vram", PAGES, readonly=True)}
