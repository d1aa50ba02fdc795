"""What a model's cache takes, by its metadata: of a file, and as Ollama tells it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.backends.gguf_header import Header
from llmrouter_tui.backends.gguf_memory import NO_CACHE, KvCache, cache_of_file, kv_cache, shown_header
from tests.backends.embedded.making import LLAMA, gguf, write

TWO_LAYERS = {
    "general.architecture": "a",
    "a.block_count": 2,
    "a.attention.head_count": 4,
    "a.attention.head_count_kv": 2,
    "a.embedding_length": 64,
}
HEAD = (16 + 16) * 2
"""Bytes of a token for one KV head of it."""


def of(*changes: dict[str, object], arch: str = "a") -> KvCache | None:
    info = {key: value for change in (TWO_LAYERS, *changes) for key, value in change.items()}
    pairs = {key.replace("a.", f"{arch}.", 1) if key.startswith("a.") else key: v for key, v in info.items()}
    return kv_cache(shown_header(pairs | {"general.architecture": arch}))


def test_every_layer_keeps_keys_and_values_of_its_kv_heads() -> None:
    assert of() == KvCache(2 * 2 * HEAD)
    assert of({"a.attention.head_count_kv": 1}) == KvCache(2 * 1 * HEAD)
    assert of({"a.attention.key_length": 32, "a.attention.value_length": 8}) == KvCache(2 * 2 * (32 + 8) * 2)


def test_without_kv_heads_every_head_has_its_own() -> None:
    without = {key: value for key, value in TWO_LAYERS.items() if "head_count_kv" not in key}
    assert kv_cache(shown_header(without)) == KvCache(2 * 4 * HEAD)


def test_layers_may_differ_in_their_kv_heads() -> None:
    assert of({"a.attention.head_count_kv": [2, 0]}) == KvCache(2 * HEAD)


@pytest.mark.parametrize("cut", [None, []])
def test_what_was_cut_out_of_an_answer_is_not_guessed(cut: object) -> None:
    assert of({"a.attention.head_count_kv": cut}) is None
    assert kv_cache(shown_header({})) is None
    assert kv_cache(shown_header({"general.architecture": "a", "a.block_count": 10**9})) is None


def test_a_compressed_cache_keeps_keys_only() -> None:
    """DeepSeek's: one KV head as long as the latent and its positions."""
    latent = {"a.attention.head_count_kv": 1, "a.attention.key_length": 576, "a.attention.value_length": 512}
    assert of(latent, {"a.attention.key_length_mla": 192}) == KvCache(2 * 576 * 2)


def test_a_window_holds_for_the_layers_of_its_pattern() -> None:
    flags = {"a.attention.sliding_window": 512, "a.attention.sliding_window_pattern": [True, False]}
    assert of(flags) == KvCache(2 * HEAD, 2 * HEAD, 512)
    near = {"a.attention.key_length_swa": 8, "a.attention.value_length_swa": 8}
    assert of(flags, near) == KvCache(2 * HEAD, 2 * (8 + 8) * 2, 512)


def test_a_window_without_a_pattern_is_used_as_its_architecture_does() -> None:
    six = {"a.block_count": 12, "a.attention.sliding_window": 1024}
    assert of(six, arch="gemma3") == KvCache(2 * 2 * HEAD, 10 * 2 * HEAD, 1024)
    assert of(six, arch="phi3") == KvCache(12 * 2 * HEAD)
    assert of(arch="gemma2") == KvCache(2 * HEAD, 2 * HEAD, 4096)


def test_layers_that_share_a_cache_count_once() -> None:
    assert of({"a.attention.shared_kv_layers": 1}) == KvCache(2 * HEAD)


def test_recurrent_layers_keep_a_state_instead_of_tokens() -> None:
    ssm = {"a.ssm.conv_kernel": 4, "a.ssm.inner_size": 128, "a.ssm.state_size": 16, "a.ssm.group_count": 1}
    state = (3 * (128 + 2 * 16) + 16 * 128) * 4
    assert of(ssm, {"a.attention.head_count_kv": [0, 2]}) == KvCache(2 * HEAD, state=state)
    assert of(ssm, {"a.block_count": 8, "a.full_attention_interval": 4}) == KvCache(2 * 2 * HEAD, state=6 * state)
    assert of(ssm, {"a.block_count": 8}, arch="qwen3next") == KvCache(2 * 2 * HEAD, state=6 * state)


def test_what_reads_all_at_once_keeps_nothing() -> None:
    assert of({"a.attention.causal": False}) == NO_CACHE


def test_a_file_of_this_machine_is_read_and_anything_else_is_no_error(tmp_path: Path) -> None:
    assert cache_of_file(write(tmp_path / "m.gguf", gguf(LLAMA))) == KvCache(2 * 2 * HEAD)
    assert cache_of_file(write(tmp_path / "other", b"nothing of the kind")) is None
    assert cache_of_file(tmp_path) is None
    assert cache_of_file(tmp_path / "none") is None


NUMBERS = st.integers(-(2**33), 2**33) | st.booleans() | st.none() | st.lists(st.integers(-4, 2**33), max_size=4)
NAMES = [*TWO_LAYERS, "a.attention.sliding_window", "a.attention.sliding_window_pattern", "a.ssm.inner_size"]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES[1:]), NUMBERS))
def test_whatever_a_server_tells_is_read_or_left(told: dict[str, object]) -> None:
    found = kv_cache(shown_header(TWO_LAYERS | told))
    assert found is None or min(found) >= 0


def test_a_header_that_tells_nothing_has_no_figure() -> None:
    assert kv_cache(Header({}, {}, ())) is None
