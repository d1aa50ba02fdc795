"""The optional line under an answer that says which model wrote it.

It is a delta of its own, placed before the one that finishes the answer; never in JSON mode, with tools, with
several choices, after an answer that was cut off, or inside an open code fence. Nothing here runs when signatures
are off.
"""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from llmrouter_tui.core.chat import ChatRequest

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_EVENT = b"data: "


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None


_CHUNK = msgspec.json.Decoder(_Chunk)


def open_fence(text: str) -> bool:
    """Whether text ends inside a Markdown code fence: a fence closes only by as many of its own marks."""
    mark = ""
    for match in _FENCE.finditer(text):
        found = match[1]
        if not mark:
            mark = found
        elif found[0] == mark[0] and len(found) >= len(mark):
            mark = ""
    return bool(mark)


class Signer:
    """Signs one answer."""

    def __init__(self, chat: ChatRequest, signature: Callable[[], str]) -> None:
        """``signature`` is asked for when it is due: another model may have gone on with the answer by then."""
        self._signature = signature
        self._wanted = not (chat.json_mode or chat.tools or chat.choices > 1)
        self._answer: list[str] = []

    def sign_whole(self, body: bytes) -> bytes:
        """A whole answer with the signature at the end of its text."""
        if not self._wanted:
            return body
        try:
            answer: dict[str, Any] = msgspec.json.decode(body)
            choice = answer["choices"][0]
            content = choice["message"]["content"]
        except (ValueError, LookupError, TypeError):
            return body
        if choice.get("finish_reason") != "stop" or not isinstance(content, str) or open_fence(content):
            return body
        choice["message"]["content"] = content + self._text()
        return msgspec.json.encode(answer)

    async def sign(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The chunks of a stream, with the signature's own event before the one that finishes the answer."""
        async for chunk in chunks:
            yield self._with_signature(chunk) if self._wanted else chunk

    def _with_signature(self, chunk: bytes) -> bytes:
        events = chunk.split(b"\n\n")
        for index, event in enumerate(events):
            if event.startswith(_EVENT) and self._finishes(event[len(_EVENT) :]):
                self._wanted = False
                if (words := self._text()) and not open_fence("".join(self._answer)):
                    signed, finish = self._split(event[len(_EVENT) :], words)
                    events[index : index + 1] = [_EVENT + signed, _EVENT + finish]
                return b"\n\n".join(events)
        return chunk

    def _text(self) -> str:
        return f"\n\n{words}" if (words := self._signature()) else ""

    def _finishes(self, data: bytes) -> bool:
        """Note an event's text; whether it is the one that ends the answer well."""
        try:
            choices = _CHUNK.decode(data).choices
        except ValueError:
            return False
        if not choices:
            return False
        choice = choices[0]
        if choice.delta is not None and choice.delta.content:
            self._answer.append(choice.delta.content)
        if choice.finish_reason is not None and choice.finish_reason != "stop":
            self._wanted = False
        return choice.finish_reason == "stop"

    def _split(self, data: bytes, words: str) -> tuple[bytes, bytes]:
        """The signature's event and the finishing event. Where the latter carries text itself (some servers send
        one event in all), the text moves in front of the signature."""
        event: dict[str, Any] = msgspec.json.decode(data)
        choice = event["choices"][0]
        text = (choice.get("delta") or {}).pop("content", None) or ""
        piece = {"index": 0, "delta": {"content": text + words}, "finish_reason": None}
        signed = {key: value for key, value in event.items() if key != "usage"} | {"choices": [piece]}
        return msgspec.json.encode(signed), msgspec.json.encode(event) if text else data
