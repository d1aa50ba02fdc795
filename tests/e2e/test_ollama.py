"""The official ``ollama`` client through a whole router to every kind of model server and back, and embeddings."""

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import ollama
import openai
import pytest

from tests.backends.llama_servers import LlamaCppServer
from tests.backends.ollama_server import OllamaServer
from tests.backends.servers import ANSWER, PNG, OpenAIServer, Server, VllmServer, vector
from tests.e2e.conftest import Router, serving
from tests.e2e.doubles import running

MODELS = {"ollama": "qwen3:4b", "llamacpp": "Qwen3-4B-Q4_K_M:latest", "vllm": "Qwen/Qwen3-8B:latest"}
"""The model that each kind of server is asked for, as it is listed."""
HI: Any = [{"role": "user", "content": "What is the weather in Oslo?"}]
SOON = 0.5


class Doubles:
    def __init__(self) -> None:
        self.servers: dict[str, tuple[str, Server]] = {
            "sim-ollama": ("ollama", OllamaServer()),
            "sim-llamacpp": ("llamacpp", LlamaCppServer()),
            "sim-vllm": ("openai", VllmServer()),
            "sim-openai": ("openai", OpenAIServer()),
        }

    def of(self, kind: str) -> Server:
        return self.servers[f"sim-{kind}"][1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Router, Doubles]]:
    doubles, folder = Doubles(), tmp_path_factory.mktemp("ollama")
    with running(doubles.servers) as config, serving(folder, "--no-embedded", config=config) as router:
        router.until(lambda: len(router.call("/api/tags")["models"]) > 8)
        yield router, doubles


@pytest.fixture
def client(house: tuple[Router, Doubles]) -> Iterator[ollama.Client]:
    client = ollama.Client(host=house[0].url, trust_env=False)
    yield client
    client.close()


@pytest.fixture
def doubles(house: tuple[Router, Doubles]) -> Iterator[Doubles]:
    for _, server in house[1].servers.values():
        server.seen.clear()
    yield house[1]
    for _, server in house[1].servers.values():
        server.pace = 0.0
        server.gone.clear()


every_kind = pytest.mark.parametrize("kind", MODELS)


def test_models_of_every_server_are_listed_and_shown(client: ollama.Client) -> None:
    listed = [model.model for model in client.list().models]
    assert listed[:3] == ["auto:latest", "auto:fast", "auto:best"]
    assert {*MODELS.values(), "nomic-embed-text:latest"} <= set(listed)
    for name in MODELS.values():
        assert "completion" in (client.show(name).capabilities or [])
    assert client.show("nomic-embed-text").capabilities == ["embedding"]


@every_kind
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_has_its_counters(client: ollama.Client, kind: str, stream: bool) -> None:
    told: Any = client.chat(MODELS[kind], HI, stream=stream, options={"temperature": 0.5, "num_ctx": 64})
    parts = list(told) if stream else [told]
    assert "".join(part.message.content or "" for part in parts) == ANSWER
    last = parts[-1]
    assert (last.done, last.done_reason) == (True, "stop")
    assert last.prompt_eval_count > 0
    assert last.eval_count > 0
    assert last.total_duration >= last.eval_duration > 0


@every_kind
def test_tools_go_round(client: ollama.Client, doubles: Doubles, kind: str) -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool: Any = {"type": "function", "function": {"name": "weather", "parameters": parameters}}
    parts = list(client.chat(MODELS[kind], HI, tools=[tool], stream=True))
    (told,) = [part.message for part in parts if part.message.tool_calls]
    calls = told.tool_calls or ()
    assert {(call.function.name, call.function.arguments["city"]) for call in calls} == {("weather", "Oslo")}
    history = [*HI, told, *({"role": "tool", "tool_name": "weather", "content": "rain"} for _ in calls)]
    assert client.chat(MODELS[kind], history).message.content == ANSWER
    turns = doubles.of(kind).seen[-1].body["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", *["tool"] * len(calls)]
    made = [call["id"] for call in turns[1]["tool_calls"]]
    assert [turn["tool_call_id"] for turn in turns[2:]] == made


def test_images_and_a_format_reach_the_model(client: ollama.Client, doubles: Doubles) -> None:
    turns: Any = [{"role": "user", "content": "What is it?", "images": [PNG]}]
    client.chat(MODELS["llamacpp"], turns, format="json")
    asked = doubles.of("llamacpp").seen[-1].body
    assert asked["messages"][0]["content"][1]["image_url"]["url"] == f"data:image/png;base64,{PNG}"
    assert asked["response_format"] == {"type": "json_object"}


