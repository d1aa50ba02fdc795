"""The simulated Ollama speaks Ollama's wire: listings, answers, counters, capabilities, errors."""

import json
import math

import pytest

from llmrouter_tui.demo.cast import QWEN3_32B
from tests.demo.conftest import SPEED, Client, Make

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}
LONG = "Implement an LRU cache in Python with O(1) get and put."


async def test_it_answers_as_ollama_does_at_its_root(ollama: Client) -> None:
    async with ollama.session.get(ollama.origin + "/") as response:
        assert await response.text() == "Ollama is running"
    async with ollama.session.head(ollama.origin + "/") as response:
        assert response.status == 200
    assert (await ollama.get("/api/version"))["version"].startswith("0.")


async def test_tags_tell_size_digest_capabilities_and_details(ollama: Client) -> None:
    models = {model["name"]: model for model in (await ollama.get("/api/tags"))["models"]}
    assert len(models) == 6
    model = models["qwen3:32b"]
    assert model["size"] == QWEN3_32B.size
    assert len(model["digest"]) == 64
    assert model["capabilities"] == ["completion", "tools", "thinking"]
    assert model["details"]["parameter_size"] == "32.8B"
    assert model["details"]["quantization_level"] == "Q4_K_M"
    assert len({model["digest"] for model in models.values()}) == 6


async def test_show_gives_the_figures_of_the_weights(ollama: Client) -> None:
    shown = await ollama.post("/api/show", {"model": "llama3.1:8b"})
    info = shown["model_info"]
    assert info["general.architecture"] == "llama"
    assert info["general.parameter_count"] == 8_030_261_312
    assert info["llama.context_length"] == 131_072
    assert info["llama.block_count"] == 32
    assert info["llama.attention.head_count_kv"] == 8
    assert info["llama.attention.key_length"] == 128
    assert shown["capabilities"] == ["completion", "tools"]


async def test_a_stream_ends_with_counters_that_fit_what_came(ollama: Client) -> None:
    body = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": LONG}]}
    *pieces, last = await ollama.lines("/api/chat", body)
    assert all(line["done"] is False and line["message"]["role"] == "assistant" for line in pieces)
    assert "class LRU" in "".join(line["message"]["content"] for line in pieces)
    assert (last["done"], last["done_reason"]) == (True, "stop")
    assert last["eval_count"] == len(pieces)
    assert last["prompt_eval_count"] > 10
    parts = last["load_duration"] + last["prompt_eval_duration"] + last["eval_duration"]
    assert 0 < parts <= last["total_duration"] < 30e9
    assert all(isinstance(last[key], int) for key in last if key.endswith("duration"))


@pytest.mark.parametrize(("model", "rate"), [("qwen3:32b", 38), ("llama3.1:8b", 96)])
async def test_counters_show_the_models_own_speed(ollama: Client, model: str, rate: float) -> None:
    answer = await ollama.say(model, LONG, think=None)
    measured = answer["eval_count"] / answer["eval_duration"] * 1e9
    assert measured < 1.15 * rate * SPEED, "no faster than the simulated hardware, however slow this machine is"
    assert measured > 0.02 * rate * SPEED


async def test_whole_and_streamed_answers_are_the_same(ollama: Client) -> None:
    body = {"model": "phi4:14b", "messages": [{"role": "user", "content": LONG}]}
    *pieces, last = await ollama.lines("/api/chat", body)
    whole = await ollama.say("phi4:14b", LONG)
    assert whole["message"]["content"] == "".join(line["message"]["content"] for line in pieces)
    assert (whole["eval_count"], whole["done_reason"]) == (last["eval_count"], "stop")


