"""The table of translation: one conversation in three dialects is one request, and one answer is told in three.

Each dialect is written here as its own clients write it, and read back by its official client's types.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ollama import ChatResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from llmrouter_tui.backends.ollama_wire import request_body
from llmrouter_tui.core.chat import ChatCall, ChatRequest
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.proxy.dialects.anthropic import Messages
from llmrouter_tui.proxy.dialects.chat import ChatCompletions
from llmrouter_tui.proxy.dialects.dialect import Dialect, Voice
from llmrouter_tui.proxy.dialects.ollama import OllamaChat
from tests.proxy.dialects.canonical import call, grouped, stream, whole
from tests.proxy.dialects.test_anthropic_voice import Message, blocks, message_of

Json = dict[str, Any]

DIALECTS: dict[str, Dialect] = {"openai": ChatCompletions(), "anthropic": Messages(), "ollama": OllamaChat()}
BASE: dict[str, Json] = {
    "openai": {"model": "m", "max_tokens": 100, "stream": True, "stream_options": {"include_usage": True}},
    "anthropic": {"model": "m", "max_tokens": 100, "stream": True},
    "ollama": {"model": "m", "options": {"num_predict": 100}},
}
"""What each says for a stream of at most 100 tokens that tells what it used."""


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────

PNG = "iVBORw0KGgo="
USER = {"role": "user", "content": "What is the weather in Ōsaka?"}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SCHEMA = {"type": "object", "properties": {"sky": {"type": "string"}}, "additionalProperties": False}
FUNCTION = {"type": "function", "function": {"name": "weather", "description": "Tells it.", "parameters": PARAMETERS}}
TOOL = {"name": "weather", "description": "Tells it.", "input_schema": PARAMETERS}
CITIES = ("Ōsaka", "Oslo")


def asked(*turns: Json, **fields: Any) -> Json:
    return {"messages": list(turns or (USER,)), **fields}


def table() -> dict[str, tuple[Json, Json, Json]]:
    """What is asked, as OpenAI's, Anthropic's and Ollama's clients write it."""
    system = "Be brief."
    look = {"type": "text", "text": "What is this?"}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    ids = [f"call_{city}" for city in CITIES]
    openai_calls = [
        {"id": ident, "type": "function", "function": {"name": "weather", "arguments": f'{{"city":"{city}"}}'}}
        for ident, city in zip(ids, CITIES, strict=True)
    ]
    uses = [
        {"type": "tool_use", "id": i, "name": "weather", "input": {"city": c}} for i, c in zip(ids, CITIES, strict=True)
    ]
    found = [{"type": "tool_result", "tool_use_id": ident, "content": "4°"} for ident in ids]
    ollama_calls = [
        {"id": i, "function": {"name": "weather", "arguments": {"city": c}}} for i, c in zip(ids, CITIES, strict=True)
    ]
    thought = {"type": "thinking", "thinking": "hm", "signature": ""}
    turns = (USER, {"role": "assistant", "content": "4°"}, {"role": "user", "content": "And tomorrow?"})
    return {
        "a text": (asked(), asked(), asked()),
        "several turns": (asked(*turns), asked(*turns), asked(*turns)),
        "a system prompt": (
            asked({"role": "system", "content": system}, USER),
            asked(system=system),
            asked({"role": "system", "content": system}, USER),
        ),
        "an image": (
            asked({"role": "user", "content": [look, url]}),
            asked({"role": "user", "content": [look, image]}),
            asked({"role": "user", "content": "What is this?", "images": [PNG]}),
        ),
        "tools on offer": (asked(tools=[FUNCTION]), asked(tools=[TOOL]), asked(tools=[FUNCTION])),
        "calls and their results": (
            asked(
                USER,
                {"role": "assistant", "content": None, "tool_calls": openai_calls},
                *({"role": "tool", "tool_call_id": ident, "content": "4°"} for ident in ids),
                tools=[FUNCTION],
            ),
            asked(USER, {"role": "assistant", "content": uses}, {"role": "user", "content": found}, tools=[TOOL]),
            asked(
                USER,
                {"role": "assistant", "content": "", "tool_calls": ollama_calls},
                *({"role": "tool", "tool_name": "weather", "content": "4°"} for _ in ids),
                tools=[FUNCTION],
            ),
        ),
        "words beside a call": (
            asked(USER, {"role": "assistant", "content": "I look.", "tool_calls": openai_calls[:1]}),
            asked(USER, {"role": "assistant", "content": [{"type": "text", "text": "I look."}, uses[0]]}),
            asked(USER, {"role": "assistant", "content": "I look.", "tool_calls": ollama_calls[:1]}),
        ),
        "earlier thoughts": (
            asked(USER, {"role": "assistant", "content": "4°", "reasoning_content": "hm"}, USER),
            asked(USER, {"role": "assistant", "content": [thought, {"type": "text", "text": "4°"}]}, USER),
            asked(USER, {"role": "assistant", "content": "4°", "thinking": "hm"}, USER),
        ),
        "where to stop": (
            asked(stop=["END", "."]),
            asked(stop_sequences=["END", "."]),
            asked(options={"stop": ["END", "."], "num_predict": 100}),
        ),
        "sampling": (
            asked(temperature=0.5, top_p=0.9, top_k=40),
            asked(temperature=0.5, top_p=0.9, top_k=40),
            asked(options={"temperature": 0.5, "top_p": 0.9, "top_k": 40, "num_predict": 100}),
        ),
        "a schema": (
            asked(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}),
            asked(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
            asked(format=SCHEMA),
        ),
        "a little thinking": (
            asked(reasoning_effort="low"),
            asked(thinking={"type": "enabled", "budget_tokens": 2048}),
            asked(think="low"),
        ),
        "no stream": (
            asked(stream=False),
            asked(stream=False),
            asked(stream=False),
        ),
    }


