"""The memory pools and their last ten minutes, as text."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import Process
from llmrouter_tui.core.memory_words import HELD
from llmrouter_tui.core.vram import Holder, PoolView, Swaps, Thrash, VramView
from llmrouter_tui.tui import panels, pools_text, text, vram_text
from llmrouter_tui.tui.memory import KEPT, STEP, MemoryBook
from llmrouter_tui.tui.state import Dirty, Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui import scripted
from tests.tui.scripted import BIG, DEVICES, GIB, MODELS, NOW, PHI, SMALL, SNAPSHOT, machine

LOOK = Look(tz=UTC)
GPU0, GPU1, HOST = DEVICES
VISION = "llama.cpp/qwen2.5vl:7b"


def store(**changes: Any) -> Store:
    made = Store()
    made.reset(machine(**changes) if changes else SNAPSHOT)
    return made


def pool(number: int = 0, **changes: Any) -> PoolView:
    return replace(SNAPSHOT.vram.pools[number], **changes)


def holding(*holders: Holder, **changes: Any) -> tuple[Store, PoolView]:
    """GPU1 with these holders."""
    made = pool(1, holders=holders, **changes)
    return store(vram=replace(SNAPSHOT.vram, pools=(made,))), made


def said(lines: list[text.Line]) -> list[str]:
    return [text.plain(line).rstrip() for line in lines]


def legend(*holders: Holder, cells: int = 80, **changes: Any) -> list[str]:
    data, made = holding(*holders, **changes)
    return said(vram_text.legend(data, made, NOW, cells, LOOK))


# ── one pool ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_head_says_what_the_driver_measures() -> None:
    assert vram_text.pool_title(GPU0, LOOK) == "GPU0  RTX 4090  62°C  311/450W  94%"
    bare = replace(GPU0, temperature=None, power=None, power_limit=None, utilization=None)
    assert vram_text.pool_title(bare, LOOK) == "GPU0  RTX 4090"


def test_its_note_says_where_models_stop_and_what_is_left() -> None:
    assert [part.said for part in vram_text.pool_notes(pool(), LOOK)] == ["│ 23.5G", "3.7G left"]
    assert vram_text.left_text(pool(free=GIB)) == "1.0G left"


def test_each_model_has_a_pattern_of_its_own_and_the_rest_is_other_programs() -> None:
    drawn = text.plain(pools_text.bar(pool(), 48, LOOK))
    assert len(drawn) == 48
    assert (drawn.count("▓"), drawn.count("▒"), drawn.count("░")) == (28, 10, 2)
    assert drawn.rstrip("·")[-1] == "│"
    lines = said(vram_text.legend(store(), pool(), NOW, 56, LOOK))
    assert lines == [
        "▓ qwen3:32b       14.1G   32k  busy, 1 answer",
        "▒ llama3.1:8b      5.0G    8k  busy, 1 answer  pinned",
        "░ other programs   717M",
    ]


def test_the_line_stands_at_the_budget_that_the_router_tells() -> None:
    drawn = text.plain(pools_text.bar(pool(1, holders=(), other=0, budget=6 * GIB), 60, LOOK))
    assert drawn == "·" * 30 + "│" + "·" * 29
    assert "│" not in text.plain(pools_text.bar(pool(1, budget=0), 60, LOOK))


def test_who_would_go_first_is_said_in_the_order_of_the_pool() -> None:
    lines = legend(
        Holder((PHI,), 5 * GIB, "measured", idle_seconds=250, rank=7),
        Holder((VISION,), 4 * GIB, "measured", idle_seconds=9, rank=3),
        Holder((SMALL,), 1 * GIB, "measured", idle_seconds=7300, rank=9),
        Holder((BIG,), 1 * GIB, "measured", pinned=True, idle_seconds=70),
        other=0,
    )
    assert [line.split("  ", 2)[-1].split("  ")[-1] for line in lines] == [
        "2nd to go", "first to go", "3rd to go", "pinned"
    ]  # fmt: skip
    assert pools_text.ordinal(11) == "11th"
    assert pools_text.ordinal(22) == "22nd"


def test_idle_time_goes_on_between_two_tellings() -> None:
    data, made = holding(Holder((PHI,), GIB, "measured", idle_seconds=58.0))
    assert "warm 58s" in said(vram_text.legend(data, made, NOW, 80, LOOK))[0]
    assert "warm 59s" in said(vram_text.legend(data, made, NOW + 1, 80, LOOK))[0]
    assert "idle 1m" in said(vram_text.legend(data, made, NOW + 3, 80, LOOK))[0]


def test_where_there_is_room_it_says_what_a_size_rests_on_and_the_process() -> None:
    guessed = Holder((PHI,), 8 * GIB, "estimated", ours=False, context_length=16_384, pids=(4211,))
    [line] = legend(guessed, cells=116, other=0)
    assert line == "▓ phi4:14b        ~8.0G  estimated  16k context        not used yet  not ours  pid 4211"
    [line] = legend(replace(guessed, cache=3 * GIB // 2), cells=116, other=0)
    assert line == "▓ phi4:14b        ~8.0G  estimated  16k context 1.5G   not used yet  not ours  pid 4211"
    [line] = legend(guessed, cells=56, other=0)
    assert line == "▓ phi4:14b        ~8.0G   16k  not used yet  not ours"


def test_a_model_that_is_only_thought_to_be_in_a_gpu_says_so_wherever_there_is_room() -> None:
    vague = Holder((PHI,), 8 * GIB, "estimated", ours=False, guessed=True)
    assert legend(vague, cells=56, other=0) == ["▓ phi4:14b        ~8.0G        not used yet  GPU guessed"]
    data, made = holding(vague, other=0)
    assert text.plain(panels.legend_line(data, made, NOW, 80, LOOK)) == "▓ phi4:14b ~8.0G idle, GPU guessed"


def test_what_is_in_its_queue_is_said_and_what_is_under_way() -> None:
    lines = legend(
        Holder((PHI,), GIB, "measured", leases=2, waiting=1),
        Holder((VISION,), GIB, "measured", state="loading", waiting=3),
        Holder((SMALL,), GIB, "measured", state="unloading"),
        other=0,
    )
    assert [line.split("  ")[-1] for line in lines] == ["busy, 2 answers, 1 waits", "loading, 3 wait", "unloading"]


def test_where_words_do_not_fit_what_matters_least_goes_first() -> None:
    one = Holder((PHI,), 8 * GIB, "measured", ours=False, idle_seconds=250, rank=1, pids=(4211,))
    for cells in range(34, 90):
        [line] = legend(one, cells=cells, other=0)
        assert text.width(line) <= cells
        assert "idle 4m" in line
        if "not ours" in line:
            assert "first to go" in line
        if "pid" in line:
            assert "not ours" in line


def test_a_resident_of_untold_size_says_so() -> None:
    lines = legend(Holder((PHI,), 0, "unknown", idle_seconds=9), other=3 * GIB)
    assert lines[0].split() == ["?", "phi4:14b", "?", "warm", "9s,", "size", "not", "told"]
    assert lines[1] == "░ other programs   3.0G  the system, models of untold size"


def test_processes_that_are_none_of_a_backend_are_named_with_what_they_hold() -> None:
    device = replace(
        GPU1,
        processes=((4211, 8 * GIB), (812, GIB // 2), (977, GIB), (978, GIB // 4)),
        lineage=(Process(977, 1, "fire\x1bfox"), Process(978, 977, "fire\x1bfox")),
    )
    mine = Holder((PHI,), 8 * GIB, "measured", pids=(4211,), idle_seconds=1)
    [_, line] = legend(mine, device=device, other=2 * GIB)
    assert line == f"░ other programs   2.0G  {text.tame('fire' + chr(27) + 'fox')} 1.2G  pid 812 512M"
    assert chr(27) not in line


def test_of_a_model_that_loads_only_what_is_there_is_drawn() -> None:
    loading = Holder((VISION,), 4 * GIB, "measured", state="loading")
    made = pool(1, device=replace(GPU1, used=9 * GIB), holders=(Holder((PHI,), 8 * GIB, "measured"), loading), other=0)
    assert [int(part) for part, _ in pools_text.parts(made)] == [8 * GIB, GIB, 0]


@pytest.mark.parametrize("total", [4, 8, 12, 24, 80, 192, 1024])
@pytest.mark.parametrize("cells", [24, 44, 78])
def test_the_axis_is_as_long_as_the_bar_and_ends_with_the_total(total: int, cells: int) -> None:
    drawn = text.plain(vram_text.axis(total * GIB, cells))
    assert len(drawn) == cells
    assert drawn.startswith("0 ")
    assert drawn.endswith(f"{total}G")


def test_without_a_gpu_it_says_that_models_count_against_ram() -> None:
    bare = Store()
    bare.reset(scripted.RAM_ONLY)
    assert vram_text.NO_GPU in said(vram_text.pools_brief(bare, NOW, 78, LOOK))
    assert vram_text.NO_GPU in said(vram_text.pool_panel(bare, bare.vram.pools[0], NOW, 56, 20, LOOK))
    assert vram_text.NO_GPU not in said(vram_text.pools_brief(store(), NOW, 78, LOOK))


def test_a_driver_that_failed_is_said_and_not_drawn_as_zero() -> None:
    lost = replace(GPU0, problem="the driver does not answer (NVML error 999)")
    assert said(vram_text.pool_panel(store(), pool(device=lost), NOW, 60, 12, LOOK)) == [
        "! the driver does not answer (NVML error 999)"
    ]
    assert "! the driver does not answer (NVML error 999)" in said(
        vram_text.pools_brief(store(devices=(lost, GPU1)), NOW, 78, LOOK)
    )
    assert vram_text.left_text(pool(device=lost)) == ""


def test_a_pool_in_brief_counts_the_models_that_do_not_fit() -> None:
    lines = said(vram_text.pools_brief(store(), NOW, 58, LOOK))
    assert not [line for line in lines if line.endswith("…")]
    assert any("717M" in line or "more" in line for line in lines)


@pytest.mark.parametrize("symbols", list(SYMBOLS))
@pytest.mark.parametrize("cells", [40, 56, 78, 98, 116])
def test_no_line_is_wider_than_its_panel(cells: int, symbols: str) -> None:
    data, look = store(), Look(SYMBOLS[symbols], UTC)
    remember(data)
    lines = vram_text.pool_panel(data, pool(), NOW, cells, 16, look) + vram_text.pools_brief(data, NOW, cells, look)
    assert [line for line in said(lines) if text.width(line) > cells] == []
    assert symbols != "ascii" or [line for line in said(lines) if not line.isascii()] == []


# ── ten minutes ───────────────────────────────────────────────────────────────────────────────────────────────────


def remember(data: Store) -> None:
    for at, sampled in scripted.memory_story():
        data.memory.sampled(sampled.devices, at)


def sampled(book: MemoryBook, used: float, at: float, busy: float | None = None) -> None:
    book.sampled((replace(GPU0, used=int(used * GIB), utilization=busy),), at)


def test_samples_within_one_step_are_one_point_the_newest() -> None:
    book = MemoryBook()
    for second in range(5):
        sampled(book, second, NOW - NOW % STEP + second)
    assert book.series("gpu0", NOW - NOW % STEP + 4) == [4 * GIB]


def test_how_busy_it_was_is_the_mean_of_a_step() -> None:
    book = MemoryBook()
    start = NOW - NOW % STEP
    for second, busy in enumerate((0.2, 0.4, None, 0.9)):
        sampled(book, 1, start + second, busy)
    sampled(book, 1, start + STEP, 0.0)
    assert book.busy("gpu0", start + STEP) == pytest.approx([0.5, 0.0])


def test_what_a_driver_does_not_tell_is_no_history_of_zeros() -> None:
    book = MemoryBook()
    sampled(book, 1, NOW)
    assert book.busy("gpu0", NOW) == []
    assert book.busy("gpu9", NOW) == []


def test_a_gap_repeats_what_was_before_it() -> None:
    book = MemoryBook()
    sampled(book, 3, NOW)
    sampled(book, 7, NOW + 4 * STEP)
    assert [value / GIB for value in book.series("gpu0", NOW + 5 * STEP)] == [3, 3, 3, 3, 7, 7]


def test_what_is_older_than_ten_minutes_is_forgotten() -> None:
    book = MemoryBook()
    for step in range(3 * KEPT):
        sampled(book, 1, NOW + step * STEP)
    assert len(book.series("gpu0", NOW + 3 * KEPT * STEP)) <= KEPT
    assert book.series("gpu0", NOW + 10 * KEPT * STEP) == []
    assert book.series("gpu9", NOW) == []


def test_a_short_history_stands_at_the_right_end() -> None:
    assert vram_text.stretch([5.0] * 60, 4) == [0.0, 0.0, 5.0, 5.0]
    assert vram_text.stretch([], 3) == [0.0, 0.0, 0.0]


def test_the_store_keeps_the_history_through_snapshots() -> None:
    data = store()
    data.fold([ev.Envelope(101, NOW + 60, 0, ev.DevicesSampled((replace(GPU0, used=GIB),)))])
    data.reset(replace(SNAPSHOT, at=NOW + 120))
    assert set(data.memory.series("gpu0", NOW + 120)) == {GPU0.used, GIB}


@pytest.mark.parametrize("rows", [3, 4, 5, 9, 20])
def test_the_history_takes_no_more_rows_than_it_has(rows: int) -> None:
    data = store()
    remember(data)
    drawn = said(vram_text.history(data, GPU0, NOW, 56, rows, LOOK))
    assert len(drawn) <= rows
    assert drawn[-1].strip().startswith("└")
    assert drawn[0].startswith(" 24│")
    assert any(line.startswith("  %│") for line in drawn)


# ── what the store is told ────────────────────────────────────────────────────────────────────────────────────────


def tell(data: Store, view: VramView) -> Dirty:
    return data.fold([ev.Envelope(data.seq + 1, NOW, 0, ev.VramChanged(view))])


def test_the_store_takes_the_ledger_from_snapshots_and_events() -> None:
    data = store()
    assert data.vram is SNAPSHOT.vram
    assert list(data.placements) == [one.model for one in SNAPSHOT.vram.placements]
    changed = replace(SNAPSHOT.vram, swaps=Swaps(32, 20, 260.0), placements=SNAPSHOT.vram.placements[:2])
    assert tell(data, changed) is Dirty.VRAM
    assert data.vram is changed
    assert len(data.placements) == 2


def test_held_loads_and_taking_turns_need_attention_as_long_as_they_last() -> None:
    data = store()
    turns = Thrash("gpu1", (PHI, VISION), 6, 600.0)
    assert Dirty.ATTENTION in tell(data, replace(SNAPSHOT.vram, held=True, thrash=(turns,)))
    told = {cause.key: cause.message for cause in data.attention.causes(NOW)}
    assert HELD in told["memory:held"]
    assert f"memory:thrash:{PHI} {VISION}" in told
    assert Dirty.ATTENTION not in tell(data, replace(SNAPSHOT.vram, held=True, thrash=(replace(turns, times=7),)))
    assert Dirty.ATTENTION in tell(data, SNAPSHOT.vram)
    assert [cause.key for cause in data.attention.causes(NOW)] == ["down:vllm"]


def test_what_was_dismissed_stays_away_until_it_happens_again() -> None:
    data, held = store(), replace(SNAPSHOT.vram, held=True)
    tell(data, held)
    data.attention.dismiss(NOW)
    tell(data, replace(held, at=NOW + 1))
    assert data.attention.causes(NOW) == []
    tell(data, SNAPSHOT.vram)
    tell(data, held)
    assert [cause.key for cause in data.attention.causes(NOW)] == ["memory:held"]


# ── the panel of the Dash ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_busy_beside_ram_is_the_processor() -> None:
    cardless = store(devices=(HOST,))
    for lines in (panels.vram_lines(cardless, NOW, 98, LOOK), panels.vram_brief(cardless, NOW, 60, LOOK)):
        shown = " ".join(said(lines))
        assert "CPU" in shown
        assert "8%" in shown
        assert "util" not in shown
    assert "util" in " ".join(said(panels.vram_lines(store(), NOW, 98, LOOK)))


def test_where_there_is_room_the_dash_says_who_goes_first() -> None:
    assert "▓ phi4:14b 8.1G idle 4m, first to go" in said(panels.vram_lines(store(), NOW, 98, LOOK))
    assert "▓ phi4:14b 8.1G idle 4m" in said(panels.vram_lines(store(), NOW, 30, LOOK))


def test_seconds_lost_to_swaps_stand_on_the_dash() -> None:
    assert text.plain(panels.swaps_line(store())) == "swaps today: 31 loads, 4m12s"
    assert panels.swaps_line(store(vram=replace(SNAPSHOT.vram, swaps=Swaps()))) == ()


def test_the_models_of_the_tests_are_those_of_the_ledger() -> None:
    assert {model.id for model in MODELS} >= set(store().placements)