async def test_a_thinking_model_thinks_unless_told_not_to(ollama: Client) -> None:
    body = {"model": "deepseek-r1:14b", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
    *pieces, _ = await ollama.lines("/api/chat", body)
    kinds = ["thinking" if "thinking" in line["message"] else "content" for line in pieces]
    assert kinds == sorted(kinds, reverse=True), "all thinking comes before the answer"
    assert kinds.count("thinking") > 20
    quiet = await ollama.say("deepseek-r1:14b", "Why is the sky blue?", think=False)
    assert "thinking" not in quiet["message"]
    assert quiet["message"]["content"] == "".join(line["message"]["content"] for line in pieces)


async def test_an_offered_tool_that_is_asked_for_is_called_with_an_object(ollama: Client) -> None:
    answer = await ollama.say("llama3.1:8b", "What will the weather be in Lisbon tomorrow?", tools=[WEATHER])
    (call,) = answer["message"]["tool_calls"]
    assert call["id"]
    assert call["function"] == {"index": 0, "name": "get_weather", "arguments": {"place": "Lisbon"}}
    assert answer["message"]["content"] == ""
    idle = await ollama.say("llama3.1:8b", "What is the capital of Australia?", tools=[WEATHER])
    assert "tool_calls" not in idle["message"]
    assert "Canberra" in idle["message"]["content"]


async def test_streamed_tool_calls_come_in_one_chunk_before_the_end(ollama: Client) -> None:
    body = {
        "model": "llama3.1:8b",
        "messages": [{"role": "user", "content": "The weather in Oslo?"}],
        "tools": [WEATHER],
    }
    chunk, last = await ollama.lines("/api/chat", body)
    assert chunk["message"]["tool_calls"][0]["function"]["arguments"] == {"place": "Oslo"}
    assert last["done_reason"] == "stop"


async def test_a_tools_result_is_put_into_words(ollama: Client) -> None:
    messages = [
        {"role": "user", "content": "What is the weather in Lisbon?"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "get_weather", "arguments": {}}}]},
        {"role": "tool", "tool_name": "get_weather", "content": json.dumps({"high_celsius": 19})},
    ]
    body = {"model": "llama3.1:8b", "messages": messages, "tools": [WEATHER], "stream": False}
    assert "high celsius 19" in (await ollama.post("/api/chat", body))["message"]["content"]


async def test_json_is_answered_in_the_wanted_shape(ollama: Client) -> None:
    shape = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "quantity": {"type": "integer"}, "email": {"type": "string"}},
    }
    text = "This is Marta Lindqvist, I need 12 shelves, write to marta@lindqvist.example."
    answer = await ollama.say("llama3.1:8b", text, format=shape)
    order = json.loads(answer["message"]["content"])
    assert order == {"name": "Marta Lindqvist", "quantity": 12, "email": "marta@lindqvist.example"}
    free = await ollama.say("llama3.1:8b", text, format="json")
    assert json.loads(free["message"]["content"])["emails"] == ["marta@lindqvist.example"]


async def test_generate_completes_a_prompt(ollama: Client) -> None:
    *pieces, last = await ollama.lines("/api/generate", {"model": "llama3.1:8b", "prompt": "hello"})
    assert "".join(line["response"] for line in pieces).startswith("Hello!")
    assert last["response"] == ""
    assert last["eval_count"] == len(pieces)


async def test_length_and_stop_cut_the_answer(ollama: Client) -> None:
    short = await ollama.say("llama3.1:8b", LONG, options={"num_predict": 5})
    assert (short["done_reason"], short["eval_count"]) == ("length", 5)
    whole = await ollama.say("llama3.1:8b", LONG)
    cut = await ollama.say("llama3.1:8b", LONG, options={"stop": ["```"]})
    assert cut["done_reason"] == "stop"
    assert cut["message"]["content"] == whole["message"]["content"].split("```")[0]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"model": "nosuch:1b"}, 404, "model 'nosuch:1b' not found"),
        ({}, 400, "model is required"),
        ({"model": "phi4:14b", "tools": [WEATHER]}, 400, "does not support tools"),
        ({"model": "phi4:14b", "think": True}, 400, "does not support thinking"),
        ({"model": "phi4:14b", "messages": [{"role": "user", "content": "x", "images": ["aGk="]}]}, 400, "image"),
        ({"model": "phi4:14b", "messages": [{"role": "user", "content": [{"type": "text"}]}]}, 400, "string"),
        ({"model": "phi4:14b", "keep_alive": "soon"}, 400, "invalid duration"),
        ({"model": "phi4:14b", "options": {"num_ctx": "many"}}, 400, "num_ctx"),
    ],
)
async def test_a_request_that_cannot_be_served_is_refused_in_ollamas_shape(
    ollama: Client, body: dict[str, object], status: int, words: str
) -> None:
    answer = await ollama.post("/api/chat", {"messages": [{"role": "user", "content": "x"}]} | body, status)
    assert set(answer) == {"error"}
    assert words in answer["error"]
    assert await ollama.held() == []


