"""What every backend does, whatever it speaks: one suite over all kinds of servers."""

import asyncio
import json

import pytest

from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.ports.backend import Backend
from tests.backends.conftest import TOOL, Site, call_for, events, read
from tests.backends.servers import ANSWER, PNG, PROMPT_TOKENS, TOKENS, vector

TRANSLATED = ("ollama", "anthropic")
"""Whose dialect is another one."""
MANAGING = ("ollama", "llamacpp-router", "lmstudio", "llamaswap")
IMAGE = [
    {"type": "text", "text": "What is this?"},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
]


async def resident_names(backend: Backend) -> set[str]:
    return {r.name for r in await backend.residents() if r.state == "resident"}


async def failing(site: Site, mode: str, *, stream: bool = True, **fields: object) -> BackendError:
    """The error that a call ends with when the server is in a mode of failure."""
    site.server.mode = mode
    with pytest.raises(BackendError) as caught:
        await read(await site.backend.chat(call_for(site.model, stream=stream, **fields)))
    error = caught.value
    assert error.backend == "here"
    assert error.message
    assert "here" in error.message or mode == "images by address"
    return error


class TestModels:
    async def test_are_listed_with_the_backends_name(self, site: Site) -> None:
        models = await site.backend.models()
        assert models
        assert {m.backend for m in models} == {"here"}
        assert all(m.local or "cloud" in m.name for m in models)

    async def test_looking_around_loads_nothing(self, site: Site) -> None:
        for _ in range(3):
            await site.backend.probe()
            await site.backend.models()
            await site.backend.residents()
        assert {seen.method for seen in site.server.seen if seen.path != "/api/show"} == {"GET"}
        assert not site.server.asked("/upstream/coder/health")
        if site.kind in MANAGING:
            assert site.model.name not in await resident_names(site.backend)

    async def test_say_which_server_and_version_answers(self, site: Site) -> None:
        words = {
            "ollama": "Ollama 0.33.0",
            "llamacpp": "llama.cpp b9999-abc",
            "llamacpp-router": "llama.cpp b9999 router",
            "vllm": "vLLM 0.33.0",
            "lmstudio": "LM Studio",
            "llamaswap": "llama-swap 250",
            "openai": "OpenAI-compatible",
            "anthropic": "Anthropic API 2026-10-21",
        }
        assert await site.backend.probe() == words[site.kind]


class TestMemory:
    async def test_only_servers_that_can_be_told_to_load_manage_memory(self, site: Site) -> None:
        assert site.backend.manages_memory is (site.kind in MANAGING)

    async def test_a_load_returns_when_the_model_is_there_and_an_unload_when_it_is_gone(self, site: Site) -> None:
        if site.kind not in MANAGING:
            pytest.skip("its models are simply there")
        await site.backend.load(site.model, keep_alive=60, context_length=None)
        assert site.model.name in await resident_names(site.backend)
        await site.backend.unload(site.model)
        assert site.model.name not in await resident_names(site.backend)

    async def test_loading_twice_and_unloading_twice_is_fine(self, site: Site) -> None:
        await site.backend.load(site.model, keep_alive=None, context_length=None)
        await site.backend.load(site.model, keep_alive=None, context_length=None)
        await site.backend.unload(site.model)
        await site.backend.unload(site.model)
        if site.kind in MANAGING:
            assert site.model.name not in await resident_names(site.backend)

    async def test_unloading_a_model_that_does_not_exist_is_no_error(self, site: Site) -> None:
        await site.backend.unload(ModelInfo("here", "no-such-model"))


