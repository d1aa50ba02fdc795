"""Which dialect is spoken at which path, and in which one errors are told under which prefix."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.chat import ChatCompletions
from llmrouter_tui.proxy.dialects.completions import Completions
from llmrouter_tui.proxy.dialects.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Spoken:
    """A path that is answered by a model, and the dialect of its requests."""

    path: str
    dialect: Dialect
    signed: bool = True
    """Whether answers are prose for people, so that a signature may stand under them where signatures are on."""
    id_header: str = ""
    """Under which header this dialect's clients look for the request's id, besides ``x-request-id``."""


CHAT: Final = ChatCompletions()

SPOKEN: Final[tuple[Spoken, ...]] = (
    Spoken("/v1/chat/completions", CHAT),
    Spoken("/v1/completions", Completions(), signed=False),
)
"""Every path behind the door of chats."""

FAMILIES: Final[tuple[tuple[str, Dialect], ...]] = ()
"""Prefixes of paths whose errors are not told in OpenAI's shape, whatever they are: 404, 405, a failure of ours."""


def refusal_at(path: str) -> Callable[[RouterError], bytes]:
    """How an error is told to whoever calls ``path``."""
    for prefix, dialect in FAMILIES:
        if path.startswith(prefix):
            return dialect.refusal
    return CHAT.refusal
