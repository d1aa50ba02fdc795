"""The simulated llama.cpp router as our own adapter sees it: models come and go, and go wrong as there."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from llmrouter_tui.backends.llamacpp import LlamaCppBackend
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.demo.cast import GIB, LLAMA31_8B, PHI4_14B, QWEN3_32B
from llmrouter_tui.demo.gpu import SimulatedGpu, two_cards
from tests.demo.conftest import SPEED, eventually
from tests.demo.llama_router import SimulatedLlamaRouter

OTHERS = int(0.7 * GIB)
MODELS = tuple(
    replace(model, name=name)
    for model, name in ((LLAMA31_8B, "llama-3.1-8b"), (PHI4_14B, "phi-4"), (QWEN3_32B, "qwen3-32b"))
)
LONG = "Implement an LRU cache in Python with O(1) get and put."


class Place:
    """A router with its adapter."""

    def __init__(self, server: SimulatedLlamaRouter, gpu: SimulatedGpu, backend: LlamaCppBackend) -> None:
        self.server, self.gpu, self.backend = server, gpu, backend

    async def info(self, name: str) -> ModelInfo:
        return next(info for info in await self.backend.models() if info.name == name)

    async def load(self, name: str) -> None:
        await self.backend.load(await self.info(name), keep_alive=None, context_length=None)

    async def unload(self, name: str) -> None:
        await self.backend.unload(await self.info(name))

    async def held(self) -> set[str]:
        return {resident.name for resident in await self.backend.residents() if resident.state == "resident"}

    async def say(self, name: str, text: str = "hi", *, stream: bool = False, tokens: int = 400) -> str:
        turns = [{"role": "user", "content": text}]
        body = json.dumps({"model": name, "messages": turns, "stream": stream, "max_tokens": tokens}).encode()
        request = ChatRequest(name, (Message("user", text),), body, stream=stream, max_tokens=tokens)
        reply = await self.backend.chat(ChatCall(request, await self.info(name), "x1"))
        try:
            return b"".join([chunk async for chunk in reply.chunks()]).decode()
        finally:
            await reply.close()


Make = Callable[..., Awaitable[Place]]


@pytest.fixture
async def make(session: aiohttp.ClientSession) -> AsyncIterator[Make]:
    started: list[SimulatedLlamaRouter] = []

    async def build(**more: Any) -> Place:
        gpu = two_cards()[0]
        server = SimulatedLlamaRouter("llamacpp", gpu, MODELS, **{"speed": SPEED, **more})
        await server.start()
        started.append(server)
        backend = LlamaCppBackend("llamacpp", server.origin, session)
        assert "router" in await backend.probe()
        return Place(server, gpu, backend)

    yield build
    for server in started:
        await server.stop()


async def test_looking_loads_nothing_and_a_loaded_model_tells_its_size(make: Make) -> None:
    place = await make()
    assert await place.held() == set()
    assert (await place.info("phi-4")).size_bytes is None
    await place.load("phi-4")
    assert await place.held() == {"phi-4"}
    told = await place.info("phi-4")
    assert (told.size_bytes, told.context_length) == (PHI4_14B.size, 8192)
    assert place.gpu.used == OTHERS + PHI4_14B.footprint(8192)


async def test_it_answers_whole_and_in_pieces(make: Make) -> None:
    place = await make()
    whole = json.loads(await place.say("llama-3.1-8b"))
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["timings"]["predicted_n"] == whole["usage"]["completion_tokens"] > 0
    events = (await place.say("llama-3.1-8b", stream=True)).split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    text = "".join(json.loads(e[6:])["choices"][0]["delta"].get("content") or "" for e in events[:-3] if "delta" in e)
    assert text == whole["choices"][0]["message"]["content"]


async def test_a_load_that_does_not_fit_fails_with_nothing_but_an_exit_code(make: Make) -> None:
    place = await make()
    await place.load("phi-4")
    with pytest.raises(BackendError, match="exit code 1"):
        await place.load("qwen3-32b")
    assert await place.held() == {"phi-4"}
    with pytest.raises(BackendError, match="failed to load"):
        await place.say("qwen3-32b")


async def test_it_counts_models_and_the_one_idle_the_longest_leaves(make: Make) -> None:
    place = await make(places=1)
    await place.load("phi-4")
    await place.say("llama-3.1-8b")
    assert await place.held() == {"llama-3.1-8b"}


async def test_what_a_model_held_comes_back(make: Make) -> None:
    place = await make()
    await place.load("qwen3-32b")
    await place.unload("qwen3-32b")
    assert await place.held() == set()

    async def back() -> bool:
        return place.gpu.used == OTHERS

    await eventually(back)


async def test_an_unload_ends_the_answers_of_its_model(make: Make) -> None:
    place = await make(speed=20.0)
    await place.load("phi-4")
    saying = asyncio.ensure_future(place.say("phi-4", LONG, stream=True))

    async def answering() -> bool:
        return place.gpu.crowd > 0

    await eventually(answering)
    await place.unload("phi-4")
    with pytest.raises(BackendError):
        await saying
    assert await place.held() == set()


async def test_who_asks_for_a_model_that_is_not_there_is_told(make: Make) -> None:
    place = await make()
    async with aiohttp.ClientSession() as client:
        for path, status in (("/models/load", 404), ("/models/unload", 400), ("/v1/chat/completions", 400)):
            async with client.post(place.server.origin + path, json={"model": "nothing"}) as refused:
                assert refused.status == status
