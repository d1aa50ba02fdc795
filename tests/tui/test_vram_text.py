"""What would fit, the memory pools and what came and went, as text."""

from collections import deque
from dataclasses import replace
from datetime import UTC

import pytest

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.domain import Device, ModelView, ResidencyEvent
from llmrouter_tui.tui import fitting, loads_text, panels, text, vram_text
from llmrouter_tui.tui.fitting import GIB, Fit, Limits
from llmrouter_tui.tui.memory import KEPT, STEP, MemoryBook
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui import scripted
from tests.tui.scripted import DEVICES, MODELS, NOW, SNAPSHOT

LOOK = Look()
KEEP = Limits()
GPU0, GPU1, HOST = DEVICES
BY_NAME = {item.info.name: item for item in MODELS}


def store(**changes: object) -> Store:
    made = Store()
    made.reset(replace(SNAPSHOT, **changes))  # type: ignore[arg-type]
    return made


def said(lines: list[text.Line]) -> list[str]:
    return [text.plain(line).rstrip() for line in lines]


def found(*models: ModelView, devices: tuple[Device, ...] = DEVICES, limits: Limits = KEEP) -> dict[str, Fit]:
    fits = fitting.fits(models or MODELS, devices, NOW, limits)
    return {fit.model.info.name: fit for fit in fits}


# ── what would fit ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_fits_where_enough_is_free_above_the_reserve() -> None:
    needed = replace(BY_NAME["gemma3:4b"], footprint=int(3.4 * GIB))
    assert found(needed)["gemma3:4b"].verdict == "fits"
    assert found(replace(needed, footprint=int(3.5 * GIB)))["gemma3:4b"].verdict == "full"
    assert found(needed, limits=Limits(reserve=2 * GIB))["gemma3:4b"].verdict == "full"


def test_what_must_leave_first_is_named_and_its_unload_counts() -> None:
    fit = found()["deepseek-r1:14b"]
    assert (fit.verdict, fit.evicts) == ("evicts", ("ollama/phi4:14b",))
    assert fit.seconds == pytest.approx(8.0 + 1.0)


def test_a_model_that_answers_is_waited_for() -> None:
    busy = tuple(replace(item, leases=1) if item.info.name == "phi4:14b" else item for item in MODELS)
    assert found(*busy)["deepseek-r1:14b"].drains == ("ollama/phi4:14b",)


def test_a_model_larger_than_its_pool_says_by_how_much() -> None:
    huge = replace(BY_NAME["qwen3:32b"], residency="absent", pool="gpu1", footprint=42 * GIB)
    fit = found(huge)["qwen3:32b"]
    assert (fit.verdict, fit.missing, fit.seconds) == ("too big", int(30.5 * GIB), None)


def test_what_its_backend_may_split_goes_to_ram_where_the_gpu_ends() -> None:
    huge = replace(BY_NAME["deepseek-r1:14b"], splits=True, footprint=30 * GIB)
    fit = found(huge)["deepseek-r1:14b"]
    assert (fit.verdict, fit.spilled) == ("fits", 30 * GIB - fitting.pool(GPU1, KEEP).free)
    assert vram_text.verdict(fit, Shown(store(), LOOK, NOW))[0] == "✓ fits, 26.6G in RAM"
    beside = found(huge, BY_NAME["phi4:14b"])["deepseek-r1:14b"]
    assert (beside.verdict, beside.evicts) == ("evicts", ("ollama/phi4:14b",))
    assert vram_text.verdict(beside, Shown(store(), LOOK, NOW))[0] == "↻ evicts phi4:14b, 18.5G in RAM"


def test_what_neither_a_gpu_nor_ram_can_take_does_not_fit_split_either() -> None:
    splits = replace(BY_NAME["deepseek-r1:14b"], splits=True)
    full = found(replace(splits, footprint=60 * GIB))["deepseek-r1:14b"]
    assert (full.verdict, full.reason) == ("full", "RAM cannot hold the rest")
    huge = found(replace(splits, footprint=80 * GIB))["deepseek-r1:14b"]
    assert (huge.verdict, huge.missing) == ("too big", 5 * GIB)
    unmeasured = found(replace(splits, footprint=42 * GIB), devices=(GPU0, GPU1))["deepseek-r1:14b"]
    assert (unmeasured.verdict, unmeasured.missing) == ("too big", int(30.5 * GIB))


