"""What a server would leave out without a word, and so answer another question than was asked."""

import json
from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.errors import BackendError

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])

OPENAIS_OWN: Final = {
    "functions": "knows tools, and not 'functions', which they replaced",
    "web_search_options": "cannot search the web",
}
"""Fields that OpenAI's servers heed and those of open models do not read, with why."""


def cannot(call: ChatCall, message: str, param: str) -> BackendError:
    """This backend cannot be asked that; another kind may well be."""
    return BackendError(
        "invalid_request",
        message,
        backend=call.model.backend,
        model=call.model.name,
        fallback=True,
        retryable=False,
        param=param,
        everywhere=True,
    )


def refuse_unread(call: ChatCall, server: str) -> None:
    """Raise ``BackendError`` where the request holds what such a server does not read. A byte search in nearly every
    request: inside of JSON text quotes are escaped."""
    body = call.request.body
    for name, why in OPENAIS_OWN.items():
        if b'"%b"' % name.encode() in body and json.loads(body).get(name):
            raise cannot(call, f"{server} {why}.", name)


def without(body: bytes, name: str) -> bytes:
    """The same request without a field."""
    if b'"%b"' % name.encode() not in body:
        return body
    fields = _FIELDS.decode(body)
    return msgspec.json.encode(fields) if fields.pop(name, None) is not None else body


def name_limit_twice(body: bytes) -> bytes:
    """The same request with its ``max_completion_tokens`` also as ``max_tokens``: servers that are older than the newer
    name (llama.cpp before February 2026, its forks, LM Studio) write without end otherwise."""
    if b'"max_completion_tokens"' not in body or b'"max_tokens"' in body:
        return body
    asked: dict[str, Any] = json.loads(body)
    limit = asked.get("max_completion_tokens")
    if limit is None:
        return body
    brace = body.index(b"{") + 1
    return b'%b"max_tokens":%b,%b' % (body[:brace], json.dumps(limit).encode(), body[brace:])
