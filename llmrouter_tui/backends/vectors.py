"""Texts as vectors, by the dialects that servers speak."""

from collections.abc import Sequence
from typing import Any

from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.reading import mapping, objects

EMBED_SECONDS = 120.0
"""For all texts of one request together."""


async def embed(link: Link, path: str, model: str, texts: Sequence[str], *, wire_name: str = "") -> list[list[float]]:
    """Ask a server that speaks OpenAI's dialect; it may answer in any order."""
    body = {"model": wire_name or model, "input": list(texts)}
    answer = mapping(await link.post(path, body, timeout=EMBED_SECONDS, model=model))
    if answer.get("error"):
        raise link.said_no(answer["error"], model)
    entries = objects(answer.get("data"))
    entries.sort(key=lambda entry: entry["index"] if isinstance(entry.get("index"), int) else 0)
    return vectors(link, [entry.get("embedding") for entry in entries], len(texts), model)


def vectors(link: Link, told: object, count: int, model: str) -> list[list[float]]:
    """Check that there is one list of numbers for each text."""
    found: list[Any] = told if isinstance(told, list) else []
    if len(found) != count or not all(_is_vector(one) for one in found):
        raise link.broken("answered a request for embeddings without one vector for each text", model)
    return [[float(number) for number in one] for one in found]


def _is_vector(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, int | float) for one in value)
