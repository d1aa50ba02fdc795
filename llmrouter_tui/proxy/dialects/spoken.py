"""Which dialect is spoken at which path, and in which one errors are told under which prefix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.anthropic import Messages
from llmrouter_tui.proxy.dialects.anthropic_errors import STATUSES
from llmrouter_tui.proxy.dialects.chat import ChatCompletions
from llmrouter_tui.proxy.dialects.completions import Completions
from llmrouter_tui.proxy.dialects.dialect import Dialect
from llmrouter_tui.proxy.dialects.embedding import EmbedDialect, Embeddings
from llmrouter_tui.proxy.dialects.ollama import OllamaChat, OllamaGenerate
from llmrouter_tui.proxy.dialects.ollama_embed import OllamaEmbed, OllamaEmbeddings
from llmrouter_tui.proxy.dialects.responses import Responses


@dataclass(frozen=True, slots=True)
class Spoken:
    """A path that is answered by a model, and the dialect of its requests."""

    path: str
    dialect: Dialect
    signed: bool = True
    """Whether answers are prose for people, so that a signature may stand under them where signatures are on."""
    id_header: str = ""
    """Under which header this dialect's clients look for the request's id, besides ``x-request-id``."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """By code of an error, the HTTP status that this dialect's clients know for it, where it is not the usual one."""


CHAT: Final = ChatCompletions()
MESSAGES: Final = Messages()
OLLAMA: Final = OllamaChat()

SPOKEN: Final[tuple[Spoken, ...]] = (
    Spoken("/v1/chat/completions", CHAT),
    Spoken("/v1/completions", Completions(), signed=False),
    Spoken("/v1/responses", Responses()),
    Spoken("/v1/messages", MESSAGES, id_header="request-id", statuses=STATUSES),
    Spoken("/api/chat", OLLAMA),
    Spoken("/api/generate", OllamaGenerate()),
)
"""Every path behind the door of chats."""

EMBEDDED: Final[Mapping[str, EmbedDialect]] = {
    "/v1/embeddings": Embeddings(),
    "/api/embed": OllamaEmbed(),
    "/api/embeddings": OllamaEmbeddings(),
}
"""Every path behind the door of embeddings, and its dialect."""

FAMILIES: Final[tuple[tuple[str, Dialect], ...]] = (("/v1/messages", MESSAGES), ("/api/", OLLAMA))
"""Prefixes of paths whose errors are not told in OpenAI's shape, whatever they are: 404, 405, a failure of ours."""


def dialect_at(path: str) -> Dialect:
    """In which dialect errors are told to whoever calls ``path``."""
    return next((dialect for prefix, dialect in FAMILIES if path.startswith(prefix)), CHAT)


def refusal_at(path: str) -> Callable[[RouterError], bytes]:
    """How they are told."""
    return dialect_at(path).refusal
