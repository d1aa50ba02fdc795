"""What would fit, as the router plans it: a list, and each plan in sentences."""

from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.vram import Placement, Verdict
from llmrouter_tui.tui import plan_text, text
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Look
from tests.tui.scripted import BIG, GIB, MODELS, NOW, PHI, SMALL, SNAPSHOT

DEEP, VISION, GEMMA = "ollama/deepseek-r1:14b", "llama.cpp/qwen2.5vl:7b", "ollama/gemma3:4b"
BY_ID = {item.id: item for item in MODELS}


def shown(**vram: Any) -> Shown:
    data = Store()
    data.reset(replace(SNAPSHOT, vram=replace(SNAPSHOT.vram, **vram)))
    return Shown(data, Look(), NOW)


def placed(verdict: Verdict, model: str = DEEP, **more: Any) -> Placement:
    facts: dict[str, Any] = {"pool": "gpu1", "needed": 9 * GIB, "source": "measured", "context_length": 65_536}
    return Placement(model, verdict, **(facts | more))


def verdict(placement: Placement, room: int = 80, model: ModelView | None = None) -> str:
    return plan_text.verdict(placement, model or BY_ID[placement.model], shown(), room)[0]


def plan(placement: Placement, whole: Placement | None = None, **vram: Any) -> str:
    lines = plan_text.plan(placement, BY_ID[placement.model], shown(**vram), 50, whole)
    assert [line for line in lines if text.line_width(line) > 50] == []
    return " ".join(text.plain(line) for line in lines)


@pytest.mark.parametrize(
    ("placement", "said"),
    [
        (placed("fits"), "✓ fits"),
        (placed("fits", spilled=26 * GIB), "✓ fits, 26.0G in RAM"),
        (placed("evicts", evict=(PHI,)), "↻ evicts phi4:14b"),
        (placed("evicts", evict=(PHI, SMALL)), "↻ evicts phi4:14b +1"),
        (placed("evicts", evict=(PHI,), spilled=GIB), "↻ evicts phi4:14b, 1.0G in RAM"),
        (placed("waits", evict=(SMALL, PHI), drain=(PHI,)), "↻ waits for phi4:14b +1"),
        (placed("waits"), "↻ waits its turn"),
        (placed("full", reason=f"{PHI} must stay in memory"), "✗ no room: phi4:14b must stay in memory"),
        (placed("too big", reason="needs 42 GiB, gpu1 has 11.5"), "✗ too big: needs 42 GiB, gpu1 has 11.5"),
        (placed("unknown", needed=None), "? size not told"),
        (placed("unknown"), "? memory not measured"),
        (placed("held"), "○ loads held"),
        (placed("loaded", SMALL), "● GPU0 busy pinned"),
        (placed("loaded", PHI), "● GPU1 4m"),
    ],
    ids=lambda value: value.verdict if isinstance(value, Placement) else None,
)
def test_each_verdict_in_words(placement: Placement, said: str) -> None:
    assert verdict(placement) == said


def test_a_backend_that_is_down_is_said_before_any_plan() -> None:
    down = replace(BY_ID[DEEP], healthy=False)
    assert verdict(placed("full", reason="ollama is down"), model=down) == "✗ ollama is down"


def test_where_room_is_scarce_a_name_is_cut_and_no_count() -> None:
    names = tuple(f"ollama/a-model-with-a-very-long-name-{i}" for i in range(3))
    for room in (22, 30, 60):
        said = verdict(placed("evicts", evict=names), room)
        assert said.endswith(" +2")
        assert text.width(said) <= room


@pytest.mark.parametrize("cells", [40, 56, 71, 72, 78, 96])
def test_rows_and_titles_stand_in_the_same_columns(cells: int) -> None:
    head = text.plain(plan_text.head(cells))
    assert text.width(head) == cells
    for placement in SNAPSHOT.vram.placements:
        row = text.plain(plan_text.row(placement, BY_ID[placement.model], cells, shown()))
        assert text.width(row) == cells
        assert row[head.index("WHERE") :][:4] == "GPU" + placement.pool[-1]
    assert ("CTX" in head) is (cells >= plan_text.ROOMY)


