"""What a voice hears: canonical answers, read. Lenient, as ``core.openai`` is: anything may be null or missing."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from llmrouter_tui.core.errors import RouterError


class UnreadableError(RouterError):
    """What a model's server sent cannot be told in a dialect: it is no canonical answer."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "upstream_interrupted",
            f"The model's server sent an answer that cannot be read: {why}.",
            hint="Send the request again; the router's log and the exchange tell which server it was.",
            retryable=True,
        )


class Function(msgspec.Struct):
    name: str | None = None
    arguments: Any = None

    @property
    def words(self) -> str:
        """The arguments as JSON text, also where a server sends them as an object."""
        given = self.arguments
        return given if isinstance(given, str) else "" if given is None else msgspec.json.encode(given).decode()


class Call(msgspec.Struct):
    """A tool call, or what a chunk adds to one: ``index`` says to which."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Turn(msgspec.Struct):
    """What was said: a whole message, or what a chunk adds."""

    content: Any = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: Any = None
    refusal: str | None = None
    tool_calls: list[Call] | None = None

    @property
    def text(self) -> str:
        """What was said, also where a server says it in parts."""
        said = self.content
        if isinstance(said, str):
            return said
        parts = said if isinstance(said, list) else ()
        texts = [part.get("text") for part in parts if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))

    @property
    def thought(self) -> str:
        """Thinking, under the name that llama.cpp gives it, or that of vLLM and Ollama."""
        return self.reasoning_content or self.reasoning or ""

    @property
    def details(self) -> list[dict[str, Any]]:
        """What a maker signed or sealed of its thinking, as OpenRouter writes it."""
        told = self.reasoning_details
        return [detail for detail in told if isinstance(detail, dict)] if isinstance(told, list) else []


class Choice(msgspec.Struct):
    index: int | None = 0
    delta: Turn | None = None
    message: Turn | None = None
    finish_reason: str | None = None
    stop_reason: Any = None
    """The stop sequence that was met, where a server tells it (vLLM; a token's number there is none)."""
    logprobs: Any = None

    @property
    def turn(self) -> Turn:
        return self.delta or self.message or _SILENT


class PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class AnswerDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class Tokens(msgspec.Struct):
    """The ``usage`` of an answer."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: AnswerDetails | None = None

    @property
    def cached(self) -> int:
        return (self.prompt_tokens_details and self.prompt_tokens_details.cached_tokens) or 0

    @property
    def written(self) -> int:
        """Of the prompt, what went into a cache for later."""
        return (self.prompt_tokens_details and self.prompt_tokens_details.cache_write_tokens) or 0

    @property
    def reasoning(self) -> int:
        return (self.completion_tokens_details and self.completion_tokens_details.reasoning_tokens) or 0


class Answer(msgspec.Struct):
    """A chunk of a stream, or a whole answer."""

    id: str | None = ""
    created: int | float | None = 0
    model: str | None = ""
    choices: list[Choice] | None = None
    usage: Tokens | None = None

    @property
    def first(self) -> Choice:
        """The first choice; a silent one where there is none."""
        return self.choices[0] if self.choices else _NO_CHOICE


_SILENT: Final = Turn()
_NO_CHOICE: Final = Choice()
_DECODER: Final = msgspec.json.Decoder(Answer)
_DATA: Final = b"data:"
_DONE: Final = b"[DONE]"


def read_answer(body: bytes) -> Answer:
    """A whole answer. Raises ``UnreadableError``."""
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(str(error)) from error


def read_events(chunk: bytes) -> Iterator[Answer | None]:
    """The events of a stream's chunk in order, without comments; None for ``[DONE]``. Raises ``UnreadableError``."""
    for event in chunk.split(b"\n\n"):
        for line in event.splitlines():
            if line.startswith(_DATA):
                data = line[len(_DATA) :].strip()
                yield None if data == _DONE else read_answer(data)
