"""Memory on the command line: who holds it, what a load would mean, and orders for a router that runs."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import click.testing
import pytest

from llmrouter_tui.cli import main
from llmrouter_tui.cli.plain import Repeats, event_text
from llmrouter_tui.cli.plain_vram import bar, placement_line, vram_lines, vram_text
from llmrouter_tui.core.domain import Device, Process, ResidencyEvent
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, ResidencyChanged, VramChanged
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY_COMMAND
from llmrouter_tui.core.vram import Holder, LoadProgress, Placement, PoolView, Swaps, Thrash, VramView
from llmrouter_tui.storage.repo import open_repo
from tests.proxy.conftest import Router, router, routers
from tests.proxy.scripted import BIG, MEMORY, SMALL

__all__ = ["router", "routers"]

GIB = 1024**3
GPU = Device("gpu0", "RTX 4090", "nvidia", 24 * GIB, 12 * GIB, 12 * GIB)
POOL = PoolView(
    GPU,
    budget=21 * GIB,
    free=9 * GIB,
    holders=(
        Holder(("a/big", "a/big-too"), 8 * GIB, "reported", pinned=True, leases=2, context_length=8192),
        Holder(("b/small",), 3 * GIB, "measured", ours=False, idle_seconds=300.0, rank=1, guessed=True),
    ),
    other=GIB,
)


# ── as text ──


def test_a_pool_is_a_bar_and_its_holders():
    assert bar(POOL, 24) == "########===:.........|.."
    [head, drawn, big, small, other, *_] = vram_lines(VramView(pools=(POOL,)))
    assert head == "gpu0  RTX 4090"
    assert drawn.endswith("12.0 of 24.0 GiB used, 9.0 free for models")
    assert big.split()[:2] == ["#", "a/big"]
    assert big.endswith("8.0 GiB  reported   writes 2 answers, pinned, also a/big-too")
    assert small.endswith("3.0 GiB  measured   idle 5 min, not loaded by the router, its GPU is guessed, leaves first")
    assert other.split() == [":", "not", "ours", "1.0", "GiB"]
    shown = replace(GPU, processes=((7, GIB),), lineage=(Process(7, 1, "Xorg"),))
    assert any(
        line.endswith("1.0 GiB  Xorg 1.0") for line in vram_lines(VramView(pools=(replace(POOL, device=shown),)))
    )


def test_a_bar_is_as_long_as_it_should_be_whatever_the_figures_say():
    for holders in ((), POOL.holders * 5, (Holder(("x",), 1, "estimated"),) * 9):
        assert len(bar(replace(POOL, holders=holders), 40)) == 40
    assert len(bar(replace(POOL, budget=0), 40)) == 40
    assert len(bar(replace(POOL, device=replace(GPU, total=0)), 40)) == 40


def test_a_pool_that_cannot_be_measured_says_why():
    broken = replace(POOL, device=replace(GPU, problem="it fell off the bus"))
    assert vram_lines(VramView(pools=(broken,)))[0] == "gpu0  RTX 4090  it fell off the bus"
    assert vram_lines(VramView())[0] == "no memory is measured here"


def test_what_goes_on_and_what_it_cost_follow():
    view = VramView(
        at=100.0,
        loads=(
            LoadProgress("a/one", "gpu0", 95.0, 20.0, 0, 1),
            LoadProgress("a/two", "gpu0", None, 9.0, 1, 2, "a/one is being loaded"),
        ),
        swaps=Swaps(7, 1, 61.4),
        thrash=(Thrash("gpu0", ("a/one", "a/two"), 6, 300.0, "pin one"),),
        held=True,
    )
    assert vram_lines(view)[2:] == [
        "load a/one into gpu0, 5 of about 20 s, for 1 request",
        "load a/two into gpu0, for 2 requests: loads held",
        "today 7 loads, 1 eviction, 61 s",
        f"! {HELD}; {RELEASED_BY_COMMAND}",
        "! a/one and a/two threw each other out of gpu0 6 times in 5 min: pin one",
    ]
    free = vram_lines(replace(view, held=False, placements=(Placement("a/two", "waits", "gpu0"),)))
    assert "load a/two waits for its turn on gpu0, for 2 requests: a/one is being loaded" in free
    assert free[3].endswith("waits its turn")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "m fits into gpu0: 2.0 GiB (measured) with 8192 tokens of context, ready in about 4 s"),
        ({"cache": GIB}, "2.0 GiB (measured) with 8192 tokens of context (1.0 GiB of it), ready"),
        ({"source": "estimated", "spilled": GIB}, "(estimated) with 8192 tokens of context, 1.0 GiB of it in RAM"),
        ({"verdict": "evicts", "evict": ("a", "b", "c")}, "ready in about 4 s; before it a, b and c must leave"),
        (
            {"verdict": "waits", "evict": ("a", "b"), "drain": ("b",)},
            "; before it a must leave; before it b must finish answering and leave",
        ),
        ({"verdict": "loaded", "pool": "host"}, "m is in memory (RAM): 2.0 GiB (measured)"),
        ({"verdict": "unknown", "needed": None}, "m is of unknown size: its backend would be asked to load it"),
        ({"verdict": "full", "reason": "p must stay"}, "m cannot be loaded now: p must stay"),
        ({"verdict": "too big", "reason": "needs 9"}, "m never fits: needs 9"),
        (
            {"verdict": "too big", "reason": "needs 9", "context_length": 65536, "largest": 16384},
            "m never fits with 65536 tokens: needs 9; with a context of 16384 tokens it would fit",
        ),
        (
            {"parts": (("gpu0", 22 * GIB), ("gpu1", 11 * GIB)), "spilled": GIB, "needed": 34 * GIB},
            ("m fits into gpu0+gpu1: 34.0 GiB (measured) with 8192 tokens of context, "
            "22.0 GiB in gpu0, 11.0 GiB in gpu1 and 1.0 GiB in RAM, ready in about 4 s"),
        ),
        ({"verdict": "held", "reason": "cleared"}, "m is not loaded: cleared"),
    ],
)  # fmt: skip
def test_a_plan_is_told_in_a_sentence(changes: dict[str, object], words: str):
    one = Placement("m", "fits", "gpu0", 2 * GIB, "measured", 8192, seconds=4.0)
    assert words in placement_line(replace(one, **changes))  # type: ignore[arg-type]


def test_a_watch_tells_the_ledger_in_a_line_and_only_when_it_reads_otherwise():
    told = Envelope(1, 0.0, 0.0, VramChanged(VramView(pools=(POOL,))))
    text = event_text(told)
    assert text == "memory gpu0 9.0 GiB free"
    repeats = Repeats()
    assert [repeats.told(told, text), repeats.told(told, text), repeats.told(told, "other")] == [False, True, False]
    moved = ResidencyEvent(0.0, "load", "a/x", "gpu0", 1.0, "by somebody else", external=True)
    load = Envelope(2, 0.0, 0.0, ResidencyChanged(moved))
    assert event_text(load) == "load a/x gpu0 1.0s by somebody else"
    assert not repeats.told(load, text)
    assert vram_text(VramView(held=True, pools=(POOL,))).endswith(f"{HELD}; {RELEASED_BY_COMMAND}")


# ── commands ──


@pytest.fixture
def run(router: Router, monkeypatch: pytest.MonkeyPatch):
    """``models`` with these arguments, asked of the scripted router."""
    monkeypatch.setattr("llmrouter_tui.cli.logs.quiet", lambda: None)

    async def models(*arguments: str) -> click.testing.Result:
        runner = click.testing.CliRunner()
        ended = await asyncio.to_thread(runner.invoke, main, ["models", "--url", router.url, *arguments])
        assert not isinstance(ended.exception, Exception), ended.exception
        return ended

    return models


async def test_memory_is_listed_for_people_and_for_programs(run):
    shown = (await run("--vram")).stdout
    assert f"# {SMALL}" in shown
    assert f"evicts {SMALL}" in shown
    assert "today 7 loads, 5 evictions" in shown
    told = json.loads((await run("--vram", "--json")).stdout)
    assert told["placements"][0]["model"] == BIG
    assert told["swaps"] == {"loads": 7, "evictions": 5, "seconds": 61.5}


async def test_a_plan_changes_nothing(run, router: Router):
    assert f"{BIG} fits into gpu0: 22.0 GiB" in (await run("--plan", "qwen3:32b")).stdout
    told = json.loads((await run("--plan", BIG, "--context", "4096", "--json")).stdout)
    assert (told["verdict"], told["context_length"]) == ("evicts", 4096)
    assert router.control.calls == [("plan", BIG, None), ("plan", BIG, 4096)]


async def test_orders_reach_the_router_with_what_they_mean(run, router: Router):
    loaded = (await run("--load", "qwen3:32b")).stdout
    assert f"{BIG} is being loaded" in loaded
    assert f"before it {SMALL} must leave" in loaded
    await run("--unload", SMALL)
    await run("--pin", SMALL)
    await run("--unpin", SMALL)
    await run("--clear")
    await run("--release")
    assert [call for call in router.control.calls if call[0] != "plan"] == [
        ("load", BIG), ("unload", SMALL, False), ("pin", SMALL, True), ("pin", SMALL, False), ("clear_vram",),
        ("release_vram",),
    ]  # fmt: skip


async def test_with_json_an_order_is_a_list_of_one(run):
    [done] = json.loads((await run("--load", BIG, "--json")).stdout)["acts"]
    assert (done["act"], done["model"], done["plan"]["verdict"]) == ("load", BIG, "evicts")
    assert json.loads((await run("--clear", "--json")).stdout) == {
        "acts": [{"act": "clear", "model": None, "plan": None}]
    }


async def test_with_json_several_orders_and_questions_are_one_document(run, router: Router):
    ended = await run("--vram", "--load", BIG, "--unpin", SMALL, "--release", "--plan", BIG, "--json")
    told = json.loads(ended.stdout)
    assert list(told) == ["acts", "plan", "vram"]
    assert [(act["act"], act["model"]) for act in told["acts"]] == [("release", None), ("unpin", SMALL), ("load", BIG)]
    assert told["plan"]["model"] == BIG
    assert told["vram"]["swaps"]["loads"] == 7
    assert [call[0] for call in router.control.calls if call[0] != "plan"] == ["release_vram", "pin", "load"]
    asked = json.loads((await run("--vram", "--plan", BIG, "--json")).stdout)
    assert list(asked) == ["plan", "vram"]


async def test_a_name_that_means_nothing_leaves_all_undone(run, router: Router):
    ended = await run("--pin", SMALL, "--load", "nope", "--json")
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert router.control.calls == []


async def test_what_was_done_before_an_order_failed_is_told(run, router: Router):
    async def refused(model: str) -> None:
        raise RouterError("out_of_memory", "there is no room")

    router.control.load = refused  # type: ignore[method-assign]
    ended = await run("--pin", SMALL, "--load", BIG, "--json")
    assert ended.exit_code == 1
    assert "there is no room" in ended.stderr
    assert [act["act"] for act in json.loads(ended.stdout)["acts"]] == ["pin"]
    assert f"{SMALL} is pinned" in (await run("--pin", SMALL, "--load", BIG)).stdout


async def test_with_json_what_would_be_two_documents_is_refused(run, router: Router):
    for several in (("--why", BIG, "--vram"), ("--match", f"{BIG}=none", "--why", BIG)):
        ended = await run(*several, "--json")
        assert ended.exit_code == 2
        assert "one document" in ended.stderr
    assert router.control.calls == []


async def test_what_cannot_be_loaded_is_not_asked_for(run, router: Router):
    async def full(model: str, *, context_length: int | None = None) -> Placement:
        return replace(MEMORY.placements[0], verdict="full", reason="needs 22.0 GiB; p must stay in memory")

    router.control.plan = full  # type: ignore[method-assign]
    ended = await run("--load", BIG)
    assert ended.exit_code == 1
    assert f"{BIG} cannot be loaded now: needs 22.0 GiB; p must stay in memory" in ended.stderr
    assert router.control.calls == []


async def test_while_loads_are_held_nothing_is_asked_to_load_and_how_to_release_is_said(run, router: Router):
    assert f"{HELD}: {RELEASED_BY_COMMAND}" in (await run("--clear")).stdout

    async def held(model: str, *, context_length: int | None = None) -> Placement:
        return replace(MEMORY.placements[0], verdict="held", reason=HELD)

    router.control.plan = held  # type: ignore[method-assign]
    ended = await run("--load", BIG)
    assert ended.exit_code == 1
    assert ended.stderr.splitlines()[-1] == f"llmrouter-tui: {BIG} is not loaded: {HELD}. {RELEASED_BY_COMMAND}"
    assert router.control.calls == [("clear_vram",)]
    pinned = await run("--pin", BIG)
    assert pinned.stdout == (f"{BIG} is pinned, and will be loaded when loads are released: {RELEASED_BY_COMMAND}\n")
    assert router.control.calls[1:] == [("pin", BIG, True)]


async def test_a_name_must_mean_one_model(run, router: Router):
    assert "no model here is called 'nope'" in (await run("--load", "nope")).stderr
    router.control.views = (
        *router.control.views,
        replace(router.control.views[1], info=replace(router.control.views[1].info, backend="other")),
    )
    ended = await run("--pin", "qwen3:32b")
    assert ended.exit_code == 2
    assert f"say which: {BIG}, other/qwen3:32b" in ended.stderr
    assert router.control.calls == []


async def test_orders_are_for_a_router_that_runs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llmrouter_tui.cli.logs.quiet", lambda: None)
    runner = click.testing.CliRunner()
    for order in (["--load", "x"], ["--clear"]):
        ended = await asyncio.to_thread(runner.invoke, main, ["models", "--port", "9", "--db", ":memory:", *order])
        assert ended.exit_code == 1
        assert "no router runs at http://127.0.0.1:9" in ended.stderr
    ended = await asyncio.to_thread(runner.invoke, main, ["models", "--context", "5"])
    assert ended.exit_code == 2
    assert "--plan" in ended.stderr


async def test_what_today_cost_is_told_by_the_next_router_on_the_same_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("llmrouter_tui.cli.logs.quiet", lambda: None)
    now, path = time.time(), tmp_path / "router.db"
    repo = await open_repo(path)
    for at in (0.0, now, now):
        repo.record(Envelope(1, now, now, ResidencyChanged(ResidencyEvent(at, "load", "a/x", "gpu0", 2.5, ""))))
    await repo.close()
    nothing = ("--no-embedded", "--port", "9", "--db", str(path))
    runner = click.testing.CliRunner(env={"ROUTER_OLLAMA_URL": "http://127.0.0.1:9"})
    ended = await asyncio.to_thread(runner.invoke, main, ["models", "--vram", *nothing])
    assert "today 2 loads, 0 evictions, 5 s" in ended.stdout
