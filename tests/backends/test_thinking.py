"""A wish to think, or not to, reaches each kind of server in the word that it knows."""

import json
from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.backends.flavours import LlamaCpp, Plain, Router, Vllm
from llmrouter_tui.backends.thinking import told
from llmrouter_tui.backends.unspoken import without
from llmrouter_tui.core.domain import ModelInfo, Probed
from llmrouter_tui.proxy.parse import parse_chat

SAID = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
HYBRID = ModelInfo("box", "qwen3:8b", capabilities=frozenset({"completion", "thinking"}))
HOSTED = replace(HYBRID, local=False, hosted=True)
UNKNOWN = ModelInfo("box", "new-model", local=False, hosted=True)
ON, OFF = ({"chat_template_kwargs": {"enable_thinking": said}} for said in (True, False))


def sent(flavour: Plain, model: ModelInfo, **wish: Any) -> dict[str, Any]:
    """What is said of thinking in the request that the server gets."""
    chat = parse_chat(json.dumps({**SAID, **wish}).encode())
    body = told(chat.body, chat.switch, model, flavour.thinks_by(model)) if chat.switch else chat.body
    return {key: value for key, value in json.loads(body).items() if key not in SAID}


@pytest.mark.parametrize("flavour", [Vllm(), LlamaCpp()])
def test_a_template_is_switched(flavour: Plain) -> None:
    assert sent(flavour, HYBRID, think=True) == ON
    assert sent(flavour, HYBRID, think=False) == OFF
    assert sent(flavour, HYBRID, reasoning_effort="none") == OFF
    assert sent(flavour, HYBRID, reasoning_effort="low") == {**ON, "reasoning_effort": "low"}
    assert sent(flavour, HYBRID, think="high") == {**ON, "reasoning_effort": "high"}
    own = {"chat_template_kwargs": {"enable_thinking": False, "other": 1}, "reasoning_effort": "low"}
    assert sent(flavour, HYBRID, **own) == own, "what a client says in the server's own word stays"
    mixed = {"chat_template_kwargs": {"other": 1}, "reasoning_effort": "none"}
    assert sent(flavour, HYBRID, **mixed) == {"chat_template_kwargs": {"other": 1, "enable_thinking": False}}


def test_an_effort_is_said_to_who_is_hosted_elsewhere() -> None:
    assert sent(Plain(), HOSTED, think=True) == {"reasoning_effort": "medium"}
    assert sent(Plain(), HOSTED, think=False) == {"reasoning_effort": "none"}
    assert sent(Plain(), HOSTED, think="high") == {"reasoning_effort": "high"}
    assert sent(Plain(), HOSTED, reasoning_effort="xhigh") == {"reasoning_effort": "xhigh"}
    assert sent(Plain(), UNKNOWN, think=True) == {}, "who may not think at all would refuse an effort"
    assert sent(Plain(), UNKNOWN, **ON) == ON


def test_a_server_of_an_unknown_kind_gets_the_word_that_it_may_know() -> None:
    assert sent(Plain(), HYBRID, think=False) == OFF
    assert sent(Plain(), HYBRID, reasoning_effort="low") == {"reasoning_effort": "low"}


def test_another_router_hears_what_was_said() -> None:
    for wish in ({"think": False}, {"reasoning_effort": "low"}, ON):
        assert sent(Router(), HYBRID, **wish) == wish


@pytest.mark.parametrize(
    "model",
    [
        replace(HYBRID, name="mistral-small-3.2"),  # vLLM refuses template arguments with Mistral's tokenizer
        replace(HYBRID, probed=(Probed("thinking", False, 0.0),)),
        replace(HYBRID, capabilities=frozenset({"completion"}), capabilities_known=True),
    ],
)
def test_a_model_that_cannot_is_not_told(model: ModelInfo) -> None:
    assert sent(Vllm(), model, think=True) == {}
    assert sent(Vllm(), model, reasoning_effort="low") == {"reasoning_effort": "low"}


def test_a_field_is_taken_out_where_it_is_one() -> None:
    nested = b'{"model":"m","messages":[{"role":"user","content":"\\"ttl\\": 1","x":{"ttl":5}}]}'
    assert without(nested, "ttl") is nested
    assert json.loads(without(b'{"ttl": 60, "model": "m"}', "ttl")) == {"model": "m"}
