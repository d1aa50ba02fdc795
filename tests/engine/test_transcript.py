"""What is read back out of canonical bytes."""

import json

import pytest

from llmrouter_tui.engine.transcript import has_content


@pytest.mark.parametrize("key", ["content", "reasoning_content", "reasoning", "refusal"])
def test_the_first_word_is_heard_by_all_its_names(key: str) -> None:
    """vLLM calls thinking ``reasoning``: what holds an answer back until it says something must know that."""
    said = {"choices": [{"index": 0, "delta": {key: "Hm"}}]}
    silent = {"choices": [{"index": 0, "delta": {"role": "assistant", key: ""}}]}
    assert has_content(b"data: " + json.dumps(said).encode() + b"\n\n")
    assert not has_content(b"data: " + json.dumps(silent).encode() + b"\n\n")
