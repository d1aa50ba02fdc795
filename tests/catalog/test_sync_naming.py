"""What boards call a model, and which model in which mode that is: never a neighbour."""

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.catalog.sync.naming import Known, choose, meant
from llmrouter_tui.catalog.sync.reading import Reading

KNOWN = Known(shipped().entries)


def reading(name: str, value: float = 1.0, *, weight: float = 0.0, kind: str = "api", **more: object) -> Reading:
    return Reading(((name, kind),), "key", value, "2026-10-02", weight, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "model", "mode"),
    [
        ("llama-3.1-8b-instruct", "llama-3.1-8b-instruct", ""),
        ("qwen3-32b-thinking", "qwen3-32b", ""),
        ("qwen3-235b-a22b-no-thinking", "qwen3-235b-a22b", "non_thinking"),
        ("qwen3-30b-a3b-thinking", "qwen3-30b-a3b", ""),
        ("qwen3-235b-a22b-thinking-2507", "qwen3-235b-a22b-thinking-2507", ""),
        ("qwen3-next-80b-a3b-thinking", "qwen3-next-80b-a3b-thinking", ""),
        ("kimi-k2-thinking", "kimi-k2-thinking", ""),
        ("kimi-k2.5-thinking", "kimi-k2.5", ""),
        ("kimi-k2.6-thinking", "kimi-k2.6", ""),
        ("deepseek-v3.1", "deepseek-v3.1", ""),
        ("deepseek-v3.1-thinking", "deepseek-v3.1", "thinking"),
        ("gpt-5-high", "gpt-5", ""),
        ("gpt-5.2-2025-12-11-high", "gpt-5.2", "high"),
        ("gpt-5-mini-low", "gpt-5-mini", "low"),
        ("gemini-3-flash (thinking-minimal)", "gemini-3-flash", "minimal"),
        ("claude-opus-4-5-20251101-thinking-64k-high-effort", "claude-opus-4.5", "thinking"),
        ("qwen3-max", "qwen3-max", ""),
    ],
)
def test_the_catalog_tells_which_mode_is_the_default_one(name: str, model: str, mode: str) -> None:
    found = meant(reading(name), KNOWN)
    assert found is not None
    assert (found.model, found.mode, found.name) == (model, mode, name)


@pytest.mark.parametrize(
    "name", ["mistral-medium", "qwen-max", "gpt-5.1-codex-max", "gpt-5.1-codex-max-high", "elephant-alpha", "medium",
             "gemma-3-12b-it-thinking", "gemma-3-12b-it-high-reasoning"]
)  # fmt: skip
def test_a_neighbour_is_no_match(name: str) -> None:
    assert meant(reading(name), KNOWN) is None


def test_names_are_tried_in_turn_and_mapped_ones_are_not_guessed() -> None:
    both = Reading((("nobody/unheard-of", "vllm"), ("google/gemma-3-12b-it", "vllm")), "key", 1.0, "2026-10-02")
    found = meant(both, KNOWN)
    assert found is not None
    assert (found.model, found.name) == ("gemma-3-12b-it", "google/gemma-3-12b-it")
    assert meant(reading("qwen3-32b", model=None), KNOWN) is None
    mapped = meant(reading("qwen3-32b-instruct", model="qwen3-32b", mode="non_thinking"), KNOWN)
    assert mapped is not None
    assert (mapped.model, mapped.mode) == ("qwen3-32b", "non_thinking")
    assert meant(reading("gone", model="no-such-entry", mode=""), KNOWN) is None


def test_of_two_names_for_one_model_the_catalogs_own_wins_then_the_one_with_more_behind_it() -> None:
    own = reading("qwen3-32b", 1.0, weight=1)
    heavy, light = (reading("Qwen/Qwen3-32B", v, weight=w, kind="vllm") for v, w in ((2.0, 50), (3.0, 5)))
    for order in ([own, heavy, light], [light, heavy, own]):
        assert [r.value for _, r in choose(order, KNOWN).picked] == [1.0]
    assert [r.value for _, r in choose([light, heavy], KNOWN).picked] == [2.0]
    choice = choose([own, heavy, light, reading("nobody-knows")], KNOWN)
    assert (choice.matched, choice.unmatched) == (2, 1)
