"""Measuring and grading as text: nothing is wider than its place, and every state is told calmly and true."""

from dataclasses import replace
from datetime import UTC

import pytest

from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.profile import ModelProfile, ModelProgress, ProfileRun, Profiles
from llmrouter_tui.core.vram import Placement
from llmrouter_tui.tui import (
    agreement_text,
    bench,
    bench_panes,
    bench_text,
    grades_text,
    measure_text,
    results_text,
    text,
    work_text,
)
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Line, Look
from tests.tui.benches import BIG, OVER, PHI, PROFILES, RESULTS, RUN, SMALL
from tests.tui.gradebooks import GRADES, JUDGE
from tests.tui.scripted import MODELS, NOW, SNAPSHOT

LOOK = Look(SYMBOLS["braille"], UTC)
WIDTHS = range(34, 200, 7)


def store(run: ProfileRun = RUN, judge: JudgeView = JUDGE) -> Store:
    made = Store()
    made.reset(replace(SNAPSHOT, profile=run, judge=judge))
    return made


def said(lines: list[Line]) -> str:
    return "\n".join(text.plain(line) for line in lines)


def row(model: str, run: ProfileRun = RUN, found: Profiles = PROFILES, cells: int = 116) -> str:
    rows = bench.benched(store(run), found)
    placed = bench_text.place_columns(cells, 16, bench.needs_seen(rows))
    return text.plain(bench_text.row(rows[model], placed, NOW, LOOK, model.partition("/")[2]))


@pytest.mark.parametrize("cells", [56, 76, 96, 116, 156, 196])
def test_the_table_is_as_wide_as_its_place_and_its_titles_stand_above_its_figures(cells: int) -> None:
    rows = bench.benched(store(), PROFILES)
    placed = bench_text.place_columns(cells, 16, bench.needs_seen(rows))
    titles = bench_text.head(placed)
    lines = [bench_text.row(one, placed, NOW, LOOK, one.id, marked=True) for one in rows.values()]
    assert {text.line_width(line) for line in lines} == {text.line_width(titles)}
    assert text.line_width(titles) <= cells
    assert (placed[0][0].id, placed[-1][0].id) == ("model", "state")


@pytest.mark.parametrize("cells", WIDTHS)
@pytest.mark.parametrize("shown", [store(), store(OVER), store(ProfileRun(), JudgeView())], ids=["run", "over", "none"])
def test_nothing_is_wider_than_its_place(shown: Store, cells: int) -> None:
    name, judge = shown.name, shown.judge
    rows = list(bench.benched(shown, PROFILES).values())
    lines = [
        *bench_text.run_lines(shown, cells, LOOK),
        *bench_panes.now_lines(shown, NOW, cells, 8, LOOK),
        *bench_panes.about(rows[0], PROFILES, NOW, cells, LOOK),
        *bench_panes.changes(shown, PROFILES, cells, LOOK),
        *bench_panes.history(PROFILES, cells, LOOK, shown),
        *work_text.profiling(shown, cells, LOOK),
        *work_text.judging(shown, cells, LOOK),
        *work_text.brief(shown, cells, LOOK),
        agreement_text.state_line(judge, cells, LOOK, name),
        *agreement_text.lines(judge, cells, LOOK, name),
        *agreement_text.brief(judge, cells, LOOK, name),
        *agreement_text.nothing_yet(judge, cells, readonly=False),
        *(grades_text.row(grade, cells, LOOK, name) for grade in GRADES),
        *(line for grade in GRADES for line in grades_text.brief(grade, None, (), cells, LOOK, name)),
        *(line for grade in GRADES for line in grades_text.whole(grade, None, (), cells, LOOK, name)),
        *(results_text.row(result, cells, LOOK, GRADES[4]) for result in RESULTS),
        *(line for one in RESULTS for line in results_text.answer(one, NOW, cells, LOOK, name, GRADES[4])),
    ]
    assert [text.plain(line) for line in lines if text.line_width(line) > cells] == []
    job, _ = work_text.job(shown, cells, LOOK)
    assert text.width(job) <= cells


def test_a_row_tells_what_is_done_what_is_in_turn_and_what_is_not_asked() -> None:
    assert "✓ .63" in row(SMALL)
    assert "✓ done 4m10s" in row(SMALL)
    assert "▶ 7/12" in row(BIG)
    assert "▓▓▓·· 7/12" in row(BIG, cells=156)
    assert "○ 1" in row(BIG)
    assert row(PHI).rstrip().endswith("next")
    assert row("ollama/gemma3:4b").rstrip().endswith("not measured")
    assert row("ollama/deepseek-r1:14b").rstrip().endswith("31d ago, 18 old")


@pytest.mark.parametrize(
    ("right", "told"), [(8, "✓ 1.00"), (4, "✓ .50"), (3, "≈ .38"), (0.1, "≈ .01"), (0.03, "✗ .00"), (0, "✗ .00")]
)
def test_of_a_task_it_is_seen_whether_most_or_all_of_it_was_wrong(right: float, told: str) -> None:
    assert text.plain((bench_text.score_text(right / 8, 6, LOOK),)) == told
    assert text.width(bench_text.score_text(right / 8, 4, LOOK)[0]) == 4


