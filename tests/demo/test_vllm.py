"""The simulated vLLM speaks OpenAI's protocol with vLLM's accents, holds its memory, and can go down."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from llmrouter_tui.demo.cast import GIB, MISTRAL_7B
from llmrouter_tui.demo.gpu import SimulatedGpu, two_cards
from llmrouter_tui.demo.server import Luck
from llmrouter_tui.demo.vllm import SimulatedVllm
from tests.demo.conftest import Client, Json, eventually

HELD = 5 * GIB
PATH = "/v1/chat/completions"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    },
}


class Vllm(Client):
    """A client, and the server it talks to."""

    def __init__(self, session: aiohttp.ClientSession, gpu: SimulatedGpu, server: SimulatedVllm) -> None:
        super().__init__(session, server.origin, gpu)
        self.server = server

    async def events(self, body: Json) -> list[Any]:
        """What a stream says, up to and including ``[DONE]``."""
        async with self.session.post(self.origin + PATH, json=body | {"stream": True}) as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("text/event-stream")
            blocks = (await response.text()).split("\n\n")
        assert blocks.pop() == ""
        assert all(block.startswith("data: ") for block in blocks)
        return [block[6:] if block == "data: [DONE]" else json.loads(block[6:]) for block in blocks]


@pytest.fixture
def luck() -> Luck:
    return Luck(0)


@pytest.fixture
def speed() -> float:
    return 40.0


@pytest.fixture
async def vllm(session: aiohttp.ClientSession, luck: Luck, speed: float) -> AsyncIterator[Vllm]:
    gpu = two_cards()[1]
    server = SimulatedVllm(gpu, MISTRAL_7B, root="mistralai/Mistral-7B-Instruct", held=HELD, speed=speed, luck=luck)
    await server.start()
    yield Vllm(session, gpu, server)
    await server.close()


def question(text: str, **more: Any) -> Json:
    return {"model": "mistral:7b", "messages": [{"role": "user", "content": text}], **more}


async def test_it_tells_its_model_with_the_context(vllm: Vllm) -> None:
    (model,) = (await vllm.get("/v1/models"))["data"]
    assert model["id"] == "mistral:7b"
    assert model["owned_by"] == "vllm"
    assert model["max_model_len"] == 16_384
    assert "version" in await vllm.get("/version")
    async with vllm.session.get(vllm.origin + "/health") as response:
        assert (response.status, await response.read()) == (200, b"")


async def test_its_memory_is_held_from_the_start_whatever_it_does(vllm: Vllm) -> None:
    held = vllm.gpu.used
    await vllm.post(PATH, question("hello"))
    assert vllm.gpu.used == held
    assert held - HELD == int(0.2 * GIB)
    await vllm.server.stop()
    assert vllm.gpu.used == held, "a server that went down keeps its card"
    await vllm.server.close()
    assert vllm.gpu.used == held - HELD


async def test_an_answer_has_usage(vllm: Vllm) -> None:
    answer = await vllm.post(PATH, question("What is the capital of Australia?"))
    (choice,) = answer["choices"]
    assert answer["object"] == "chat.completion"
    assert choice["finish_reason"] == "stop"
    assert "Canberra" in choice["message"]["content"]
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert min(usage.values()) > 5


async def test_a_stream_has_usage_only_when_asked_for(vllm: Vllm) -> None:
    body = question("What is the capital of Australia?")
    *events, done = await vllm.events(body)
    assert done == "[DONE]"
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "Canberra" in "".join(event["choices"][0]["delta"].get("content", "") for event in events)
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert not any(event.get("usage") for event in events)
    *_, usage, done = await vllm.events(body | {"stream_options": {"include_usage": True}})
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] > 5


async def test_tools_are_called_with_arguments_as_text(vllm: Vllm) -> None:
    body = question("What is the weather in Lisbon?", tools=[WEATHER])
    (choice,) = (await vllm.post(PATH, body))["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert (call["type"], call["function"]["name"]) == ("function", "get_weather")
    assert json.loads(call["function"]["arguments"]) == {"place": "Lisbon"}
    events = (await vllm.events(body))[:-1]
    streamed = [call for event in events for call in event["choices"][0]["delta"].get("tool_calls", [])]
    assert [call["index"] for call in streamed] == [0]
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"
    (none,) = (await vllm.post(PATH, body | {"tool_choice": "none"}))["choices"]
    assert none["finish_reason"] == "stop"


async def test_json_mode_and_schemas(vllm: Vllm) -> None:
    schema = {"type": "object", "properties": {"quantity": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "order", "schema": schema}}
    answer = await vllm.post(PATH, question("I need 12 shelves.", response_format=wanted))
    assert json.loads(answer["choices"][0]["message"]["content"]) == {"quantity": 12}


async def test_max_tokens_cuts(vllm: Vllm) -> None:
    answer = await vllm.post(PATH, question("Explain photosynthesis to a child.", max_tokens=4))
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 4


@pytest.mark.parametrize(
    ("change", "status", "kind", "words"),
    [
        ({"model": "gpt"}, 404, "NotFoundError", "`gpt` does not exist"),
        ({"messages": []}, 400, "BadRequestError", "at least one"),
        ({"messages": [{"role": "user", "content": "word " * 17_000}]}, 400, "BadRequestError", "context length"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "BadRequestError", "multimodal"),
    ],
)
async def test_refusals_have_vllms_shape(vllm: Vllm, change: Json, status: int, kind: str, words: str) -> None:
    error = (await vllm.post(PATH, question("x") | change, status))["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == (kind, status)
    assert words in error["message"]


async def test_several_are_answered_at_once(vllm: Vllm) -> None:
    most = 0
    asking = asyncio.gather(*(vllm.post(PATH, question("Explain photosynthesis to a child.")) for _ in range(4)))
    while not asking.done():
        most = max(most, vllm.gpu.crowd)
        await asyncio.sleep(0.001)
    await asking
    assert most == 4


@pytest.mark.parametrize("speed", [1.0])
async def test_a_client_that_leaves_is_no_longer_worked_for(vllm: Vllm) -> None:
    body = question("Write the opening of a story about a lighthouse keeper.", stream=True)
    async with aiohttp.ClientSession() as leaver, leaver.post(vllm.origin + PATH, json=body) as response:
        await response.content.readline()
    await eventually(lambda: _idle(vllm), 2.0)


@pytest.mark.parametrize("speed", [1.0])
async def test_down_it_refuses_connections_cuts_streams_and_comes_back_on_its_port(vllm: Vllm) -> None:
    port = vllm.server.port
    body = question("Write the opening of a story about a lighthouse keeper.", stream=True)
    async with vllm.session.post(vllm.origin + PATH, json=body) as response:
        await response.content.readline()
        await vllm.server.stop()
        with pytest.raises(aiohttp.ClientError):
            await response.read()
    with pytest.raises(aiohttp.ClientConnectorError):
        await vllm.get("/health")
    await vllm.server.start()
    assert vllm.server.port == port
    assert (await vllm.get("/v1/models"))["data"][0]["id"] == "mistral:7b"


@pytest.mark.parametrize("luck", [Luck(1, run=1.0)])
async def test_it_can_fail_before_the_first_token(vllm: Vllm) -> None:
    error = (await vllm.post(PATH, question("hi"), 500))["error"]
    assert error["type"] == "InternalServerError"


@pytest.mark.parametrize("luck", [Luck(1, stream=1.0)])
async def test_a_stream_can_die_with_an_error_event_and_no_done(vllm: Vllm) -> None:
    *_, last = await vllm.events(question("Explain photosynthesis to a child."))
    assert last["error"]["code"] == 500


async def _idle(client: Client) -> bool:
    return client.gpu.crowd == 0
