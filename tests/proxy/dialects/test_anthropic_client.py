"""The official ``anthropic`` client at our door, over a real socket."""

import asyncio
import hashlib
import json
import time
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.keys import ApiKey
from tests.proxy.conftest import Router, Routers
from tests.proxy.dialects.test_anthropic_voice import blocks, call, event
from tests.proxy.scripted import BIG, DONE, SMALL, Script, chunk, whole

SOON = 0.5
ASK: dict[str, Any] = {"model": "auto", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
OLD, NEW = "2023-06-01", "2026-10-21"


def client(router: Router, **options: Any) -> AsyncAnthropic:
    given = {"api_key": "none", "max_retries": 0} | options
    return AsyncAnthropic(base_url=router.url, http_client=DefaultAsyncHttpxClient(trust_env=False), **given)


async def test_an_answer(router: Router) -> None:
    async with client(router) as asking:
        message = await asking.messages.create(**ASK)
    assert blocks(message) == [("text", "Hello")]
    assert (message.id, message.model, message.stop_reason) == ("chatcmpl-1", "qwen3:4b", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (3, 2)
    assert message._request_id == "x1"
    assert router.exchanges.last.request.client.startswith("AsyncAnthropic/Python")
    assert router.exchanges.last.outcome == "ok"


async def test_a_stream(router: Router) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2}
    counted = b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
    router.exchanges.script = Script(chunks=(chunk("Hel"), chunk("lo"), chunk("", "length"), counted, DONE))
    async with client(router) as asking, asking.messages.stream(**ASK) as stream:
        words = [text async for text in stream.text_stream]
        message = await stream.get_final_message()
    assert words == ["Hel", "lo"]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("max_tokens", 9, 2)


async def test_tools_are_called_and_answered(router: Router) -> None:
    router.exchanges.script = Script(
        chunks=(event(call(0, '{"city": "Oslo"}', "t1", "weather")), event({}, "tool_calls"), DONE)
    )
    async with client(router) as asking:
        async with asking.messages.stream(**ASK, tools=[WEATHER]) as stream:
            message = await stream.get_final_message()
        assert blocks(message) == [("tool_use", "t1", "weather", {"city": "Oslo"})]
        result = {"type": "tool_result", "tool_use_id": "t1", "content": "4°"}
        turns = [*ASK["messages"], message.to_param(), {"role": "user", "content": [result]}]
        router.exchanges.script = Script()
        await asking.messages.create(**ASK | {"messages": turns}, tools=[WEATHER])
    asked = json.loads(router.exchanges.last.request.body)["messages"]
    assert [turn["role"] for turn in asked] == ["user", "assistant", "tool"]
    assert asked[1]["tool_calls"][0]["id"] == asked[2]["tool_call_id"] == "t1"


async def test_thoughts_come_as_thinking_and_go_back(router: Router) -> None:
    thoughts = (event({"reasoning_content": "h"}), event({"reasoning_content": "m"}))
    router.exchanges.script = Script(chunks=(*thoughts, chunk("Hello"), chunk("", "stop"), DONE))
    wanted = {"type": "enabled", "budget_tokens": 2048}
    async with client(router) as asking:
        async with asking.messages.stream(**ASK | {"max_tokens": 4096}, thinking=wanted) as stream:
            message = await stream.get_final_message()
        assert blocks(message) == [("thinking", "hm", ""), ("text", "Hello")]
        assert router.exchanges.last.request.thinking
        await asking.messages.create(**ASK | {"messages": [*ASK["messages"], message.to_param(), *ASK["messages"]]})
    assert json.loads(router.exchanges.last.request.body)["messages"][1] == {
        "role": "assistant",
        "reasoning_content": "hm",
        "content": "Hello",
    }


async def test_an_image(router: Router) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    seen = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    async with client(router) as asking:
        await asking.messages.create(**ASK | {"messages": seen})
    assert router.exchanges.last.request.messages[0].images == 1


async def test_an_answer_in_a_schema(router: Router) -> None:
    router.exchanges.script = Script(answer=whole('{"a": 3}'))
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    async with client(router) as asking:
        message = await asking.messages.create(
            **ASK, output_config={"format": {"type": "json_schema", "schema": schema}}
        )
    assert blocks(message) == [("text", '{"a": 3}')]
    assert router.exchanges.last.request.json_mode


@pytest.mark.parametrize("version", [OLD, NEW, None])
async def test_each_version_may_ask_for_a_temperature(router: Router, version: str | None) -> None:
    headers = {"anthropic-version": version} if version else {}
    answer = await router.http.post("/v1/messages?beta=true", json=ASK | {"temperature": 0.5}, headers=headers)
    assert answer.status_code == 200
    assert json.loads(router.exchanges.last.request.body)["temperature"] == 0.5


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@pytest.mark.parametrize("header", ["x-api-key", "Authorization"])
async def test_a_key_may_come_in_either_header(routers: Routers, path: str, header: str) -> None:
    router = await routers.start(api_keys=("sesame",))
    given = {"x-api-key": "sesame"} if header == "x-api-key" else {"Authorization": "Bearer sesame"}
    assert (await router.http.post(path, json=ASK, headers=given)).status_code == 200
    refused = await router.http.post(path, json=ASK)
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "authentication_error")