@pytest.mark.parametrize(
    ("progress", "told"),
    [
        (ModelProgress(SMALL, "waiting", 3, 9, message="2 requests first", seconds=4), "▶ waits 4s"),
        (ModelProgress(SMALL, "loading", 0, 9), "▶ loads 0s"),
        (ModelProgress(SMALL, "failed", 3, 9, message="it does not fit"), "✗ failed"),
        (ModelProgress(SMALL, "stopped", 3, 9), "⊘ stopped 3/9"),
        (ModelProgress(SMALL, "done", 0, 0, fresh=9), "✓ all fresh"),
    ],
)  # fmt: skip
def test_how_a_model_stands(progress: ModelProgress, told: str) -> None:
    assert told in row(SMALL, ProfileRun(True, NOW - 60, models=(progress,)))


def test_what_a_run_waits_for_and_why_a_model_was_left_out_is_said() -> None:
    waits = ModelProgress(SMALL, "waiting", 0, 9, message="2 requests of live traffic first")
    lines = bench_text.run_lines(store(ProfileRun(True, NOW, models=(waits,))), 100, LOOK)
    assert "eta after the first answers" in said(lines)
    assert "llama3.1:8b waits: 2 requests of live traffic first" in said(lines)
    gone = ProfileRun(False, NOW, models=(replace(waits, state="failed", message="it does not fit"),))
    assert "1 of 1 models could not be measured" in said(bench_text.run_lines(store(gone), 100, LOOK))
    told = said(bench_panes.changes(store(gone), Profiles(gone), 60, LOOK))
    assert "llama3.1:8b: it does not fit" in told
    assert "r asks again what failed" in told
    assert bench.gave_up(store(gone), bench.benched(store(gone), None)) == (SMALL,)


def test_measured_memory_stands_beside_what_was_expected() -> None:
    told = said(bench_panes.changes(store(), PROFILES, 60, LOOK))
    assert "qwen3:32b           memory 14.1G, estimated 20.3G" in told
    assert "gemma3:4b" not in told  # only estimated


def test_what_was_not_checked_yet_is_told_apart_from_what_cannot_be() -> None:
    row = bench.benched(store(), PROFILES)[SMALL]
    none = ModelProfile(SMALL, NOW)

    def told(profile: ModelProfile) -> str:
        return said(bench_panes.about(replace(row, profile=profile), PROFILES, NOW, 116, LOOK))

    assert "RIGHT    nothing was asked yet that is checked" in told(none)
    assert "RIGHT    no answer could be checked" in told(replace(none, ungraded=2))
    assert "RIGHT    no whole answer to check" in told(replace(none, failed=2))


def test_who_never_comes_to_an_end_is_said_to_babble() -> None:
    rows = bench.benched(store(), PROFILES)
    profile = rows[SMALL].profile
    assert profile is not None
    endless = replace(profile, cut=profile.checked + profile.ungraded)
    assert "babbles" not in said(bench_panes.about(rows[SMALL], PROFILES, NOW, 116, LOOK))
    told = said(bench_panes.about(replace(rows[SMALL], profile=endless), PROFILES, NOW, 116, LOOK))
    assert f"it babbles: {endless.cut} ended only where they were cut off" in told


def test_what_measuring_would_take_is_told_before_and_costs_no_money_by_itself() -> None:
    paid = replace(MODELS[0], info=replace(MODELS[0].info, price_in=1.0))
    usual = measure_text.usual([paid, *MODELS[1:]])
    assert [model.id for model in usual] == [
        model.id for model in MODELS[1:] if model.healthy and "embedding" not in model.info.capabilities
    ]
    assert measure_text.expectation(usual[:1], quick=True).startswith("up to ")
    one, *rest = (model.id for model in usual)
    unfit = measure_text.unfit([Placement(one, "too big"), *(Placement(name, "fits") for name in rest)])
    alone = measure_text.expectation(usual[1:], quick=True)
    assert measure_text.expectation(usual, quick=True, unfit=unfit) == f"{alone}; 1 does not fit"
    assert measure_text.expectation(usual[:1], quick=True, unfit=unfit) == "there is no memory for it now"
    assert measure_text.why_not(MODELS[-1]) == "it makes embeddings and no text: there is nothing to ask it"


def test_a_failed_grade_is_a_question_mark_and_counts_nothing() -> None:
    failed = GRADES[6]
    assert "  ? " in text.plain(grades_text.row(failed, 100, LOOK, lambda id_: id_))
    assert grades_text.weight(failed) == "counts nothing: a failed grade is no number"


def test_an_expected_time_is_rough() -> None:
    assert [text.rough(value) for value in (4.2, 89, 95, 661, 5399, 11_100)] == [
        "4s",
        "89s",
        "2m",
        "11m",
        "90m",
        "3h05m",
    ]