def test_a_prompt_is_answered_by_the_routers_choice(client: ollama.Client) -> None:
    told = client.generate("auto", "hi", system="Be brief.")
    assert (told.response, told.done_reason) == (ANSWER, "stop")


def test_a_model_is_loaded_and_unloaded_on_request(client: ollama.Client, house: tuple[Router, Doubles]) -> None:
    router = house[0]
    assert client.generate("gpt-oss:20b").done_reason == "load"
    assert "gpt-oss:20b" in [model.model for model in client.ps().models]
    assert client.generate("gpt-oss:20b", keep_alive=0).done_reason == "unload"
    router.until(lambda: router.residency()["gpt-oss:20b"] == "absent")
    router.call("/admin/models/sim-ollama/gpt-oss:20b/pin", {})
    router.until(lambda: router.residency()["gpt-oss:20b"] == "resident")
    with pytest.raises(ollama.ResponseError, match="is pinned"):
        client.generate("gpt-oss:20b", keep_alive=0)
    router.call("/admin/models/sim-ollama/gpt-oss:20b/unpin", {})


def test_an_unknown_model_is_404_with_the_nearest(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match=r"no model 'qwen3:44b'.*qwen3:4b") as caught:
        client.chat("qwen3:44b", HI)
    assert caught.value.status_code == 404


@every_kind
@pytest.mark.parametrize("stream", [False, True])
def test_leaving_frees_the_backend(house: tuple[Router, Doubles], doubles: Doubles, kind: str, stream: bool) -> None:
    router, server = house[0], doubles.of(kind)
    server.pace = 20.0
    asking = http.client.HTTPConnection("127.0.0.1", router.port)
    asking.request("POST", "/api/chat", json.dumps({"model": MODELS[kind], "messages": HI, "stream": stream}))
    if stream:
        assert asking.getresponse().readline()
    else:
        router.until(lambda: any(seen.path.endswith(("/chat", "completions")) for seen in server.seen))
    asking.close()
    left = time.monotonic()
    while not server.gone.is_set():
        assert time.monotonic() - left < SOON
        time.sleep(0.01)


# ── embeddings ──


def test_auto_is_one_model_for_good(client: ollama.Client, house: tuple[Router, Doubles]) -> None:
    router = house[0]
    first = client.embed("auto", ["one", "eleven"])
    assert [list(found) for found in first.embeddings] == [vector("one"), vector("eleven")]
    with openai.OpenAI(base_url=f"{router.url}/v1", api_key="none") as other:
        answer = other.embeddings.create(model="auto", input=["one"])
    assert (answer.model, answer.data[0].embedding) == (first.model, vector("one"))
    router.until(lambda: any(s["key"] == "embedding_model" and s["value"] for s in router.call("/admin/settings")))
    kept = next(s for s in router.call("/admin/settings") if s["key"] == "embedding_model")
    assert (kept["value"], kept["origin"]) == (first.model, "set")


def test_each_embedding_is_an_exchange_that_tells_its_task(house: tuple[Router, Doubles]) -> None:
    router = house[0]
    with openai.OpenAI(base_url=f"{router.url}/v1", api_key="none") as asking:
        raw = asking.embeddings.with_raw_response.create(model="text-embed", input="hello there")
    assert raw.headers["x-router-model"] == "sim-openai/text-embed"
    told = router.call(f"/admin/exchanges/{raw.headers['x-router-exchange-id']}")
    assert (told["outcome"], told["model"], told["prompt"]) == ("ok", "sim-openai/text-embed", "hello there")
    assert told["decision"]["analysis"]["task"] == "embedding"
    assert told["usage"]["prompt_tokens"] > 0


def test_tokens_go_where_they_can_be_read(house: tuple[Router, Doubles], doubles: Doubles) -> None:
    with openai.OpenAI(base_url=f"{house[0].url}/v1", api_key="none", max_retries=0) as asking:
        asking.embeddings.create(model="text-embed", input=[[1, 2], [3]])
        assert doubles.of("openai").seen[-1].body["input"] == [[1, 2], [3]]
        with pytest.raises(openai.BadRequestError, match="takes texts, not lists of tokens"):
            asking.embeddings.create(model="nomic-embed-text", input=[1, 2])
        with pytest.raises(openai.BadRequestError, match="gives vectors of 3 numbers"):
            asking.embeddings.create(model="text-embed", input="x", dimensions=2)
        with pytest.raises(openai.BadRequestError, match="does not embed"):
            asking.embeddings.create(model="qwen3:4b", input="x")
