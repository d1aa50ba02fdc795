"""Public figures as evidence: what is told, what it weighs, and when it counts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.catalog import Benchmark, Entry, Figure, Known, known
from llmrouter_tui.core.domain import TASKS, Ability, ModelInfo
from llmrouter_tui.core.figures import MOST, worth

BENCHMARKS = {
    key: Benchmark(key, title, "pct", weights, 0, 100)
    for key, title, weights in (
        ("code_a", "Code A", {"coding": 0.8}),
        ("code_b", "Code B", {"coding": 0.6}),
        ("code_c", "Code C", {"coding": 0.4}),
        ("code_d", "Code D", {"coding": 0.2}),
        ("code_e", "Code E", {"coding": 0.2}),
        ("facts", "Facts", {"factual": 0.7}),
    )
}
MODEL = ModelInfo("ollama", "mystery:8b")


def listed(related: bool = False, released: str = "2025-03", kind: Any = "chat", **figures: float) -> Known:
    found = tuple(Figure(key, value, "a board", "2025-06") for key, value in figures.items())
    entry = Entry("mystery-8b", kind=kind, figures=found, released=released, parameters=8_000_000_000)
    return known(entry, BENCHMARKS, related=related)


def coding(what: Known | None, info: ModelInfo = MODEL) -> Ability:
    return abilities(info, known=what)["coding"]


def sources(ability: Ability) -> list[str]:
    return [e.source for e in ability.evidence]


def test_a_figure_is_told_with_its_benchmark_value_date_and_source() -> None:
    told = coding(listed(code_a=80.0)).evidence[1]
    assert told.source == "benchmark"
    assert (told.note, told.count) == ("Code A 80%, 2025-06, a board", 1)
    assert told.value == worth(0.8)


def test_a_good_figure_raises_and_a_bad_one_lowers() -> None:
    none = coding(listed()).mean
    assert coding(listed(code_a=90.0)).mean > none > coding(listed(code_a=10.0)).mean


def test_a_missing_figure_is_no_zero() -> None:
    assert coding(listed(facts=90.0)) == coding(listed())
    assert abilities(MODEL, known=listed(facts=90.0))["math"] == abilities(MODEL, known=listed())["math"]


def test_more_figures_are_surer_but_a_second_board_repeats_much_of_the_first() -> None:
    one, two = (sum(e.weight for e in coding(listed(**f)).evidence[1:]) for f in (
        {"code_a": 50.0},
        {"code_a": 50.0, "code_b": 50.0, "code_c": 50.0, "code_d": 50.0},
    ))  # fmt: skip
    assert one < two < 2.5 * one
    assert two < MOST


def test_the_heaviest_figures_are_told_one_by_one_and_the_rest_together() -> None:
    ability = coding(listed(code_a=50.0, code_b=50.0, code_c=50.0, code_d=50.0, code_e=50.0))
    notes = [e.note.split(",")[0] for e in ability.evidence]
    assert notes[1:] == ["Code A 50%", "Code B 50%", "Code C 50%", "2 more figures"]
    assert sum(e.weight for e in ability.evidence) == pytest.approx(ability.strength)


def test_the_name_only_speaks_where_its_own_figures_say_nothing() -> None:
    coder = ModelInfo("ollama", "mystery-coder:8b")
    assert sources(coding(None, coder)) == ["prior", "affinity"]
    assert sources(coding(listed(code_a=50.0), coder)) == ["prior", "benchmark"]
    assert sources(abilities(coder, known=listed(code_a=50.0))["factual"]) == ["prior", "affinity"]


def test_figures_of_a_relative_are_a_guess_that_weighs_little() -> None:
    own, relative = coding(listed(code_a=95.0)), coding(listed(related=True, code_a=95.0))
    assert sources(relative) == ["prior", "prior"]
    assert "relative of mystery-8b" in relative.evidence[1].note
    assert coding(listed(related=True)).mean < relative.mean < own.mean
    assert relative.strength < own.strength


def test_newer_models_of_a_size_are_better_and_a_known_date_makes_sure() -> None:
    means = [coding(listed(released=when)).mean for when in ("2023-02", "2024-02", "2025-02", "2026-02")]
    assert means == sorted(means)
    assert coding(listed()).strength > coding(None).strength
    assert coding(listed(released="")) == coding(None)
    assert coding(listed(released="soon")).mean == coding(None).mean


def test_base_weights_do_not_chat_whatever_their_name() -> None:
    assert abilities(MODEL, known=listed(kind="base"))["chat"].mean < abilities(MODEL, known=listed())["chat"].mean


def test_a_size_that_nobody_says_is_the_catalogs() -> None:
    bare = ModelInfo("vllm", "mystery")
    assert coding(listed(), bare).mean == coding(listed()).mean
    assert coding(listed(), bare).strength > coding(None, bare).strength


def test_quantization_lowers_figures_a_little() -> None:
    full, q4, q2 = (coding(listed(code_a=80.0), replace(MODEL, quantization=q)).mean for q in ("F16", "Q4_K_M", "Q2_K"))
    assert full > q4 > q2
    assert full - q4 < 0.02 < q4 - q2


@given(st.lists(st.floats(0, 100), min_size=5, max_size=5), st.integers(0, 4), st.floats(0, 100), st.booleans())
def test_a_better_figure_never_lowers_an_ability(values: list[float], at: int, better: float, related: bool) -> None:
    names = ("code_a", "code_b", "code_c", "code_d", "code_e")
    raised = [max(v, better) if i == at else v for i, v in enumerate(values)]
    before = abilities(MODEL, known=listed(related, **dict(zip(names, values, strict=True))))
    after = abilities(MODEL, known=listed(related, **dict(zip(names, raised, strict=True))))
    for task in TASKS:
        assert after[task].mean >= before[task].mean - 1e-12
        assert 0 < after[task].mean < 1