def test_a_row_tells_what_it_needs_and_how_long_it_takes() -> None:
    row = text.plain(plan_text.row(placed("evicts", evict=(PHI,), seconds=9.0), BY_ID[DEEP], 78, shown()))
    assert row.split() == ["deepseek-r1:14b", "9.0G", "64k", "GPU1", "↻", "evicts", "phi4:14b", "9.0s"]
    guess = placed("fits", GEMMA, needed=3 * GIB, source="estimated", seconds=2.9)
    fresh = replace(BY_ID[GEMMA], speed=replace(BY_ID[GEMMA].speed, load_samples=0))
    assert text.plain(plan_text.row(guess, fresh, 78, shown())).split()[1] == "~3.0G"
    assert plan_text.cost_text(guess, fresh, "—") == "~2.9s"
    assert plan_text.cost_text(placed("full"), fresh, "—") == "—"


def test_a_plan_names_who_leaves_in_their_order_and_who_is_waited_for() -> None:
    said = plan(placed("waits", evict=(SMALL, PHI), drain=(PHI,), seconds=21.0))
    assert said == (
        "First llama3.1:8b then phi4:14b leave. phi4:14b is in use and waited for. "
        "It takes 9.0G of GPU1 (measured), with 64k of context. Ready in 21s: the load takes 8.0s of that, as 4 loads "
        "took."
    )
    assert plan(placed("fits", seconds=8.0)).startswith("Nobody has to leave. It takes 9.0G of GPU1")
    assert "1.0G of it in RAM" in plan(placed("fits", spilled=GIB))
    assert "so it is tried" in plan(placed("unknown", needed=None))


