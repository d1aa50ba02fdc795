"""Boards of one category are brought onto one scale: what the fit finds, and what that does to the shipped figures."""

import math
import random
from functools import cache

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.core.catalog import Benchmark, Entry, Equating, Figure
from tests.tools.equating import equate
from tests.tools.equating_figures import CLEAR, families, held_out, on_anchors, thought, violations

BENCHMARKS = {
    key: Benchmark(key, key, "pct", {"math": 0.6}, 0, 100) for key in ("easy", "hard", "lone", "noise")
}  # fmt: skip
EASIER, HARDER = 1.5, -1.5


def place(logit: float) -> float:
    return 100 / (1 + math.exp(-logit))


def world(odd: float = 0.0) -> list[Entry]:
    """Sixty models, the larger the better: the weak half stands on the easy board, the strong half on the hard one, and
    every third on both."""
    dice = random.Random(1)
    entries = []
    for n in range(60):
        ability = -1.5 + n / 20
        figures = []
        if n < 30 or n % 3 == 0:
            figures.append(Figure("easy", place(ability + EASIER + dice.gauss(0, 0.2)), "a board", "2025-01"))
        if n >= 30 or n % 3 == 0:
            figures.append(Figure("hard", place(ability + HARDER + dice.gauss(0, 0.2)), "a board", "2025-01"))
        if n == 30:
            figures.append(Figure("lone", place(ability + 2 + odd), "a board", "2025-01"))
        if n % 2:
            figures.append(Figure("noise", place(dice.gauss(0, 2)), "a board", "2025-01"))
        size = round(8e9 * 2 ** (2 * ability + dice.gauss(0, 1)))
        entries.append(Entry(f"m{n}", figures=tuple(figures), parameters=size, released="2025-01"))
    return entries


@cache
def found() -> dict[str, Equating]:
    return {key: scales["math"] for key, scales in equate(world(), BENCHMARKS).items()}


def on_scale(key: str, ability: float, offset: float) -> float:
    share = found()[key](place(ability + offset) / 100)
    return math.log(share / (1 - share))


@pytest.mark.parametrize("ability", [-0.5, 0.0, 0.5])
def test_the_same_model_stands_at_the_same_place_whatever_board_it_is_on(ability: float):
    apart = on_scale("easy", ability, EASIER) - on_scale("hard", ability, HARDER)
    assert abs(apart) < 0.25 < EASIER - HARDER


def test_a_better_result_stays_better():
    for equating in found().values():
        assert equating(0.2) < equating(0.5) < equating(0.8)


def test_the_level_of_all_figures_stays():
    figures = [f for e in world() for f in e.figures]
    before, after = (
        sum(math.log(s / (1 - s)) for s in shares) / len(figures)
        for shares in (
            [min(0.97, max(0.03, f.value / 100)) for f in figures],
            [found()[f.key](f.value / 100) for f in figures],
        )
    )
    assert after == pytest.approx(before, abs=0.02)


def test_a_board_of_one_model_moves_less_than_its_figure_says():
    """By 2 logits it is easier than the ability of its one model."""
    lone = {odd: equate(world(odd), BENCHMARKS)["lone"]["math"].shift for odd in (0.0, 1.0)}
    assert 0 < lone[0.0] - lone[1.0] < 0.7


def test_a_board_that_tells_nothing_counts_little():
    assert found()["noise"].trust < 0.2
    assert found()["easy"].trust == found()["hard"].trust == 1.0


def test_without_an_equating_the_anchors_count():
    board = Benchmark("b", "B", "pct", {"math": 1.0}, 20, 80, {"math": Equating(0.5, 1.0)})
    assert board.share(50.0) == board.share(50.0, "lang:de") == 0.5
    assert board.share(50.0, "math") == pytest.approx(1 / (1 + math.exp(-0.5)))
    assert 0 < board.share(0.0, "math") < board.share(100.0, "math") < 1


# ── the shipped figures ─────────────────────────────────────────────────────────────────────────────────────────


def test_figures_left_out_are_foretold_better_than_on_anchors_alone():
    for category, kind in (("math", "hard"), ("instruction", "random")):
        scores = held_out(shipped(), category, kind, folds=2, rounds=60)
        assert scores is not None
        before, after = scores
        assert after.figures > 200
        assert after.error < 0.75 * before.error
        assert after.order > before.order + 0.02


def test_the_larger_model_of_a_family_is_hardly_ever_thought_less_of():
    """What is left are models without figures of their own beside such with bad ones, and families whose larger model
    is the older one or was trained less."""
    snapshot = shipped()
    assert len(families(snapshot)) > 250
    now, before = violations(snapshot), violations(on_anchors(snapshot))
    assert len(now) <= 28
    assert sum(v.gap > CLEAR for v in now) <= 12
    assert len(now) < len(before) / 2


@pytest.mark.parametrize(
    ("task", "better", "worse"),
    [
        ("math", "phi-4", "gemma-3-4b-it"),
        ("math", "gemma-3-12b-it", "gemma-3-4b-it"),
        ("math", "gemma-3-27b-it", "gemma-3-12b-it"),
        ("math", "deepseek-r1-distill-qwen-14b", "qwen2.5-14b-instruct"),
        ("math", "deepseek-r1-distill-qwen-14b", "deepseek-r1-distill-qwen-7b"),
        ("math", "deepseek-r1-distill-qwen-14b", "gemma-3-4b-it"),
        ("math", "qwen3-8b", "llama-3.1-8b-instruct"),
        ("coding", "qwen2.5-coder-7b-instruct", "mistral-7b-instruct-v0.3"),
        ("coding", "qwen2.5-coder-7b-instruct", "qwen2.5-7b-instruct"),
        ("coding", "qwen2.5-coder-32b-instruct", "qwen2.5-coder-14b-instruct"),
        ("chat", "llama-3.1-70b-instruct", "llama-3.1-8b-instruct"),
        ("factual", "llama-3.1-70b-instruct", "llama-3.1-8b-instruct"),
        ("reasoning", "qwen2.5-72b-instruct", "qwen2.5-14b-instruct"),
        ("reasoning", "qwen2.5-32b-instruct", "qwen2.5-14b-instruct"),
        ("reasoning", "qwen2.5-14b-instruct", "qwen2.5-7b-instruct"),
    ],
)
def test_what_everybody_knows_of_models(task: str, better: str, worse: str):
    entries, benchmarks = shipped().entries, shipped().benchmarks
    assert thought(entries[better], benchmarks)[task] > thought(entries[worse], benchmarks)[task]
