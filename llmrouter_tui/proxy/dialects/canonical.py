"""What a voice hears: canonical answers, read. Lenient, as ``core.openai`` is: anything may be null or missing."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec


class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class Call(msgspec.Struct):
    """A tool call, or what a chunk adds to one: ``index`` says to which."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Turn(msgspec.Struct):
    """What was said: a whole message, or what a chunk adds."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[Call] | None = None

    @property
    def thought(self) -> str:
        """Thinking, under the name that llama.cpp gives it, or that of vLLM and Ollama."""
        return self.reasoning_content or self.reasoning or ""


class Choice(msgspec.Struct):
    index: int = 0
    delta: Turn | None = None
    message: Turn | None = None
    finish_reason: str | None = None
    logprobs: Any = None

    @property
    def turn(self) -> Turn:
        return self.delta or self.message or _SILENT


class PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


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
    def reasoning(self) -> int:
        return (self.completion_tokens_details and self.completion_tokens_details.reasoning_tokens) or 0


class Answer(msgspec.Struct):
    """A chunk of a stream, or a whole answer."""

    id: str = ""
    created: int | float = 0
    model: str = ""
    choices: list[Choice] | None = None
    usage: Tokens | None = None


_SILENT: Final = Turn()
_DECODER: Final = msgspec.json.Decoder(Answer)
_DATA: Final = b"data:"
_DONE: Final = b"[DONE]"


def read_answer(body: bytes) -> Answer:
    """A whole answer. Raises ``ValueError`` where it is none."""
    return _DECODER.decode(body)


def read_events(chunk: bytes) -> Iterator[Answer | None]:
    """The events of a stream's chunk in order; None for ``[DONE]``. Comments are skipped. Raises ``ValueError`` for an
    event that is no canonical one."""
    for event in chunk.split(b"\n\n"):
        for line in event.splitlines():
            if not line.startswith(_DATA):
                continue
            data = line[len(_DATA) :].strip()
            yield None if data == _DONE else _DECODER.decode(data)