def test_where_a_server_counts_its_models_one_must_leave_for_another() -> None:
    loaded = replace(BY_NAME["qwen2.5vl:7b"], residency="resident", pool="gpu0", footprint=GIB)
    other = replace(BY_NAME["qwen2.5:7b"], footprint=GIB)
    views = tuple(replace(view, places=1 if view.kind == "llamacpp" else None) for view in scripted.BACKENDS)
    counted = vram_text.limits(store(backends=views))
    assert found(loaded, other, limits=KEEP)["qwen2.5:7b"].verdict == "fits"
    assert found(loaded, other, limits=counted)["qwen2.5:7b"].evicts == ("llama.cpp/qwen2.5vl:7b",)
    kept = found(replace(loaded, pinned=True), other, limits=counted)["qwen2.5:7b"]
    assert (kept.verdict, kept.reason) == ("full", "llama.cpp/qwen2.5vl:7b must stay in memory")


def test_what_is_pinned_is_in_the_way() -> None:
    pinned = tuple(replace(item, pinned=True) if item.info.name == "phi4:14b" else item for item in MODELS)
    fit = found(*pinned)["deepseek-r1:14b"]
    assert fit.verdict == "full"
    assert "phi4:14b must stay" in fit.reason


def test_a_model_of_a_backend_that_takes_no_orders_is_never_evicted_nor_offered() -> None:
    fixed = tuple(replace(item, loadable=False) if item.pool == "gpu1" else item for item in MODELS)
    fits = found(*fixed)
    assert "deepseek-r1:14b" not in fits
    assert fits["phi4:14b"].verdict == "loaded"


def test_without_a_measured_size_or_pool_it_is_tried_as_it_is() -> None:
    assert found(replace(BY_NAME["gemma3:4b"], footprint=None))["gemma3:4b"].verdict == "unknown"
    assert found(BY_NAME["gemma3:4b"], devices=())["gemma3:4b"].verdict == "unknown"


def test_the_most_useful_come_first_and_the_loaded_last() -> None:
    verdicts = [fit.verdict for fit in fitting.fits(MODELS, DEVICES, NOW, KEEP)]
    assert verdicts == sorted(verdicts, key=fitting.ORDER.index)
    assert verdicts[0] == "fits"
    assert verdicts[-1] == "loaded"


