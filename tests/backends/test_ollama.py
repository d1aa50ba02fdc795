"""Ollama's native dialect: what becomes of a request and of an answer, and what is known of its models."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from llmrouter_tui.backends.ollama import OllamaBackend, model_files
from llmrouter_tui.backends.ollama_wire import keep_alive as wire_keep_alive
from llmrouter_tui.backends.ollama_wire import request_body
from llmrouter_tui.core.chat import Message
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import TOOL, call_for, events, read
from tests.backends.embedded.making import LLAMA, gguf, write
from tests.backends.ollama_server import GB, OllamaServer
from tests.backends.servers import ANSWER, PNG

MODEL = ModelInfo(
    "o",
    "qwen3:4b",
    family="qwen3",
    capabilities=frozenset({"completion", "tools", "thinking"}),
    capabilities_known=True,
)
GPT_OSS = replace(MODEL, name="gpt-oss:20b", family="gptoss")
DULL = replace(MODEL, capabilities=frozenset({"completion"}))


def sent(model: ModelInfo = MODEL, **fields: Any) -> dict[str, Any]:
    """What Ollama is asked for a request with these fields."""
    body: dict[str, Any] = json.loads(request_body(call_for(model, **fields)))
    return body


def refused(**fields: Any) -> BackendError:
    with pytest.raises(BackendError) as caught:
        sent(**fields)
    return caught.value


class TestRequest:
    def test_sampling_goes_into_options(self) -> None:
        body = sent(temperature=0.2, top_p=0.9, top_k=40, min_p=0.1, seed=7, presence_penalty=1, frequency_penalty=2)
        assert body["options"] == {
            "temperature": 0.2,
            "top_p": 0.9,
            "top_k": 40,
            "min_p": 0.1,
            "seed": 7,
            "presence_penalty": 1,
            "frequency_penalty": 2,
        }
        assert set(body) == {"model", "messages", "stream", "truncate", "shift", "options"}

    @pytest.mark.parametrize(
        ("fields", "limit"),
        [
            ({"max_tokens": 5}, 5),
            ({"max_completion_tokens": 6}, 6),
            ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
            ({"options": {"num_predict": 7}}, 7),
        ],
    )
    def test_the_length_limit_by_all_its_names(self, fields: dict[str, Any], limit: int) -> None:
        assert sent(**fields)["options"]["num_predict"] == limit

    @pytest.mark.parametrize("stop", ["END", ["END"]])
    def test_stop_is_a_list(self, stop: object) -> None:
        assert sent(stop=stop)["options"]["stop"] == ["END"]

    def test_nulls_are_left_out(self) -> None:
        assert "options" not in sent(temperature=None, stop=None, max_tokens=None)

    def test_what_reloads_or_unpins_is_the_routers_alone(self) -> None:
        options = {"num_ctx": 512, "num_gpu": 0, "num_batch": 1, "use_mmap": False, "top_k": 3}
        body = sent(keep_alive="5m", num_ctx=1024, options=options)
        assert body["options"] == {"top_k": 3}
        assert "keep_alive" not in body

    def test_context_comes_from_the_call_and_keep_alive_from_the_load(self) -> None:
        body = sent(hold=-1, context=8192)
        assert body["options"] == {"num_ctx": 8192}
        assert "keep_alive" not in body
        assert [wire_keep_alive(seconds) for seconds in (-1, 0, 29.5)] == [-1, 0, 30]

    def test_a_prompt_is_never_cut_and_the_process_never_started_anew_for_a_client(self) -> None:
        for wishes in ({}, {"truncate": True, "shift": True}):
            body = sent(**wishes)
            assert (body["truncate"], body["shift"]) == (False, False)

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"type": "json_object"}, "json"),
            ({"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}, {"type": "object"}),
            ({"type": "text"}, None),
        ],
    )
    def test_response_format(self, wanted: object, expected: object) -> None:
        assert sent(response_format=wanted).get("format") == expected

    @pytest.mark.parametrize(
        ("model", "fields", "expected"),
        [
            (MODEL, {"reasoning_effort": "high"}, True),
            (MODEL, {"reasoning_effort": "none"}, False),
            (MODEL, {"think": False, "reasoning_effort": "high"}, False),
            (MODEL, {"chat_template_kwargs": {"enable_thinking": False}}, False),
            (MODEL, {}, None),
            (GPT_OSS, {"reasoning_effort": "minimal"}, "low"),
            (DULL, {"reasoning_effort": "high"}, None),
            (DULL, {"think": True}, None),
            (replace(DULL, capabilities_known=False), {"think": True}, None),
        ],
    )
    def test_thinking(self, model: ModelInfo, fields: dict[str, Any], expected: object) -> None:
        assert sent(model, **fields).get("think") == expected

    def test_tools_and_their_choice(self) -> None:
        other = {"type": "function", "function": {"name": "time"}}
        chosen = {"type": "function", "function": {"name": "time"}}
        assert sent(tools=[TOOL, other])["tools"] == [TOOL, other]
        assert sent(tools=[TOOL, other], tool_choice="auto")["tools"] == [TOOL, other]
        assert sent(tools=[TOOL, other], tool_choice=chosen)["tools"] == [other]
        assert "tools" not in sent(tools=[TOOL], tool_choice="none")

    def test_a_history_with_tools(self) -> None:
        made = {"id": "call_7", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
        body = sent(
            messages=[
                {"role": "developer", "content": "Be brief."},
                {"role": "assistant", "content": None, "tool_calls": [made], "reasoning_content": "hm"},
                {"role": "tool", "tool_call_id": "call_7", "content": "rain"},
            ]
        )
        call = {"id": "call_7", "function": {"name": "weather", "arguments": {"city": "Oslo"}}}
        assert body["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [call]},
            {"role": "tool", "content": "rain", "tool_name": "weather", "tool_call_id": "call_7"},
        ]

    def test_parts_become_text_and_images(self) -> None:
        parts = [
            {"type": "text", "text": "one"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            {"type": "image_url", "image_url": "data:text/plain,a%20b"},
            {"type": "text", "text": "two"},
        ]
        message = sent(messages=[{"role": "user", "content": parts}])["messages"][0]
        assert message == {"role": "user", "content": "one\ntwo", "images": [PNG, "YSBi"]}

    def test_fields_that_both_know_pass(self) -> None:
        body = sent(logprobs=True, top_logprobs=3)
        assert (body["logprobs"], body["top_logprobs"]) == (True, 3)

    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({"n": 2}, "n"),
            (
                {
                    "messages": [
                        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}
                    ]
                },
                "messages",
            ),
            ({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]}, "messages"),
            (
                {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]},
                "messages",
            ),
        ],
    )
    def test_what_it_cannot_be_asked_is_refused_but_curable_elsewhere(self, fields: Any, param: str) -> None:
        error = refused(**fields)
        assert (error.code, error.fallback, error.retryable, error.param) == ("invalid_request", True, False, param)


@pytest.fixture
async def server() -> AsyncIterator[OllamaServer]:
    server = OllamaServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def backend(server: OllamaServer, session: aiohttp.ClientSession) -> OllamaBackend:
    return OllamaBackend("o", server.url, session, read_timeout=1)


class TestAnswer:
    async def test_thinking_is_reasoning_content(self, backend: OllamaBackend) -> None:
        chunks = events(await read(await backend.chat(call_for(MODEL, think=True))))
        deltas = [c["choices"][0]["delta"] for c in chunks]
        assert "".join(d.get("reasoning_content", "") for d in deltas) == "Hmm."
        assert "".join(d.get("content", "") for d in deltas) == ANSWER

    async def test_the_id_is_the_exchanges(self, backend: OllamaBackend) -> None:
        chunks = events(await read(await backend.chat(call_for(MODEL))))
        assert {c["id"] for c in chunks} == {"chatcmpl-x1"}
        assert {c["model"] for c in chunks} == {"qwen3:4b"}

    async def test_parallel_tool_calls_are_counted_on(self, backend: OllamaBackend) -> None:
        other = {"type": "function", "function": {"name": "time"}}
        chunks = events(await read(await backend.chat(call_for(MODEL, tools=[TOOL, other]))))
        calls = [c for e in chunks for c in e["choices"][0]["delta"].get("tool_calls", ())]
        assert [(c["index"], c["function"]["name"]) for c in calls] == [(0, "weather"), (1, "time")]
        assert len({c["id"] for c in calls}) == 2

    async def test_timings_come_from_its_counters(self, backend: OllamaBackend) -> None:
        reply = await backend.chat(call_for(MODEL))
        await read(reply)
        assert reply.timings.prefill_per_second == pytest.approx(500)
        assert reply.timings.decode_per_second == pytest.approx(50)
        assert reply.timings.load_seconds == pytest.approx(0.5)

    async def test_reading_speed_is_told_when_a_conversation_begins(self, backend: OllamaBackend) -> None:
        """Later its cache holds most of the prompt, which Ollama counts all the same."""
        turns = ("user", "assistant", "user")
        call = call_for(MODEL)
        again = replace(call, request=replace(call.request, messages=tuple(Message(role, "Hi") for role in turns)))
        reply = await backend.chat(again)
        await read(reply)
        assert reply.timings.prefill_per_second is None
        assert reply.timings.decode_per_second == pytest.approx(50)

    async def test_no_speed_is_told_that_no_machine_has(self, backend: OllamaBackend, server: OllamaServer) -> None:
        server.counters = {"prompt_eval_count": 2000, "prompt_eval_duration": 12_000_000}
        cached = await backend.chat(call_for(MODEL))
        await read(cached)
        assert cached.timings.prefill_per_second is None
        server.counters = {"eval_count": 1, "eval_duration": 1000}
        single = await backend.chat(call_for(MODEL))
        await read(single)
        assert single.timings.decode_per_second is None

    @pytest.mark.parametrize("stream", [True, False])
    async def test_a_prompt_beyond_the_context_is_an_error_not_half_an_answer(
        self, backend: OllamaBackend, stream: bool
    ) -> None:
        long = [{"role": "user", "content": "word " * 90}]
        with pytest.raises(BackendError) as caught:
            await backend.chat(call_for(MODEL, stream=stream, context=8, messages=long))
        assert (caught.value.code, caught.value.fallback) == ("context_length_exceeded", True)
        assert "request (90 tokens) exceeds the available context size" in caught.value.message
        assert "{" not in caught.value.message

    async def test_a_history_with_tool_calls_is_understood(self, backend: OllamaBackend) -> None:
        made = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
        messages = [{"role": "assistant", "content": None, "tool_calls": [made]}, {"role": "user", "content": "Rome"}]
        reply = await backend.chat(call_for(MODEL, messages=messages, tools=[TOOL]))
        await read(reply)
        assert reply.finish_reason == "tool_calls"


class TestModels:
    async def test_are_described_from_tags_and_show(self, backend: OllamaBackend) -> None:
        by_name = {m.name: m for m in await backend.models()}
        qwen = by_name["qwen3:4b"]
        assert (qwen.parameters, qwen.quantization, qwen.context_length) == (4_022_468_096, "Q4_K_M", 40960)
        assert qwen.capabilities == {"completion", "tools", "thinking", "json"}
        assert qwen.capabilities_known
        assert qwen.kv_bytes_per_token == 2 * 36 * 8 * (128 + 128)
        assert by_name["nomic-embed-text:latest"].capabilities == {"embedding"}
        assert not by_name["gpt-oss:120b-cloud"].local

    async def test_details_are_asked_once_per_digest(self, backend: OllamaBackend, server: OllamaServer) -> None:
        await backend.models()
        await backend.models()
        assert len(server.asked("/api/show")) == len(server.names)

    async def test_what_the_answer_leaves_out_of_the_cache_is_read_of_the_file(
        self, backend: OllamaBackend, server: OllamaServer, tmp_path: Path
    ) -> None:
        """Ollama empties lists of a figure per layer."""
        file = write(tmp_path / "sha256-1", gguf({**LLAMA, "llama.attention.head_count_kv": [2, 0]}))
        server.info = {**server.info, "qwen3.attention.head_count_kv": None}
        server.files = {"qwen3:4b": str(file)}
        by_name = {m.name: m for m in await backend.models()}
        assert by_name["qwen3:4b"].kv_bytes_per_token == 2 * 2 * (16 + 16)
        assert by_name["gpt-oss:20b"].kv_bytes_per_token is None

    def test_the_files_are_read_from_the_head_of_the_modelfile(self) -> None:
        text = '# by "ollama show"\n# FROM a:1b\n\nFROM /b/sha256-1\nADAPTER /b/sha256-2\nTEMPLATE """x\nFROM y"""\n'
        assert model_files(text) == ("/b/sha256-1", "/b/sha256-2")
        assert model_files("") == ()


class TestMemory:
    async def test_what_it_holds_is_told_with_memory_and_expiry(self, backend: OllamaBackend) -> None:
        model = next(m for m in await backend.models() if m.name == "qwen3:4b")
        await backend.load(model, keep_alive=-1, context_length=8192)
        held = {r.name: r for r in await backend.residents()}["qwen3:4b"]
        assert (held.footprint, held.footprint_source, held.context_length) == (4 * GB, "reported", 8192)
        assert held.expires_at is not None
        assert held.expires_at > 11_000_000_000

    @pytest.mark.parametrize(
        ("vram", "on_gpu"), [(4 * GB, 4 * GB), (3 * GB, 3 * GB), (0, 0), (None, None), ("?", None), (True, None)]
    )
    async def test_where_it_lies_is_told_beside_its_whole_size(
        self, backend: OllamaBackend, server: OllamaServer, vram: object, on_gpu: int | None
    ) -> None:
        server.vram = vram
        await backend.load(MODEL, keep_alive=60, context_length=None)
        found = [(r.footprint, r.on_gpu) for r in await backend.residents() if r.name == MODEL.name]
        assert found == [(4 * GB, on_gpu)]

    async def test_every_name_of_the_weights_is_resident_and_says_whose_memory_it_is(
        self, backend: OllamaBackend, server: OllamaServer
    ) -> None:
        terse = next(m for m in await backend.models() if m.name == "qwen3-terse:4b")
        await backend.load(MODEL, keep_alive=60, context_length=8192)
        held = {r.name: r.shares for r in await backend.residents() if r.name.startswith("qwen3")}
        assert held == {"qwen3:4b": "", "qwen3-terse:4b": "qwen3:4b"}
        await backend.unload(terse)
        assert not server.held
        assert not [r for r in await backend.residents() if r.name.startswith("qwen3")]

    async def test_no_answer_starts_the_process_anew(self, backend: OllamaBackend, server: OllamaServer) -> None:
        terse = next(m for m in await backend.models() if m.name == "qwen3-terse:4b")
        await backend.load(MODEL, keep_alive=60, context_length=8192)
        for model in (MODEL, terse):
            await read(await backend.chat(call_for(model, context=8192, shift=True, options={"num_ctx": 512})))
        await backend.load(MODEL, keep_alive=-1, context_length=8192)
        assert server.starts == 1

    async def test_an_answer_leaves_the_keep_alive_as_the_load_set_it(
        self, backend: OllamaBackend, server: OllamaServer
    ) -> None:
        await backend.load(MODEL, keep_alive=-1, context_length=8192)
        await read(await backend.chat(call_for(MODEL, context=8192, hold=60)))
        assert [entry["seconds"] for entry in server.held.values()] == [-1]

    async def test_an_embedding_model_is_loaded_by_embedding_nothing(
        self, backend: OllamaBackend, server: OllamaServer
    ) -> None:
        model = next(m for m in await backend.models() if "embedding" in m.capabilities)
        await backend.load(model, keep_alive=60, context_length=None)
        assert model.name in {r.name for r in await backend.residents()}
        assert server.asked("/api/embed")[0].body == {"model": model.name, "keep_alive": 60, "input": ""}

    async def test_a_load_that_does_not_fit_says_so(self, backend: OllamaBackend, server: OllamaServer) -> None:
        server.mode = "oom"
        with pytest.raises(BackendError) as caught:
            await backend.load(MODEL, keep_alive=None, context_length=None)
        assert (caught.value.code, caught.value.fallback) == ("out_of_memory", True)

    async def test_a_model_that_runs_elsewhere_is_never_loaded(
        self, backend: OllamaBackend, server: OllamaServer
    ) -> None:
        model = next(m for m in await backend.models() if not m.local)
        await backend.load(model, keep_alive=60, context_length=None)
        await backend.unload(model)
        assert not server.asked("/api/generate")
        assert model.name in {r.name for r in await backend.residents()}
