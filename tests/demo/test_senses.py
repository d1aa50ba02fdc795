"""The simulated models pass the probes of what they can do, and only those."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from llmrouter_tui.core.checks import check
from llmrouter_tui.core.picture import COLOURS, WORDS, picture
from llmrouter_tui.core.probes import SCRIPTS
from llmrouter_tui.core.probes.parts import Ask as Probe
from llmrouter_tui.core.probes.parts import Facts, Finding, Said
from llmrouter_tui.core.prompt_set.speed import WRITTEN, speed
from llmrouter_tui.core.prompts import ToolCall
from llmrouter_tui.demo.answers import Ask, Turn, compose
from llmrouter_tui.demo.cast import GEMMA3_4B, LLAMA31_8B, QWEN3_32B, SimModel
from llmrouter_tui.demo.generation import tokens


def put(model: SimModel, probe: Probe) -> Said:
    """As the servers put it; the fields of OpenAI's dialect."""
    text, images = probe.content, ()
    if not isinstance(text, str):
        text, images = str(probe.content[0]["text"]), (probe.content[1]["image_url"]["url"].partition(",")[2],)  # type: ignore[index]
    shape: Mapping[str, Any] = probe.fields.get("response_format", {})
    schema = shape["json_schema"]["schema"] if "json_schema" in shape else "json" if shape else None
    think = probe.fields.get("chat_template_kwargs", {}).get("enable_thinking", model.thinks) and model.thinks
    said = compose(Ask(model, (Turn("user", text, images),), tuple(probe.fields.get("tools", ())), schema, think))
    calls = tuple(ToolCall(call.name, json.dumps(dict(call.arguments))) for call in said.calls)
    return Said(said.text, said.thinking, calls, len(tokens(text)))


def found(model: SimModel, need: str, seed: int) -> Finding:
    script = SCRIPTS[need](seed, Facts(model.name, context=4096, prefill=model.prefill))
    try:
        probe = next(script)
        while isinstance(probe, Probe):
            probe = script.send(put(model, probe))
    except StopIteration as end:
        finding: Finding = end.value
        return finding
    raise AssertionError("only chats are tried here")


@pytest.mark.parametrize("need", ["tools", "json", "context"])
@pytest.mark.parametrize("seed", range(4))
def test_every_model_passes(need: str, seed: int) -> None:
    finding = found(LLAMA31_8B, need, seed)
    assert finding.can, finding.reason


@pytest.mark.parametrize("seed", range(4))
def test_who_sees_reads_word_and_colour(seed: int) -> None:
    finding = found(GEMMA3_4B, "vision", seed)
    assert finding.can, finding.reason


def test_who_thinks_is_found_out_and_who_does_not_too() -> None:
    assert found(QWEN3_32B, "thinking", 1).how == "default"
    assert found(LLAMA31_8B, "thinking", 1).can is False


def test_each_picture_is_told_from_all_others() -> None:
    for colour in COLOURS:
        file = base64.b64encode(picture(WORDS[7], colour)).decode()
        said = compose(Ask(GEMMA3_4B, (Turn("user", "Which word and colour?", (file,)),))).text
        assert said == f"{WORDS[7]}, {colour}"


def test_what_is_no_picture_of_ours_is_described_as_ever() -> None:
    said = compose(Ask(GEMMA3_4B, (Turn("user", "What is this?", ("aGk=",)),))).text
    assert len(said) > 20


def test_a_diary_goes_on_longer_than_is_timed() -> None:
    for prompt in speed(5):
        said = compose(Ask(LLAMA31_8B, (Turn("user", prompt.turns[0]),))).text
        assert said.startswith("Entry ")
        assert len(tokens(said)) > WRITTEN
        assert check(prompt, said) is None
