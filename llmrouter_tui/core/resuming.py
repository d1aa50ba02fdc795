"""An answer that broke off, gone on with by another model: when that may be, and what it is asked.

Only plain text can be gone on with: half a tool call or half a JSON object of one model is no beginning for another.
"""

import json
import re
from dataclasses import replace
from typing import Any

from llmrouter_tui.core.chat import ChatRequest, Message

_LIMITS = ("max_tokens", "max_completion_tokens")


def resumable(request: ChatRequest) -> bool:
    """Whether what it gets is a stream of plain text."""
    return request.stream and request.choices == 1 and not request.json_mode and not request.tools


def resumed(request: ChatRequest, said: str, tokens: int) -> ChatRequest:
    """The request for the rest: the same conversation, with what was ``said`` as the turn to go on with, and without
    the about ``tokens`` of its limit that are used up. With nothing said it is the request itself."""
    if not said:
        return request
    body: dict[str, Any] = json.loads(request.body)
    body["messages"] = [*body["messages"], {"role": "assistant", "content": said}]
    for limit in _LIMITS:
        if isinstance(body.get(limit), int | float) and body[limit] > 0:
            body[limit] = max(1, int(body[limit]) - tokens)
    left = None if request.max_tokens is None else max(1, request.max_tokens - tokens)
    turns = (*request.messages, Message("assistant", said))
    return replace(request, body=json.dumps(body).encode(), messages=turns, max_tokens=left)


class Retold:
    """Chunks of the model that goes on, under the id that the answer began with: to clients it is one answer."""

    def __init__(self, first: str) -> None:
        self._first = first.encode()
        self._own = b""

    def __call__(self, events: bytes) -> bytes:
        """Whole events in, whole events out."""
        if not self._own:
            self._own = _id_of(events)
        if not self._own or not self._first:
            return events
        return events.replace(self._own, b'"id":"' + self._first + b'"')


_ID = re.compile(rb'"id": ?"[^"\\]+"')


def _id_of(events: bytes) -> bytes:
    """The id of the first chunk with its key, as they stand in the bytes; empty where they are written otherwise."""
    found = _ID.search(events)
    return found[0] if found else b""
