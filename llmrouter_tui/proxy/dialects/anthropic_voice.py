"""An answer as Anthropic's message: whole, or as its stream of events.

A message is a row of blocks: thinking, text, calls of tools. In a stream one block is open at a time. Servers of the
canonical dialect may speak of several calls at once; what belongs to a later one waits until the arguments of the open
one are complete.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.anthropic_errors import error_object
from llmrouter_tui.proxy.dialects.canonical import Answer, Call, Choice, Tokens, Turn, read_answer, read_events
from llmrouter_tui.proxy.dialects.chat import sse_comment

Json = dict[str, Any]
Kind = Literal["thinking", "text", "redacted_thinking", "tool_use"]

_STOPS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}


@dataclass(slots=True)
class Piece:
    """Some of what belongs to one block."""

    kind: Kind
    words: str = ""
    call: int = 0
    """Of a tool: which call of the answer."""
    ident: str = ""
    name: str = ""
    signature: str = ""


class MessageVoice:
    """One message."""

    content_type: Final = "text/event-stream"

    def __init__(self, stops: Sequence[str]) -> None:
        """``stops`` are the client's stop sequences, of which a server may say which one it met."""
        self._stops = stops
        self._begun = False
        self._id = ""
        self._index = -1
        """Of the block that was opened last."""
        self._open: Piece | None = None
        self._arguments = ""
        """Of the open block, where it is a tool's."""
        self._waiting: deque[Piece] = deque()
        self._called = False
        self._reason = ""
        self._stop: str | None = None
        self._usage = Tokens()

    def feed(self, chunk: bytes) -> bytes:
        said: list[bytes] = []
        for answer in read_events(chunk):
            if answer is None:
                self._end(said)
            else:
                self._hear(answer, said)
        return b"".join(said)

    def whole(self, body: bytes) -> bytes:
        answer = read_answer(body)
        choice = answer.first
        self._note(choice)
        pieces = _pieces(choice.turn)
        self._called = any(piece.kind == "tool_use" for piece in pieces)
        message = _message(answer, [_block(piece) for piece in pieces], answer.usage or self._usage)
        return msgspec.json.encode(message | {"stop_reason": self._stop_reason(), "stop_sequence": self._stop})

    def waiting(self, status: str) -> bytes:
        return sse_comment(status) + event("ping", {})

    def failed(self, error: RouterError) -> bytes:
        told = error_object(error)
        return event("error", told | {"request_id": told["request_id"] or self._id or None})

    # ── a stream ──

    def _hear(self, answer: Answer, said: list[bytes]) -> None:
        if not self._begun:
            self._begin(answer, said)
        if answer.usage is not None:
            self._usage = answer.usage
        choice = answer.first
        if not choice.index:
            for piece in _pieces(choice.turn):
                self._take(piece, said)
            self._note(choice)

    def _begin(self, answer: Answer, said: list[bytes]) -> None:
        self._begun, self._id = True, answer.id or ""
        message = _message(answer, [], Tokens()) | {"stop_reason": None, "stop_sequence": None}
        said.append(event("message_start", {"message": message}))

    def _take(self, piece: Piece, said: list[bytes]) -> None:
        """Say a piece now, or keep it until the block that is open has all that belongs to it."""
        if self._waiting or (not self._continues(piece) and not self._complete()):
            if not self._continues(piece):
                self._waiting.append(piece)
                return
            self._say(piece, said)
            if self._complete():
                self._catch_up(said)
            return
        self._say(piece, said)

    def _catch_up(self, said: list[bytes]) -> None:
        waiting, self._waiting = self._waiting, deque()
        for piece in waiting:
            self._take(piece, said)

    def _continues(self, piece: Piece) -> bool:
        """Whether it belongs to the open block."""
        now = self._open
        if now is None or now.kind != piece.kind or piece.kind == "redacted_thinking":
            return False
        return now.call == piece.call and piece.ident in ("", now.ident)

    def _complete(self) -> bool:
        """Whether the open block may be closed: a tool's once its arguments are a whole object."""
        if self._open is None or self._open.kind != "tool_use":
            return True
        try:
            return isinstance(json.loads(self._arguments), dict)
        except (ValueError, RecursionError):
            return False

    def _say(self, piece: Piece, said: list[bytes]) -> None:
        if not self._continues(piece):
            if piece.kind == "tool_use" and not (piece.name or piece.ident):
                return  # blanks after a call that is closed
            self._close(said)
            self._index += 1
            self._open, self._arguments = piece, ""
            said.append(event("content_block_start", {"index": self._index, "content_block": _opening(piece)}))
        if piece.kind == "tool_use":
            self._called = True
            self._arguments += piece.words
        for delta in _deltas(piece):
            said.append(event("content_block_delta", {"index": self._index, "delta": delta}))  # noqa: PERF401

    def _close(self, said: list[bytes]) -> None:
        if self._open is not None:
            said.append(event("content_block_stop", {"index": self._index}))
            self._open = None

    def _note(self, choice: Choice) -> None:
        self._reason = choice.finish_reason or self._reason
        if isinstance(choice.stop_reason, str) and choice.stop_reason in self._stops:
            self._stop = choice.stop_reason

    def _stop_reason(self) -> str:
        if self._stop is not None:
            return "stop_sequence"
        reason = _STOPS.get(self._reason, "end_turn")
        return "tool_use" if self._called and reason == "end_turn" else reason

    def _end(self, said: list[bytes]) -> None:
        if not self._begun:
            self._begin(Answer(), said)
        self._close_all(said)
        delta = {"stop_reason": self._stop_reason(), "stop_sequence": self._stop}
        said.append(event("message_delta", {"delta": delta, "usage": usage(self._usage)}))
        said.append(event("message_stop", {}))

    def _close_all(self, said: list[bytes]) -> None:
        self._close(said)
        while self._waiting:
            self._catch_up(said)
            self._close(said)


