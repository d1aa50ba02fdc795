"""Text completions: read as a chat with one message, told as text; by the official client."""

import json
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.completions import Completions, CompletionVoice
from tests.proxy.conftest import Router
from tests.proxy.scripted import DONE, Script, chunk, whole

ASK: dict[str, Any] = {"model": "auto", "prompt": "Say hello"}


def read(**fields: Any) -> dict[str, Any]:
    request, _ = Completions().read(json.dumps({**ASK, **fields}).encode(), session="", client="")
    body = json.loads(request.body)
    assert isinstance(body, dict)
    return body


async def test_the_official_client_gets_text(router: Router) -> None:
    async with router.openai() as client:
        answer = await client.completions.create(**ASK, max_tokens=7, temperature=0.5, stop=["\n"], seed=3, user="me")
    assert (answer.object, answer.id, answer.choices[0].text) == ("text_completion", "chatcmpl-1", "Hello")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 5
    request = router.exchanges.last.request
    assert (request.max_tokens, request.messages[0].text) == (7, "Say hello")
    assert json.loads(request.body) == {
        "model": "auto",
        "messages": [{"role": "user", "content": "Say hello"}],
        "max_tokens": 7,
        "temperature": 0.5,
        "stop": ["\n"],
        "seed": 3,
        "user": "me",
    }


async def test_the_official_client_streams_text(router: Router) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    counted = json.dumps({"id": "chatcmpl-1", "choices": [], "usage": usage}).encode()
    router.exchanges.script = Script(
        chunks=(chunk("Hel"), chunk("lo"), chunk("", "length"), b"data: " + counted + b"\n\n", DONE)
    )
    async with router.openai() as client:
        stream = await client.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
        events = [event async for event in stream]
    assert [event.choices[0].text for event in events if event.choices] == ["Hel", "lo", ""]
    assert events[2].choices[0].finish_reason == "length"
    assert events[3].usage is not None
    assert events[3].usage.total_tokens == 5
    assert router.exchanges.last.request.wants_usage


@pytest.mark.parametrize("stream", [False, True])
async def test_an_echo_stands_before_the_answer(router: Router, stream: bool) -> None:
    async with router.openai() as client:
        if stream:
            parts = [event async for event in await client.completions.create(**ASK, echo=True, stream=True)]
            text = "".join(part.choices[0].text for part in parts)
        else:
            text = (await client.completions.create(**ASK, echo=True)).choices[0].text
    assert text == "Say helloHello"


async def test_errors_are_openais(router: Router) -> None:
    async with router.openai() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.completions.create(**ASK, suffix="the end")
    assert (caught.value.code, caught.value.param) == ("invalid_request", "suffix")
    assert router.exchanges.refusals[0]["prompt"] == "Say hello"


def test_a_list_of_one_text_is_that_text() -> None:
    assert read(prompt=["one"])["messages"] == [{"role": "user", "content": "one"}]


@pytest.mark.parametrize(
    ("fields", "param", "word"),
    [
        ({"prompt": ["a", "b"]}, "prompt", "2 texts"),
        ({"prompt": [1, 2]}, "prompt", "string"),
        ({"prompt": ""}, "prompt", "empty"),
        ({"prompt": None}, "prompt", "missing"),
        ({"suffix": "x"}, "suffix", "fill in"),
        ({"best_of": 3}, "best_of", "thrown away"),
        ({"logprobs": 99}, "logprobs", "between"),
        ({"model": 3}, "model", "string"),
        ({"n": 0}, "n", "between"),
    ],
)
def test_what_chats_cannot_do_is_refused_by_name(fields: dict[str, Any], param: str, word: str) -> None:
    with pytest.raises(RouterError) as caught:
        read(**fields)
    assert caught.value.param == param
    assert word in caught.value.message


def test_logprobs_are_asked_for_and_told_in_the_old_shape() -> None:
    asked = read(logprobs=2)
    assert (asked["logprobs"], asked["top_logprobs"]) == (True, 2)
    content = [
        {"token": "He", "logprob": -0.1, "top_logprobs": [{"token": "He", "logprob": -0.1}]},
        {"token": "llo", "logprob": -0.2, "top_logprobs": []},
    ]
    answer = json.loads(whole("Hello"))
    answer["choices"][0]["logprobs"] = {"content": content}
    told = json.loads(CompletionVoice("Say ").whole(json.dumps(answer).encode()))["choices"][0]
    assert told["text"] == "Say Hello"
    assert told["logprobs"] == {
        "tokens": ["He", "llo"],
        "token_logprobs": [-0.1, -0.2],
        "top_logprobs": [{"He": -0.1}, {}],
        "text_offset": [4, 6],
    }


def test_thinking_is_a_comment() -> None:
    thought = {"choices": [{"index": 0, "delta": {"reasoning": "hm"}}]}
    assert CompletionVoice("").feed(b"data: " + json.dumps(thought).encode() + b"\n\n") == b": thinking\n\n"


@given(pieces=st.lists(st.text(), max_size=8), choices=st.integers(1, 3), cuts=st.sets(st.integers(0, 40)))
def test_however_events_are_grouped_the_text_is_the_same(pieces: list[str], choices: int, cuts: set[int]) -> None:
    events = [
        b"data: " + json.dumps({"choices": [{"index": at, "delta": {"content": piece}}]}).encode() + b"\n\n"
        for piece in pieces
        for at in range(choices)
    ] + [DONE]
    voice, told, group = CompletionVoice("> "), b"", b""
    for number, event in enumerate(events):
        group += event
        if number in cuts:
            told, group = told + voice.feed(group), b""
    told += voice.feed(group)
    texts = [""] * choices
    *said, end, rest = told.split(b"\n\n")
    for event in said:
        for choice in json.loads(event.removeprefix(b"data: "))["choices"]:
            texts[choice["index"]] += choice["text"]
    assert (end, rest) == (b"data: [DONE]", b"")
    assert texts == ["> " + "".join(pieces) if "".join(pieces) else ""] * choices
