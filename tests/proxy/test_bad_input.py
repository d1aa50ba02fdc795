"""Whatever comes in: the right status, a code, the field and a hint in OpenAI's shape, and nothing else disturbed."""

import asyncio
import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmrouter_tui.proxy import bodies
from tests.proxy.conftest import Router, Routers
from tests.proxy.test_answers import ASK

START = b'{"model":"auto","messages":[{"role":"user","content":"hi"}]'
USER = {"role": "user", "content": "hi"}

BROKEN: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("no json", b"hello"),
    ("ends early", START),
    ("trailing text", START + b"} x"),
    ("byte order mark", b"\xef\xbb\xbf" + START + b"}"),
    ("utf-16", (START + b"}").decode().encode("utf-16")),
    ("single quotes", b"{'model':'auto'}"),
    ("a list", b"[]"),
    ("null", b"null"),
    ("not a number", START + b',"temperature":NaN}'),
    ("infinity", START + b',"temperature":Infinity}'),
    ("raw control character", START + b',"user":"a\x00b"}'),
    ("raw newline in a string", START + b',"user":"a\nb"}'),
    ("invalid utf-8 where we look", START.replace(b"hi", b"\xff\xfe") + b"}"),
    ("invalid utf-8 elsewhere", START + b',"user":"\xff"}'),
    ("surrogate in utf-8", START + b',"user":"\xed\xa0\x80"}'),
    ("lone surrogate where we look", START.replace(b"hi", b"\\ud800") + b"}"),
    ("lone surrogate elsewhere", START + b',"user":"\\udc00"}'),
    ("deep nesting where we skip", START + b',"x":' + b"[" * 100_000 + b"}"),
    ("deep and balanced", START + b',"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    ("deep in a raw field", START + b',"tool_choice":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
]

FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"model": None}, "model"),
    ({"model": ""}, "model"),
    ({"model": 5}, "model"),
    ({"model": "a\nb"}, "model"),
    ({"model": "m" * 2000}, "model"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": {"role": "user"}}, "messages"),
    ({"messages": ["hi"]}, "messages[0]"),
    ({"messages": [USER, {"content": "hi"}]}, "messages[1].role"),
    ({"messages": [USER, {"role": "king", "content": "hi"}]}, "messages[1].role"),
    ({"messages": [{"role": 1, "content": "hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": {"text": "hi"}}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, "messages[0].content[0].type"),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]}, "messages[0].content[0].text"),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages[0].content[0]"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"messages": [{"role": "assistant", "tool_calls": {}}]}, "messages[0].tool_calls"),
    ({"stream": "yes"}, "stream"),
    ({"stream_options": []}, "stream_options"),
    ({"stream_options": {"include_usage": "x"}}, "stream_options.include_usage"),
    ({"tools": {}}, "tools"),
    ({"response_format": "json"}, "response_format"),
    ({"response_format": {}}, "response_format.type"),
    ({"max_tokens": "many"}, "max_tokens"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"max_tokens": 10**30}, "max_tokens"),
    ({"max_completion_tokens": 10**300}, "max_completion_tokens"),
    ({"max_completion_tokens": True}, "max_completion_tokens"),
    ({"n": 0}, "n"),
    ({"n": 10**9}, "n"),
    ({"n": 1.5}, "n"),
    ({"reasoning_effort": 3}, "reasoning_effort"),
]


def assert_refused(router: Router, response: Any, status: int, code: str) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    assert response.status_code == status
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]
    assert response.headers["x-should-retry"] == "false"
    assert router.exchanges.runs == []
    assert [refusal["code"] for refusal in router.exchanges.refusals] == [code]
    assert response.headers["x-router-exchange-id"] == "r1"
    return error


@pytest.mark.parametrize("body", [body for _, body in BROKEN], ids=[name for name, _ in BROKEN])
async def test_what_is_not_json_is_refused_and_recorded(router: Router, body: bytes) -> None:
    response = await router.http.post("/v1/chat/completions", content=body)
    error = assert_refused(router, response, 400, "invalid_request")
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(("fields", "param"), FIELDS, ids=[f"{param}-{n}" for n, (_, param) in enumerate(FIELDS)])
async def test_a_wrong_field_is_named(router: Router, fields: dict[str, Any], param: str) -> None:
    response = await router.http.post("/v1/chat/completions", json={**ASK, **fields})
    error = assert_refused(router, response, 400, "invalid_request")
    assert error["param"] == param
    assert param in error["message"] or "audio" in error["message"]


@pytest.mark.parametrize("field", ["model", "messages"])
async def test_a_missing_field_is_named(router: Router, field: str) -> None:
    body = {name: value for name, value in ASK.items() if name != field}
    error = assert_refused(router, await router.http.post("/v1/chat/completions", json=body), 400, "invalid_request")
    assert error["param"] == field


async def test_what_was_refused_shows_who_asked_what(router: Router) -> None:
    body = {"model": "qwen3:4b", "messages": [{"role": "user", "content": "what is this?"}], "n": 0}
    await router.http.post("/v1/chat/completions", json=body, headers={"User-Agent": "aider/1.0"})
    assert router.exchanges.refusals == [
        {
            "client": "aider/1.0",
            "requested": "qwen3:4b",
            "code": "invalid_request",
            "message": "The field 'n' must be between 1 and 128.",
            "prompt": "what is this?",
            "key": "",
        }
    ]