def event(name: str, fields: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode({"type": name} | fields))


# ── parts of a message ──────────────────────────────────────────────────────────────────────────────────────────


def usage(tokens: Tokens) -> Json:
    """Anthropic counts what came from a cache, and what went into one, beside ``input_tokens`` and not in them."""
    cached, written = tokens.cached, tokens.written
    told: Json = {
        "input_tokens": max(0, (tokens.prompt_tokens or 0) - cached - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "output_tokens": tokens.completion_tokens or 0,
    }
    if tokens.reasoning:
        told["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    return told


def _message(answer: Answer, content: list[Json], tokens: Tokens) -> Json:
    return {
        "id": answer.id or "",
        "type": "message",
        "role": "assistant",
        "model": answer.model or "",
        "content": content,
        "usage": usage(tokens),
    }


def _pieces(turn: Turn) -> list[Piece]:
    """What a chunk, or a whole message, holds, in the order of a message."""
    pieces: list[Piece] = []
    if turn.thought:
        pieces.append(Piece("thinking", turn.thought))
    for detail in turn.details:
        _add_detail(pieces, detail)
    if words := turn.text or turn.refusal or "":
        pieces.append(Piece("text", words))
    pieces += [_called(call, at) for at, call in enumerate(turn.tool_calls or ())]
    return pieces


def _add_detail(pieces: list[Piece], detail: Json) -> None:
    """The signature under a thought, and thoughts that their maker sealed; the thoughts themselves were told."""
    signature, data = detail.get("signature"), detail.get("data")
    if isinstance(signature, str) and signature:
        if pieces and pieces[-1].kind == "thinking" and not pieces[-1].signature:
            pieces[-1].signature = signature
        else:
            pieces.append(Piece("thinking", "", signature=signature))
    if detail.get("type") == "reasoning.encrypted" and isinstance(data, str):
        pieces.append(Piece("redacted_thinking", data))


def _called(call: Call, at: int) -> Piece:
    function = call.function
    index = at if call.index is None else call.index
    name, words = (function.name or "", function.words) if function is not None else ("", "")
    return Piece("tool_use", words, index, call.id or "", name)


def _opening(piece: Piece) -> Json:
    """A block as it begins; all but names and what is sealed comes as deltas."""
    if piece.kind == "tool_use":
        return {"type": "tool_use", "id": piece.ident, "name": piece.name, "input": {}}
    if piece.kind == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    if piece.kind == "redacted_thinking":
        return {"type": "redacted_thinking", "data": piece.words}
    return {"type": "text", "text": ""}


def _deltas(piece: Piece) -> list[Json]:
    found: list[Json] = []
    if piece.kind == "text":
        found.append({"type": "text_delta", "text": piece.words})
    elif piece.kind == "tool_use" and piece.words:
        found.append({"type": "input_json_delta", "partial_json": piece.words})
    elif piece.kind == "thinking" and piece.words:
        found.append({"type": "thinking_delta", "thinking": piece.words})
    if piece.signature:
        found.append({"type": "signature_delta", "signature": piece.signature})
    return found


def _block(piece: Piece) -> Json:
    """A whole block. Thoughts that nobody signed have an empty signature, which the type wants."""
    if piece.kind == "tool_use":
        return {"type": "tool_use", "id": piece.ident, "name": piece.name, "input": _input(piece.words)}
    if piece.kind == "thinking":
        return {"type": "thinking", "thinking": piece.words, "signature": piece.signature}
    if piece.kind == "redacted_thinking":
        return {"type": "redacted_thinking", "data": piece.words}
    return {"type": "text", "text": piece.words}


def _input(arguments: str) -> Json:
    """Arguments as the object that they must be. What a model wrote that is none is handed on as Anthropic tells its
    users to wrap it, so that the tool refuses it and the model is told."""
    try:
        found = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"INVALID_JSON": arguments}
