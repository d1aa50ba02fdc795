"""Reads an answer's text back out of the canonical bytes, for the log's preview and the ledger's token count."""

import msgspec

LIMIT = 32_768
"""Bytes of an answer that are kept for its preview: about 130 tokens as chunks."""


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[msgspec.Raw] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None


class _Chunk(msgspec.Struct):
    id: str = ""
    choices: list[_Choice] | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


def read(raw: bytes, stream: bool) -> tuple[str, str]:
    """(response id, text) of an answer or of its beginning; tool calls and thinking count as no text."""
    texts: list[str] = []
    response_id = ""
    for data in raw.split(b"\n\n") if stream else (raw,):
        if stream:
            if not data.startswith(b"data: {"):
                continue
            data = data[6:]
        try:
            chunk = _decode(data)
        except msgspec.MsgspecError:
            continue
        response_id = response_id or chunk.id
        for choice in (chunk.choices or ())[:1]:
            part = choice.delta or choice.message
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
            if delta is not None and (delta.content or delta.reasoning_content or delta.tool_calls):
                return True
    return False
