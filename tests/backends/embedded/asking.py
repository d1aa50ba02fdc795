"""How the tests of the engine ask and load."""

import json

from llmrouter_tui.backends.embedded import EmbeddedBackend
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.ports.backend import Reply

SMOL = "SmolLM2-135M-Instruct.Q4_1"
GEMMA = "gemma-3-270m-q4_k_m"


def call(model: ModelInfo, *, stream: bool = False, tokens: int = 8, **fields: object) -> ChatCall:
    """A request that asks for ``tokens`` tokens and gets them all."""
    text = "Count the waves."
    body = {"model": "auto", "messages": [{"role": "user", "content": text}], "max_tokens": tokens, "stream": stream}
    raw = json.dumps({**body, "ignore_eos": True, **fields}).encode()
    return ChatCall(ChatRequest("auto", (Message("user", text),), raw, stream=stream), model, "x")


async def loaded(engine: EmbeddedBackend, name: str = SMOL, *, context: int | None = None) -> ModelInfo:
    model = next(model for model in await engine.models() if model.name == name)
    await engine.load(model, keep_alive=None, context_length=context)
    return model


async def pid_of(engine: EmbeddedBackend, model: ModelInfo) -> int:
    pid = next(resident.pid for resident in await engine.residents() if resident.name == model.name)
    assert pid
    return pid


async def body_of(reply: Reply) -> bytes:
    return b"".join([chunk async for chunk in reply.chunks()])