def test_limits_come_from_the_settings() -> None:
    assert vram_text.limits(store()) == Limits(GIB // 2, None)
    settings = (Setting("vram_reserve_gb", 2.0, "file"), Setting("vram_max_gb", 10.0, "set"))
    assert vram_text.limits(store(settings=settings)) == Limits(2 * GIB, 10 * GIB)


def test_ram_is_never_filled_to_the_brim() -> None:
    assert fitting.pool(HOST, KEEP).free == int(HOST.total * 0.9) - HOST.used


def test_each_verdict_in_words() -> None:
    shown = Shown(store(), LOOK, NOW)
    rows = {name: text.plain(vram_text.fit_row(fit, 76, shown)).rstrip() for name, fit in found().items()}
    assert rows["gemma3:4b"].endswith("~3.3G  GPU1  ✓ fits" + rows["gemma3:4b"].partition("✓ fits")[2])
    assert "↻ evicts phi4:14b" in rows["deepseek-r1:14b"]
    assert rows["deepseek-r1:14b"].endswith("9.0s")
    assert "● GPU0 busy pinned" in rows["llama3.1:8b"]
    assert all(len(row) <= 76 for row in rows.values())


# ── one pool ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_head_says_what_the_driver_measures() -> None:
    assert vram_text.pool_title(GPU0, LOOK) == "GPU0  RTX 4090  62°C  311/450W  94%"
    assert vram_text.pool_note(GPU0, KEEP) == "3.7G left"
    bare = replace(GPU0, temperature=None, power=None, power_limit=None, utilization=None)
    assert vram_text.pool_title(bare, LOOK) == "GPU0  RTX 4090"


def test_each_model_has_a_pattern_of_its_own_and_the_rest_is_not_ours() -> None:
    drawn = text.plain(vram_text.bar(store(), GPU0, 48, LOOK, KEEP))
    assert len(drawn) == 48
    assert (drawn.count("▓"), drawn.count("▒"), drawn.count("░")) == (28, 10, 2)
    assert drawn.rstrip("·")[-1] == "│"
    legend = said(vram_text.legend(store(), GPU0, NOW, LOOK))
    assert legend[0].split() == ["▓", "qwen3:32b", "14.1G", "busy,", "1", "answer"]
    assert legend[1].endswith("pinned")
    assert legend[2].split() == ["░", "not", "ours", "717M"]


def test_a_resident_of_untold_size_says_so() -> None:
    silent = tuple(replace(item, footprint=None) if item.info.name == "phi4:14b" else item for item in MODELS)
    legend = said(vram_text.legend(store(models=silent), GPU1, NOW, LOOK))
    assert legend[0].startswith("? phi4:14b")
    assert "size not told" in legend[0]
    assert "models of untold size" in legend[1]


def test_of_a_model_that_loads_only_what_is_there_is_drawn() -> None:
    used = BY_NAME["phi4:14b"].footprint + GIB
    loading = replace(BY_NAME["deepseek-r1:14b"], residency="loading")
    device = replace(GPU1, used=used, free=GPU1.total - used)
    data = store(models=(BY_NAME["phi4:14b"], loading), devices=(GPU0, device, HOST))
    assert [int(part) for part, _ in panels.memory_parts(data, device)] == [GIB, used - GIB, 0]
    assert text.plain(vram_text.bar(data, device, 60, LOOK, KEEP)).count("▓") < 10


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
    assert vram_text.NO_GPU in said(vram_text.pool_panel(bare, HOST, NOW, 56, 20, LOOK))
    assert vram_text.NO_GPU not in said(vram_text.pools_brief(store(), NOW, 78, LOOK))


def test_a_driver_that_failed_is_said_and_not_drawn_as_zero() -> None:
    lost = replace(GPU0, problem="the driver does not answer (NVML error 999)")
    assert said(vram_text.pool_panel(store(), lost, NOW, 60, 12, LOOK)) == [
        "! the driver does not answer (NVML error 999)"
    ]


def test_where_room_is_scarce_a_name_is_cut_and_no_count() -> None:
    names = tuple(f"ollama/a-model-with-a-very-long-name-{i}" for i in range(3))
    fit = Fit(MODELS[0], "evicts", evicts=names)
    for room in (22, 30, 60):
        said_, _ = vram_text.verdict(fit, Shown(store(), LOOK, NOW), room)
        assert said_.endswith(" +2")
        assert text.width(said_) <= room


def test_a_pool_in_brief_counts_the_models_that_do_not_fit() -> None:
    lines = said(vram_text.pools_brief(store(), NOW, 58, LOOK))
    assert not [line for line in lines if line.endswith("…")]
    assert any("717M" in line or "more" in line for line in lines)


def test_no_line_is_wider_than_its_panel() -> None:
    for cells in (40, 56, 78):
        for line in vram_text.pool_panel(store(), GPU0, NOW, cells, 14, LOOK):
            assert text.line_width(line) <= cells
        for line in vram_text.pools_brief(store(), NOW, cells, LOOK):
            assert text.line_width(line) <= cells
        for line in loads_text.event_lines(store(), NOW, cells, LOOK):
            assert text.line_width(line) <= cells


def test_the_ascii_set_is_ascii() -> None:
    look = Look(SYMBOLS["ascii"])
    lines = vram_text.pool_panel(store(), GPU0, NOW, 56, 14, look)
    lines += loads_text.event_lines(store(), NOW, 56, look)
    assert [line for line in said(lines) if not line.isascii()] == []


# ── ten minutes ───────────────────────────────────────────────────────────────────────────────────────────────────


def sampled(book: MemoryBook, used: float, at: float) -> None:
    book.sampled((replace(GPU0, used=int(used * GIB)),), at)


def test_samples_within_one_step_are_one_point_the_newest() -> None:
    book = MemoryBook()
    for second in range(5):
        sampled(book, second, NOW - NOW % STEP + second)
    assert book.series("gpu0", NOW - NOW % STEP + 4) == [4 * GIB]


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
    data.memory.sampled((replace(GPU0, used=GIB),), NOW - 100)
    data.reset(SNAPSHOT)
    assert len(data.memory.series("gpu0", NOW)) == 1 or data.memory.series("gpu0", NOW)[-1] == GPU0.used


# ── what came and went ────────────────────────────────────────────────────────────────────────────────────────────


def events(*models: str, every: float = 30.0) -> deque[ResidencyEvent]:
    """Loads of these models one after the other, the newest first."""
    return deque(
        ResidencyEvent(NOW - every * back, "load", model, "gpu1", 5.0, "") for back, model in enumerate(models)
    )


def test_two_models_that_keep_throwing_each_other_out_are_told_of() -> None:
    data = store()
    data.residency = events(*["ollama/phi4:14b", "llama.cpp/qwen2.5vl:7b"] * 3)
    [warning] = loads_text.thrash(data, NOW)
    assert "phi4:14b" in warning and "qwen2.5vl:7b" in warning
    assert "took turns 5 times" in warning
    assert said(loads_text.event_lines(data, NOW, 70, LOOK))[0].startswith("! ")


def test_a_reason_calls_a_model_by_its_name() -> None:
    data = store()
    data.residency = deque([ResidencyEvent(NOW, "unload", "ollama/qwen3:32b", "gpu1", 0.5, "for ollama/phi4:14b")])
    assert said(loads_text.event_lines(data, NOW, 70, LOOK))[0].endswith("  for phi4:14b")


def test_a_few_loads_or_old_ones_are_no_thrashing() -> None:
    data = store()
    data.residency = events(*["ollama/phi4:14b", "llama.cpp/qwen2.5vl:7b"] * 2)
    assert loads_text.thrash(data, NOW) == []
    data.residency = events(*["ollama/phi4:14b", "llama.cpp/qwen2.5vl:7b"] * 3, every=300)
    assert loads_text.thrash(data, NOW) == []


def test_loads_unloads_and_failures_have_signs_and_reasons() -> None:
    data = store()
    data.residency.appendleft(ResidencyEvent(NOW, "load_failed", "ollama/phi4:14b", "gpu1", None, "out of memory"))
    lines = said(loads_text.event_lines(data, NOW, 90, Look(tz=UTC)))
    assert lines[0] == "21:04:09 ✗ phi4:14b           GPU1        failed: out of memory"
    assert lines[1] == "21:03:58 + qwen2.5vl:7b       GPU1  6.4s  for a vision request 8f1e"
    assert lines[2].startswith("21:03:58 - phi4:14b")


def test_ram_counts_as_full_at_nine_tenths() -> None:
    assert vram_text.pool_note(HOST, KEEP) == "36.6G left"
    drawn = text.plain(vram_text.bar(store(), HOST, 100, LOOK, KEEP))
    assert drawn[90] == "│"


# ── the memory panel ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_busy_beside_ram_is_the_processor() -> None:
    cardless = store(devices=(HOST,))
    for lines in (panels.vram_lines(cardless, NOW, 98, LOOK), panels.vram_brief(cardless, NOW, 60, LOOK)):
        shown = " ".join(said(lines))
        assert "CPU" in shown
        assert "8%" in shown
        assert "util" not in shown
    assert "util" in " ".join(said(panels.vram_lines(store(), NOW, 98, LOOK)))
