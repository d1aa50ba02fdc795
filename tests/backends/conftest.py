"""A server of each kind on a real socket, and the backend that speaks to it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from llmrouter_tui.backends.discover import build
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.ports.backend import Backend
from tests.backends.anthropic_server import AnthropicServer
from tests.backends.desk_servers import LlamaSwapServer, LmStudioServer
from tests.backends.llama_servers import LlamaCppServer, LlamaRouterServer
from tests.backends.ollama_server import OllamaServer
from tests.backends.servers import OpenAIServer, Server, VllmServer

SERVERS: dict[str, tuple[str, type[Server]]] = {
    "ollama": ("ollama", OllamaServer),
    "llamacpp": ("llamacpp", LlamaCppServer),
    "llamacpp-router": ("llamacpp", LlamaRouterServer),
    "vllm": ("openai", VllmServer),
    "lmstudio": ("openai", LmStudioServer),
    "llamaswap": ("openai", LlamaSwapServer),
    "openai": ("openai", OpenAIServer),
    "anthropic": ("anthropic", AnthropicServer),
}
"""Every kind of server: which backend speaks to it, and its double."""

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


@dataclass
class Site:
    """A server, its backend, and its first model that chats."""

    kind: str
    server: Any
    backend: Backend
    model: ModelInfo = field(default_factory=lambda: ModelInfo("", ""))


def call_for(
    model: ModelInfo, *, stream: bool = True, hold: float | None = None, context: int | None = None, **fields: Any
) -> ChatCall:
    """A call as the engine makes it, from the fields of a request body; ``hold`` is the call's keep-alive."""
    body: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    body |= fields
    options = body.get("stream_options")
    request = ChatRequest(
        model="auto",
        messages=(Message("user", "Hi"),),
        body=json.dumps(body).encode(),
        stream=stream,
        wants_usage=bool(options and options.get("include_usage")),
        has_stream_options=options is not None,
        tools=len(body.get("tools") or ()),
        choices=body.get("n", 1),
        switch=f"think {str(body['think']).lower()}" if "think" in body else "",
    )
    return ChatCall(request, model, "x1", keep_alive=hold, context_length=context)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with new_session() as session:
        yield session


@pytest.fixture(params=SERVERS)
async def site(request: pytest.FixtureRequest, session: aiohttp.ClientSession) -> AsyncIterator[Site]:
    kind, make = SERVERS[request.param]
    server = make()
    await server.start()
    backend = build(kind, "here", server.url, session, read_timeout=0.5)
    await backend.probe()
    made = Site(request.param, server, backend)
    made.model = next(m for m in await backend.models() if "completion" in m.capabilities)
    server.seen.clear()
    yield made
    await backend.close()
    await server.stop()


async def read(reply: Any) -> bytes:
    """Everything an answer says."""
    return b"".join([chunk async for chunk in reply.chunks()])


def events(raw: bytes) -> list[dict[str, Any]]:
    """The chunks of a canonical stream, whose last event must be ``[DONE]``."""
    *chunks, done = raw.removesuffix(b"\n\n").split(b"\n\n")
    assert done == b"data: [DONE]"
    assert all(chunk.startswith(b"data: ") for chunk in chunks)
    return [json.loads(chunk.removeprefix(b"data: ")) for chunk in chunks]
