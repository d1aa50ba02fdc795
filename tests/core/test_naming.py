"""Model names are read by a grammar, never by substring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.naming import parse_name

B = 10**9


@pytest.mark.parametrize(
    ("name", "family", "version", "size", "active"),
    [
        ("llama3.1:70b", "llama", "3.1", 70 * B, None),
        ("llama3.1", "llama", "3.1", None, None),
        ("hf.co/bartowski/Qwen2.5-7B-Instruct-GGUF:Q4_K_M", "qwen", "2.5", 7 * B, None),
        ("qwen3:30b-a3b", "qwen", "3", 30 * B, 3 * B),
        ("unsloth/gemma-4-26B-A4B-it-UD-Q4_K_XL", "gemma", "4", 26 * B, 4 * B),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm", "2", 135 * 10**6, None),
        ("gpt-oss:20b", "gpt-oss", "", 20 * B, None),
        ("deepseek-r1:14b", "deepseek-r1", "", 14 * B, None),
        ("phi4:14b", "phi", "4", 14 * B, None),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama", "3.3", 70 * B, None),
        ("Mistral-7B-v0.1", "mistral", "0.1", 7 * B, None),
        ("C:\\models\\Phi-3.5-mini-instruct-Q4_K_M.gguf", "phi", "3.5", None, None),
        ("Llama-3_3-Nemotron-Super-49B-v1_5-Q4_K_M.gguf", "llama", "3.3", 49 * B, None),
        ("accounts/fireworks/models/llama-v3p1-8b-instruct", "llama", "3.1", 8 * B, None),
        ("qwen2.5vl:7b", "qwen", "2.5", 7 * B, None),
        ("models--Qwen--Qwen3-8B", "qwen", "3", 8 * B, None),
        ("mistral-small3.2:24b-instruct-2506-q4_K_M", "mistral-small", "3.2", 24 * B, None),
    ],
)
def test_family_version_and_size(name: str, family: str, version: str, size: int | None, active: int | None) -> None:
    parsed = parse_name(name)
    assert (parsed.family, parsed.version, parsed.size, parsed.active) == (family, version, size, active)


def test_the_size_after_the_colon_wins() -> None:
    assert parse_name("my-8b-tune:70b").size == 70 * B


@pytest.mark.parametrize(("name", "total"), [("mixtral-8x7b", 46.7e9), ("mixtral:8x22b", 141e9)])
def test_mixtures_share_attention(name: str, total: float) -> None:
    parsed = parse_name(name)
    assert parsed.size == pytest.approx(total, rel=0.05)
    assert parsed.active == pytest.approx(total * 0.277, rel=0.05)


@pytest.mark.parametrize(
    "name", ["phi-3-mini-4k-instruct", "llama-3.1", "gpt-4o-mini", "Ministral-Instruct-2410", "qwq"]
)
def test_contexts_versions_and_dates_are_no_sizes(name: str) -> None:
    assert parse_name(name).size is None


@pytest.mark.parametrize(
    ("name", "quantization"),
    [
        ("llama3.1:8b-instruct-q8_0", "Q8_0"),
        ("model.IQ4_XS.gguf", "IQ4_XS"),
        ("Qwen2.5-7B-Instruct-AWQ", "AWQ"),
        ("Qwen3-VL-8B-Instruct-FP8", "FP8"),
        ("Llama-3.2-3B-Instruct-Q4_0_4_4.gguf", "Q4_0_4_4"),
        ("qwen/qwen3-coder-30b@q4_k_m", "Q4_K_M"),
        ("qwen3:8b-fp16", "FP16"),
        ("llama3.1:8b", ""),
    ],
)
def test_quantization(name: str, quantization: str) -> None:
    assert parse_name(name).quantization == quantization


def test_owner_tag_and_variants() -> None:
    parsed = parse_name("hf.co/bartowski/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_K_M")
    assert (parsed.owner, parsed.tag, parsed.variants) == ("bartowski", "Q4_K_M", ("coder", "instruct"))
    assert parse_name("DeepSeek-R1-Distill-Qwen-32B").variants == ("distill", "qwen")
    assert parse_name("nomic-embed-text:latest").words >= {"nomic", "embed", "text"}


@given(st.text(max_size=60))
def test_any_text_can_be_read(name: str) -> None:
    parsed = parse_name(name)
    assert parsed.size is None or parsed.size >= 0
    assert parsed == parse_name(name)


def test_dates_and_release_codes_beside_a_size() -> None:
    for name, size in (("OLMo-2-0425-1B", 1), ("gemma3:27b-it-qat", 27), ("aya-expanse-8b-Q4_K_M.gguf", 8)):
        assert parse_name(name).size == size * B
