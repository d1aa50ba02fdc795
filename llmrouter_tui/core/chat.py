"""A chat request as the router sees it, and the canonical wire format between rooms.

The canonical format is OpenAI chat completions. A ``ChatRequest`` keeps the client's own bytes (``body``) so that
any field passes through, and beside them the few fields that routing reads. A backend answers in canonical bytes:
SSE events ``data: {…}\\n\\n`` ending with ``data: [DONE]\\n\\n`` for a stream, one JSON object otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from llmrouter_tui.core.domain import ModelInfo


@dataclass(frozen=True, slots=True)
class Message:
    """One turn, reduced to what analysis reads."""

    role: str
    text: str = ""
    images: int = 0
    tool_calls: int = 0


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked request. ``body`` is valid UTF-8 JSON: an object with ``messages`` and ``model``."""

    model: str
    messages: tuple[Message, ...]
    body: bytes
    stream: bool = False
    wants_usage: bool = False
    """The client set ``stream_options.include_usage``."""
    has_stream_options: bool = False
    tools: int = 0
    """How many tools are offered."""
    tool_characters: int = 0
    """Of their definitions, which are part of the prompt: tens of thousands for a coding agent."""
    tool_choice_none: bool = False
    json_mode: bool = False
    """``response_format`` is json_object or json_schema."""
    thinking: bool = False
    """Reasoning was asked for explicitly."""
    max_tokens: int | None = None
    choices: int = 1
    session: str = ""
    """Explicit conversation id from a header or field; empty if none was given."""
    client: str = ""
    """The client's own name (User-Agent), for people."""
    switch: str = ""
    """What the body says of thinking, one of ``switches.SWITCHES``: ``think false``; empty for nothing."""
    key: str = ""
    """The name of the key that it came with; empty for a key without a name, or none."""
    allowed: tuple[str, ...] = ()
    """What that key may ask for, as ``keys.permits`` reads it; empty for every model."""
    marked: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)
    """Makes the same body with the client's marks of what is to be cached (``cache_control``, on parts, messages, calls
    and tools), for a backend that heeds them; None where there are none."""


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One attempt: a request addressed to one model of one backend."""

    request: ChatRequest
    model: ModelInfo
    exchange_id: str
    keep_alive: float | None = None
    """Seconds the backend should keep the model after this answer; negative is for ever, None leaves it alone.
    Backends that keep what the load said (Ollama) do not read it."""
    context_length: int | None = None
    """The context the model is loaded with (constant per model, so that no request reloads it); None leaves it."""
    resumes: bool = False
    """The last turn is the assistant's, begun by another model: this one goes on with it."""
