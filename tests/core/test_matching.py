"""Names of models and the catalog entries they mean: the right one or none, never a wrong one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.core.matching import Names
from tests.core.name_cases import CASES

ENTRIES = shipped().entries
NAMES = Names(ENTRIES)
OPEN = [e for e in ENTRIES.values() if not e.hosted]
REPOS = sorted(
    {(e.id, a) for e in OPEN for a in e.aliases if a.count("/") == 1 and a[:7] not in ("ollama/", "openrou")}
)
TAGS = sorted({(e.id, a) for e in OPEN for a in e.aliases if ":" in a and "/" not in a})


@pytest.mark.parametrize("held_out", [False, True])
def test_names_as_they_are_written(held_out):
    cases = [c for c in CASES if c.held_out is held_out]
    found = [(case, NAMES.match(case.name, case.kind).id) for case in cases]
    wrong = [(case, got) for case, got in found if got is not None and got != case.expected]
    right = sum(got == case.expected for case, got in found)
    assert len(cases) > 280
    assert wrong == []
    assert right / len(cases) >= 0.98, [(c, got) for c, got in found if got != c.expected]


def test_every_tag_and_every_repository_of_the_catalog_is_its_own():
    assert {(tag, NAMES.match(tag, "ollama").id) for _, tag in TAGS} == {(tag, entry) for entry, tag in TAGS}
    assert {(repo, NAMES.match(repo, "vllm").id) for _, repo in REPOS} == {(repo, entry) for entry, repo in REPOS}


@given(
    st.sampled_from(REPOS),
    st.sampled_from(["", "-GGUF", "-AWQ", "-FP8-dynamic", "-GPTQ-Int4", "-bnb-4bit", "-Q4_K_M.gguf", ".Q8_0.gguf"]),
    st.sampled_from(["", "unsloth/", "hf.co/bartowski/", "/models/", "C:\\models\\"]),
    st.booleans(),
)
def test_packaging_changes_nothing(repo, packed, folder, lower):
    entry, name = repo
    stem = name.partition("/")[2]
    written = folder + (stem.lower() if lower else stem) + packed
    assert NAMES.match(written, "gguf").id == entry, written


@given(st.sampled_from(REPOS), st.sampled_from(["-Uncensored", "-roleplay-v2", "-my-ft", "-DPO-2", "-Guard", "-x2"]))
def test_a_tune_is_not_its_base(repo, tuned):
    match = NAMES.match(f"{repo[1]}{tuned}", "vllm")
    assert match.id is None
    assert match.near is None or match.near in ENTRIES


@given(st.sampled_from(TAGS), st.sampled_from(["someone/", "huihui_ai/"]))
def test_a_namespace_of_a_user_says_nothing_of_the_weights(tag, owner):
    assert NAMES.match(owner + tag[1], "ollama").id is None


def test_the_same_text_means_other_weights_elsewhere():
    assert NAMES.match("qwen3:30b-a3b", "ollama").id == "qwen3-30b-a3b-thinking-2507"
    assert NAMES.match("Qwen/Qwen3-30B-A3B", "vllm").id == "qwen3-30b-a3b"
    assert NAMES.match("gpt-4", "api").id == "gpt-4"
    assert NAMES.match("gpt-4", "vllm").id is None


def test_a_size_that_was_never_released_is_unmatched():
    for size in ("2b", "6b", "9b", "11b", "40b", "90b"):
        assert NAMES.match(f"llama3.1:{size}", "ollama").id is None
        assert NAMES.match(f"meta-llama/Llama-3.1-{size.upper()}-Instruct", "vllm").id is None


@pytest.mark.parametrize(
    ("name", "kind", "near"),
    [
        ("hf.co/bartowski/Llama-3.1-8B-Lexi-Uncensored-V2-GGUF:Q4_K_M", "hf_ollama", "llama-3.1-8b-instruct"),
        ("acme/Qwen2.5-7B-Instruct-ft", "vllm", "qwen2.5-7b-instruct"),
        ("google/medgemma-4b-it", "vllm", "gemma-3-4b-it"),
        ("dolphin-mixtral:8x7b", "ollama", "mixtral-8x7b-instruct-v0.1"),
        ("huihui_ai/deepseek-r1-abliterated:7b", "ollama", "deepseek-r1-distill-qwen-7b"),
        ("gemma2:4b", "ollama", None),
        ("test-model", "api", None),
    ],
)
def test_what_comes_near_is_told(name, kind, near):
    match = NAMES.match(name, kind)
    assert (match.id, match.near) == (None, near)


def test_a_kind_is_judged_by_the_form_of_the_name():
    assert NAMES.match("llama3.1:8b").id == "llama-3.1-8b-instruct"
    assert NAMES.match("Qwen/Qwen2.5-7B").id == "qwen2.5-7b"
    assert NAMES.match("qwen2.5-7b").id is None
    assert NAMES.match("qwen2.5-7b-instruct").id == "qwen2.5-7b-instruct"
    assert NAMES.match("gemma-3-12b-it-Q4_K_M.gguf").id == "gemma-3-12b-it"
    assert NAMES.match("google/gemma-3-27b-it:free").id == "gemma-3-27b-it"


@given(st.text(max_size=80), st.sampled_from(["", "ollama", "gguf", "vllm", "api", "bedrock", "nonsense"]))
def test_any_text_is_answered(name, kind):
    match = NAMES.match(name, kind)
    assert match == NAMES.match(name, kind)
    assert match.id is None or match.id in ENTRIES
