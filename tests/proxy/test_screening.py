"""What a request may hold: control characters, depth, length, images. Over real sockets and as functions."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.screening import DEEPEST, MESSAGES, MOST_CONTROL, PARTS, check_shape, cleaned
from tests.proxy.conftest import Router, Routers
from tests.proxy.test_answers import ASK

CHAT = "/v1/chat/completions"
KEPT = frozenset("\t\n\r\x85")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(40)).decode()
WEBP = base64.b64encode(b"RIFF\x10\0\0\0WEBPVP8 " + bytes(40)).decode()
GIF = base64.b64encode(b"GIF89a" + bytes(40)).decode()


def expected(text: str) -> str:
    return "".join(c for c in text if c in KEPT or not (c < " " or "\x7f" <= c < "\xa0"))


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": "user", "content": text}], **more}


# ── control characters ──


@given(text=st.text(st.characters(codec="utf-8", max_codepoint=0x2FF), max_size=60), ascii_only=st.booleans())
def test_control_characters_are_left_out_and_all_else_stays(text: str, ascii_only: bool) -> None:
    for words in (text, json.dumps(text), text + r"\u0001 \b C:\new\u0007"):
        sent = json.dumps(body(words), ensure_ascii=ascii_only).encode()
        seen = msgspec.json.decode(cleaned(sent))
        assert seen == body(expected(words))
        if words == expected(words) and cleaned(sent) != sent:
            pytest.fail("what holds none must pass as it came")


def test_only_what_a_model_reads_is_touched() -> None:
    sent = json.dumps(body("a\x1b[31mb\x00c", stop=["\x04"], metadata={"x": "\x01"})).encode()
    seen = msgspec.json.decode(cleaned(sent))
    assert seen == body("a[31mbc", stop=["\x04"], metadata={"x": "\x01"})


@pytest.mark.parametrize("field", ["prompt", "input", "system", "instructions"])
def test_the_prompts_of_every_dialect_are_read(field: str) -> None:
    seen = msgspec.json.decode(cleaned(json.dumps({"model": "m", field: [{"text": "a\x07b\tc"}, "x\x00"]}).encode()))
    assert seen == {"model": "m", field: [{"text": "ab\tc"}, "x"]}


@given(st.binary(max_size=80))
def test_what_is_no_json_is_left_to_whoever_reads_it(junk: bytes) -> None:
    cleaned(junk)
    cleaned(b'{"messages": "\\b' + junk)


async def test_neither_the_router_nor_the_model_sees_them(router: Router) -> None:
    assert (await router.http.post(CHAT, json=body("bell\x07 and\ttab\nline"))).status_code == 200
    request = router.exchanges.last.request
    assert request.messages[0].text == "bell and\ttab\nline"
    assert json.loads(request.body)["messages"][0]["content"] == "bell and\ttab\nline"
    plain = json.dumps(body("nothing to\nclean é \\b")).encode()
    await router.http.post(CHAT, content=plain)
    assert router.exchanges.last.request.body == plain


# ── shape and length ──


def nested(depth: int) -> bytes:
    return json.dumps(body("hi", x=json.loads("[" * (depth - 1) + "]" * (depth - 1)))).encode()


@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
@pytest.mark.parametrize("deep", [DEEPEST - 1, DEEPEST, DEEPEST + 1, 2 * DEEPEST, 50_000])
def test_depth_is_counted_whatever_it_is_made_of(pair: str, deep: int) -> None:
    begin, end = pair[:-1], pair[-1]
    sent = (begin * deep + ("1" if end == "}" else "") + end * deep).encode()
    if deep <= DEEPEST:
        check_shape(sent)
    else:
        with pytest.raises(RouterError, match="nested too deeply"):
            check_shape(sent)


async def test_how_deep_a_request_may_be(router: Router) -> None:
    assert (await router.http.post(CHAT, content=nested(DEEPEST))).status_code == 200
    refused = await router.http.post(CHAT, content=nested(DEEPEST + 1))
    assert refused.status_code == 400
    assert "nested too deeply" in refused.json()["error"]["message"]


MANY = "[" + ",".join(["[]"] * 2 * DEEPEST) + "]"
"""More lists than may be inside each other, none of them deep."""


@pytest.mark.parametrize("deep", [DEEPEST, DEEPEST + 1])
@pytest.mark.parametrize(
    ("form", "around"),
    [
        ('{"a":%s,"tools":%s}', 1),
        ('{"tools":[%s,%s]}', 2),
        ('{"messages":[{"content":[%s,%s]}]}', 4),
        ('{"a":{"b":{"c":{"d":{"e":{"f":{"g":[%s,%s]}}}}}}}', 8),
        ('{"a":%s,"tools":%s,"a":1}', 1),
        ('{"a":[{"b":%s,"c":%s,"b":1}]}', 3),
        ('[["]","\\"]",%s,%s]]', 2),
        ('{"a]":%s,"b":"[]{}","c":"\\u005b","d":%s}', 1),
    ],
)
def test_depth_is_found_wherever_it_is(form: str, around: int, deep: int) -> None:
    """Also where there are so many lists that it is not plain to see, and in a field that another one takes the place
    of."""
    inner = "[" * (deep - around) + "]" * (deep - around)
    if deep <= DEEPEST:
        check_shape((form % (inner, MANY)).encode())
    else:
        with pytest.raises(RouterError, match="nested too deeply"):
            check_shape((form % (inner, MANY)).encode())


@given(st.recursive(st.text('ab[]{}"\\\n', max_size=6), lambda inner: st.lists(inner, max_size=4), max_leaves=60))
def test_brackets_in_texts_are_no_depth(value: Any) -> None:
    check_shape(json.dumps([value, "[" * 500, "{" * 500, '\\"[' * 300]).encode())


@pytest.mark.parametrize("part", [b"[]", b'{"a":{}}', b'{"a":'])
def test_how_many_parts_a_request_may_have(part: bytes) -> None:
    with pytest.raises(RouterError, match="more than"):
        check_shape(b"[" + (part + b",") * 3 * PARTS + b"[]]")
    if part[-1:] != b":":
        check_shape(b"[" + (part + b",") * 5000 + b"[]]")


def test_what_is_full_of_control_characters_is_no_text() -> None:
    with pytest.raises(RouterError, match="is no text"):
        cleaned(json.dumps(body("\x07" * (MOST_CONTROL + 1))).encode())


async def test_how_many_and_how_long_messages_may_be(routers: Routers) -> None:
    router = await routers.start(max_prompt_chars=100)
    assert (await router.http.post(CHAT, json=body("x" * 100))).status_code == 200
    refused = await router.http.post(CHAT, json=body("x" * 101))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "messages")
    assert "101 characters" in refused.json()["error"]["message"]
    many = {"model": "auto", "messages": [{"role": "user", "content": ""}] * (MESSAGES + 1)}
    assert "10,001 messages" in (await router.http.post(CHAT, json=many)).json()["error"]["message"]


# ── images ──


def seeing(part: dict[str, Any]) -> dict[str, Any]:
    return {**ASK, "messages": [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, part]}]}


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize("data", [PNG, JPEG, WEBP, GIF])
async def test_images_of_the_four_kinds_pass(router: Router, data: str) -> None:
    for part in (image(f"data:image/png;base64,{data}"), image(f"DATA:image/x;BASE64,{data}")):
        assert (await router.http.post(CHAT, json=seeing(part))).status_code == 200
    escaped = json.dumps(seeing(image(f"data:image/png;base64,{data}"))).replace("/", "\\/")
    assert (await router.http.post(CHAT, content=escaped.encode())).status_code == 200


FETCHED = [
    image("http://169.254.169.254/latest/meta-data"),
    image("https://example.com/cat.png"),
    image(" HTTPS://example.com/cat.png"),
    {"type": "image_url", "image_url": "http://127.0.0.1:11434/api/delete"},
    {"type": "input_image", "image_url": "http://10.0.0.1/x.png"},
    {"type": "image", "source": {"type": "url", "url": "http://10.0.0.1/x.png"}},
    {"type": "text", "text": "look", "uuid": "1", "image_url": "http://10.0.0.1/x.png"},
    {"type": "file", "image_url": {"url": "http://10.0.0.1/x.png"}},
]


@pytest.mark.parametrize("part", FETCHED)
async def test_no_model_server_is_made_to_fetch_an_address(routers: Routers, part: dict[str, Any]) -> None:
    router = await routers.start()
    escaped = json.dumps(seeing(part)).replace("http", "\\u0068ttp")
    for sent in (json.dumps(seeing(part)), escaped):
        refused = await router.http.post(CHAT, content=sent.encode())
        assert refused.status_code == 400
        assert "allow_image_urls" in refused.json()["error"]["hint"]
    assert router.exchanges.runs == []
    allowing = await routers.start(allow_image_urls=True)
    assert (await allowing.http.post(CHAT, json=seeing(part))).status_code == 200


@pytest.mark.parametrize(
    "part",
    [
        image("file:///etc/passwd"),
        image("ftp://example.com/a.png"),
        image("/etc/passwd"),
        image(""),
        image("data:image/svg+xml;base64," + base64.b64encode(b"<svg onload=x>").decode()),
        image("data:text/html;base64,PGI+aGk8L2I+"),
        image("data:image/png,plain"),
        image("data:image/png;base64,!!!!"),
        image("data:image/png;base64," + base64.b64encode(b"BM" + bytes(60)).decode()),
        {"type": "image_url", "image_url": {"address": "x"}},
        {"type": "image_url", "image_url": 5},
        {"type": "video_url", "video_url": {"url": "http://10.0.0.1/x.mp4"}},
        {"type": "text", "text": "look", "uuid": "1", "video_url": "http://10.0.0.1/x.mp4"},
        {"type": "text", "text": "hear", "uuid": "1", "audio_url": {"url": "http://10.0.0.1/x.mp3"}},
    ],
)
async def test_what_is_no_image_is_refused_even_where_addresses_are_allowed(
    routers: Routers, part: dict[str, Any]
) -> None:
    router = await routers.start(allow_image_urls=True)
    refused = await router.http.post(CHAT, json=seeing(part))
    assert refused.status_code == 400
    assert refused.json()["error"]["param"].startswith("messages[0].content[1]")
    assert router.exchanges.runs == []


async def test_how_large_an_image_may_be(routers: Routers) -> None:
    router = await routers.start(max_image=1 << 20)
    small, large = (base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(size)).decode() for size in (10**6, 1_100_000))
    assert (await router.http.post(CHAT, json=seeing(image(f"data:image/png;base64,{small}")))).status_code == 200
    refused = await router.http.post(CHAT, json=seeing(image(f"data:image/png;base64,{large}")))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
    assert "takes 1 MB" in refused.json()["error"]["message"]


async def test_an_image_in_another_dialect_is_looked_at_too(router: Router) -> None:
    url = {"type": "image", "source": {"type": "url", "url": "http://10.0.0.1/x.png"}}
    asked = {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": [url]}]}
    refused = await router.http.post("/v1/messages", json=asked)
    assert refused.status_code == 400
    assert refused.json()["type"] == "error"
    assert router.exchanges.runs == []
