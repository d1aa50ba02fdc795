"""What is to be explained instead of answered: a whole chat-completion body, read as the chat door reads it."""

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.proxy.bodies import decode
from llmrouter_tui.proxy.parse import parse_chat

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_AUTO = msgspec.Raw(b'"auto"')


def is_chat(body: bytes) -> bool:
    """Whether a body holds a conversation, not a bare prompt. Raises ``RouterError`` for what is no JSON object."""
    fields = decode(body, _FIELDS)
    return "messages" in fields and "prompt" not in fields


def read_chat(body: bytes, *, session: str = "") -> ChatRequest:
    """The request that routing would see; a body without a model means ``auto``. Raises ``RouterError``
    ``invalid_request`` as ``parse_chat`` does."""
    return parse_chat(msgspec.json.encode({"model": _AUTO} | decode(body, _FIELDS)), session=session)