def test_what_of_a_model_its_context_takes_is_told_where_it_is_known() -> None:
    assert "It takes 9.0G of GPU1 (measured), 1.5G of that for 64k of context." in plan(
        placed("fits", cache=3 * GIB // 2)
    )
    for cache in (None, GIB // 99, 20 * GIB):
        assert "It takes 9.0G of GPU1 (measured), with 64k of context." in plan(placed("fits", cache=cache))
    pool = SNAPSHOT.vram.pools[1]
    held = replace(pool.holders[0], cache=2 * GIB)
    said = plan(placed("loaded", PHI), pools=(replace(pool, holders=(held,)),))
    assert said.startswith("In GPU1: 8.1G (measured), 2.0G of that for 16k of context.")


def test_a_model_over_several_gpus_says_how_much_of_it_lies_where() -> None:
    parts = (("gpu0", 22 * GIB), ("gpu1", 11 * GIB))
    laid = placed("fits", needed=41 * GIB, source="estimated", pool="gpu0", parts=parts, spilled=8 * GIB, seconds=8.0)
    assert "It takes ~41.0G (estimated): 22.0G on GPU0, 11.0G on GPU1, 8.0G in RAM, with 64k of context." in plan(laid)
    assert text.plain(plan_text.row(laid, BY_ID[DEEP], 78, shown())).split()[3] == "2GPUs"


def test_of_a_load_that_waits_it_is_said_what_of_the_time_is_the_load() -> None:
    assert plan(placed("waits", drain=(PHI,), evict=(PHI,), seconds=24.0)).endswith(
        "Ready in 24s: the load takes 8.0s of that, as 4 loads took."
    )


@pytest.mark.parametrize(
    ("placement", "whole", "said"),
    [
        (placed("fits"), placed("fits", context_length=131_072), "Its whole 128k of context would fit too."),
        (placed("fits"), placed("evicts", context_length=131_072, evict=(PHI,)), "fit too, once phi4:14b leaves."),
        (placed("fits"), placed("too big", context_length=131_072, largest=98_304), "Of its 128k of context 96k would"),
        (placed("full", reason="no"), placed("full", largest=8192), "No. With 8k of context it would fit."),
        (placed("too big", reason="no"), placed("too big"), "No. With less context it would not fit either."),
        (placed("fits"), placed("too big"), "with 64k of context."),
        (placed("loaded", PHI), placed("full", PHI, largest=32_768), "Of its 64k of context 32k would fit."),
    ],
)
def test_the_largest_context_that_there_is_room_for_is_told(placement: Placement, whole: Placement, said: str) -> None:
    assert said in plan(placement, whole)
    assert "None" not in plan(placement, whole)


def test_it_is_asked_for_where_there_is_more_context_or_no_room() -> None:
    deep = BY_ID[DEEP]
    more = replace(deep, info=replace(deep.info, longest_context=131_072))
    asked = [
        plan_text.most_context(placed("fits"), deep),
        plan_text.most_context(placed("full"), deep),
        plan_text.most_context(placed("fits"), more),
        plan_text.most_context(placed("held"), more),
        plan_text.most_context(placed("full"), replace(more, healthy=False)),
        plan_text.most_context(placed("full"), replace(more, loadable=False)),
    ]
    assert asked == [None, 65_536, 131_072, None, None, None]


def test_what_cannot_be_loaded_says_why_with_the_arithmetic() -> None:
    said = plan(placed("full", reason=f"needs 9.0 GiB, 3.4 are free; {PHI} must stay in memory"))
    assert said == "Needs 9.0 GiB, 3.4 are free; phi4:14b must stay in memory."
    assert plan(placed("fits"), held=True) == (
        "Loads are held to keep the memory free for other work; L on VRAM loads again."
    )


def test_of_a_loaded_one_it_says_why_it_stays_or_when_it_goes() -> None:
    assert plan(placed("loaded", PHI)) == (
        "In GPU1: 8.1G (measured), 16k of context. It is the first to go where room is needed."
    )
    assert "It stays: busy, 1 answer, pinned." in plan(placed("loaded", SMALL))
    pool = SNAPSHOT.vram.pools[1]
    theirs = replace(pool.holders[0], ours=False, rank=None, models=(PHI, "ollama/tutor"))
    said = plan(placed("loaded", PHI), pools=(replace(pool, holders=(theirs,)),))
    assert said.endswith("Somebody else loaded it. The same weights as tutor.")
    other = replace(SNAPSHOT.vram.pools[0], holders=(replace(theirs, bytes=3 * GIB),))
    split = plan(placed("loaded", PHI), pools=(other, replace(pool, holders=(theirs,))))
    assert split.startswith("In GPU0 with 3.0G and GPU1 with 8.1G: size (measured), 16k of context.")
    vague = plan(placed("loaded", PHI), pools=(replace(pool, holders=(replace(theirs, guessed=True),)),))
    assert vague.startswith("In GPU1 (a guess: its server picks the GPU and does not tell which): 8.1G (measured)")


@pytest.mark.parametrize(
    ("placement", "reason"),
    [
        (None, ""),
        (placed("fits"), ""),
        (placed("waits", drain=(PHI,)), ""),
        (placed("too big", reason="needs 42.0 GiB"), "needs 42.0 GiB"),
        (placed("full"), "there is no room for it"),
        (placed("held"), "loads are held to keep the memory free for other work; L on VRAM loads again"),
    ],
)
def test_the_key_is_grey_where_the_router_would_refuse(placement: Placement | None, reason: str) -> None:
    assert plan_text.why_not_load(placement, shown()) == reason


def test_the_head_counts_the_guesses() -> None:
    for beside, enter in ((True, "⏎ load"), (False, "⏎ details")):
        notes = plan_text.notes(SNAPSHOT.vram.placements, beside=beside)
        assert [part.said for part in notes] == ["~ estimated for 1", enter]
    assert BIG in {one.model for one in SNAPSHOT.vram.placements}