TABLE = table()


def read(dialect: str, fields: Json) -> ChatRequest:
    body = BASE[dialect] | fields
    if not body.get("stream", True):
        body.pop("stream_options", None)
    return DIALECTS[dialect].read(json.dumps(body).encode(), session="s", client="c")[0]


def plain(request: ChatRequest) -> Json:
    """What the router and the model's server see. Two things are told apart by the dialects themselves: that a schema
    is ``strict``, which Anthropic's always are, and that a stream is none, which only some say. Tools are as long as
    each spells them."""
    told: Json = json.loads(request.body)
    if "response_format" in told:
        told["response_format"]["json_schema"].pop("strict", None)
    if not told.get("stream"):
        told.pop("stream", None)
    return asdict(request) | {"body": told, "tool_characters": 0}


@pytest.mark.parametrize("case", TABLE)
def test_one_conversation_in_three_dialects_is_one_request(case: str) -> None:
    openai, anthropic, ollama = (plain(read(name, fields)) for name, fields in zip(DIALECTS, TABLE[case], strict=True))
    assert anthropic == openai
    assert ollama == openai


@pytest.mark.parametrize("case", TABLE)
def test_it_reaches_a_model_of_ollama_as_one_body_and_from_its_own_client_as_it_was_written(case: str) -> None:
    info = ModelInfo(
        "here", "m", family="gptoss", capabilities=frozenset({"completion", "tools", "vision", "thinking"})
    )
    sent = [
        json.loads(request_body(ChatCall(read(name, fields), info, "x1")))
        for name, fields in zip(DIALECTS, TABLE[case], strict=True)
    ]
    assert sent[1] == sent[0]
    assert sent[2] == sent[0]
    written = BASE["ollama"] | TABLE[case][2]
    for field in ("messages", "tools", "format", "think", "options"):
        assert reduced(sent[2].get(field)) == reduced(written.get(field)), field


def reduced(value: Any) -> Any:
    """Without the ids of calls, which not all of Ollama's clients send."""
    if isinstance(value, dict):
        return {k: reduced(v) for k, v in value.items() if k not in ("id", "tool_call_id")}
    return [reduced(one) for one in value] if isinstance(value, list) else value


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Said:
    """What a client hears, in whatever dialect."""

    text: str = ""
    thought: str = ""
    calls: tuple[tuple[str, Json], ...] = ()
    end: str = ""
    read: int | None = None
    written: int | None = None


def of_openai(spoken: bytes, streamed: bool) -> Said:
    if not streamed:
        answer = ChatCompletion.model_validate_json(spoken)
        told: Any = answer.choices[0].message
        made = tuple((c.function.name, json.loads(c.function.arguments)) for c in told.tool_calls or ())
        return Said(
            told.content or "",
            getattr(told, "reasoning_content", ""),
            made,
            answer.choices[0].finish_reason,
            *_used(answer),
        )
    said, pieces = Said(), {}
    for line in spoken.split(b"\n\n"):
        if not line.startswith(b"data: {"):
            continue
        part = ChatCompletionChunk.model_validate_json(line[6:])
        for choice in part.choices:
            delta: Any = choice.delta
            said.text += delta.content or ""
            said.thought += getattr(delta, "reasoning_content", None) or ""
            said.end = choice.finish_reason or said.end
            for piece in delta.tool_calls or ():
                name, words = pieces.get(piece.index, ("", ""))
                pieces[piece.index] = (name + (piece.function.name or ""), words + (piece.function.arguments or ""))
        if part.usage is not None:
            said.read, said.written = _used(part)
    said.calls = tuple((name, json.loads(words)) for name, words in pieces.values())
    return said