async def test_what_is_not_json_is_refused(ollama: Client) -> None:
    for raw in (b"{broken", b"[1]", b"\xff\xfe"):
        async with ollama.session.post(ollama.origin + "/api/chat", data=raw) as response:
            assert response.status == 400
            assert "error" in await response.json()


async def test_a_vision_model_takes_pictures(make: Make) -> None:
    ollama = await make(second=True)
    message = {"role": "user", "content": "What does this chart show?", "images": ["aGk="]}
    body = {"model": "qwen2.5vl:7b", "messages": [message], "stream": False}
    answer = await ollama.post("/api/chat", body)
    assert "bars" in answer["message"]["content"]
    assert answer["prompt_eval_count"] > 500, "a picture is many tokens"


async def test_an_embedding_model_embeds_and_does_not_chat(make: Make) -> None:
    ollama = await make(second=True)
    texts = ["the cat sat on the mat", "a cat sat on a mat", "quarterly revenue grew"]
    answer = await ollama.post("/api/embed", {"model": "nomic-embed-text", "input": texts})
    first, second, third = answer["embeddings"]
    assert {len(vector) for vector in answer["embeddings"]} == {768}
    assert math.isclose(sum(x * x for x in first), 1.0, rel_tol=1e-9)
    near = sum(x * y for x, y in zip(first, second, strict=True))
    far = sum(x * y for x, y in zip(first, third, strict=True))
    assert near > far + 0.25
    assert abs(far) < 0.2
    assert answer["prompt_eval_count"] > 10
    again = await ollama.post("/api/embed", {"model": "nomic-embed-text", "input": texts[0]})
    assert again["embeddings"] == [first]
    for path in ("/api/chat", "/api/generate"):
        refused = await ollama.post(path, {"model": "nomic-embed-text"}, 400)
        assert "does not support" in refused["error"]
    await ollama.post("/api/embed", {"model": "gemma3:4b", "input": "x"}, 400)


async def test_the_same_seed_gives_the_same_answers(make: Make) -> None:
    questions = ["Explain how to grow basil.", "Write a poem about rain in the city.", LONG]
    told = []
    for _ in range(2):
        server = await make()
        told.append([(await server.say("qwen3:32b", question))["message"] for question in questions])
    assert told[0] == told[1]


async def test_a_stream_is_sent_as_it_is_made(make: Make) -> None:
    ollama = await make(speed=10.0)
    body = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": LONG}]}
    async with ollama.session.post(ollama.origin + "/api/chat", json=body) as response:
        first = await response.content.readline()
        assert json.loads(first)["done"] is False
        assert not response.content.at_eof()
        rest = await response.content.read()
    assert json.loads(rest.splitlines()[-1])["done"] is True


async def test_what_is_too_long_is_refused_or_cut_as_the_client_wants(ollama: Client) -> None:
    long = [{"role": "user", "content": "Count the waves of the sea. " * 40}]
    body = {"model": "llama3.1:8b", "messages": long, "stream": False, "options": {"num_ctx": 64, "num_predict": 1}}
    assert (await ollama.post("/api/chat", body))["prompt_eval_count"] == 64
    refused = json.loads((await ollama.post("/api/chat", body | {"truncate": False}, status=400))["error"])["error"]
    assert (refused["type"], refused["n_ctx"]) == ("exceed_context_size_error", 64)
    assert f"request ({refused['n_prompt_tokens']} tokens) exceeds" in refused["message"]
