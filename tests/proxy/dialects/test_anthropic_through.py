"""Anthropic on both sides: what a client of its family says reaches its API as it was said, and the other way."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic.types import Message

from llmrouter_tui.backends.anthropic import AnthropicBackend
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.proxy.dialects.anthropic import Messages
from tests.backends.anthropic_server import AnthropicServer
from tests.proxy.dialects.test_anthropic_voice import blocks, message_of

Json = dict[str, Any]

IMAGE: Json = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
TOOL: Json = {"name": "weather", "description": "Tells it.", "input_schema": {"type": "object"}}
THOUGHT: Json = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
CALLED: Json = {"type": "tool_use", "id": "toolu_0", "name": "weather", "input": {"city": "Oslo"}}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


ASK: Json = {
    "model": "claude-test-4",
    "max_tokens": 5000,
    "system": [text("Be brief.")],
    "messages": [
        {"role": "user", "content": [text("What is this?"), IMAGE]},
        {"role": "assistant", "content": [THOUGHT, text("I look."), CALLED]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_0", "content": [text("4°")]}]},
    ],
    "tools": [TOOL],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "stop_sequences": ["END"],
    "metadata": {"user_id": "u1"},
    "output_config": {"effort": "high"},
    "thinking": {"type": "adaptive", "display": "summarized"},
}


@pytest.fixture
async def server() -> AsyncIterator[AnthropicServer]:
    server = AnthropicServer()
    await server.start()
    yield server
    await server.stop()


async def through(server: AnthropicServer, asked: Json) -> Message:
    """What a client gets that asks, by way of the canonical dialect."""
    chat, voice = Messages().read(json.dumps(asked).encode(), session="", client="")
    async with new_session() as session:
        backend = AnthropicBackend("there", server.url, session)
        await backend.models()
        reply = await backend.chat(ChatCall(chat, ModelInfo("there", asked["model"]), "x1"))
        chunks = [chunk async for chunk in reply.chunks()]
        await backend.close()
    if chat.stream:
        return message_of(b"".join([voice.feed(chunk) for chunk in chunks]))
    return Message.model_validate_json(voice.whole(b"".join(chunks)))


async def test_a_request_arrives_as_it_was_sent(server: AnthropicServer) -> None:
    await through(server, ASK)
    assert server.seen[-1].body == ASK | {"stream": False}


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_comes_as_it_was_given(server: AnthropicServer, stream: bool) -> None:
    plain = {key: value for key, value in ASK.items() if key not in ("tools", "tool_choice")}
    message = await through(server, plain | {"stream": stream})
    assert blocks(message) == [("thinking", "Let me see.", "c2lnbmVk"), ("text", "Hello, world")]
    assert (message.id, message.model, message.stop_reason) == ("msg_1", "claude-test-4", "end_turn")
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (8, 3, 4)


async def test_calls_come_as_they_were_made(server: AnthropicServer) -> None:
    message = await through(server, ASK | {"stream": True, "thinking": {"type": "disabled"}})
    assert blocks(message) == [
        ("tool_use", "toolu_1", "weather", {"city": "Oslo"}),
        ("tool_use", "toolu_2", "weather", {}),
    ]
    assert message.stop_reason == "tool_use"
