"""Anthropic's answers as canonical bytes: its events become stream chunks, its message a completion."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llmrouter_tui.backends.anthropic_turns import SIGNED
from llmrouter_tui.backends.faults import complaint_of
from llmrouter_tui.backends.http import Link, linger, why_broken
from llmrouter_tui.backends.reading import mapping, objects, text
from llmrouter_tui.backends.wire import MOST_PIECE, Answer, TooMuchError
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.openai import DONE, Writer
from llmrouter_tui.core.sse import Splitter, read_event

_FINISHES: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_STATUSES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}
"""What an error inside of a stream would have had for a status before it."""


@dataclass(slots=True)
class Counts:
    """Tokens so far: every event that counts tells totals, and may leave some out."""

    told: dict[str, int] = field(default_factory=dict)
    thinking: int | None = None

    def read(self, given: object) -> None:
        for name, value in mapping(given).items():
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                self.told[name] = value
        thinking = mapping(mapping(given).get("output_tokens_details")).get("thinking_tokens")
        if isinstance(thinking, int) and not isinstance(thinking, bool):
            self.thinking = thinking

    def usage(self) -> Usage:
        """As the canonical dialect counts: what came from a cache, or went into one, is part of the prompt."""
        if not self.told:
            return Usage()
        parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        return Usage(
            prompt_tokens=sum(self.told.get(part, 0) for part in parts),
            completion_tokens=self.told.get("output_tokens"),
            cached_tokens=self.told.get("cache_read_input_tokens"),
            reasoning_tokens=self.thinking,
        )


class AnthropicReply:
    """An answer of ``/v1/messages`` under way (``core.ports.backend.Reply``)."""

    def __init__(self, answer: Answer, link: Link, model: str, *, stream: bool, wants_usage: bool) -> None:
        self.usage = Usage()
        self.timings = Timings()
        self.finish_reason = ""
        self._answer = answer
        self._link = link
        self._model = model
        self._stream = stream
        self._wants_usage = wants_usage
        self._writer = Writer("", 0, model)
        self._counts = Counts()
        self._begun = False
        """Whether anything of the answer was handed on."""
        self._done = False
        self._calls: dict[int, int] = {}
        """Which call of the answer a block is."""
        self._unsaid: set[int] = set()
        """Blocks of calls whose arguments have not come yet."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """Chunks for the events of each read, or the one object."""
        try:
            if not self._stream:
                yield self._completion(await self._answer.read())
                return
            async for chunk in self._stream_chunks():
                yield chunk
        except OSError as error:
            raise self._link.interrupted(why_broken(error), self._model) from error
        finally:
            self._answer.close()

    async def close(self) -> None:
        """Drop the connection; Anthropic stops generating."""
        self._answer.close()

    # ── a stream ──

    async def _stream_chunks(self) -> AsyncIterator[bytes]:
        splitter, read = Splitter(), self._answer.readany
        while not self._done:
            try:
                data = await read()
            except OSError:
                if not self.finish_reason:  # after the reason for the end nothing is lost
                    raise
                data = b""
            events = splitter.feed(data) if data else [splitter.rest + b"\n\n"] if splitter.pending else []
            chunks, failure = self._translate(events)
            if chunks:
                yield chunks
            if splitter.size > MOST_PIECE:
                raise TooMuchError
            if failure:
                raise failure
            if not data:
                break
        if not self._done:
            yield self._ending()
        await linger(self._answer)

    def _translate(self, events: list[bytes]) -> tuple[bytes, BackendError | None]:
        """What events become, and the failure that comes after them."""
        chunks: list[bytes] = []
        try:
            for event in events:
                if not self._done:
                    chunks.append(self._event(event))  # noqa: PERF401 - what came before a failure is kept
        except BackendError as error:
            return b"".join(chunks), error
        return b"".join(chunks), None

    def _event(self, event: bytes) -> bytes:
        read = read_event(event)
        if read.alien:
            raise self._link.interrupted("it sent text that is not part of a stream.", self._model)
        if read.data is None:
            return b""
        told = self._read(read.data)
        kind = told.get("type")
        if kind == "message_start":
            message = mapping(told.get("message"))
            self._writer = Writer(text(message.get("id")), int(time.time()), text(message.get("model")) or self._model)
            self._counts.read(message.get("usage"))
            return b""
        if kind == "content_block_start":
            return self._opening() + self._block_start(_index(told), mapping(told.get("content_block")))
        if kind == "content_block_delta":
            return self._opening() + self._delta(_index(told), mapping(told.get("delta")))
        if kind == "content_block_stop":
            return self._block_stop(_index(told))
        if kind == "message_delta":
            return self._opening() + self._finish(told)
        if kind == "message_stop":
            return self._ending()
        return b""

    def _opening(self) -> bytes:
        """The first chunk goes out with the first of the answer: what fails before can still be asked elsewhere."""
        if self._begun:
            return b""
        self._begun = True
        return self._writer.chunk({"role": "assistant", "content": ""})

    def _block_start(self, index: int, block: Mapping[str, Any]) -> bytes:
        kind = block.get("type")
        if kind == "tool_use":
            call = self._calls[index] = len(self._calls)
            given = json.dumps(block["input"]) if mapping(block.get("input")) else ""
            if not given:
                self._unsaid.add(index)
            function = {"name": text(block.get("name")), "arguments": given}
            made = {"index": call, "id": text(block.get("id")), "type": "function", "function": function}
            return self._writer.chunk({"tool_calls": [made]})
        if kind == "redacted_thinking":
            detail = {"type": "reasoning.encrypted", "data": text(block.get("data")), "format": SIGNED, "index": index}
            return self._writer.chunk({"reasoning_details": [detail]})
        return self._said(text(block.get("text"))) + self._thought(text(block.get("thinking")))

    def _delta(self, index: int, delta: Mapping[str, Any]) -> bytes:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._said(text(delta.get("text")))
        if kind == "thinking_delta":
            return self._thought(text(delta.get("thinking")))
        if kind == "signature_delta":
            detail = {"type": "reasoning.text", "signature": text(delta.get("signature"))}
            return self._writer.chunk({"reasoning_details": [detail | {"format": SIGNED, "index": index}]})
        if kind == "input_json_delta" and text(delta.get("partial_json")) and index in self._calls:
            self._unsaid.discard(index)
            return self._arguments(index, delta["partial_json"])
        return b""

    def _block_stop(self, index: int) -> bytes:
        """A call without arguments is one with none."""
        if index not in self._unsaid:
            return b""
        self._unsaid.discard(index)
        return self._arguments(index, "{}")

    def _arguments(self, index: int, words: str) -> bytes:
        return self._writer.chunk({"tool_calls": [{"index": self._calls[index], "function": {"arguments": words}}]})

    def _said(self, words: str) -> bytes:
        return self._writer.text(words) if words else b""

    def _thought(self, words: str) -> bytes:
        return self._writer.text(words, "reasoning_content") if words else b""

    def _finish(self, told: Mapping[str, Any]) -> bytes:
        delta = mapping(told.get("delta"))
        self._counts.read(told.get("usage"))
        self.usage = self._counts.usage()
        if not text(delta.get("stop_reason")):
            return b""
        self.finish_reason = _FINISHES.get(delta["stop_reason"], "stop")
        return self._writer.chunk({}, self.finish_reason, stop_reason=text(delta.get("stop_sequence")) or None)

    def _ending(self) -> bytes:
        """The end of the stream; raises where there was none of the answer."""
        if not self._begun:
            raise self._link.broken("answered with an empty stream", self._model)
        if not self.finish_reason:
            raise self._link.interrupted("its stream ended without a finish.", self._model)
        self._done = True
        return (self._writer.usage(self.usage) if self._wants_usage else b"") + DONE

    # ── a whole answer ──

    def _completion(self, body: bytes) -> bytes:
        if not body.strip():
            raise self._link.broken("answered with an empty body", self._model)
        told = self._read(body)
        if not isinstance(told.get("content"), list):
            raise self._link.broken("answered without a message", self._model)
        self._begun = True
        self._counts.read(told.get("usage"))
        self.usage = self._counts.usage()
        self.finish_reason = _FINISHES.get(text(told.get("stop_reason")), "stop")
        writer = Writer(text(told.get("id")), int(time.time()), text(told.get("model")) or self._model)
        message, met = message_of(objects(told["content"])), text(told.get("stop_sequence")) or None
        return writer.completion(message, self.finish_reason, self.usage, stop_reason=met)

    def _read(self, data: bytes) -> Mapping[str, Any]:
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            raise self._link.interrupted("it sent something that is not JSON.", self._model) from None
        if not isinstance(told, dict):
            raise self._link.interrupted("it sent JSON that is no object.", self._model)
        if told.get("type") == "error" or told.get("error"):
            raise self._failure(told)
        return told

    def _failure(self, told: Mapping[str, Any]) -> BackendError:
        """By its cause while nothing was answered yet, an interruption afterwards."""
        complaint = complaint_of(told)
        if self._begun:
            return self._link.interrupted(complaint.text or "it sent an error.", self._model)
        kind = text(mapping(told.get("error")).get("type"))
        return self._link.fault(complaint, model=self._model, status=_STATUSES.get(kind, 0))


def message_of(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The canonical message of a message's blocks."""
    words: list[str] = []
    thoughts: list[str] = []
    details: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for index, block in enumerate(blocks):
        kind = block.get("type")
        if kind == "text":
            words.append(text(block.get("text")))
        elif kind == "thinking":
            thoughts.append(text(block.get("thinking")))
            if signature := text(block.get("signature")):
                detail = {"type": "reasoning.text", "text": thoughts[-1], "signature": signature}
                details.append(detail | {"format": SIGNED, "index": index})
        elif kind == "redacted_thinking":
            sealed = {"type": "reasoning.encrypted", "data": text(block.get("data"))}
            details.append(sealed | {"format": SIGNED, "index": index})
        elif kind == "tool_use":
            function = {"name": text(block.get("name")), "arguments": json.dumps(mapping(block.get("input")))}
            calls.append({"id": text(block.get("id")), "type": "function", "function": function})
    message: dict[str, Any] = {"role": "assistant", "content": "".join(words) if words or not calls else None}
    if any(thoughts):
        message["reasoning_content"] = "\n".join(thoughts)
    return message | ({"reasoning_details": details} if details else {}) | ({"tool_calls": calls} if calls else {})


def _index(told: Mapping[str, Any]) -> int:
    index = told.get("index")
    return index if isinstance(index, int) else 0
