"""Modes of thinking: what names say of them, and in which one a model is run here."""

import pytest

from llmrouter_tui.core.ability import abilities, thinks
from llmrouter_tui.core.catalog import Benchmark, Entry, Figure, known
from llmrouter_tui.core.domain import CatalogMatch, ModelInfo
from llmrouter_tui.core.modes import may_be, mode_words, run_in, split_mode

HYBRID = {"capabilities": frozenset({"thinking"})}
BY_DEFAULT = Entry("thinks-by-default", modes={"non_thinking": (Figure("math500", 60, "maker", "2025-04"),)}, **HYBRID)
ON_REQUEST = Entry("thinks-on-request", modes={"thinking": ()}, **HYBRID)
ALWAYS = Entry("always-thinks", **HYBRID)
NEVER = Entry("never-thinks")
WITH_EFFORTS = Entry("with-efforts", modes={"low": ()}, **HYBRID)
CAN_THINK = frozenset({"completion", "thinking"})


@pytest.mark.parametrize(
    ("name", "base", "mode"),
    [
        ("gemma-3-12b-it", "gemma-3-12b-it", ""),
        ("claude-3-7-sonnet-20250219-thinking-32k", "claude-3-7-sonnet-20250219", "thinking"),
        ("claude-opus-4-5-20251101-thinking-64k-high-effort", "claude-opus-4-5-20251101", "thinking_high"),
        ("claude-opus-4-6-thinking-auto-low-effort", "claude-opus-4-6", "thinking_low"),
        ("gpt-5.1-2025-11-13-nothinking", "gpt-5.1-2025-11-13", "non_thinking"),
        ("gemini-2.5-flash-lite-no-thinking", "gemini-2.5-flash-lite", "non_thinking"),
        ("grok-4-1-fast-non-reasoning", "grok-4-1-fast", "non_thinking"),
        ("gemini-2.5-flash-lite-highthinking", "gemini-2.5-flash-lite", "high"),
        ("gemini-3-flash (thinking-minimal)", "gemini-3-flash", "thinking_minimal"),
        ("mimo-v2-flash (thinking)", "mimo-v2-flash", "thinking"),
        ("Claude Fable 5 (High)", "Claude Fable 5", "high"),
        ("gpt-5.1-codex-max-high", "gpt-5.1-codex-max", "high"),
        ("qwen3:8b-nothink", "qwen3:8b", "non_thinking"),
        ("SmolLM3-3B-non-thinking", "SmolLM3-3B", "non_thinking"),
        ("deepseek/deepseek-chat-v3.1:thinking", "deepseek/deepseek-chat-v3.1", "thinking"),
        ("gpt-3.5-turbo-16k", "gpt-3.5-turbo-16k", ""),
        ("high", "high", ""),
        ("", "", ""),
    ],
)
def test_a_mode_is_what_stands_at_the_end_of_a_name(name: str, base: str, mode: str) -> None:
    assert split_mode(name) == (base, mode)


@pytest.mark.parametrize(
    ("entry", "said", "kind", "mode"),
    [
        (BY_DEFAULT, "", "ollama", ""),
        (BY_DEFAULT, "thinking", "llamacpp", ""),
        (BY_DEFAULT, "non_thinking", "ollama", "non_thinking"),
        (ON_REQUEST, "", "llamacpp", ""),
        (ON_REQUEST, "", "openai", ""),
        (ON_REQUEST, "", "ollama", "thinking"),
        (ON_REQUEST, "thinking", "openai", "thinking"),
        (ON_REQUEST, "non_thinking", "ollama", ""),
        (ALWAYS, "", "ollama", ""),
        (ALWAYS, "non_thinking", "ollama", "non_thinking"),
        (NEVER, "", "ollama", ""),
        (NEVER, "non_thinking", "ollama", ""),
        (WITH_EFFORTS, "low", "openai", "low"),
        (WITH_EFFORTS, "medium", "openai", ""),
        (WITH_EFFORTS, "high", "openai", ""),
    ],
)
def test_a_model_is_run_as_its_name_says_else_thinking_on_ollama_else_as_its_makers_have_it(
    entry: Entry, said: str, kind: str, mode: str
) -> None:
    assert run_in(entry, said, ModelInfo("b", entry.id, capabilities=CAN_THINK), kind) == mode


def test_ollama_does_not_let_a_model_think_that_it_does_not_know_to() -> None:
    assert run_in(ON_REQUEST, "", ModelInfo("b", "x", capabilities=frozenset({"completion"})), "ollama") == ""


def test_an_effort_is_only_one_behind_the_name_of_a_model_that_has_efforts() -> None:
    assert may_be("low", WITH_EFFORTS)
    assert not may_be("high", BY_DEFAULT)
    assert may_be("non_thinking", BY_DEFAULT)
    assert not may_be("thinking", NEVER)


MATH = {"math500": Benchmark("math500", "MATH-500", "pct", {"math": 1.0}, 20, 100)}


def test_without_thinking_a_model_has_the_figures_of_that_mode_and_is_no_reasoner() -> None:
    entry = Entry(
        "qwen", figures=(Figure("math500", 97, "maker", "2025-04"),), modes=BY_DEFAULT.modes, parameters=8 * 10**9,
        **HYBRID,
    )  # fmt: skip
    info = ModelInfo("b", "qwen")
    usual, quiet = known(entry, MATH), known(entry, MATH, mode="non_thinking")
    assert (usual.thinks, quiet.thinks) == (True, False)
    assert (usual.leanings, quiet.leanings) == ({"reasoner"}, frozenset())
    told = abilities(info, known=quiet)["math"]
    assert [e.note.partition(",")[0] for e in told.evidence if e.source == "benchmark"] == ["MATH-500 60%"]
    assert told.mean < abilities(info, known=usual)["math"].mean - 0.2


def test_figures_of_another_mode_count_half_where_there_are_none_of_this_one() -> None:
    entry = Entry("r1", figures=(Figure("math500", 97, "maker", "2025-04"),), **HYBRID)
    usual, quiet = (known(entry, MATH, mode=mode).standings["math"] for mode in ("", "non_thinking"))
    assert (quiet.mean, quiet.strength) == (pytest.approx(usual.mean), usual.strength / 2)


def test_a_model_thinks_as_the_catalog_knows_it_to_and_else_as_its_name_and_server_say() -> None:
    hybrid = ModelInfo("b", "deepseek-v3.1", capabilities=CAN_THINK)
    assert thinks(hybrid)
    assert not thinks(hybrid, CatalogMatch("alias", "deepseek-v3.1", thinks=False))
    assert thinks(ModelInfo("b", "unheard-of-r1:7b"))
    assert not thinks(ModelInfo("b", "mistral-medium"))
    assert not thinks(ModelInfo("b", "unheard-of:8b-nothink", capabilities=CAN_THINK))


def test_a_name_that_promises_not_to_think_is_no_reasoners() -> None:
    assert not any(
        e.source == "affinity" for e in abilities(ModelInfo("b", "unheard:8b-non-thinking"))["math"].evidence
    )


@pytest.mark.parametrize(
    ("mode", "words"),
    [("", ""), ("thinking", "run thinking"), ("non_thinking", "run without thinking"), ("low", "run with effort low")],
)
def test_a_mode_in_words(mode: str, words: str) -> None:
    assert mode_words(mode) == words