async def test_a_body_that_announces_too_much_is_turned_away(routers: Routers) -> None:
    router = await routers.start(max_body=10_000)
    response = await router.http.post("/v1/chat/completions", json={**ASK, "user": "x" * 20_000})
    error = assert_refused(router, response, 413, "body_too_large")
    assert "10000 bytes" in error["message"]
    assert response.headers["connection"] == "close"
    assert (await router.http.post("/v1/chat/completions", json=ASK)).status_code == 200


async def test_a_chunked_body_is_counted_while_it_is_read(routers: Routers) -> None:
    router = await routers.start(max_body=10_000)

    async def pieces() -> Any:
        yield START
        for _ in range(100):
            yield b" " * 1000

    response = await router.http.post("/v1/chat/completions", content=pieces())
    assert_refused(router, response, 413, "body_too_large")


@pytest.mark.parametrize(
    "sent",
    [b"Content-Length: 100\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nz"],
)
async def test_a_body_that_never_comes_is_not_waited_for_for_ever(
    router: Router, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + sent)
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()  # the server would still wait two seconds for the rest, and throw it away
    assert answer.split()[1] in (b"408", b"400")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x"])
async def test_compressed_bodies_are_refused_unread(router: Router, encoding: str) -> None:
    packed = gzip.compress(START + b"}")
    response = await router.http.post("/v1/chat/completions", content=packed, headers={"Content-Encoding": encoding})
    error = assert_refused(router, response, 415, "invalid_request")
    assert error["param"] == "Content-Encoding"


async def test_a_thousand_messages_are_fine(router: Router) -> None:
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"turn {n}"} for n in range(1001)]
    response = await router.http.post("/v1/chat/completions", json={**ASK, "messages": turns})
    assert response.status_code == 200
    messages = router.exchanges.last.request.messages
    assert len(messages) == 1001
    assert messages[1000].text == "turn 1000"


async def test_a_large_image_passes(router: Router) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo" + "A" * 8_000_000}}
    turn = {"role": "user", "content": [{"type": "text", "text": "what is it?"}, image, {"type": "text", "text": "?"}]}
    response = await router.http.post("/v1/chat/completions", json={**ASK, "messages": [turn]})
    assert response.status_code == 200
    message = router.exchanges.last.request.messages[0]
    assert (message.text, message.images) == ("what is it?\n?", 1)


async def test_names_that_clients_give_themselves_are_safe_to_show(router: Router) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \xff\x1b[31mred\r\n"
    head += b"X-Session-Id: " + b"s" * 500 + b"\r\nConnection: close\r\n"
    body = START + b"}"
    reader, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.read()
    writer.close()
    if b" 200 " in answer.split(b"\r\n")[0]:  # a parser may refuse such a header altogether
        request = router.exchanges.last.request
        assert request.client.isprintable()
        assert len(request.session) == 256
    else:
        assert b" 400 " in answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%ff%00%2e%2e/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /v1/models/%ed%a0%80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
    ids=range(11),
)
async def test_what_is_not_http_gets_a_4xx_and_no_traceback(
    router: Router, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer == b"" or answer.split(b" ")[1].startswith(b"4")
    assert b"Traceback" not in answer
    assert "Traceback" not in caplog.text
    assert (await router.http.get("/health")).status_code == 200


async def test_unknown_paths_and_methods_answer_in_openais_shape(router: Router) -> None:
    for method, path, status in [
        ("GET", "/nothing", 404),
        ("POST", "/v1/nothing", 404),
        ("POST", "/chat/completions", 404),
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/models", 405),
        ("OPTIONS", "/v1/chat/completions", 405),
        ("POST", "/admin/snapshot", 405),
        ("GET", "/admin/nothing", 404),
    ]:
        response = await router.http.request(method, path)
        assert response.status_code == status, path
        error = response.json()["error"]
        assert set(error) == {"message", "type", "param", "code", "hint"}
        assert not any(name.startswith("access-control") for name in response.headers)
    assert "ends in /v1" in (await router.http.post("/chat/completions")).text
    assert "POST /v1/chat/completions" in (await router.http.get("/v1/nothing")).json()["error"]["hint"]
    assert (await router.http.get("/v1/chat/completions")).headers["allow"] == "POST"


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return inner | st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = nested(nested(PLAIN))
NAMES = st.sampled_from(
    ["model", "messages", "stream", "stream_options", "tools", "tool_choice", "response_format", "max_tokens", "n",
     "metadata", "session_id", "reasoning_effort", "functions", "user"]
)  # fmt: skip
TURNS = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "x"]) | VALUES, "content": VALUES})
BODIES = (
    st.binary(max_size=200)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(NAMES, VALUES, max_size=6).map(lambda body: json.dumps({**ASK, **body}).encode())
    | st.lists(TURNS, max_size=3).map(lambda turns: json.dumps({**ASK, "messages": turns}).encode())
    | st.tuples(st.integers(0, len(START)), st.binary(max_size=3)).map(
        lambda cut: START[: cut[0]] + cut[1] + START[cut[0] :] + b"}"
    )
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODIES)
async def test_no_body_makes_the_server_fail(router: Router, body: bytes) -> None:
    """Hypothesis runs all examples against one router: what one leaves behind, the next would meet."""
    response = await router.http.post("/v1/chat/completions", content=body)
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        error = response.json()["error"]
        assert error["code"] == "invalid_request"
        assert error["hint"]
    else:
        assert json.loads(router.exchanges.last.request.body) is not None
