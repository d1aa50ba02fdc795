"""An answer that broke off: when another model may go on with it, and what it is asked."""

import json

import pytest

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.resuming import Retold, resumable, resumed


def request(**more: object) -> ChatRequest:
    body = {"model": "auto", "messages": [{"role": "user", "content": "Tell me."}], "temperature": 0.5}
    told = {k: v for k, v in more.items() if k in ("max_tokens",)}
    given = {"stream": True, **more}
    return ChatRequest("auto", (Message("user", "Tell me."),), json.dumps(body | told).encode(), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [{"stream": False}, {"tools": 1}, {"json_mode": True}, {"choices": 2}])
def test_only_a_stream_of_plain_text_may_be_gone_on_with(more: dict[str, object]) -> None:
    assert resumable(request())
    assert not resumable(request(**more))


def test_what_was_said_is_the_turn_to_go_on_with_and_its_tokens_are_used_up() -> None:
    rest = resumed(request(max_tokens=100), "Once upon", 30)
    body = json.loads(rest.body)
    assert body["messages"][-1] == {"role": "assistant", "content": "Once upon"}
    assert (body["max_tokens"], rest.max_tokens, body["temperature"]) == (70, 70, 0.5)
    assert rest.messages[-1] == Message("assistant", "Once upon")
    assert json.loads(resumed(request(max_tokens=10), "Once upon", 30).body)["max_tokens"] == 1


def test_with_nothing_said_it_is_asked_as_it_was() -> None:
    asked = request()
    assert resumed(asked, "", 3) is asked


def chunk(ident: str, text: str) -> bytes:
    return b"data: " + json.dumps({"id": ident, "choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


@pytest.mark.parametrize("compact", [False, True])
def test_to_clients_it_is_one_answer_with_one_id(compact: bool) -> None:
    def written(events: bytes) -> bytes:
        return events.replace(b'": "', b'":"') if compact else events

    retold = Retold("first")
    told = retold(written(chunk("second", 'a "id":"second" b'))) + retold(written(chunk("second", "c")))
    read = [json.loads(event[6:]) for event in told.split(b"\n\n") if event]
    assert [one["choices"][0]["delta"]["content"] for one in read] == ['a "id":"second" b', "c"]
    assert {one["id"] for one in read} == {"first"}
