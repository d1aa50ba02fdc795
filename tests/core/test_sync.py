"""When a source is due, and how fetched figures join the shipped ones."""

import pytest

from llmrouter_tui.core.catalog import Benchmark, Entry, Figure
from llmrouter_tui.core.sync import (
    DAY,
    FIRST_RETRY,
    Status,
    SyncedFigure,
    SyncRecord,
    anchored,
    due,
    joined,
    next_due,
)

NOW = 1_790_000_000.0


def record(status: Status, ago: float, source: str = "lmarena") -> SyncRecord:
    return SyncRecord(source, NOW - ago - 5, NOW - ago, status)


@pytest.mark.parametrize(
    ("history", "is_due"),
    [
        ([], True),
        ([record("ok", DAY - 1)], False),
        ([record("ok", DAY)], True),
        ([record("unchanged", DAY - 1)], False),
        ([record("failed", FIRST_RETRY - 1), record("ok", DAY)], False),
        ([record("failed", FIRST_RETRY), record("ok", DAY)], True),
        ([record("offline", FIRST_RETRY), record("failed", 2 * FIRST_RETRY)], False),
        ([record("offline", 2 * FIRST_RETRY), record("failed", 3 * FIRST_RETRY)], True),
        ([record("failed", DAY - 1)] * 40, False),
        ([record("failed", DAY)] * 40, True),
        ([record("ok", -9 * DAY)], False),
        ([record("ok", DAY, "livebench"), record("ok", 60)], False),
    ],
)
def test_a_source_is_due_a_day_after_it_answered_and_sooner_after_a_failure(
    history: list[SyncRecord], is_due: bool
) -> None:
    assert due(history, ["lmarena"], NOW) == (("lmarena",) if is_due else ())


def test_a_clock_set_back_delays_by_a_day_at_most() -> None:
    assert due([record("ok", -9 * DAY)], ["lmarena"], NOW + 10 * DAY) == ("lmarena",)


def test_only_the_sources_in_question_are_due_in_their_order() -> None:
    history = [record("ok", 60, "openrouter"), record("ok", DAY, "livebench")]
    assert due(history, ["models.dev", "openrouter", "livebench"], NOW) == ("models.dev", "livebench")


# ── joining ──

ENTRY = Entry(
    "some-8b",
    capabilities=frozenset({"tools"}),
    figures=(Figure("arena_elo", 1200.0, "LMArena", "2025-12"), Figure("gpqa", 40.0, "maker", "2025-01")),
    modes={"thinking": (Figure("gpqa", 50.0, "maker", "2025-01"),)},
)


def fetched(key: str, value: float, source: str = "lmarena", as_of: str = "2026-10-02", mode: str = "") -> SyncedFigure:
    return SyncedFigure("some-8b", key, value, source, as_of, NOW, mode)


def test_a_boards_newer_figure_takes_the_place_of_its_older_one() -> None:
    entry = joined(ENTRY, [fetched("arena_elo", 1250.0)])
    assert entry.figures == (Figure("arena_elo", 1250.0, "LMArena", "2026-10-02"), ENTRY.figures[1])
    assert joined(ENTRY, [fetched("arena_elo", 1250.0, as_of="2025-11-30")]).figures == ENTRY.figures


def test_what_makers_say_fills_gaps_only() -> None:
    said = [fetched("gpqa", 90.0, "models.dev"), fetched("swe_bench_verified", 30.0, "models.dev")]
    entry = joined(ENTRY, said)
    assert entry.figures[1] == ENTRY.figures[1]
    assert entry.figures[2] == Figure("swe_bench_verified", 30.0, "maker, by models.dev", "2026-10-02")


def test_another_protocol_is_another_figure() -> None:
    entry = joined(ENTRY, [fetched("gpqa_openrouter", 45.0, "openrouter")])
    assert [f.key for f in entry.figures] == ["arena_elo", "gpqa", "gpqa_openrouter"]


def test_figures_of_a_mode_stay_in_that_mode() -> None:
    entry = joined(ENTRY, [fetched("arena_elo", 1300.0, mode="thinking"), fetched("arena_elo", 1.0, mode="low")])
    assert entry.figures == ENTRY.figures
    assert [f.key for f in entry.modes["thinking"]] == ["gpqa", "arena_elo"]
    assert [f.value for f in entry.modes["low"]] == [1.0]


def test_properties_are_no_figures_and_fill_gaps() -> None:
    facts = [fetched("fact_context", 65536.0, "models.dev"), fetched("fact_vision", 1.0, "models.dev")]
    entry = joined(ENTRY, facts)
    assert (entry.context, entry.capabilities, entry.figures) == (65536, ENTRY.capabilities, ENTRY.figures)
    hosted = joined(Entry("h", hosted=True, context=1000, capabilities=frozenset({"tools"})), facts)
    assert (hosted.context, hosted.capabilities) == (1000, {"tools", "vision"})


def test_nothing_fetched_changes_nothing() -> None:
    assert joined(ENTRY, []) == ENTRY


def test_new_keys_take_their_anchors_from_the_same_questions() -> None:
    shipped = {
        key: Benchmark(key, key.upper(), "pct", {"math": 0.5}, 20.0, 90.0)
        for key in ("gpqa", "gpqa_fh1", "livebench_2026_01", "livebench_2026_01_math", "livebench_2025_04_math")
    }
    extended = anchored(shipped)
    assert set(extended) - set(shipped) == {"gpqa_openrouter", "livebench_2026_06", "livebench_2026_06_math"}
    new = extended["livebench_2026_06_math"]
    assert (new.key, new.low, new.weights) == ("livebench_2026_06_math", 20.0, {"math": 0.5})


def test_switching_the_schedule_on_begins_anew_after_failures_of_before() -> None:
    failed = [record("offline", hours * FIRST_RETRY) for hours in (0.5, 1.0, 1.5, 2.0)]
    assert next_due(failed, ["lmarena"], NOW) == NOW + 7.5 * FIRST_RETRY
    assert next_due(failed, ["lmarena"], NOW, since=NOW) == NOW + 0.5 * FIRST_RETRY
