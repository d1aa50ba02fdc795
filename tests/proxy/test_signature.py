"""The signature is a delta of its own before the end, and stays away where it would do harm."""

import json
from typing import Any

import pytest

from llmrouter_tui.proxy.signature import open_fence
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import DONE, SMALL, Script, chunk, whole
from tests.proxy.test_answers import ASK

SIGNED = f"\n\n~ {SMALL}"


@pytest.fixture
async def signing(routers: Routers) -> Router:
    return await routers.start(signature=lambda model: f"~ {model}")


async def deltas(router: Router, **fields: Any) -> list[tuple[str, str | None]]:
    response = await router.http.post("/v1/chat/completions", json={**ASK, "stream": True, **fields})
    events = [event.removeprefix(b"data: ") for event in response.content.split(b"\n\n") if event]
    assert events.pop() == b"[DONE]"
    choices = [json.loads(event)["choices"][0] for event in events]
    return [(choice["delta"].get("content") or "", choice["finish_reason"]) for choice in choices]


async def text(router: Router, **fields: Any) -> str:
    response = await router.http.post("/v1/chat/completions", json={**ASK, **fields})
    content: str = response.json()["choices"][0]["message"]["content"]
    return content


async def test_it_comes_before_the_finish(signing: Router) -> None:
    assert await deltas(signing) == [("Hel", None), ("lo", None), (SIGNED, None), ("", "stop")]
    assert await text(signing) == "Hello" + SIGNED


async def test_it_keeps_its_place_when_events_come_in_one_read(signing: Router) -> None:
    signing.exchanges.script = Script(chunks=(b"".join((chunk("Hi"), chunk("", "stop"), DONE)),))
    assert await deltas(signing) == [("Hi", None), (SIGNED, None), ("", "stop")]


async def test_it_follows_text_that_comes_with_the_finish(signing: Router) -> None:
    signing.exchanges.script = Script(chunks=(chunk("Hi", "stop", usage={"total_tokens": 3}), DONE))
    assert await deltas(signing) == [("Hi" + SIGNED, None), ("", "stop")]


async def test_the_client_that_streams_sees_whole_objects(signing: Router) -> None:
    async with signing.openai() as client:
        stream = await client.chat.completions.create(**ASK, stream=True)
        pieces = [event.choices[0].delta.content or "" async for event in stream]
    assert "".join(pieces) == "Hello" + SIGNED


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"n": 2},
    ],
)
async def test_it_stays_away_from_machines(signing: Router, fields: dict[str, Any]) -> None:
    assert await deltas(signing, **fields) == [("Hel", None), ("lo", None), ("", "stop")]
    assert await text(signing, **fields) == "Hello"


@pytest.mark.parametrize("finish", ["length", "tool_calls", "content_filter"])
async def test_it_stays_away_from_an_answer_that_is_not_over(signing: Router, finish: str) -> None:
    signing.exchanges.script = Script(chunks=(chunk("Hel"), chunk("", finish), DONE), answer=whole("Hel", finish))
    assert await deltas(signing) == [("Hel", None), ("", finish)]
    assert await text(signing) == "Hel"


async def test_it_stays_out_of_an_open_code_fence(signing: Router) -> None:
    pieces = ("See:\n``", "`py\nprint(1)\n")
    signing.exchanges.script = Script(
        chunks=(*map(chunk, pieces), chunk("", "stop"), DONE), answer=whole("".join(pieces))
    )
    assert await deltas(signing) == [(pieces[0], None), (pieces[1], None), ("", "stop")]
    assert await text(signing) == "".join(pieces)


@pytest.mark.parametrize("answer", [b"not json", b"[]", b'{"choices":[]}', b'{"choices":[{"message":null}]}'])
async def test_an_answer_it_cannot_read_is_left_alone(signing: Router, answer: bytes) -> None:
    signing.exchanges.script = Script(answer=answer)
    assert (await signing.http.post("/v1/chat/completions", json=ASK)).content == answer


@pytest.mark.parametrize(
    ("said", "inside"),
    [
        ("", False),
        ("```", True),
        ("```py\nx\n```", False),
        ("````\n```\n", True),
        ("````\n```\n````", False),
        ("~~~\n```\n", True),
        ("~~~\n```\n~~~\n", False),
        ("inline ``` here", False),
        ("  ```\n", True),
        ("    ```\n", False),
    ],
)
def test_fences_are_counted_as_markdown_does(said: str, inside: bool) -> None:
    assert open_fence(said) is inside
