"""The official ``openai`` client through a whole router to every kind of model server and back.

What the server was asked is looked at where it was asked, and the answer where the client has it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from tests.backends.llama_servers import LlamaCppServer
from tests.backends.ollama_server import OllamaServer
from tests.backends.servers import ANSWER, PNG, Server, VllmServer
from tests.e2e.conftest import Router, serving
from tests.e2e.doubles import running

MODELS = {
    "ollama": "sim-ollama/qwen3:4b",
    "llamacpp": "sim-llamacpp/Qwen3-4B-Q4_K_M",
    "vllm": "sim-vllm/Qwen/Qwen3-8B",
}
"""The model that each kind of server is asked for."""


class Doubles:
    """A server of each kind."""

    def __init__(self) -> None:
        self.servers: dict[str, Server] = {"ollama": OllamaServer(), "llamacpp": LlamaCppServer(), "vllm": VllmServer()}

    def asked(self) -> dict[str, Any]:
        """The chat that was asked for last, of whichever server."""
        found = [
            s for server in self.servers.values() for s in server.seen if s.path.endswith(("/chat", "completions"))
        ]
        return found[-1].body

    def forget(self) -> None:
        for server in self.servers.values():
            server.seen.clear()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Router, Doubles]]:
    doubles = Doubles()
    kinds = {"ollama": "ollama", "llamacpp": "llamacpp", "vllm": "openai"}
    named = {f"sim-{name}": (kinds[name], server) for name, server in doubles.servers.items()}
    with running(named) as config, serving(tmp_path_factory.mktemp("openai"), "--no-embedded", config=config) as router:
        router.until(lambda: len(router.call("/v1/models")["data"]) > 6)
        yield router, doubles


@pytest.fixture
def doubles(house: tuple[Router, Doubles]) -> Doubles:
    house[1].forget()
    return house[1]


@pytest.fixture
def client(house: tuple[Router, Doubles]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{house[0].url}/v1", api_key="none", max_retries=0) as client:
        yield client


every_kind = pytest.mark.parametrize("kind", MODELS)
MESSAGES: Any = [{"role": "user", "content": "What is the weather in Oslo?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL: Any = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
FLAT_TOOL: Any = {"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": True}
PICTURE = f"data:image/png;base64,{PNG}"


class Weather(BaseModel):
    city: str


# ── models ──


def test_models_are_listed_with_what_a_client_wants_to_know(client: openai.OpenAI) -> None:
    listed = {entry.id: entry.to_dict() for entry in client.models.list()}
    assert {"auto", "auto:fast", "auto:best", *MODELS.values()} <= set(listed)
    named: Any = client.models.retrieve(MODELS["llamacpp"])
    assert named.to_dict() == listed[MODELS["llamacpp"]]
    assert (named.context_length, named.object) == (4096, "model")
    assert {"tools", "vision", "json"} <= set(named.capabilities)
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")


# ── chat completions ──


@every_kind
@pytest.mark.parametrize("stream", [False, True])
def test_every_answer_tells_what_was_decided(client: openai.OpenAI, kind: str, stream: bool) -> None:
    """And its id is one that feedback knows."""
    model = MODELS[kind]
    raw = client.chat.completions.with_raw_response.create(model=model, messages=MESSAGES, stream=stream)
    answer: Any = raw.parse()
    if stream:
        events = list(answer)
        text, ident = "".join(e.choices[0].delta.content or "" for e in events if e.choices), events[0].id
    else:
        text, ident = answer.choices[0].message.content, answer.id
    assert text == ANSWER
    assert raw.headers["x-router-model"] == model
    exchange = raw.headers["x-router-exchange-id"]
    assert raw.headers["x-request-id"] == exchange
    assert {f"x-router-{name}" for name in ("task", "difficulty", "margin", "score", "attempts")} <= set(raw.headers)
    rated: Any = client.post("/feedback", cast_to=object, body={"id": ident, "rating": "up"})
    assert rated["model"] == model


DIALECTS = {
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/completions": {"prompt": "What is the weather in Oslo?"},
    "/v1/responses": {"input": "What is the weather in Oslo?"},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 100},
    "/api/chat": {"messages": MESSAGES},
    "/api/generate": {"prompt": "What is the weather in Oslo?"},
}
"""A request in each dialect."""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", DIALECTS)
def test_feedback_finds_an_answer_by_what_its_client_has(client: openai.OpenAI, path: str, stream: bool) -> None:
    """By the answer's own id, whatever dialect it came in, and by the id in the header."""
    model = MODELS["ollama"]
    address = str(client.base_url).removesuffix("/v1/")
    asked = {"model": model, "stream": stream, **DIALECTS[path]}
    answer, later = (httpx.post(f"{address}{path}", json=asked, timeout=20) for _ in range(2))
    ident, other = (re.findall(r'"id": ?"([^"]+)"', told.text)[0] for told in (answer, later))
    assert ident != other
    exchange = answer.headers["x-router-exchange-id"]
    for body in ({"response_id": ident}, {"exchange_id": exchange}, {"id": ident}):
        rated = httpx.post(f"{address}/v1/feedback", json={**body, "rating": "down"})
        assert (rated.status_code, rated.json()["exchange_id"]) == (200, exchange), rated.text
        assert rated.headers["x-router-model"] == rated.json()["model"] == model


