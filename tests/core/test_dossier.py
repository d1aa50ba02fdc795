"""What is publicly known of a model, as it is told: figures by task with source and date, and the match in words."""

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.core.catalog import Benchmark, Entry, Figure, standings
from llmrouter_tui.core.domain import AUTOMATIC, CatalogMatch
from llmrouter_tui.core.dossier import Listed, dossier, listed, match_words

BENCHMARKS = {
    "math_500": Benchmark("math_500", "MATH-500", "pct", {"math": 1.0}, 0, 100),
    "gsm8k": Benchmark("gsm8k", "GSM8K", "pct", {"math": 0.4}, 0, 100),
    "aa_index": Benchmark("aa_index", "AA index", "", {}, 0, 100),
}
ENTRY = Entry(
    "acme-8b",
    parameters=8_190_000_000,
    capabilities=frozenset({"tools", "thinking"}),
    released="2025-04",
    figures=(
        Figure("gsm8k", 89.84, "maker", "2025-03"),
        Figure("math_500", 97.4, "LMArena", "2025-04"),
        Figure("aa_index", 30.5, "Artificial Analysis", "2026-11-20"),
    ),
)


def test_each_figure_stands_under_its_task_with_result_share_source_and_date() -> None:
    told = dossier(ENTRY, BENCHMARKS)
    assert told.about == "8.19B parameters · thinking, tools · released 2025-04"
    [math] = told.tasks
    assert [(f.title, f.result, f.as_of, f.source) for f in math.figures] == [
        ("MATH-500", "97.4%", "2025-04", "LMArena"),
        ("GSM8K", "89.84%", "2025-03", "maker"),
    ]
    assert math.figures[0].share == pytest.approx(0.974)
    assert math.mean == pytest.approx(standings(ENTRY, BENCHMARKS)["math"].mean)


def test_figures_of_the_users_key_stand_apart_and_in_no_task() -> None:
    told = dossier(ENTRY, BENCHMARKS)
    assert [(f.title, f.result) for f in told.own] == [("AA index", "30.5")]
    assert all(f.source != "Artificial Analysis" for task in told.tasks for f in task.figures)


def test_an_entry_in_a_line_says_what_tells_it_from_others() -> None:
    assert listed(ENTRY).about == "8.19B, 2025-04, 3 figures"
    assert Listed("a", "base", 7e9, "2024-01", figures=1).about == "7B, base, 2024-01, 1 figure"  # type: ignore[arg-type]
    assert Listed("b", hosted=True).about == "hosted, no figures"


def test_every_entry_of_the_catalog_can_be_told_and_none_is_called_like_the_word_for_by_its_name() -> None:
    entries, benchmarks = shipped().entries, shipped().benchmarks
    assert not {AUTOMATIC, "none", ""} & set(entries)
    for entry in entries.values():
        told = dossier(entry, benchmarks)
        assert told.about
        assert all(figure.source and figure.as_of for task in told.tasks for figure in task.figures)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        (CatalogMatch("alias", "a-8b", "a:8b is one of its names"), "a-8b (a:8b is one of its names)"),
        (CatalogMatch("near", "a-8b"), "none of its own, only a weak guess from a-8b, the nearest"),
        (CatalogMatch(), "none: its name is in no catalog"),
        (CatalogMatch("alias", "a-8b", "…", True, "b-8b"), "b-8b, by you (by its name: a-8b)"),
        (CatalogMatch("near", "a-8b", "", True, "b-8b"), "b-8b, by you (by its name: near a-8b)"),
        (CatalogMatch("grammar", "a-8b", "…", True), "none, by you (by its name: a-8b)"),
        (CatalogMatch("none", "", "", True, "b-8b"), "b-8b, by you (by its name: none)"),
    ],
)
def test_a_match_in_words(match: CatalogMatch, words: str) -> None:
    assert match_words(match) == words