class TestStream:
    async def test_is_canonical_from_the_first_chunk_to_done(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model))
        chunks = events(await read(reply))
        assert "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks) == ANSWER
        assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
        assert [c["choices"][0]["finish_reason"] for c in chunks] == [None] * (len(chunks) - 1) + ["stop"]
        assert len({c["id"] for c in chunks}) == 1
        assert all(isinstance(c["created"], int) for c in chunks)
        assert reply.finish_reason == "stop"

    async def test_counts_tokens_but_hides_them_from_a_client_that_did_not_ask(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model))
        assert not any(c.get("usage") for c in events(await read(reply)))
        assert reply.usage.prompt_tokens == PROMPT_TOKENS
        assert reply.usage.completion_tokens == len(TOKENS)

    async def test_shows_usage_once_to_a_client_that_asked(self, site: Site) -> None:
        call = call_for(site.model, stream_options={"include_usage": True})
        chunks = events(await read(await site.backend.chat(call)))
        told = [c for c in chunks if c.get("usage")]
        assert told == chunks[-1:]
        assert told[0]["choices"] == []
        assert told[0]["usage"]["prompt_tokens"] == PROMPT_TOKENS

    async def test_tells_speeds_where_the_server_does(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model))
        await read(reply)
        expected = {"ollama": 50.0, "llamacpp": 61.25, "llamacpp-router": 61.25}
        assert reply.timings.decode_per_second == expected.get(site.kind)

    async def test_passes_through_byte_for_byte(self, site: Site) -> None:
        if site.kind in TRANSLATED:
            pytest.skip("is translated")
        asked = await read(await site.backend.chat(call_for(site.model, stream_options={"include_usage": True})))
        assert asked == site.server.sent
        hidden = await read(await site.backend.chat(call_for(site.model)))
        *before, _usage, done = site.server.sent.removesuffix(b"\n\n").split(b"\n\n")
        assert hidden == b"\n\n".join([*before, done]) + b"\n\n"

    async def test_streams_tool_calls_with_index_and_text_arguments(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model, tools=[TOOL]))
        calls = [c for e in events(await read(reply)) for c in e["choices"][0]["delta"].get("tool_calls", ())]
        assert all(isinstance(c["index"], int) for c in calls)
        assert calls[0]["id"]
        assert calls[0]["function"]["name"] == "weather"
        first = "".join(c["function"]["arguments"] for c in calls if c["index"] == 0)
        assert json.loads(first) == {"city": "Oslo"}
        assert reply.finish_reason == "tool_calls"


class TestWholeAnswer:
    async def test_is_one_completion_with_usage(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model, stream=False))
        body = json.loads(await read(reply))
        assert body["object"] == "chat.completion"
        assert isinstance(body["created"], int)
        assert body["choices"][0]["message"]["content"] == ANSWER
        assert body["choices"][0]["finish_reason"] == reply.finish_reason == "stop"
        assert body["usage"]["total_tokens"] == PROMPT_TOKENS + len(TOKENS)
        assert reply.usage.completion_tokens == len(TOKENS)

    async def test_carries_tool_calls(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model, stream=False, tools=[TOOL]))
        choice = json.loads(await read(reply))["choices"][0]
        assert choice["finish_reason"] == "tool_calls"
        assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}
        assert choice["message"]["tool_calls"][0]["id"]


class TestRequest:
    async def test_goes_to_the_model_as_json(self, site: Site) -> None:
        await read(await site.backend.chat(call_for(site.model)))
        sent = site.server.seen[-1]
        assert sent.headers["Content-Type"] == "application/json"
        expected = site.server.names[0]
        assert sent.body["model"] == expected

    async def test_fields_nobody_knows_arrive_where_the_dialect_is_the_same(self, site: Site) -> None:
        if site.kind in TRANSLATED:
            pytest.skip("has its own dialect")
        await read(await site.backend.chat(call_for(site.model, novel={"model": "x"}, temperature=0.25)))
        body = site.server.seen[-1].body
        assert body["novel"] == {"model": "x"}
        assert body["temperature"] == 0.25

    async def test_an_image_arrives(self, site: Site) -> None:
        messages = [{"role": "user", "content": IMAGE}]
        await read(await site.backend.chat(call_for(site.model, messages=messages)))
        message = site.server.seen[-1].body["messages"][0]
        if site.kind == "ollama":
            assert message == {"role": "user", "content": "What is this?", "images": [PNG]}
        elif site.kind == "anthropic":
            source = {"type": "base64", "media_type": "image/png", "data": PNG}
            assert message["content"] == [
                {"type": "text", "text": "What is this?"},
                {"type": "image", "source": source},
            ]
        else:
            assert message == messages[0]


