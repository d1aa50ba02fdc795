"""A canonical answer told as the items and named events of ``/v1/responses``.

A whole answer is what a stream would end with: both go the same way.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.canonical import Answer, Call, Choice, Tokens, read_answer, read_events
from llmrouter_tui.proxy.dialects.chat import sse_comment
from llmrouter_tui.proxy.dialects.responses_items import Events, Message, Output, Reasoning, ToolCall
from llmrouter_tui.proxy.dialects.responses_tools import Called
from llmrouter_tui.proxy.replies import error_body

_CUT: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why an answer is not complete, by its finish reason."""
_ECHOED: Final[Mapping[str, Any]] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "default",
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": None,
    "user": None,
}
"""What an answer repeats of its request, and what it says where that does not."""
_FIXED: Final = {"background": False, "previous_response_id": None, "store": False, "truncation": "disabled"}


class ResponseVoice:
    """One response. ``asked`` are the fields of its request, ``called`` what its client calls its tools."""

    content_type: Final = "text/event-stream"

    def __init__(self, asked: Mapping[str, msgspec.Raw], called: Mapping[str, Called]) -> None:
        self._tool_call = partial(ToolCall, called)
        self._echoed = {name: _given(asked.get(name), default) for name, default in _ECHOED.items()}
        self._events = Events()
        self._items: list[Output] = []
        self._calls: list[ToolCall] = []
        self._head: dict[str, Any] = {}
        self._finish = ""
        self._usage: Tokens | None = None

    # ── the voice ──

    def feed(self, chunk: bytes) -> bytes:
        for event in read_events(chunk):
            if event is None:
                self._end()
            else:
                self._hear(event)
        return self._events.take()

    def whole(self, body: bytes) -> bytes:
        self._hear(read_answer(body))
        self._close_all()
        return msgspec.json.encode(self._response(self._status()))

    def waiting(self, status: str) -> bytes:
        return sse_comment(status)

    def failed(self, error: RouterError) -> bytes:
        """``response.failed`` where the response is known, and in any case an ``error`` event, at which OpenAI's
        clients raise."""
        told = error_body(error)
        if self._head:
            code = {429: "rate_limit_exceeded", 400: "invalid_prompt"}.get(error.status, "server_error")
            failure = {"code": code, "message": told.message}
            self._events.add("response.failed", response=self._response("failed", error=failure))
        self._events.add("error", code=told.code, message=told.message, param=told.param, error=told)
        return self._events.take()

    # ── hearing ──

    def _hear(self, event: Answer) -> None:
        if not self._head:
            self._begin(event)
        self._usage = event.usage or self._usage
        choice = event.first
        if choice.turn.thought:
            self._piece(Reasoning).add(self._events, choice.turn.thought)
        self._words(choice)
        for call in choice.turn.tool_calls or ():
            self._call(call)
        self._finish = choice.finish_reason or self._finish

    def _begin(self, event: Answer) -> None:
        self._head = {
            "id": event.id or "",
            "object": "response",
            "created_at": int(event.created or 0),
            "model": event.model or "",
        }
        for name in ("response.created", "response.in_progress"):
            self._events.add(name, response=self._response("in_progress"))

    def _words(self, choice: Choice) -> None:
        turn, logprobs = choice.turn, choice.logprobs
        told = logprobs.get("content") if isinstance(logprobs, dict) else None
        if turn.text or told:
            self._piece(Message).add(self._events, turn.text, told if isinstance(told, list) else [])
        if turn.refusal:
            self._piece(Message).refuse(self._events, turn.refusal)

    def _piece(self, kind: type[Any]) -> Any:
        """The item that is being said: the last one, or a new one of this kind."""
        if self._items and isinstance(self._items[-1], kind):
            return self._items[-1]
        return self._open(kind)

    def _open(self, kind: Callable[[int, str], Any]) -> Any:
        """A new item. Text that came before it is complete; tool calls may still grow, side by side."""
        if self._items and not isinstance(self._items[-1], ToolCall):
            self._items[-1].close(self._events, "completed")
        item = kind(len(self._items), self._head["id"])
        self._items.append(item)
        return item

    def _call(self, piece: Call) -> None:
        call = self._which(piece)
        function = piece.function
        if call is None:
            call = self._open(self._tool_call)
            call.key = piece.index
            self._calls.append(call)
        call.add(self._events, piece.id or "", (function and function.name) or "", function.words if function else "")

    def _which(self, piece: Call) -> ToolCall | None:
        """The call that a piece belongs to, None for a new one. Servers that send whole calls may number all of them
        0, or none."""
        if piece.index is None:
            fresh = piece.function is not None and bool(piece.function.name)
            known = self._calls[-1] if self._calls and not fresh else None
        else:
            known = next((call for call in reversed(self._calls) if call.key == piece.index), None)
        return None if known is not None and piece.id and known.call_id not in ("", piece.id) else known

    # ── the end ──

    def _status(self) -> str:
        return "incomplete" if self._finish in _CUT else "completed"

    def _end(self) -> None:
        self._close_all()
        status = self._status()
        self._events.add(f"response.{status}", response=self._response(status))

    def _close_all(self) -> None:
        for item in self._items:
            last = item is self._items[-1]
            item.close(self._events, "incomplete" if last and self._finish in _CUT else "completed")

    def _response(self, status: str, error: dict[str, Any] | None = None) -> dict[str, Any]:
        why = _CUT.get(self._finish) if status == "incomplete" else None
        begun = status == "in_progress"
        return {
            **self._head,
            "status": status,
            "error": error,
            "incomplete_details": {"reason": why} if why else None,
            "output": [] if begun else [item.plain for item in self._items],
            **self._echoed,
            **_FIXED,
            "usage": None if begun else _usage(self._usage),
        }


def _given(value: msgspec.Raw | None, default: object) -> object:
    return default if value is None or bytes(value) == b"null" else value


def _usage(tokens: Tokens | None) -> dict[str, Any] | None:
    if tokens is None:
        return None
    given, made = tokens.prompt_tokens or 0, tokens.completion_tokens or 0
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": given + made,
    }
