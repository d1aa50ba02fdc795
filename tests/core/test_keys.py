"""What a key may ask for."""

import pytest

from llmrouter_tui.core.domain import ModelInfo, ModelView
from llmrouter_tui.core.keys import PREFIX, ApiKey, digest, new_key, permits
from llmrouter_tui.core.limiting import Limit

QWEN = ModelView(ModelInfo("ollama", "qwen3:4b", aliases=("Tiny",)))
LLAMA = ModelView(ModelInfo("big-box", "llama3.3:latest"))


@pytest.mark.parametrize(
    ("models", "allowed"),
    [
        (("qwen3:4b",), {"ollama/qwen3:4b"}),
        (("ollama/qwen3:4b",), {"ollama/qwen3:4b"}),
        (("OLLAMA/*",), {"ollama/qwen3:4b"}),
        (("tiny",), {"ollama/qwen3:4b"}),
        (("llama3.3",), {"big-box/llama3.3:latest"}),
        (("*",), {"ollama/qwen3:4b", "big-box/llama3.3:latest"}),
        (("qwen3:4b", "llama*"), {"ollama/qwen3:4b", "big-box/llama3.3:latest"}),
        (("qwen",), set()),
        (("3:4b",), set()),
        (("ollama",), set()),
        (("qwen3.4b",), set()),
    ],
)
def test_names_mean_whole_models(models: tuple[str, ...], allowed: set[str]) -> None:
    assert {model.id for model in (QWEN, LLAMA) if permits(models, model)} == allowed


def test_a_new_key_holds_all_its_bits() -> None:
    first, second = new_key(bytes(range(32))), new_key(bytes(32))
    assert first.startswith(PREFIX)
    assert len(first) == len(second) == len(PREFIX) + 43
    assert first != second
    assert len(digest(first.encode())) == 32


def test_a_keys_own_limits_come_before_those_for_all() -> None:
    usual = Limit(rpm=60, tpm=1000, concurrent=4)
    assert ApiKey("a").limit(usual) == usual
    assert ApiKey("a", rpm=5, tpm=0).limit(usual) == Limit(rpm=5, tpm=0, concurrent=4)
