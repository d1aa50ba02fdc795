"""The shipped figures can be read, are what the sources say, and hold nothing that must not be passed on."""

import gzip
import json
from importlib.resources import files

import pytest

from llmrouter_tui.catalog.snapshot import FILE, read, shipped
from tests.tools.catalog import compile_file

RECORD = {
    "model": "tiny-1b-instruct",
    "aliases": ["tiny:1b", "acme/Tiny-1B-Instruct", "tiny-1b-instruct"],
    "kind": "chat",
    "specialty": ["code"],
    "hosted": False,
    "params_b": 1.24,
    "active_params_b": None,
    "context": 8192,
    "capabilities": {"vision": False, "tools": True, "thinking": False, "embedding": False},
    "released": "2025-03",
    "benchmarks": {"ifeval": 60.0, "eqbench_cw_elo": 900.0, "gpqa": 30.0},
    "sources": {
        "ifeval": "lmarena/arena-catalog@ea8297b:data/x.json#if (2025-12-11, style control)",
        "eqbench_cw_elo": "EQ-bench/EQ-bench-site@033fc13",
        "gpqa": "a page about it (copy of Artificial Analysis)",
    },
    "variants": {"thinking": {"benchmarks": {"ifeval": 70.0}, "sources": {"ifeval": "a card of the maker"}}},
}
ABOUT = {
    "title": "IFEval", "unit": "pct", "as_of": "mixed", "default_use": True, "norm": {"lo": 35, "hi": 94},
    "categories": {"instruction": 0.8},
}  # fmt: skip
CATALOGUE = {"generated": "2026-11-22", "benchmarks": dict.fromkeys(("ifeval", "eqbench_cw_elo", "gpqa"), ABOUT)}


def test_a_record_comes_back_with_figures_sources_and_dates():
    snapshot = read(compile_file([RECORD], CATALOGUE)[0])
    entry = snapshot.entries["tiny-1b-instruct"]
    assert (entry.parameters, entry.active_parameters, entry.context) == (1_240_000_000, None, 8192)
    assert entry.aliases == ("tiny:1b", "acme/Tiny-1B-Instruct")
    assert entry.capabilities == {"tools"}
    [figure] = entry.figures
    assert figure == ("ifeval", 60.0, "LMArena (lmarena/arena-catalog@ea8297b)", "2025-12-11")
    assert [f.value for f in entry.modes["thinking"]] == [70.0]
    assert snapshot.benchmarks["ifeval"].weights == {"instruction": 0.8}


def test_what_must_not_be_passed_on_is_left_out():
    snapshot = read(compile_file([RECORD], CATALOGUE)[0])
    assert "eqbench_cw_elo" not in snapshot.benchmarks
    assert {f.key for f in snapshot.entries["tiny-1b-instruct"].figures} == {"ifeval"}
    for entry in shipped().entries.values():
        for figure in entry.figures:
            assert "eqbench" not in figure.key
            assert "artificial" not in figure.source.lower()


def test_the_shipped_file_is_small_and_whole():
    data = files("llmrouter_tui.catalog").joinpath(FILE).read_bytes()
    assert len(data) < 300_000
    snapshot = shipped()
    assert len(snapshot.entries) == 584
    for entry in snapshot.entries.values():
        for figure in entry.figures:
            assert figure.key in snapshot.benchmarks
            assert figure.source
            assert figure.as_of.startswith("20")


def test_known_figures_are_there():
    llama = shipped().entries["llama-3.1-8b-instruct"]
    found = {f.key: f for f in llama.figures}
    assert found["ifeval"].value == 80.4
    assert found["arena_elo"].as_of == "2026-07-01"
    assert llama.parameters == 8_030_000_000
    assert "non_thinking" in shipped().entries["qwen3-8b"].modes


def test_the_attribution_names_the_terms():
    text = files("llmrouter_tui.catalog").joinpath("ATTRIBUTION.md").read_text()
    for word in ("LMArena", "CC BY 4.0", "Apache-2.0", "Artificial Analysis"):
        assert word in text


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", gzip.compress(b"{}"), gzip.compress(json.dumps({"schema": 9}).encode())],
    ids=["empty", "no gzip", "no fields", "another schema"],
)
def test_a_damaged_file_is_told_in_one_sentence(data):
    with pytest.raises(ValueError, match="public figures cannot be read"):
        read(data)
