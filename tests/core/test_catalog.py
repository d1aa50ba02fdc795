"""Abilities from public figures: fixed anchors, weights, and laws."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.catalog import Benchmark, Entry, Figure, language_standing, standing, standings

BENCHMARKS = {
    b.key: b
    for b in (
        Benchmark("ifeval", "IFEval", "pct", {"instruction": 0.8}, 35, 94),
        Benchmark("arena_if", "LMArena", "elo", {"instruction": 0.7}, 1000, 1500),
        Benchmark("mmlu", "MMLU", "pct", {"factual": 0.6}, 30, 92),
        Benchmark("mmlu_pro_ollb", "MMLU-Pro", "pct", {"factual": 0.5, "reasoning": 0.3}, 10, 65),
        Benchmark("musr", "MuSR", "pct", {"reasoning": 0.1}, 33, 55),
        Benchmark("arena_de", "LMArena de", "elo", {"multilingual": 0.4, "lang:de": 1.0}, 1000, 1500),
        Benchmark("mmmu", "MMMU", "pct", {"vision": 0.8}, 30, 85),
        Benchmark("shown", "Only shown", "pct", {}),
    )
}


def figure(key: str, value: float) -> Figure:
    return Figure(key, value, "somewhere", "2025-01")


def entry(*figures: Figure, capabilities: frozenset[str] = frozenset(), **modes: tuple[Figure, ...]) -> Entry:
    return Entry("m", figures=figures, capabilities=capabilities, modes=modes)


def test_a_mean_by_hand():
    # (80.4-35)/59 = .76949 at .8 and (1250-1000)/500 = .5 at .7: (.61559+.35)/1.5
    found = standings(entry(figure("ifeval", 80.4), figure("arena_if", 1250)), BENCHMARKS)["instruction"]
    assert found.mean == pytest.approx(0.64373, abs=1e-5)
    assert found.strength == pytest.approx(1.5)
    assert [(g.figure.key, round(g.share, 4), g.weight) for g in found.grounds] == [
        ("ifeval", 0.7695, 0.8),
        ("arena_if", 0.5, 0.7),
    ]


def test_extraction_is_half_instruction_and_half_factual():
    both = standings(entry(figure("ifeval", 64.5), figure("mmlu", 92)), BENCHMARKS)["extraction"]
    assert both.mean == pytest.approx((0.5 + 1.0) / 2)
    assert both.strength == pytest.approx((0.8 + 0.6) / 2)
    one = standings(entry(figure("ifeval", 64.5)), BENCHMARKS)["extraction"]
    assert (one.mean, one.strength) == (pytest.approx(0.5), pytest.approx(0.4))


def test_a_missing_figure_is_no_zero():
    assert standings(entry(), BENCHMARKS) == {}
    alone = standings(entry(figure("arena_de", 1500)), BENCHMARKS)
    assert set(alone) == {"translation"}
    assert alone["translation"].mean == 1.0
    assert set(standings(entry(figure("shown", 50), figure("unheard of", 50)), BENCHMARKS)) == set()


def test_a_language_has_figures_of_its_own():
    m = entry(figure("arena_de", 1250))
    german = language_standing(m, BENCHMARKS, "de")
    assert german is not None
    assert german.mean == 0.5
    assert language_standing(m, BENCHMARKS, "fr") is None


def test_vision_counts_only_for_models_that_see():
    assert "vision" not in standings(entry(figure("mmmu", 60)), BENCHMARKS)
    assert "vision" in standings(entry(figure("mmmu", 60), capabilities=frozenset({"vision"})), BENCHMARKS)


def test_scores_by_likelihood_say_nothing_of_models_that_think():
    figures = (figure("mmlu_pro_ollb", 40), figure("musr", 40), figure("mmlu", 80))
    assert set(standings(entry(*figures), BENCHMARKS)) == {"factual", "reasoning", "extraction"}
    thinking = standings(entry(*figures, capabilities=frozenset({"thinking"})), BENCHMARKS)
    assert set(thinking) == {"factual", "extraction"}
    assert [g.figure.key for g in thinking["factual"].grounds] == ["mmlu"]


def test_a_mode_stands_on_its_own_figures_and_else_on_half_of_the_others():
    m = entry(figure("ifeval", 94), figure("mmlu", 61), non_thinking=(figure("ifeval", 64.5),))
    found = standings(m, BENCHMARKS, mode="non_thinking")
    assert (found["instruction"].mean, found["instruction"].strength) == (0.5, 0.8)
    assert (found["factual"].mean, found["factual"].strength) == (0.5, pytest.approx(0.3))
    unheard = standings(m, BENCHMARKS, mode="unheard of")["instruction"]
    assert (unheard.mean, unheard.strength) == (pytest.approx(standings(m, BENCHMARKS)["instruction"].mean), 0.4)


values = st.dictionaries(
    st.sampled_from(["ifeval", "arena_if", "mmlu", "mmlu_pro_ollb", "musr", "arena_de"]),
    st.floats(min_value=-50, max_value=2000, allow_nan=False),
    min_size=1,
)


@given(values, st.data())
def test_a_better_figure_never_lowers_an_ability(found, data):
    key = data.draw(st.sampled_from(sorted(found)))
    better = found | {key: found[key] + data.draw(st.floats(min_value=0, max_value=500))}
    before = standings(entry(*(figure(k, v) for k, v in found.items())), BENCHMARKS)
    after = standings(entry(*(figure(k, v) for k, v in better.items())), BENCHMARKS)
    assert before.keys() == after.keys()
    for task in before:
        assert after[task].mean >= before[task].mean - 1e-12


@given(values, st.integers())
def test_the_order_of_figures_does_not_matter(found, seed):
    figures = [figure(k, v) for k, v in found.items()]
    shuffled = figures[:]
    random.Random(seed).shuffle(shuffled)
    assert standings(entry(*figures), BENCHMARKS) == standings(entry(*shuffled), BENCHMARKS)


@given(values)
def test_abilities_lie_between_the_anchors(found):
    for task, ability in standings(entry(*(figure(k, v) for k, v in found.items())), BENCHMARKS).items():
        assert 0 <= ability.mean <= 1, task
        assert ability.strength > 0
        assert ability.grounds


def test_a_category_without_figures_has_no_standing():
    assert standing(entry(figure("mmlu", 80)), BENCHMARKS, "coding") is None
