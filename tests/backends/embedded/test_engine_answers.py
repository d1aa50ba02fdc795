"""The real engine's answers, all from one process that is loaded once with a small context."""

import asyncio
import json
import re

import psutil
import pytest

from llmrouter_tui.backends.embedded import EmbeddedBackend
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.core.errors import BackendError
from tests.backends.embedded.asking import body_of, call, loaded, pid_of

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.asyncio(loop_scope="module")]


async def test_a_stream_is_canonical_and_its_usage_is_read_and_hidden(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    reply = await serving.chat(call(model, stream=True))
    events = (await body_of(reply)).split(b"\n\n")
    assert events.pop() == b""
    assert events.pop() == b"data: [DONE]"
    chunks = [json.loads(event.removeprefix(b"data: ")) for event in events]
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    assert text
    assert not any(chunk.get("usage") for chunk in chunks)
    assert (reply.usage.completion_tokens, reply.finish_reason) == (8, "length")
    assert reply.usage.prompt_tokens
    assert reply.timings.decode_per_second


async def test_a_whole_answer_is_one_object(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    reply = await serving.chat(call(model))
    answer = json.loads(await body_of(reply))
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["completion_tokens"] == reply.usage.completion_tokens == 8


async def test_one_answer_after_another_is_served(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    for turn in range(8):
        assert await body_of(await serving.chat(call(model, stream=turn % 2 == 0, tokens=2)))


async def test_a_schema_binds_the_answer(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    reply = await serving.chat(call(model, tokens=100, response_format=form, ignore_eos=False, temperature=0))
    answer = json.loads(await body_of(reply))
    assert isinstance(json.loads(answer["choices"][0]["message"]["content"])["n"], int)


async def test_a_prompt_beyond_the_context_is_told_as_that(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    long = [{"role": "user", "content": "wave " * 2000}]
    with pytest.raises(BackendError) as error:
        await body_of(await serving.chat(call(model, messages=long)))
    assert error.value.code == "context_length_exceeded"


async def test_each_request_may_use_the_whole_context(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    long = [{"role": "user", "content": "wave " * 150}]
    answers = await asyncio.gather(*(serving.chat(call(model, messages=long, tokens=2)) for _ in range(2)))
    for answer in answers:
        await body_of(answer)
        assert (answer.usage.prompt_tokens or 0) > 150


async def test_an_image_for_a_text_model_is_refused_as_that(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    parts = [{"type": "text", "text": "What is this?"}, image]
    with pytest.raises(BackendError) as error:
        await body_of(await serving.chat(call(model, messages=[{"role": "user", "content": parts}])))
    assert error.value.code == "invalid_request"


async def test_nobody_without_the_key_is_served(serving: EmbeddedBackend) -> None:
    model = await loaded(serving)
    process = psutil.Process(await pid_of(serving, model))
    listening = [c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening] == ["127.0.0.1"]
    url = f"http://127.0.0.1:{listening[0].port}"
    assert not any("Bearer" in word or re.fullmatch(r"[\w-]{43}", word) for word in process.cmdline())
    async with new_session() as stranger:
        async with stranger.post(f"{url}/v1/chat/completions", json={"messages": []}) as answer:
            assert answer.status == 401
        async with stranger.get(f"{url}/slots") as answer:
            assert answer.status in (401, 501)