@every_kind
def test_everything_that_a_chat_can_ask_reaches_the_model(client: openai.OpenAI, doubles: Doubles, kind: str) -> None:
    picture = {"type": "image_url", "image_url": {"url": PICTURE}}
    content = MESSAGES if kind == "ollama" else [{"role": "user", "content": [{"type": "text", "text": "?"}, picture]}]
    answer = client.chat.completions.parse(
        model=MODELS[kind],
        messages=content,
        max_completion_tokens=50,
        temperature=0.5,
        top_p=0.9,
        seed=7,
        stop=["END"],
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
        reasoning_effort="low",
        response_format={"type": "json_object"},
        user="me",
    )
    assert answer.choices[0].message.content == ANSWER
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0
    asked = doubles.asked()
    if kind == "ollama":
        asked |= asked["options"] | {"max_completion_tokens": asked["options"]["num_predict"]}
        assert (asked["format"], asked["think"]) == ("json", True)
    else:
        assert (asked["response_format"], asked["reasoning_effort"]) == ({"type": "json_object"}, "low")
        assert asked["messages"] == content
    names = ["max_completion_tokens", "temperature", "top_p", "seed", "stop", "logprobs", "top_logprobs"]
    assert [asked[name] for name in names] == [50, 0.5, 0.9, 7, ["END"], True, 2]


@every_kind
def test_a_schema_reaches_the_model(client: openai.OpenAI, doubles: Doubles, kind: str) -> None:
    shape: Any = {"type": "json_schema", "json_schema": {"name": "w", "schema": PARAMETERS, "strict": True}}
    client.chat.completions.create(model=MODELS[kind], messages=MESSAGES, response_format=shape)
    asked = doubles.asked()
    wanted = PARAMETERS if kind == "ollama" else shape
    assert (asked["format"] if kind == "ollama" else asked["response_format"]) == wanted


