"""Answers reach clients byte for byte, with the decision in their headers; errors are what official clients expect."""

import asyncio
import json
from typing import Any

import openai
import pytest

from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.queueing import Place
from tests.proxy.conftest import Router
from tests.proxy.scripted import BIG, DONE, SMALL, Script, chunk

ASK: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}


async def test_the_official_client_gets_an_answer(router: Router) -> None:
    async with router.openai() as client:
        answer = await client.chat.completions.create(**ASK)
    assert answer.choices[0].message.content == "Hello"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 5
    run = router.exchanges.last
    assert run.events == ["open", "body", "close"]
    assert run.outcome == "ok"


async def test_the_official_client_streams(router: Router) -> None:
    async with router.openai() as client:
        stream = await client.chat.completions.create(**ASK, stream=True)
        pieces = [event.choices[0].delta.content async for event in stream]
    assert pieces == ["Hel", "lo", None]
    await router.exchanges.last.closed.wait()
    assert router.exchanges.last.events == ["open", "body", "close"]
    assert router.exchanges.last.outcome == "ok"


async def test_a_stream_is_passed_on_byte_for_byte(router: Router) -> None:
    odd = (b": comment\n\n", b'data: {"a": 1}\n\ndata: {"b":"\xc3\xa9"}\n\n', DONE)
    router.exchanges.script = Script(chunks=odd)
    response = await router.http.post("/v1/chat/completions", json={**ASK, "stream": True})
    assert response.content == b"".join(odd)


@pytest.mark.parametrize("stream", [False, True])
async def test_headers_tell_what_was_decided(router: Router, stream: bool) -> None:
    router.exchanges.script = Script(fallback_to=BIG)
    response = await router.http.post("/v1/chat/completions", json={**ASK, "stream": stream})
    shown = {name: value for name, value in response.headers.items() if name.startswith("x-r")}
    assert shown == {
        "x-router-exchange-id": "x1",
        "x-request-id": "x1",
        "x-router-model": BIG,
        "x-router-attempts": "2",
        "x-router-task": "coding",
        "x-router-difficulty": "0.37",
        "x-router-score": "0.510",
        "x-router-margin": "0.110",
    }
    assert not any(name.startswith("access-control") for name in response.headers)
    if stream:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-accel-buffering"] == "no"
    else:
        assert response.headers["content-type"] == "application/json"


async def test_a_model_name_that_is_no_header_text_is_encoded(router: Router) -> None:
    router.exchanges.script = Script(fallback_to="box/ü\r\nSet-Cookie: a=b")
    response = await router.http.post("/v1/chat/completions", json=ASK)
    assert response.headers["x-router-model"] == "box/%C3%BC%0D%0ASet-Cookie: a=b"
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(("given", "echoed"), [("req_1.a:b-c", "req_1.a:b-c"), ("a b", "x1"), ("x" * 200, "x1")])
async def test_a_sane_request_id_is_echoed(router: Router, given: str, echoed: str) -> None:
    response = await router.http.post("/v1/chat/completions", json=ASK, headers={"X-Request-Id": given})
    assert response.headers["x-request-id"] == echoed


async def test_tools_and_unknown_fields_pass_through_untouched(router: Router) -> None:
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":'}}
    delta = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
             "choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}]}  # fmt: skip
    router.exchanges.script = Script(chunks=(b"data: " + json.dumps(delta).encode() + b"\n\n", DONE))
    tool: Any = {
        "type": "function",
        "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
    }
    async with router.openai() as client:
        stream = await client.chat.completions.create(
            **ASK, stream=True, tools=[tool], tool_choice="auto", parallel_tool_calls=False, temperature=0.1,
            stream_options={"include_usage": True}, extra_body={"min_p": 0.05, "mirostat": {"tau": 5}},
        )  # fmt: skip
        events = [event async for event in stream]
    calls = events[0].choices[0].delta.tool_calls
    assert calls is not None
    assert calls[0].id == "call_1"
    request = router.exchanges.last.request
    sent = json.loads(request.body)
    assert sent["tools"] == [tool]
    assert (sent["min_p"], sent["mirostat"], sent["parallel_tool_calls"]) == (0.05, {"tau": 5}, False)
    assert (request.tools, request.stream, request.wants_usage, request.has_stream_options) == (1, True, True, True)
    assert request.client.startswith("AsyncOpenAI/Python")


async def test_the_session_header_names_the_conversation(router: Router) -> None:
    await router.http.post("/v1/chat/completions", json=ASK, headers={"X-Session-Id": "chat-7"})
    assert router.exchanges.last.request.session == "chat-7"


@pytest.mark.parametrize("stream", [False, True])
async def test_the_official_client_reads_errors_and_does_not_retry_the_pointless(router: Router, stream: bool) -> None:
    router.exchanges.script = Script(
        begin_error=RouterError(
            "model_not_found", "There is no model 'gpt-9'.", hint="Did you mean gpt-8?", param="model"
        )
    )
    async with router.openai() as client:
        with pytest.raises(openai.NotFoundError) as caught:
            await client.chat.completions.create(**ASK, stream=stream)
    error = caught.value
    assert (error.code, error.param, error.type) == ("model_not_found", "model", "invalid_request_error")
    assert error.body == {
        "message": "There is no model 'gpt-9'.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
        "hint": "Did you mean gpt-8?",
    }
    assert error.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_before_the_first_token_has_its_status(router: Router, stream: bool) -> None:
    failure = BackendError("backend_error", "box answered nonsense.", backend="box", fallback=True, retryable=False)
    router.exchanges.script = Script(open_error=failure)
    async with router.openai() as client:
        with pytest.raises(openai.InternalServerError) as caught:
            await client.chat.completions.create(**ASK, stream=stream)
    assert caught.value.status_code == 502
    assert caught.value.response.headers["x-router-exchange-id"] == "x1"
    assert caught.value.response.headers["x-router-model"] == SMALL
    assert len(router.exchanges.runs) == 1, "a 5xx that is no use to retry must say so"
    assert router.exchanges.last.events[-1] == "close"


