"""The turns of ``POST /v1/messages`` as canonical messages.

Anthropic's turns alternate, and each is made of blocks: what tools found stands in the user's turn, a call in the
assistant's. Turns of one role that follow each other are one turn, as its API takes them. Texts of one turn are joined
line by line, so that every model can read them; but where one is marked to be cached (``cache_control``) they stay
apart, until ``plain`` has joined them.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request
from llmrouter_tui.proxy.dialects.anthropic_asked import Block, MessagesTurn, Source

Json = dict[str, Any]

MARK: Final = "cache_control"
"""By this Anthropic knows up to where a prompt is to be kept for the next request."""
_IN_IMAGE: Final = "(The image that the tool gave follows.)"
_NONE: Final = ""


def canonical_messages(system: str | list[Block] | None, turns: Sequence[MessagesTurn]) -> list[Json]:
    """All turns with their marks, the system prompt first. Raises ``RouterError`` naming the block that cannot be told
    to a model."""
    made: list[Json] = []
    if told := _words_or_parts(system, "system"):
        made.append({"role": "system", "content": told})
    for index, turn in enumerate(turns):
        where = f"messages[{index}]"
        if turn.role == "user":
            _add_user(made, turn.content, where)
        elif turn.role == "assistant":
            _add_assistant(made, turn.content, where)
        elif turn.role == "system":
            made.append({"role": "system", "content": _words_or_parts(turn.content, f"{where}.content")})
        else:
            raise bad_request(
                f"The field '{where}.role' is {turn.role[:40]!r}, which is no role.",
                param=f"{where}.role",
                hint="Use user, assistant or system.",
            )
    return made


def plain(messages: Sequence[Json]) -> list[Json]:
    """The same messages as every server can read them, without marks."""
    return [_plain_message(message) for message in messages]


def _plain_message(message: Json) -> Json:
    made = {key: value for key, value in message.items() if key != MARK}
    if isinstance(content := message.get("content"), list):
        parts = [{key: value for key, value in part.items() if key != MARK} for part in content]
        made["content"] = _joined(parts)
    if calls := message.get("tool_calls"):
        made["tool_calls"] = [{key: value for key, value in call.items() if key != MARK} for call in calls]
    return made


def _joined(parts: list[Json]) -> str | list[Json]:
    """As one text, where it is nothing but text without marks."""
    if all(part["type"] == "text" and MARK not in part for part in parts):
        return "\n".join([part["text"] for part in parts])
    return parts


def _words_or_parts(content: str | list[Block] | None, where: str) -> str | list[Json]:
    words = words_of(content, where)
    return _joined([_marked(_text(b.text or _NONE), b) for b in content]) if isinstance(content, list) else words


def _marked(part: Json, block: Block) -> Json:
    """With the block's mark, if it has one."""
    if block.cache_control is not None:
        part[MARK] = block.cache_control
    return part


def words_of(content: str | list[Block] | None, where: str) -> str:
    """What may hold nothing but text."""
    if not isinstance(content, list):
        return content or _NONE
    for at, block in enumerate(content):
        if block.type != "text":
            raise _no_place(block, f"{where}[{at}]")
    return "\n".join([_needed(block.text, f"{where}[{at}].text") for at, block in enumerate(content)])


# ── the user's turns ────────────────────────────────────────────────────────────────────────────────────────────


def _add_user(made: list[Json], content: str | list[Block], where: str) -> None:
    """What tools found comes first, each as a message of its own; then what the user says and shows."""
    if isinstance(content, str):
        _say(made, [_text(content)])
        return
    parts: list[Json] = []
    shown: list[Json] = []
    for at, block in enumerate(content):
        place = f"{where}.content[{at}]"
        if block.type == "tool_result":
            message, images = _tool_result(block, place)
            made.append(message)
            shown += images
        else:
            parts += _parts(block, place)
    if shown or parts or not content:
        _say(made, shown + parts)


def _say(made: list[Json], parts: list[Json]) -> None:
    """Put down what a user says, joined to what was said just before."""
    if made and made[-1]["role"] == "user":
        parts = [*_as_parts(made.pop()["content"]), *parts]
    made.append({"role": "user", "content": _joined(parts)})


def _as_parts(content: str | list[Json]) -> list[Json]:
    return [_text(content)] if isinstance(content, str) else content


def _text(words: str) -> Json:
    return {"type": "text", "text": words}


def _parts(block: Block, where: str) -> list[Json]:
    """A block of a user's as canonical parts; its mark is on the last."""
    parts = _unmarked_parts(block, where)
    _marked(parts[-1] if parts else {}, block)
    return parts


def _unmarked_parts(block: Block, where: str) -> list[Json]:
    if block.type == "text":
        return [_text(_needed(block.text, f"{where}.text"))]
    if block.type == "image":
        return [_image(block.source, f"{where}.source")]
    if block.type == "document":
        return _document(block, where)
    if block.type == "search_result":
        return [_text(_search_result(block, where))]
    if block.type == "tool_reference":
        return [_text(f"tool: {block.tool_name or _NONE}")]
    raise _no_place(block, where)


def _image(source: Source | str | None, where: str) -> Json:
    if isinstance(source, Source) and source.type == "base64":
        kind, data = _needed(source.media_type, f"{where}.media_type"), _needed(source.data, f"{where}.data")
        url = f"data:{kind};base64,{data}"
    elif isinstance(source, Source) and source.type == "url":
        url = _needed(source.url, f"{where}.url")
    else:
        raise _stored(source, where, "the image")
    return {"type": "image_url", "image_url": {"url": url}}


