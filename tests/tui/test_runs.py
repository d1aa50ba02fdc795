"""Two runs of measuring beside each other."""

from dataclasses import replace
from datetime import UTC

import pytest

from llmrouter_tui.core.profile import ModelProfile, PastRun, Profiles
from llmrouter_tui.tui import bench_text, runs, runs_text, text
from llmrouter_tui.tui.bench import Benched
from llmrouter_tui.tui.modals.runs import RunsDialog
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.benches import BIG, HISTORY, NOW, OF_DEEP, OF_SMALL, OVER, PROFILES, SMALL, SMALL_THEN, scores
from tests.tui.scripted import MODELS
from tests.tui.shots import at_sizes, screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_profile_page import benched, said
from tests.tui.test_screens import SIZES

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

LOOK = Look(tz=UTC)
BY_ID = {model.id: model for model in MODELS}
GEMMA = "ollama/gemma3:4b"
FULL, QUICK, _ = HISTORY


def name(model: str) -> str:
    return model.partition("/")[2]


def beside(run: PastRun | None, base: PastRun | None = None, cells: int = 80) -> list[str]:
    lines = runs_text.beside(run, base, HISTORY, cells, LOOK, name)
    assert [line for line in lines if text.line_width(line) > cells] == []
    return [" ".join(text.plain(line).split()) for line in lines]


def test_each_model_stands_beside_the_last_run_of_it() -> None:
    lines = beside(FULL)
    assert lines[0] == "llama3.1:8b 10-26 21:04 11-01 21:04 MOVED"
    assert "chat 1.00 of 2 .83 of 3 -.17" in lines
    assert "coding .50 of 2 .50 of 4" in lines
    assert "writes 95 tok/s 84 tok/s 12% slower" in lines
    assert "qwen3:32b measured for the first time, as far as figures are kept" in lines


def test_any_two_can_be_put_beside_each_other_the_earlier_one_first() -> None:
    assert beside(QUICK, FULL) == beside(FULL, QUICK)
    lines = beside(FULL, QUICK)
    assert "qwen3:32b not in that run" in lines
    assert lines[-1] == "Only in the earlier one: gemma3:4b."


def test_what_moved_is_told_in_words_and_not_by_colour() -> None:
    old = replace(SMALL_THEN, decode=80.0, ttft=0.4, footprint=5 * 1024**3, failed=0)
    new = replace(SMALL_THEN, decode=100.0, ttft=0.2, footprint=6 * 1024**3, failed=2, prefill=1910.0)
    lines = beside(replace(FULL, found=(new,)), replace(QUICK, found=(old,)))
    for words in ("writes 80 tok/s 100 tok/s 25% faster", "TTFT 0.4s 0.2s 50% faster", "memory 5.0G 6.0G 20% more",
                  "failed 0 2 +2", "reads 1900 tok/s 1910 tok/s"):  # fmt: skip
        assert words in lines


@pytest.mark.parametrize("cells", [40, 56, 80, 120])
def test_it_fits_into_any_width(cells: int) -> None:
    beside(FULL, QUICK, cells)
    for run in HISTORY:
        assert text.line_width(runs_text.row(run, cells, LOOK, name, marked=True)) <= cells


def test_without_figures_it_says_why_there_is_nothing_to_see() -> None:
    assert runs.left_figures(HISTORY) == [FULL, QUICK]
    assert " ".join(beside(None)).startswith("No run left figures yet")


def test_since_the_last_run_only_what_is_more_than_chance_is_told() -> None:
    told = [words for words, _ in runs_text.since(OF_SMALL, HISTORY, NOW - 720, LOOK)]
    assert told == ["writes 84 → 96 tok/s", "TTFT 0.3s → 0.2s"]
    fresh = ModelProfile("ollama/new", NOW, scores(chat=(1, 1.0)), decode=9.0)
    assert runs_text.since(fresh, HISTORY, NOW, LOOK) == []


@at_sizes(*SIZES)
async def test_h_puts_two_runs_beside_each_other(size: tuple[int, int]) -> None:
    async with benched(size, run=OVER) as (app, pilot):
        await pilot.press("h")
        await settled(app, pilot)
        goldens.check(f"runs-{size[0]}x{size[1]}", screen_text(app))
        await pilot.press("j")
        await until(app, pilot, lambda: "gemma3:4b  measured for the first time" in screen_text(app))
        await pilot.press("space", "k")
        await until(app, pilot, lambda: "Only in the earlier one: gemma3:4b." in screen_text(app))
        assert "● 2026-10-26" in screen_text(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, RunsDialog)


async def test_where_no_run_left_figures_h_says_so() -> None:
    bare = tuple(replace(run, found=()) for run in HISTORY)
    async with benched(run=OVER, found=Profiles(OVER, PROFILES.models, bare)) as (app, pilot):
        await pilot.press("h")
        assert said(app) == ["runs: no run left figures yet"]


async def test_enter_in_the_history_opens_it_too() -> None:
    async with benched(run=OVER) as (app, pilot):
        app.screen.query_one("#history").focus()
        await pilot.press("enter")
        assert isinstance(app.screen, RunsDialog)


def test_a_model_s_last_run_is_the_newest_before_that_moment() -> None:
    assert runs.last(SMALL, HISTORY, NOW) is FULL
    assert runs.last(SMALL, HISTORY, FULL.started) is QUICK
    assert runs.last(GEMMA, HISTORY, NOW) is QUICK
    assert runs.last(BIG, HISTORY, FULL.started) is None


def test_a_model_that_was_measured_and_is_gone_says_so_in_words() -> None:
    gone = Benched(SMALL, None, None, OF_SMALL)
    assert bench_text.state_text(gone, 15, NOW, LOOK)[0] == "not here now"


def test_that_figures_are_old_stands_in_a_narrow_column_too() -> None:
    old = Benched(OF_DEEP.model, BY_ID[OF_DEEP.model], None, OF_DEEP)
    assert bench_text.state_text(old, 15, NOW, LOOK)[0] == "31d ago, 18 old"
    assert bench_text.state_text(old, 13, NOW, LOOK)[0] == "31d, 18 old"
