"""Canonical answers as Ollama tells them: a JSON object a line, the last one with the counters."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.canonical import (
    Answer,
    Call,
    Choice,
    Tokens,
    UnreadableError,
    read_answer,
    read_events,
)

Shape = Literal["chat", "generate"]
CHAT: Final = "chat"
GENERATE: Final = "generate"


class Clock:
    """Time as it is; tests bring their own."""

    def __init__(
        self, wall: Callable[[], float] = time.time, nanoseconds: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.wall = wall
        self.nanoseconds = nanoseconds


REAL: Final = Clock()


class OllamaVoice:
    """One answer. Its durations are the router's own, by its clock: ``total_duration`` with any wait for the model,
    ``prompt_eval_duration`` until the first word and ``eval_duration`` from then on. Of an answer that was not streamed
    nobody knows when it began, so all of it is ``eval_duration``.

    Ollama's lines have no id; the last one carries that of the canonical answer, for feedback.
    """

    content_type: Final = "application/x-ndjson"

    def __init__(self, shape: Shape, model: str, clock: Clock = REAL) -> None:
        self._shape = shape
        self._model = model
        self._clock = clock
        self._started = clock.nanoseconds()
        self._first: int | None = None
        """When the first word came."""
        self._id = ""
        self._usage: Tokens | None = None
        self._finish = ""
        self._calls: dict[int, _Gathered] = {}
        """Tool calls so far: Ollama tells them whole."""

    def feed(self, chunk: bytes) -> bytes:
        lines = [self._last() if event is None else self._event(event) for event in read_events(chunk)]
        return b"".join(lines)

    def whole(self, body: bytes) -> bytes:
        answer = read_answer(body)
        self._read(answer)
        choice = answer.first
        return msgspec.json.encode(self._line(_text(choice), choice.turn.thought, self._told()) | self._end(choice))

    def waiting(self, status: str) -> bytes:
        """Lines have no comments; one without words is none to anybody."""
        return _encoded(self._line("", "", []))

    def failed(self, error: RouterError) -> bytes:
        return _encoded({"error": str(error).encode("utf-8", "replace").decode()})

    # ── a stream ──

    def _event(self, event: Answer) -> bytes:
        self._read(event)
        choice = event.first
        text, thought, logprobs = _text(choice), choice.turn.thought, _logprobs(choice)
        if (text or thought or self._calls) and self._first is None:
            self._first = self._clock.nanoseconds()
        lines = b""
        if text or thought or logprobs:
            lines = _encoded(self._line(text, thought, []) | logprobs)
        if choice.finish_reason and self._calls:
            lines += _encoded(self._line("", "", self._told()))
        return lines

    def _last(self) -> bytes:
        return _encoded(self._line("", "", self._told()) | self._end(None))

    def _read(self, event: Answer) -> None:
        """What is remembered of an event, or of a whole answer."""
        self._model = event.model or self._model
        self._id = self._id or event.id or ""
        self._usage = event.usage or self._usage
        self._finish = event.first.finish_reason or self._finish
        for call in event.first.turn.tool_calls or ():
            self._gather(call)

    def _gather(self, call: Call) -> None:
        """Add to the call that this is a part of; one without an index begins another one where it has a name."""
        index = call.index
        if index is None:
            begins = call.function is not None and bool(call.function.name)
            index = len(self._calls) if begins or not self._calls else max(self._calls)
        known = self._calls.setdefault(index, _Gathered())
        known.id = known.id or call.id or ""
        if call.function is not None:
            known.name = known.name or call.function.name or ""
            known.arguments += call.function.words

    def _told(self) -> list[dict[str, Any]]:
        """The calls that were not told yet."""
        calls, self._calls = self._calls, {}
        return [calls[index].told(at) for at, index in enumerate(sorted(calls))]

    # ── lines ──

    def _line(self, text: str, thought: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
        said: dict[str, Any] = {"thinking": thought} if thought else {}
        if calls:
            said["tool_calls"] = calls
        head = {"model": self._model, "created_at": timestamp(self._clock.wall())}
        if self._shape == GENERATE:
            return head | {"response": text} | said | {"done": False}
        return head | {"message": {"role": "assistant", "content": text} | said, "done": False}

    def _end(self, choice: Choice | None) -> dict[str, Any]:
        now, usage = self._clock.nanoseconds(), self._usage or Tokens()
        first = self._started if self._first is None or choice is not None else self._first
        end = {
            "done": True,
            "done_reason": "length" if self._finish == "length" else "stop",
            "total_duration": now - self._started,
            "load_duration": 0,
            "prompt_eval_count": usage.prompt_tokens or 0,
            "prompt_eval_duration": first - self._started,
            "eval_count": usage.completion_tokens or 0,
            "eval_duration": now - first,
        }
        if self._id:
            end["id"] = self._id
        return end | (_logprobs(choice) if choice is not None else {})


class _Gathered:
    """A tool call as far as its parts have come."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = self.name = self.arguments = ""

    def told(self, at: int) -> dict[str, Any]:
        """The call with its arguments as an object. Raises ``UnreadableError`` where they are none."""
        try:
            arguments = msgspec.json.decode(self.arguments or "{}")
        except (msgspec.DecodeError, RecursionError):
            arguments = None
        if not isinstance(arguments, dict):
            raise UnreadableError(f"the arguments of its call of {self.name!r} are no JSON object")
        function = {"index": at, "name": self.name, "arguments": arguments}
        return {"id": self.id, "function": function} if self.id else {"function": function}


def _text(choice: Choice) -> str:
    return choice.turn.text or choice.turn.refusal or ""


def _logprobs(choice: Choice) -> dict[str, Any]:
    """A list of tokens, which the canonical form has one level deeper."""
    content = choice.logprobs.get("content") if isinstance(choice.logprobs, dict) else None
    return {"logprobs": content} if isinstance(content, list) and content else {}


def _encoded(line: dict[str, Any]) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def timestamp(wall: float) -> str:
    """A time as Ollama writes it."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