async def test_the_client_sends_its_key(routers: Routers) -> None:
    router = await routers.start(api_keys=("sesame",))
    async with client(router, api_key="sesame") as asking:
        assert blocks(await asking.messages.create(**ASK)) == [("text", "Hello")]
    async with client(router, api_key="wrong") as asking:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            await asking.messages.create(**ASK)
    assert caught.value.type == "authentication_error"


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "kind", "status", "told"),
    [
        (
            RouterError("model_not_found", "There is no model 'claude-x'.", hint="Nearest: qwen3:4b."),
            anthropic.NotFoundError,
            404,
            "not_found_error",
        ),
        (RouterError("no_capable_model", "No model sees."), anthropic.BadRequestError, 400, "invalid_request_error"),
        (RouterError("rate_limited", "Too many."), anthropic.RateLimitError, 429, "rate_limit_error"),
        (RouterError("queue_full", "Too much."), anthropic.OverloadedError, 529, "overloaded_error"),
        (RouterError("model_loading", "It loads."), anthropic.ServiceUnavailableError, 503, "api_error"),
        (RouterError("load_timeout", "It took too long."), anthropic.ServiceUnavailableError, 503, "timeout_error"),
        (RouterError("backend_error", "It failed."), anthropic.InternalServerError, 502, "api_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_failures_are_the_clients_own_errors(
    router: Router, error: RouterError, kind: type[anthropic.APIStatusError], status: int, told: str, stream: bool
) -> None:
    router.exchanges.script = Script(open_error=error)
    async with client(router) as asking:
        with pytest.raises(kind) as caught:
            await asking.messages.create(**ASK, stream=stream)
    assert (caught.value.status_code, caught.value.type, caught.value.error_code) == (status, told, error.code)
    assert caught.value.api_message == str(error)
    assert caught.value.request_id == caught.value.body["request_id"] == "x1"


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (RouterError("queue_full", "Too much.", retryable=True, retry_after=0.01), 2),
        (RouterError("backend_error", "It failed."), 1),
    ],
)
async def test_the_client_tries_again_only_where_that_helps(router: Router, error: RouterError, tries: int) -> None:
    router.exchanges.script = Script(open_error=error)
    async with client(router, max_retries=1) as asking:
        with pytest.raises(anthropic.InternalServerError):
            await asking.messages.create(**ASK)
    assert len(router.exchanges.runs) == tries


async def test_a_stream_that_breaks_off_ends_in_an_error(router: Router) -> None:
    broken = RouterError("upstream_interrupted", "box stopped in the middle of its answer.")
    router.exchanges.script = Script(chunks=(chunk("Hel"),), body_error=broken)
    words = []
    async with client(router) as asking:
        with pytest.raises(anthropic.APIStatusError) as caught:
            async with asking.messages.stream(**ASK) as stream:
                async for text in stream.text_stream:
                    words.append(text)  # noqa: PERF401 - what came before the failure is looked at
    assert words == ["Hel"]
    assert caught.value.api_message == "box stopped in the middle of its answer."
    assert caught.value.error_code == "upstream_interrupted"