@pytest.mark.parametrize(("after", "told"), [(0.2, "1"), (1.0, "1"), (7.3, "8"), (5000.0, "60"), (None, None)])
async def test_retry_after_is_whole_seconds_that_clients_honour(
    router: Router, after: float | None, told: str | None
) -> None:
    router.exchanges.script = Script(
        begin_error=RouterError("queue_full", "Too many wait.", retryable=True, retry_after=after)
    )
    response = await router.http.post("/v1/chat/completions", json=ASK)
    assert response.status_code == 429
    assert response.headers.get("retry-after") == told
    assert response.headers["x-should-retry"] == "true"
    assert response.json()["error"]["type"] == "rate_limit_error"


async def test_a_stream_that_breaks_ends_with_an_error_event(router: Router) -> None:
    router.exchanges.script = Script(
        chunks=(chunk("Hel"),),
        body_error=RouterError("upstream_interrupted", "box stopped in the middle.", hint="Ask again."),
    )
    response = await router.http.post("/v1/chat/completions", json={**ASK, "stream": True})
    first, last, rest = response.content.split(b"\n\n")
    assert b"Hel" in first
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "upstream_interrupted"
    assert rest == b""
    async with router.openai() as client:
        with pytest.raises(openai.APIError, match="stopped in the middle"):
            async for _ in await client.chat.completions.create(**ASK, stream=True):
                pass


@pytest.mark.parametrize("where", ["begin", "open", "body"])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_bug_of_ours_is_an_internal_error_without_a_traceback(
    router: Router, where: str, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    bug = ZeroDivisionError("secret detail")
    router.exchanges.script = Script(**{f"{where}_error": bug}, chunks=(chunk("Hel"),))  # type: ignore[arg-type]
    response = await router.http.post("/v1/chat/completions", json={**ASK, "stream": stream})
    assert b'"code":"internal_error"' in response.content
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content
    assert response.status_code == (200 if where == "body" and stream else 500)
    assert "secret detail" in caplog.text
    if where != "begin":
        assert router.exchanges.last.outcome == "failed internal_error"
        assert router.exchanges.last.events[-1] == "close"


async def test_while_a_model_loads_headers_and_comments_go_out(router: Router) -> None:
    gate = asyncio.Event()
    status = "loading big/qwen3:32b\r\n\r\ndata: evil"
    router.exchanges.script = Script(gate=gate, status=status, wait=Place(2, 41.7, "big/é answers 3 requests"))
    body = {**ASK, "stream": True}
    async with router.http.stream("POST", "/v1/chat/completions", json=body) as response:
        assert response.headers["x-router-model"] == SMALL
        assert response.headers["x-router-queue-position"] == "2"
        assert response.headers["x-router-expected-wait"] == "42"
        assert response.headers["x-router-wait-reason"] == "big/%C3%A9 answers 3 requests"
        parts = response.aiter_raw()
        early = b""
        while early.count(b"\n\n") < 3:
            early += await anext(parts)
        gate.set()
        rest = b"".join([part async for part in parts])
    comments = early.decode().split("\n\n")[:3]
    assert set(comments) == {": waiting — loading big/qwen3:32b data: evil"}
    assert rest.endswith(DONE)
    answer = [line for line in (early + rest).split(b"\n\n") if line.startswith(b"data: ")]
    assert len(answer) == 4


async def test_the_official_client_is_at_ease_with_comments(router: Router) -> None:
    gate = asyncio.Event()
    router.exchanges.script = Script(gate=gate)
    asyncio.get_running_loop().call_later(0.5, gate.set)
    async with router.openai() as client:
        stream = await client.chat.completions.create(**ASK, stream=True)
        assert not gate.is_set(), "headers came before the model was ready"
        text = [event.choices[0].delta.content async for event in stream]
    assert text == ["Hel", "lo", None]


async def test_a_failure_after_early_headers_is_an_event(router: Router) -> None:
    gate = asyncio.Event()
    router.exchanges.script = Script(gate=gate, open_error=RouterError("load_timeout", "big took too long."))
    asyncio.get_running_loop().call_later(0.5, gate.set)
    response = await router.http.post("/v1/chat/completions", json={**ASK, "stream": True})
    assert response.status_code == 200
    events = [part for part in response.content.split(b"\n\n") if part.startswith(b"data: ")]
    assert len(events) == 1
    assert json.loads(events[0][6:])["error"]["code"] == "load_timeout"
    assert router.exchanges.last.events == ["open", "close"]


async def test_many_streams_at_once_are_complete_and_not_mixed(router: Router) -> None:
    router.exchanges.script = Script(chunks=(*(chunk(f"t{n} ") for n in range(30)), DONE), pause=0.001)
    expected = b"".join(router.exchanges.script.chunks)
    body = {**ASK, "stream": True}
    answers = await asyncio.gather(*(router.http.post("/v1/chat/completions", json=body) for _ in range(60)))
    assert {answer.content for answer in answers} == {expected}
    assert len({answer.headers["x-router-exchange-id"] for answer in answers}) == 60
