"""Abilities: a prior from size and name, moved by ratings according to their weight."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.ability import HALF_LIFE, abilities, is_embedding, thinks
from llmrouter_tui.core.decision import Feedback, Rating
from llmrouter_tui.core.domain import TASKS, Ability, ModelInfo, ModelView
from llmrouter_tui.core.selection import decide
from tests.core.fleet import analysis, fleet


def info(name: str, **fields: Any) -> ModelInfo:
    return ModelInfo("ollama", name, **fields)


def mean(model: ModelInfo, task: str, ratings: tuple[Feedback, ...] = (), now: float = 0.0) -> float:
    return abilities(model, ratings=ratings, now=now)[task].mean


def rating(mark: Rating, task: str = "coding", at: float = 0.0, model: str = "ollama/llama3.1:8b") -> Feedback:
    return Feedback("x", mark, at, score=1.0 if mark == "up" else -1.0, model=model, task=task)


LLAMA = info("llama3.1:8b")


def test_larger_is_better_at_every_task() -> None:
    sizes = [abilities(info(f"llama:{s}")) for s in ("135m", "1b", "3b", "8b", "32b", "70b")]
    for small, large in pairwise(sizes):
        assert all(small[t].mean < large[t].mean for t in TASKS)


def test_the_backends_own_figure_comes_before_the_name() -> None:
    assert mean(info("llama:8b", parameters=70_000_000_000), "chat") == mean(info("llama:70b"), "chat")


def test_an_unknown_size_is_an_unsure_middle() -> None:
    unknown = abilities(info("mystery"))["chat"]
    known = abilities(info("mystery:8b"))["chat"]
    assert unknown.mean == known.mean
    assert unknown.uncertainty > known.uncertainty


def test_a_coder_codes_better_and_writes_worse() -> None:
    coder, plain = abilities(info("qwen2.5-coder:7b")), abilities(info("qwen2.5:7b"))
    assert coder["coding"].mean > plain["coding"].mean
    assert coder["creative"].mean < plain["creative"].mean


def test_a_small_coder_codes_like_a_much_larger_model_but_not_a_giant() -> None:
    coder = mean(info("qwen2.5-coder:7b"), "coding")
    assert mean(info("llama:14b"), "coding") < coder < mean(info("llama:400b"), "coding")


def test_a_talent_never_lowers_a_large_model() -> None:
    assert mean(info("coder:400b"), "coding") > mean(info("plain:400b"), "coding")


def test_reasoners_reason_and_base_models_do_not_chat() -> None:
    assert mean(info("deepseek-r1:14b"), "math") > mean(info("phi4:14b"), "math")
    assert mean(info("llama:8b-text"), "instruction") < mean(info("llama:8b-instruct"), "instruction")


def test_eyes_change_no_talent() -> None:
    assert mean(info("qwen2.5vl:7b"), "coding") == mean(info("qwen2.5:7b"), "coding")


def test_quantization_lowers_a_little_and_two_bits_a_lot() -> None:
    full, q8, q4, q2 = (mean(info("llama:8b", quantization=q), "chat") for q in ("F16", "Q8_0", "Q4_K_M", "Q2_K"))
    assert full == q8 > q4 > q2
    assert full - q4 < 0.02 < q4 - q2


def test_everything_that_moved_an_ability_is_listed() -> None:
    ability = abilities(info("qwen2.5-coder:7b"), ratings=[rating("up", model="ollama/qwen2.5-coder:7b")])["coding"]
    assert [e.source for e in ability.evidence] == ["prior", "affinity", "rating"]
    assert ability.strength == sum(e.weight for e in ability.evidence)
    assert ability.mean == pytest.approx(sum(e.value * e.weight for e in ability.evidence) / ability.strength)


@given(st.lists(st.tuples(st.sampled_from(["up", "down"]), st.sampled_from(TASKS), st.floats(-1e8, 0)), max_size=30))
def test_abilities_stay_inside_bounds(marks: list[tuple[Rating, str, float]]) -> None:
    ratings = [rating(mark, task, at) for mark, task, at in marks]
    for ability in abilities(LLAMA, ratings=ratings).values():
        assert 0 < ability.mean < 1
        assert 0 < ability.uncertainty < 0.5


@given(
    st.lists(st.tuples(st.sampled_from(["up", "down"]), st.sampled_from(TASKS), st.floats(-1e7, 0)), max_size=12),
    st.sampled_from(["up", "down"]),
    st.sampled_from(TASKS),
    st.floats(0.01, 1),
)
def test_an_up_never_lowers_and_a_down_never_raises(
    marks: list[tuple[Rating, str, float]], mark: Rating, task: str, opinion: float
) -> None:
    before = [rating(m, t, at) for m, t, at in marks]
    new = Feedback("y", mark, 0.0, score=opinion if mark == "up" else -opinion, model=LLAMA.id, task=task)
    old, moved = abilities(LLAMA, ratings=before), abilities(LLAMA, ratings=[*before, new])
    for t in TASKS:
        change = moved[t].mean - old[t].mean
        assert change >= -1e-12 if mark == "up" else change <= 1e-12
    assert moved[task].mean != old[task].mean


def test_a_rating_counts_most_for_its_own_task() -> None:
    up = (rating("up", "coding"),)
    coding = mean(LLAMA, "coding", up) - mean(LLAMA, "coding")
    chat = mean(LLAMA, "chat", up) - mean(LLAMA, "chat")
    assert coding > chat > 0


def test_old_ratings_fade() -> None:
    up = (rating("up"),)
    fresh, later = mean(LLAMA, "coding", up), mean(LLAMA, "coding", up, now=HALF_LIFE)
    assert mean(LLAMA, "coding") < later < fresh
    assert abilities(LLAMA, ratings=up, now=HALF_LIFE)["coding"].evidence[-1].weight == pytest.approx(0.5)


def test_cleared_ratings_and_those_of_other_models_do_not_count() -> None:
    cleared = Feedback("x", None, 0.0, model=LLAMA.id, task="coding")
    other = rating("up", model="ollama/llama3.1:70b")
    assert mean(LLAMA, "coding", (cleared, other)) == mean(LLAMA, "coding")


def test_replicas_share_ratings() -> None:
    assert mean(LLAMA, "coding", (rating("up", model="vllm/llama3.1:8b"),)) > mean(LLAMA, "coding")


def test_one_up_does_not_redirect_all_neutral_prompts() -> None:
    models = fleet()
    neutral = analysis("instruction", 0.4)
    before = decide(neutral, list(models.values()), preference=0.5).chosen
    for key, view in models.items():
        up = rating("up", "chat", model=view.id)
        rated = {**models, key: _with(view, abilities(view.info, ratings=[up]))}
        assert decide(neutral, list(rated.values()), preference=0.5).chosen == before


def _with(view: ModelView, known: Mapping[str, Ability]) -> ModelView:
    return replace(view, abilities=known)


@pytest.mark.parametrize(
    ("name", "embeds", "reasons"),
    [
        ("nomic-embed-text:latest", True, False),
        ("BAAI/bge-m3", True, False),
        ("intfloat/e5-large-v2", True, False),
        ("all-minilm:33m", True, False),
        ("deepseek-r1:14b", False, True),
        ("llama3.1:8b", False, False),
        ("bigemma-2b", False, False),
        ("devlin-7b", False, False),
    ],
)
def test_what_it_is_by_whole_words_of_the_name(name: str, embeds: bool, reasons: bool) -> None:
    assert (is_embedding(info(name)), thinks(info(name))) == (embeds, reasons)


def test_what_a_backend_lists_decides() -> None:
    says = info("nomic-embed-text", capabilities=frozenset({"completion"}), capabilities_known=True)
    assert not is_embedding(says)
    assert is_embedding(info("nomic-embed-text"))
    assert thinks(info("qwen3:8b", capabilities=frozenset({"completion", "thinking"}), capabilities_known=True))
    assert not thinks(info("qwen2.5:8b"))