async def test_paths_and_methods_that_are_not_served_are_told_in_its_shape(router: Router) -> None:
    for method, path, status in (("GET", "/v1/messages", 405), ("POST", "/v1/messages/batches", 404)):
        answer = await router.http.request(method, path)
        assert (answer.status_code, answer.json()["type"]) == (status, "error")


# ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", [False, True])
async def test_who_leaves_frees_the_backend_at_once(router: Router, stream: bool) -> None:
    router.exchanges.script = Script(chunks=(chunk("x"),), endless=True, pause=0.01)
    if not stream:
        router.exchanges.script = Script(gate=asyncio.Event())
    async with client(router) as asking:
        if stream:
            async with asking.messages.stream(**ASK) as answer:
                async for _ in answer.text_stream:
                    break
        else:
            waiting = asyncio.ensure_future(asking.messages.create(**ASK))
            while not router.exchanges.runs:
                await asyncio.sleep(0.01)
            waiting.cancel()
        left = time.monotonic()
        run = router.exchanges.last
        await asyncio.wait_for(run.closed.wait(), 10)
        assert time.monotonic() - left < SOON
    assert run.outcome == "cancelled"


# ── what else is asked ──────────────────────────────────────────────────────────────────────────────────────────


async def test_tokens_are_counted_as_an_estimate_that_says_so(router: Router) -> None:
    async with client(router) as asking:
        counted = await asking.messages.count_tokens(model="auto", messages=ASK["messages"], tools=[WEATHER])
    _, asked, _, who = router.control.calls[-1]
    assert counted.input_tokens >= 1
    assert counted.to_dict() == {"input_tokens": counted.input_tokens, "estimated": True, "estimated_for": SMALL}
    assert (asked.tools, who) == (1, asked.client)
    assert not router.exchanges.runs


async def test_tokens_are_counted_for_a_model_that_the_key_may_ask_for(routers: Routers) -> None:
    key = ApiKey("alice", hashlib.sha256(b"sk-alice").hexdigest(), models=("qwen3:32b",))
    router = await routers.start(named_keys=(key,))
    async with client(router, api_key="sk-alice") as asking:
        await asking.messages.count_tokens(model="auto", messages=ASK["messages"])
    asked = router.control.calls[-1][1]
    assert (asked.key, asked.allowed) == ("alice", ("qwen3:32b",))


async def test_what_cannot_be_counted_is_refused_in_its_shape(router: Router) -> None:
    async with client(router) as asking:
        with pytest.raises(anthropic.BadRequestError) as caught:
            await asking.messages.count_tokens(model="auto", messages=[])
    assert caught.value.type == "invalid_request_error"


async def test_models_are_listed_with_what_they_can(router: Router) -> None:
    async with client(router) as asking:
        found = {model.id: model async for model in await asking.models.list()}
        one = await asking.models.retrieve(SMALL)
    assert set(found) == {"auto", "auto:fast", "auto:best", SMALL, BIG}
    assert (one.type, one.display_name, one.max_input_tokens, one.lifecycle) == (
        "model",
        "library/qwen3:4b",
        32768,
        "active",
    )
    assert found[BIG].capabilities.image_input.supported
    assert not found[SMALL].capabilities.image_input.supported


async def test_models_come_in_pages(router: Router) -> None:
    async with client(router) as asking:
        pages = [[model.id for model in page.data] async for page in (await asking.models.list(limit=2)).iter_pages()]
        before = await asking.models.list(limit=2, before_id=pages[-1][0])
        with pytest.raises(anthropic.BadRequestError):
            await asking.models.list(after_id="nobody")
        with pytest.raises(anthropic.BadRequestError):
            await asking.models.list(limit=0)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert ([model.id for model in before.data], before.has_more) == (pages[1], True)


async def test_a_model_that_is_not_here_is_not_found(router: Router) -> None:
    async with client(router) as asking:
        with pytest.raises(anthropic.NotFoundError):
            await asking.models.retrieve("claude-x")


async def test_other_clients_still_get_openais_list(router: Router) -> None:
    assert (await router.http.get("/v1/models")).json()["object"] == "list"