def _document(block: Block, where: str) -> list[Json]:
    """A document of text under its title; what would first have to be made text is refused."""
    source, place = block.source, f"{where}.source"
    if not isinstance(source, Source):
        raise _stored(source, place, "the document")
    if source.type == "text":
        body = [_text(_needed(source.data, f"{place}.data"))]
    elif source.type == "content":
        content = source.content
        inner = [Block("text", text=content)] if isinstance(content, str) else content or []
        body = [part for at, one in enumerate(inner) for part in _parts(one, f"{place}.content[{at}]")]
    elif source.media_type == "application/pdf" or source.type == "url":
        raise bad_request(
            "The request holds a PDF document, which this router does not turn into text.",
            param=place,
            hint="Send its text, as a document block with a source of type text, or its pages as images.",
        )
    else:
        raise _stored(source, place, "the document")
    head = "\n".join(filter(None, (block.title, block.context)))
    return [_text(head), *body] if head else body


def _search_result(block: Block, where: str) -> str:
    content = block.content if isinstance(block.content, list) else []
    source = block.source if isinstance(block.source, str) else None
    return "\n".join(filter(None, (block.title, source, words_of(content, f"{where}.content"))))


def _tool_result(block: Block, where: str) -> tuple[Json, list[Json]]:
    """The message of a tool, which holds text only, and the images to be shown after it."""
    content = block.content
    if isinstance(content, dict):
        raise bad_request(
            f"The field '{where}.content' must be a string or a list, not an object.",
            param=f"{where}.content",
            hint="Correct its type.",
        )
    inner = [Block("text", text=content)] if isinstance(content, str) else content or []
    parts = [part for at, one in enumerate(inner) for part in _parts(one, f"{where}.content[{at}]")]
    marks = [part.pop(MARK) for part in parts if MARK in part]
    images = [part for part in parts if part["type"] != "text"]
    words = "\n".join([part["text"] if part["type"] == "text" else _IN_IMAGE for part in parts])
    if block.is_error and not words.lower().startswith("error"):
        words = f"Error: {words}"
    ident = _needed(block.tool_use_id, f"{where}.tool_use_id")
    message = _marked({"role": "tool", "tool_call_id": ident, "content": words}, block)
    return (message if MARK in message or not marks else message | {MARK: marks[-1]}), images


# ── the assistant's turns ───────────────────────────────────────────────────────────────────────────────────────


def _add_assistant(made: list[Json], content: str | list[Block], where: str) -> None:
    told_before = bool(made) and made[-1]["role"] == "assistant"
    message: Json = made.pop() if told_before else {"role": "assistant", "content": None}
    blocks = [Block("text", text=content)] if isinstance(content, str) else content
    for at, block in enumerate(blocks):
        _add_block(message, block, f"{where}.content[{at}]")
    if message["content"] is None and "tool_calls" not in message:
        message["content"] = _NONE
    made.append(message)


def _add_block(message: Json, block: Block, where: str) -> None:
    if block.type == "thinking":
        _join(message, "reasoning_content", block.thinking or _NONE)
        if block.signature:
            _detail(message, {"type": "reasoning.text", "text": block.thinking, "signature": block.signature})
    elif block.type == "redacted_thinking":
        if block.data:
            _detail(message, {"type": "reasoning.encrypted", "data": block.data})
    elif block.type == "tool_use":
        message.setdefault("tool_calls", []).append(_marked(_call(block, where), block))
    elif block.type in ("text", "document", "search_result"):
        for part in _parts(block, where):
            if part["type"] != "text":
                raise _no_place(Block("image"), where)
            _add_words(message, part)
    else:
        raise _no_place(block, where)


def _add_words(message: Json, part: Json) -> None:
    before = message.get("content")
    parts = _as_parts(before) if before else []
    message["content"] = _joined([*parts, part])


def _join(message: Json, key: str, words: str) -> None:
    before = message.get(key)
    message[key] = f"{before}\n{words}" if before else words


def _detail(message: Json, detail: Json) -> None:
    """Thinking that its maker signed or sealed goes back to it as it came, in the form that OpenRouter gave it."""
    details = message.setdefault("reasoning_details", [])
    details.append({**detail, "format": "anthropic-claude-v1", "index": len(details)})


def _call(block: Block, where: str) -> Json:
    arguments = msgspec.json.encode(block.input or {}).decode()
    return {
        "id": _needed(block.id, f"{where}.id"),
        "type": "function",
        "function": {"name": _needed(block.name, f"{where}.name"), "arguments": arguments},
    }


# ── what cannot be told ─────────────────────────────────────────────────────────────────────────────────────────


def _needed(value: str | None, where: str) -> str:
    if value is None:
        raise bad_request(f"The field {where!r} is missing.", param=where, hint=f"Add {where!r} to the request.")
    return value


def _no_place(block: Block, where: str) -> RouterError:
    kind = block.type[:60]
    if block.type.startswith(("server_tool", "web_", "code_execution", "bash_", "text_editor", "container_", "mcp_")):
        why, hint = "which only Anthropic's own servers can make or read", "Leave it out of the conversation."
    else:
        why, hint = "which has no place there", "Send it as text."
    return bad_request(f"The field {where!r} is a block of type {kind!r}, {why}.", param=where, hint=hint)


def _stored(source: Source | str | None, where: str, what: str) -> RouterError:
    if isinstance(source, Source) and source.type == "file":
        text = f"The request names {what} as a file that was uploaded to Anthropic, which this router cannot read."
        return bad_request(text, param=where, hint="Send it in the request itself.")
    return bad_request(
        f"The field {where!r} does not say where {what} comes from.",
        param=where,
        hint="Send a source of type base64, url or text.",
    )
