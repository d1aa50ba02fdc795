"""What is read of a model out of its GGUF file, and what is refused."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.backends.gguf import read_model
from llmrouter_tui.backends.gguf_memory import KvCache
from tests.backends.embedded.making import LLAMA, gguf, write

WHOLE = gguf()


def model_of(tmp_path: Path, pairs: dict[str, object], **more: object):  # type: ignore[no-untyped-def]
    return read_model([write(tmp_path / "m.gguf", gguf({**LLAMA, **pairs}, **more))])  # type: ignore[arg-type]


@pytest.mark.engine
def test_smollm2_is_described_by_its_own_figures(smol_file: Path) -> None:
    model = read_model([smol_file])
    assert (model.architecture, model.quantization, model.use) == ("llama", "Q4_1", "generate")
    assert model.parameters == 134_515_008
    assert (model.context_length, model.layers, model.vocabulary) == (8192, 30, 49_152)
    assert model.kv == KvCache(30 * 3 * (64 + 64) * 2)
    assert model.template
    assert not model.template_tools
    assert not model.template_thinking


@pytest.mark.engine
def test_gemma_states_key_and_value_lengths_and_has_no_template(gemma_file: Path) -> None:
    model = read_model([gemma_file])
    assert (model.architecture, model.quantization, model.use) == ("gemma3", "Q4_K_M", "generate")
    assert model.parameters == 268_098_176
    assert model.vocabulary == 262_144
    assert model.kv == KvCache(3 * 1 * (256 + 256) * 2, 15 * 1 * (256 + 256) * 2, 512)
    assert not model.template


def test_parameters_are_those_stated_or_else_counted(tmp_path: Path) -> None:
    assert model_of(tmp_path, {}).parameters == 64 * 3
    assert model_of(tmp_path, {"general.parameter_count": 8_000_000_000}).parameters == 8_000_000_000


def test_a_mixture_of_experts_has_fewer_active_parameters(tmp_path: Path) -> None:
    tensors = [("token_embd.weight", (10, 10)), ("blk.0.ffn_up_exps.weight", (10, 10, 8))]
    model = model_of(tmp_path, {"llama.expert_count": 8, "llama.expert_used_count": 2}, tensors=tensors)
    assert (model.parameters, model.active_parameters) == (900, 100 + 200)


def test_the_parts_of_a_split_model_count_together(tmp_path: Path) -> None:
    first = write(tmp_path / "m-00001-of-00002.gguf", gguf(LLAMA, [("token_embd.weight", (10, 10))]))
    second = write(tmp_path / "m-00002-of-00002.gguf", gguf({"split.no": 1}, [("output.weight", (5, 10))]))
    assert read_model([first, second]).parameters == 150


@pytest.mark.parametrize(
    ("template", "tools", "thinking"),
    [
        ("{% if tools %}{{ tools }}{% endif %}{{ messages }}", True, False),
        ("{% if enable_thinking %}<think>{% endif %}", False, True),
        ("{{ 'mind your toolset' }}", False, False),
    ],
)
def test_the_template_tells_of_tools_and_thinking(tmp_path: Path, template: str, tools: bool, thinking: bool) -> None:
    model = model_of(tmp_path, {"tokenizer.chat_template": template})
    assert (model.template, model.template_tools, model.template_thinking) == (True, tools, thinking)


@pytest.mark.parametrize(
    ("pairs", "use"),
    [
        ({}, "generate"),
        ({"llama.pooling_type": 0}, "generate"),
        ({"llama.pooling_type": 1}, "embed"),
        ({"llama.pooling_type": 3}, "embed"),
        ({"llama.pooling_type": 4}, "rerank"),
        ({"general.type": "adapter"}, "none"),
        ({"general.architecture": "clip"}, "none"),
        ({"general.architecture": "flux"}, "none"),
    ],
)
def test_what_a_file_is_good_for(tmp_path: Path, pairs: dict[str, object], use: str) -> None:
    assert model_of(tmp_path, pairs).use == use


def test_long_vocabularies_are_counted_and_not_kept(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(300_000)]
    assert model_of(tmp_path, {"tokenizer.ggml.tokens": words}).vocabulary == 300_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "middle of its header"),
        (b"PK\x03\x04" + bytes(100), "not a GGUF file"),
        (gguf(version=1), "version 1"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(100), "big-endian"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1), "tensors, more than"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "metadata entries, more than"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 60), "middle of its header"),
        (gguf(data=0), "unfinished download"),
    ],
)
def test_broken_files_are_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_model([write(tmp_path / "m.gguf", content)])


@given(end=st.integers(0, len(WHOLE) - 4096))
@settings(max_examples=60, deadline=None)
def test_a_file_that_ends_early_is_refused_wherever_it_ends(tmp_path_factory: pytest.TempPathFactory, end: int) -> None:
    path = tmp_path_factory.getbasetemp() / "early.gguf"
    with pytest.raises(ValueError):
        read_model([write(path, WHOLE[:end])])


@given(place=st.integers(0, len(WHOLE) - 4097), byte=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_damaged_header_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    damaged = bytearray(WHOLE)
    damaged[place] = byte
    path = write(tmp_path_factory.getbasetemp() / "damaged.gguf", bytes(damaged))
    try:
        model = read_model([path])
    except ValueError as error:
        assert str(error)
    else:
        assert model.kv is None or min(model.kv) >= 0
        assert model.context_length is None or model.context_length > 0