class TestEmbed:
    @pytest.fixture(autouse=True)
    def where_there_are_embeddings(self, site: Site, request: pytest.FixtureRequest) -> None:
        if site.kind == "anthropic" and "is_refused" not in request.node.name:
            pytest.skip("has none")

    async def test_gives_each_text_its_vector(self, site: Site) -> None:
        found = await site.backend.embed(site.model, ["one", "eleven"])
        assert [list(one) for one in found.vectors] == [vector("one"), vector("eleven")]
        assert found.prompt_tokens == PROMPT_TOKENS
        asked = site.server.seen[-1].body
        assert asked["model"] == site.server.names[0]
        assert "dimensions" not in asked

    async def test_says_how_long_vectors_are_to_be(self, site: Site) -> None:
        await site.backend.embed(site.model, ["one"], dimensions=2)
        assert site.server.seen[-1].body["dimensions"] == 2

    async def test_lets_nothing_be_cut_that_is_too_long_unless_that_is_asked_for(self, site: Site) -> None:
        await site.backend.embed(site.model, ["one"])
        first = site.server.seen[-1].body
        await site.backend.embed(site.model, ["one"], truncate=True)
        cut = [body.get("truncate") for body in (first, site.server.seen[-1].body)]
        assert cut == ([False, True] if site.kind == "ollama" else [None, None])

    async def test_takes_tokens_where_its_server_does(self, site: Site) -> None:
        if site.kind == "ollama":
            with pytest.raises(BackendError, match="takes texts, not lists of tokens") as caught:
                await site.backend.embed(site.model, [[1, 2], [3]])
            assert (caught.value.param, caught.value.retryable) == ("input", False)
            return
        await site.backend.embed(site.model, [[1, 2], [3]])
        assert site.server.seen[-1].body["input"] == [[1, 2], [3]]

    async def test_is_refused_in_the_servers_words_where_it_cannot(self, site: Site) -> None:
        site.server.mode = "no embeddings"
        with pytest.raises(BackendError, match="does not support embeddings") as caught:
            await site.backend.embed(site.model, ["one"])
        assert not caught.value.retryable

    async def test_without_a_vector_for_each_text_is_a_failure(self, site: Site) -> None:
        site.server.mode = "empty"
        with pytest.raises(BackendError, match="without one vector for each text"):
            await site.backend.embed(site.model, ["one"])

    async def test_fails_as_chats_do(self, site: Site) -> None:
        site.server.mode = "missing"
        with pytest.raises(BackendError) as caught:
            await site.backend.embed(site.model, ["one"])
        assert caught.value.code == "model_not_found"

    async def test_the_server_notices_at_once_when_embeddings_are_dropped(self, site: Site) -> None:
        site.server.pace = 20.0
        waiting = asyncio.ensure_future(site.backend.embed(site.model, ["one"]))
        async with asyncio.timeout(10):
            while not site.server.seen:
                await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait_for(site.server.gone.wait(), 0.5)


class TestCancel:
    @pytest.mark.parametrize("stream", [True, False])
    async def test_the_server_notices_at_once_when_an_answer_is_dropped(self, site: Site, stream: bool) -> None:
        site.server.pace = 20.0
        if stream:
            reply = await site.backend.chat(call_for(site.model))
            chunks = aiter(reply.chunks())  # kept: one that is collected ends the answer itself
            first = await anext(chunks)
            assert first.startswith(b"data: ")
            await reply.close()
            await reply.close()
        else:
            waiting = asyncio.ensure_future(site.backend.chat(call_for(site.model, stream=False)))
            while not site.server.seen:
                await asyncio.sleep(0.01)
            waiting.cancel()
        await asyncio.wait_for(site.server.gone.wait(), 0.5)