def _used(answer: Any) -> tuple[int, int]:
    return answer.usage.prompt_tokens, answer.usage.completion_tokens


def of_anthropic(spoken: bytes, streamed: bool) -> Said:
    message = message_of(spoken) if streamed else Message.model_validate_json(spoken)
    found = blocks(message)
    usage = message.usage
    return Said(
        "".join(block[1] for block in found if block[0] == "text"),
        "".join(block[1] for block in found if block[0] == "thinking"),
        tuple((block[2], block[3]) for block in found if block[0] == "tool_use"),
        {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}[message.stop_reason or ""],
        usage.input_tokens + (usage.cache_read_input_tokens or 0),
        usage.output_tokens,
    )


def of_ollama(spoken: bytes, streamed: bool) -> Said:
    said = Said()
    parts = [ChatResponse.model_validate_json(line) for line in (spoken.splitlines() if streamed else [spoken])]
    for part in parts:
        said.text += part.message.content or ""
        said.thought += part.message.thinking or ""
        said.calls += tuple((c.function.name, dict(c.function.arguments)) for c in part.message.tool_calls or ())
    last = parts[-1]
    said.end = "tool_calls" if said.calls else last.done_reason or ""
    said.read, said.written = last.prompt_eval_count, last.eval_count
    return said


HEARS: dict[str, Callable[[bytes, bool], Said]] = {"openai": of_openai, "anthropic": of_anthropic, "ollama": of_ollama}
ANSWERS: dict[str, tuple[list[Json], Json, str]] = {
    "words": ([{"content": "Hel"}, {"content": "lo"}], {"content": "Hello"}, "stop"),
    "words that were cut": ([{"content": "Hel"}], {"content": "Hel"}, "length"),
    "thoughts before words": (
        [{"reasoning_content": "h"}, {"reasoning_content": "m"}, {"content": "4°"}],
        {"reasoning_content": "hm", "content": "4°"},
        "stop",
    ),
    "two calls": (
        [
            {"content": "I look."},
            call(0, "weather", "", "a"),
            call(0, arguments='{"city":'),
            call(0, arguments=' "Oslo"}'),
            call(1, "time", "{}", "b"),
        ],
        {
            "content": "I look.",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}},
                {"id": "b", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ],
        },
        "tool_calls",
    ),
}
"""Answers of models: in pieces, whole, and why they ended."""


def voice(dialect: str) -> Voice:
    return DIALECTS[dialect].read(json.dumps(BASE[dialect] | asked()).encode(), session="", client="")[1]


def heard(dialect: str, events: list[bytes]) -> Said:
    speaker = voice(dialect)
    return HEARS[dialect](b"".join([speaker.feed(chunk) for chunk in events]), True)


@pytest.mark.parametrize("case", ANSWERS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_answer_is_heard_in_three_dialects(case: str, dialect: str) -> None:
    pieces, message, end = ANSWERS[case]
    made = tuple((c["function"]["name"], json.loads(c["function"]["arguments"])) for c in message.get("tool_calls", ()))
    expected = Said(message["content"], message.get("reasoning_content", ""), made, end, 11, 7)
    assert heard(dialect, stream(pieces, end)) == expected
    assert HEARS[dialect](voice(dialect).whole(whole(message, end)), False) == expected


words = st.text(max_size=6)
spoken = st.lists(
    st.one_of(
        st.builds(lambda text: {"content": text}, words), st.builds(lambda text: {"reasoning_content": text}, words)
    ),
    max_size=8,
)


@given(spoken, st.lists(st.integers(0, 20), max_size=5))
def test_whatever_is_said_and_however_it_comes_all_hear_the_same(pieces: list[Json], cuts: list[int]) -> None:
    events = stream(pieces)
    first = heard("openai", events)
    for dialect in DIALECTS:
        assert heard(dialect, grouped(events, cuts)) == first
