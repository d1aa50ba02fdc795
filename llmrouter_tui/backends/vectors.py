"""Texts as vectors, by the dialects that servers speak."""

from typing import Any, TypeVar

import msgspec

from llmrouter_tui.backends.http import Link
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.openai import read_usage

T = TypeVar("T")

EMBED_SECONDS = 120.0
"""For all inputs of one call together."""


class _Entry(msgspec.Struct):
    embedding: list[float]
    index: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Entry] = []
    usage: Any = None
    error: Any = None


_ANSWER = msgspec.json.Decoder(_Answer)


async def embed(
    link: Link, path: str, model: str, inputs: Inputs, *, dimensions: int | None = None, wire_name: str = ""
) -> Embedded:
    """Ask a server that speaks OpenAI's dialect; it may answer in any order. Some servers do not know ``dimensions``
    and answer with vectors of another length."""
    body: dict[str, Any] = {"model": wire_name or model, "input": list(inputs)}
    if dimensions is not None:
        body["dimensions"] = dimensions
    answer = await ask(link, path, body, model, _ANSWER)
    if answer.error:
        raise link.said_no(answer.error, model)
    answer.data.sort(key=lambda entry: entry.index or 0)
    usage = read_usage(answer.usage)
    vectors = [entry.embedding for entry in answer.data]
    return checked(link, Embedded(vectors, usage.prompt_tokens if usage else None), len(inputs), model)


async def ask(link: Link, path: str, body: object, model: str, decoder: msgspec.json.Decoder[T]) -> T:
    """What a call answers, read as vectors are: there are tens of thousands of numbers in it."""
    text = await link.text("POST", path, data=msgspec.json.encode(body), timeout=EMBED_SECONDS, model=model)
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _not_vectors(link, model) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise link.broken(f"answered {path} with something that is not JSON", model) from error


def checked(link: Link, told: Embedded, count: int, model: str) -> Embedded:
    """The same where there is one vector for each input, all of the same length."""
    lengths = {len(vector) for vector in told.vectors}
    if len(told.vectors) != count or len(lengths) != 1 or 0 in lengths:
        raise _not_vectors(link, model)
    return told


def _not_vectors(link: Link, model: str) -> BackendError:
    return link.broken("answered a request for embeddings without one vector for each text", model)
