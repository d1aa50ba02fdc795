"""Ollama's answers as canonical bytes: NDJSON lines become stream chunks, one object becomes a completion."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from llmrouter_tui.backends.faults import complaint_of
from llmrouter_tui.backends.http import Link, linger, why_broken
from llmrouter_tui.backends.ollama_wire import CallRules, canonical_calls, finish_reason
from llmrouter_tui.backends.reading import count, mapping
from llmrouter_tui.backends.wire import MOST_PIECE, Answer, TooMuchError
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.openai import DONE, Writer

_NS = 1e9
FASTEST_PREFILL = 300.0
"""How many times faster than decoding a prompt can be read: computing against memory bandwidth, at most about
990 TFLOPS · 2 bytes / (2 · 3.35 TB/s) = 295 on an H100 with 16-bit weights (NVIDIA's data sheet), less elsewhere."""


class OllamaReply:
    """An answer of ``/api/chat`` under way (``core.ports.backend.Reply``)."""

    def __init__(
        self,
        answer: Answer,
        link: Link,
        writer: Writer,
        *,
        exchange_id: str,
        stream: bool,
        wants_usage: bool,
        opening: bool,
        rules: CallRules,
    ) -> None:
        """``opening``: the request begins a conversation, so that its prompt was hardly read before. ``rules``: what
        its tool calls are held to; where one is required nothing is told before there is one, so that another model
        can be asked in place of one that makes none."""
        self.usage = Usage()
        self.timings = Timings()
        self.finish_reason = ""
        self._answer = answer
        self._link = link
        self._writer = writer
        self._exchange_id = exchange_id
        self._stream = stream
        self._wants_usage = wants_usage
        self._opening = opening
        self._rules = rules
        self._begun = False
        self._calls = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """Chunks for each line, or the one object."""
        try:
            if not self._stream:
                yield self._completion(await self._answer.read())
                return
            async for chunk in self._stream_chunks():
                yield chunk
        except OSError as error:
            raise self._link.interrupted(why_broken(error), self._writer.model) from error
        finally:
            self._answer.close()

    async def close(self) -> None:
        """Drop the connection; Ollama stops generating."""
        self._answer.close()

    async def _stream_chunks(self) -> AsyncIterator[bytes]:
        rest = held = b""
        read = self._answer.readany
        while not self.finish_reason:
            data = await read()
            *lines, rest = (rest + data).split(b"\n")
            if not data:
                lines, rest = [rest], b""
            chunks, failure = self._translate(lines)
            held += chunks
            if held and (self._calls or not self._rules.required):
                yield held
                held = b""
            if failure:
                raise failure
            if not data:
                break
            if len(rest) > MOST_PIECE:
                raise TooMuchError
        if not self._begun:
            raise self._link.broken("answered with an empty stream", self._writer.model)
        if not self.finish_reason:
            raise self._link.interrupted("its stream ended without a finish.", self._writer.model)
        self._check_calls()
        await linger(self._answer)

    def _translate(self, lines: list[bytes]) -> tuple[bytes, BackendError | None]:
        """What the lines of one read become, and the failure that comes after them."""
        chunks: list[bytes] = []
        try:
            for line in lines:
                if line.strip():
                    chunks.append(self._line(line))  # noqa: PERF401 - what came before a failure is kept
        except BackendError as error:
            return b"".join(chunks), error
        return b"".join(chunks), None

    def _line(self, line: bytes) -> bytes:
        """What one line of the stream becomes."""
        told = self._read(line)
        message = mapping(told.get("message"))
        parts: list[bytes] = []
        if not self._begun:
            parts.append(self._writer.chunk({"role": "assistant", "content": ""}))
            self._begun = True
        if thought := message.get("thinking"):
            parts.append(self._writer.text(thought, "reasoning_content"))
        if told.get("logprobs"):
            logprobs = {"content": told["logprobs"]}
            parts.append(self._writer.chunk({"content": message.get("content") or ""}, logprobs=logprobs))
        elif words := message.get("content"):
            parts.append(self._writer.text(words))
        if calls := self._tool_calls(message):
            parts.append(self._writer.chunk({"tool_calls": calls}))
        if told.get("done") is True:
            parts.extend(self._end(told))
        return b"".join(parts)

    def _end(self, told: Mapping[str, Any]) -> list[bytes]:
        self._count(told)
        parts = [self._writer.chunk({}, self.finish_reason)]
        if self._wants_usage:
            parts.append(self._writer.usage(self.usage))
        return [*parts, DONE]

    def _completion(self, body: bytes) -> bytes:
        if not body.strip():
            raise self._link.broken("answered with an empty body", self._writer.model)
        told = self._read(body)
        told_message = told.get("message")
        if not isinstance(told_message, dict):
            raise self._link.broken("answered without a message", self._writer.model)
        message: dict[str, Any] = {"role": "assistant", "content": told_message.get("content") or ""}
        if thought := told_message.get("thinking"):
            message["reasoning_content"] = thought
        if calls := self._tool_calls(told_message):
            message["tool_calls"] = [{k: v for k, v in call.items() if k != "index"} for call in calls]
            message["content"] = message["content"] or None
        self._begun = True
        self._check_calls()
        self._count(told)
        logprobs = {"content": told["logprobs"]} if told.get("logprobs") else None
        return self._writer.completion(message, self.finish_reason, self.usage, logprobs)

    def _read(self, line: bytes) -> Mapping[str, Any]:
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            raise self._link.interrupted("it sent a line that is not JSON.", self._writer.model) from None
        if not isinstance(told, dict):
            raise self._link.interrupted("it sent a line that is no object.", self._writer.model)
        if told.get("error"):
            if not self._begun:
                raise self._link.said_no(told["error"], self._writer.model)
            words = complaint_of(told["error"]).text or "it sent an error."
            raise self._link.interrupted(words, self._writer.model)
        return told

    def _tool_calls(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        made = message.get("tool_calls")
        if not isinstance(made, list) or not made:
            return []
        calls = canonical_calls(made, self._exchange_id, self._calls)
        if self._rules.single:
            calls = calls[: 1 - min(1, self._calls)]
        self._calls += len(calls)
        return calls

    def _check_calls(self) -> None:
        """The answer is complete: was a call made where one had to be?"""
        if self._rules.required and not self._calls:
            what = "answered in words, where a tool call was required"
            raise self._link.broken(what, self._writer.model, blames=False)

    def _count(self, told: Mapping[str, Any]) -> None:
        """Tokens and speeds from the last line; its durations are nanoseconds."""
        self.finish_reason = finish_reason(told, self._calls)
        prompt, answer = count(told.get("prompt_eval_count")), count(told.get("eval_count"))
        self.usage = Usage(prompt_tokens=prompt, completion_tokens=answer)
        loading = count(told.get("load_duration"))
        decode = _per_second(answer, told.get("eval_duration")) if answer and answer > 1 else None
        self.timings = Timings(
            prefill_per_second=self._prefill(prompt, told.get("prompt_eval_duration"), decode),
            decode_per_second=decode,
            load_seconds=loading / _NS if loading else None,
        )

    def _prefill(self, prompt: int | None, nanoseconds: object, decode: float | None) -> float | None:
        """Ollama counts what its cache held to the prompt, but not to its time, and does not tell how much it was:
        the speed is only told where little can have been in the cache."""
        speed = _per_second(prompt, nanoseconds)
        cached = speed is not None and decode is not None and speed > FASTEST_PREFILL * decode
        return speed if self._opening and not cached else None


def _per_second(tokens: int | None, nanoseconds: object) -> float | None:
    duration = count(nanoseconds)
    return tokens * _NS / duration if tokens and duration else None