class TestFailure:
    """By its cause: what it is called, whether another model may do better, whether the same may work later."""

    @pytest.mark.parametrize(
        ("mode", "code", "fallback", "retryable"),
        [
            ("unauthorized", "backend_error", True, False),
            ("missing", "model_not_found", True, False),
            ("busy", ("rate_limited", "queue_full"), True, True),
            ("broken", "backend_error", True, True),
            ("loading", "model_loading", True, True),
            ("overflow", "context_length_exceeded", True, False),
            ("oom", "out_of_memory", True, True),
            ("bad", "invalid_request", False, False),
            ("blind", "invalid_request", True, False),
        ],
    )
    @pytest.mark.parametrize("stream", [True, False])
    async def test_of_a_refused_request(
        self, site: Site, mode: str, code: str | tuple[str, ...], fallback: bool, retryable: bool, stream: bool
    ) -> None:
        if mode not in site.server.errors:
            pytest.skip("never says so")
        error = await failing(site, mode, stream=stream)
        assert error.code in code if isinstance(code, tuple) else error.code == code
        assert (error.fallback, error.retryable, error.unhealthy) == (fallback, retryable, False)

    async def test_of_a_busy_server_says_when_to_come_back(self, site: Site) -> None:
        error = await failing(site, "busy")
        assert error.retry_after == (7.0 if site.server.errors["busy"][0] == 429 else 1.0)

    @pytest.mark.parametrize("mode", ["die", "eof", "error", "raw", "garbage", "deep", "stall"])
    async def test_in_the_middle_of_a_stream(self, site: Site, mode: str) -> None:
        site.server.mode = mode
        reply = await site.backend.chat(call_for(site.model))
        got = []
        with pytest.raises(BackendError) as caught:
            async for chunk in reply.chunks():
                got.append(chunk)  # noqa: PERF401 - what came before the failure is looked at
        assert caught.value.code == "upstream_interrupted"
        assert caught.value.fallback
        raw = b"".join(got)
        assert TOKENS[0].encode() in raw
        assert b"[DONE]" not in raw
        assert b"proxy error" not in raw
        assert b"error" not in raw
        assert raw.endswith(b"\n\n")

    @pytest.mark.parametrize("stream", [True, False])
    async def test_of_an_answer_with_nothing_in_it(self, site: Site, stream: bool) -> None:
        error = await failing(site, "empty", stream=stream)
        assert (error.code, error.fallback) == ("backend_error", True)

    @pytest.mark.parametrize("mode", ["garbage", "deep"])
    async def test_of_a_whole_answer_that_is_not_json(self, site: Site, mode: str) -> None:
        error = await failing(site, mode, stream=False)
        assert error.code in ("backend_error", "upstream_interrupted")
        assert error.fallback

    async def test_of_a_server_that_dies_before_it_answers(self, site: Site) -> None:
        error = await failing(site, "die", stream=False)
        assert (error.code, error.fallback, error.unhealthy) == ("backend_unreachable", True, True)

    async def test_of_a_server_that_never_answers(self, site: Site) -> None:
        error = await failing(site, "hang")
        assert (error.code, error.fallback, error.unhealthy) == ("backend_unreachable", True, True)
        assert "0.5 s" in error.message

    async def test_of_a_server_that_is_not_there(self, site: Site) -> None:
        await site.server.stop()
        with pytest.raises(BackendError) as caught:
            await site.backend.chat(call_for(site.model))
        assert (caught.value.code, caught.value.unhealthy) == ("backend_unreachable", True)
        assert "refused the connection" in caught.value.message
        with pytest.raises(BackendError):
            await site.backend.probe()


@pytest.mark.parametrize("site", ["ollama", "anthropic"], indirect=True)
@pytest.mark.parametrize("arguments", ["Oslo", "[1]", "[" * 100_000])
async def test_calls_in_a_history_whose_arguments_are_no_object_are_refused_where_they_must_be_one(
    site: Site, arguments: str
) -> None:
    made = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": arguments}}
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None, "tool_calls": [made]}]
    with pytest.raises(BackendError, match="are not a JSON object") as caught:
        await site.backend.chat(call_for(site.model, messages=turns))
    assert (caught.value.code, caught.value.fallback) == ("invalid_request", True)