@every_kind
def test_tools_are_streamed_with_their_index_and_go_round(client: openai.OpenAI, doubles: Doubles, kind: str) -> None:
    model = MODELS[kind]
    other: Any = {"type": "function", "function": {"name": "time", "parameters": {"type": "object"}}}
    stream = client.chat.completions.create(model=model, messages=MESSAGES, tools=[TOOL, other], stream=True)
    made: dict[int, dict[str, str]] = {}
    finish = None
    for told in stream:
        for call in (told.choices[0].delta.tool_calls or []) if told.choices else []:
            mine = made.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
            assert call.function is not None
            mine["id"] += call.id or ""
            mine["name"] += call.function.name or ""
            mine["arguments"] += call.function.arguments or ""
        finish = (told.choices[0].finish_reason or finish) if told.choices else finish
    assert finish == "tool_calls"
    assert [call["name"] for call in made.values()] == (["weather", "time"] if kind == "ollama" else ["weather"])
    assert all(json.loads(call["arguments"]) == {"city": "Oslo"} for call in made.values())
    calls = [{"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
             for c in made.values()]  # fmt: skip
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "rain"} for call in calls]
    history = [*MESSAGES, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    answer = client.chat.completions.create(model=model, messages=history)
    assert answer.choices[0].message.content == ANSWER
    turns = doubles.asked()["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", *["tool"] * len(calls)]
    if kind == "ollama":
        assert turns[1]["tool_calls"][0]["function"]["arguments"] == {"city": "Oslo"}
        assert turns[2]["tool_name"] == "weather"
    else:
        assert turns == history


def test_a_required_call_that_one_model_does_not_make_is_made_by_another(
    client: openai.OpenAI, doubles: Doubles
) -> None:
    ollama: Any = doubles.servers["ollama"]
    ollama.shy = True
    try:
        with pytest.raises(openai.InternalServerError, match="tool call was required"):
            client.chat.completions.create(
                model=MODELS["ollama"], messages=MESSAGES, tools=[TOOL], tool_choice="required"
            )
        answer = client.chat.completions.create(
            model="auto", messages=MESSAGES, tools=[TOOL], tool_choice="required", stream=False
        )
    finally:
        ollama.shy = False
    assert answer.choices[0].message.tool_calls is not None


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"extra_body": {"functions": [{"name": "weather"}]}}, "functions"),
        ({"extra_body": {"modalities": ["text", "audio"]}}, "modalities"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
         "messages[0].content[0]"),
    ],
)  # fmt: skip
def test_what_none_of_them_can_do_is_refused_by_name(client: openai.OpenAI, fields: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "auto", "messages": MESSAGES, **fields})
    assert (caught.value.code, caught.value.param) == ("invalid_request", param)
    assert caught.value.response.headers["x-should-retry"] == "false"


# ── completions and responses ──


@every_kind
@pytest.mark.parametrize("stream", [False, True])
def test_a_text_is_completed(client: openai.OpenAI, doubles: Doubles, kind: str, stream: bool) -> None:
    model = MODELS[kind]
    told: Any = client.completions.create(model=model, prompt="Say hello.", max_tokens=9, stream=stream)
    texts = [part.choices[0].text for part in told if part.choices] if stream else [told.choices[0].text]
    assert "".join(texts) == ANSWER
    asked = doubles.asked()
    assert asked["messages"] == [{"role": "user", "content": "Say hello."}]
    assert (asked["options"]["num_predict"] if kind == "ollama" else asked["max_tokens"]) == 9


@every_kind
def test_a_response_is_answered_and_its_tools_go_round(client: openai.OpenAI, doubles: Doubles, kind: str) -> None:
    model = MODELS[kind]
    conversation: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    with client.responses.stream(
        model=model, input=conversation, instructions="Be brief.", tools=[FLAT_TOOL], tool_choice="required"
    ) as stream:
        kinds = [event.type for event in stream]
        first: Any = stream.get_final_response()
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    call = next(item for item in first.output if item.type == "function_call")
    assert (call.name, call.parsed_arguments) == ("weather", {"city": "Oslo"})
    assert first.usage.input_tokens > 0
    conversation += [item.to_dict() for item in first.output]
    conversation += [
        {"type": "function_call_output", "call_id": item.call_id, "output": "rain"}
        for item in first.output
        if item.type == "function_call"
    ]
    second = client.responses.create(model=model, input=conversation, max_output_tokens=40)
    assert (second.output_text, second.status) == (ANSWER, "completed")
    roles = [turn["role"] for turn in doubles.asked()["messages"]]
    assert roles[:3] == ["user", "assistant", "tool"]


@every_kind
def test_a_response_with_a_schema(client: openai.OpenAI, doubles: Doubles, kind: str) -> None:
    with pytest.raises(ValueError, match="JSON"):  # what the double says is none
        client.responses.parse(model=MODELS[kind], input="Where?", text_format=Weather)
    asked = doubles.asked()
    schema = asked["format"] if kind == "ollama" else asked["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["city"]["type"] == "string"
