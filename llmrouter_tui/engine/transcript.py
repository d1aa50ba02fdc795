"""Reads an answer's text back out of the canonical bytes, for the log's preview and the ledger's token count."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec


class Keep(NamedTuple):
    """How much of an exchange its record carries; the database keeps less where the privacy policy says so."""

    prompt: int = 16_384
    """Characters of the last user turn."""
    answer: int = 32_768
    """Bytes of a stream: about 130 tokens as chunks, more than a preview."""


PREVIEW = Keep()
JUDGED = 1 << 20
"""Bytes where a judge reads some of the answers: some 4,000 tokens as chunks, more than it is shown."""
EVERYTHING = Keep(prompt=16 << 20, answer=16 << 20)
"""For the policy ``full``: whatever models write, and a bound."""


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: Any = None
    refusal: str | None = None
    tool_calls: list[msgspec.Raw] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None


class _Chunk(msgspec.Struct):
    id: str = ""
    choices: list[_Choice] | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


_decode_all = msgspec.json.Decoder(list[_Chunk]).decode


def read_whole(parts: Sequence[bytes]) -> tuple[str, str]:
    """(response id, text) of a whole answer; tool calls and thinking count as no text."""
    return _read(_decoded(parts if len(parts) == 1 else (b"".join(parts),)))


def read_stream(parts: Sequence[bytes]) -> tuple[str, str]:
    """The same of a stream or of its beginning."""
    events = b"".join(parts).split(b"\n\n")
    chunks = [event[6:] for event in events if event.startswith(b"data: {")]
    try:
        return _read(_decode_all(b"[%b]" % b",".join(chunks)))
    except msgspec.MsgspecError:  # the last one may be cut
        return _read(_decoded(chunks))


def _decoded(chunks: Iterable[bytes]) -> list[_Chunk]:
    """Those that can be read."""
    found: list[_Chunk] = []
    for chunk in chunks:
        try:
            found.append(_decode(chunk))
        except msgspec.MsgspecError:
            continue
    return found


def _read(chunks: Iterable[_Chunk]) -> tuple[str, str]:
    texts: list[str] = []
    response_id = ""
    for chunk in chunks:
        response_id = response_id or chunk.id
        if chunk.choices:
            part = chunk.choices[0].delta or chunk.choices[0].message
            if part is not None and part.content:
                texts.append(part.content)
    return response_id, "".join(texts)


def has_content(events: bytes) -> bool:
    """Whether any event of a stream carries something for the client: text, thinking, a tool call or an end."""
    for data in events.split(b"\n\n"):
        if b'"finish_reason":"' in data or b'"finish_reason": "' in data or data.startswith(b"data: [DONE]"):
            return True
        if not data.startswith(b"data: {"):
            continue
        try:
            chunk = _decode(data[6:])
        except msgspec.MsgspecError:
            return True
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None and _says(delta):
                return True
    return False


def _says(delta: _Delta) -> bool:
    """Thinking is ``reasoning_content`` to llama.cpp and ``reasoning`` to vLLM."""
    return bool(delta.content or delta.reasoning_content or delta.reasoning or delta.tool_calls or delta.refusal)
