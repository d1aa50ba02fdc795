"""Canonical messages as Anthropic's turns: what tools found goes into the user's turn, calls into the assistant's,
turns of one role are one, and no text is empty, since its API refuses that."""

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from llmrouter_tui.backends.reading import mapping, objects, text
from llmrouter_tui.core.errors import BackendError

Block = dict[str, Any]
Cannot = Callable[[str], BackendError]

SIGNED: Final = "anthropic-claude-v1"
"""The format of thinking that Claude signed or sealed, as OpenRouter names it: only this may be given back to it."""

_SYSTEM: Final = ("system", "developer")
_NOT_IN_ID: Final = re.compile(r"[^a-zA-Z0-9_-]")


def blocks_of_system(messages: Sequence[object]) -> list[Block]:
    """What all system messages say, wherever they stand: not every model takes them between turns."""
    told = [turn for turn in messages if _role(turn) in _SYSTEM and isinstance(turn, dict)]
    return [block for turn in told for block in _system_blocks(turn.get("content"))]


def _system_blocks(content: object) -> list[Block]:
    """One for all of it, but where parts of it are marked to be cached."""
    parts = objects(content)
    if not any(map(mark_of, parts)):
        return [{"type": "text", "text": words}] if (words := text_of(content)).strip() else []
    return [{"type": "text", "text": part["text"]} | mark_of(part) for part in parts if text(part.get("text")).strip()]


def mark_of(source: Mapping[str, Any]) -> Block:
    """The mark that it is to be cached up to here, as OpenRouter's clients write it too; nothing without one."""
    mark = source.get("cache_control")
    return {"cache_control": mark} if isinstance(mark, dict) else {}


def turns(messages: Sequence[object], cannot: Cannot) -> list[dict[str, Any]]:
    """The conversation. ``cannot`` makes the error for what has no place in it."""
    made: list[dict[str, Any]] = []
    for message in messages:
        if not isinstance(message, dict) or _role(message) in _SYSTEM:
            continue
        role = _role(message)
        if role == "assistant":
            blocks = _assistant(message, cannot)
        elif role in ("tool", "function"):
            blocks = [_tool_result(message, cannot)]
        else:
            blocks = _content(message.get("content"), cannot)
        _add(made, "assistant" if role == "assistant" else "user", blocks)
    _trim(made)
    return made


def text_of(content: object) -> str:
    """The text of a content, which may be text, parts or nothing."""
    if isinstance(content, str):
        return content
    return "\n".join([text(part.get("text")) for part in objects(content) if text(part.get("text"))])


def _role(message: object) -> str:
    return text(mapping(message).get("role"))


def _add(made: list[dict[str, Any]], role: str, blocks: list[Block]) -> None:
    if not blocks:
        return
    if made and made[-1]["role"] == role:
        made[-1]["content"] += blocks
    else:
        made.append({"role": role, "content": blocks})


def _trim(made: list[dict[str, Any]]) -> None:
    """An answer that is begun must not end in blanks."""
    if made and made[-1]["role"] == "assistant" and made[-1]["content"][-1]["type"] == "text":
        last = made[-1]["content"][-1]
        last["text"] = last["text"].rstrip()


def _assistant(message: Mapping[str, Any], cannot: Cannot) -> list[Block]:
    blocks = [block for detail in objects(message.get("reasoning_details")) if (block := _thought(detail))]
    blocks += _content(message.get("content"), cannot)
    return blocks + [_call(call, cannot) for call in objects(message.get("tool_calls"))]


def _thought(detail: Mapping[str, Any]) -> Block | None:
    if detail.get("format") != SIGNED:
        return None
    if detail.get("type") == "reasoning.encrypted" and text(detail.get("data")):
        return {"type": "redacted_thinking", "data": detail["data"]}
    if signature := text(detail.get("signature")):
        return {"type": "thinking", "thinking": text(detail.get("text")), "signature": signature}
    return None


def _call(call: Mapping[str, Any], cannot: Cannot) -> Block:
    function = mapping(call.get("function"))
    given = function.get("arguments")
    try:
        arguments = json.loads(given or "{}") if isinstance(given, str) else given or {}
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise cannot("The arguments of a tool call in the history are not a JSON object.")
    made = {"type": "tool_use", "id": _ident(call.get("id")), "name": text(function.get("name")), "input": arguments}
    return made | mark_of(call)


def _tool_result(message: Mapping[str, Any], cannot: Cannot) -> Block:
    result: Block = {"type": "tool_result", "tool_use_id": _ident(message.get("tool_call_id"))}
    if blocks := _content(message.get("content"), cannot):
        result["content"] = blocks
    return result | mark_of(message)


def _ident(value: object) -> str:
    """The id of a call, in letters that Anthropic takes; servers of other kinds write dots and colons too."""
    return _NOT_IN_ID.sub("_", text(value))


def _content(content: object, cannot: Cannot) -> list[Block]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return [block | mark_of(part) for part in objects(content) if (block := _part(part, cannot))]


def _part(part: Mapping[str, Any], cannot: Cannot) -> Block | None:
    kind = text(part.get("type"))
    if kind in ("text", "input_text", "output_text", "refusal"):
        words = text(part.get("text")) or text(part.get("refusal"))
        return {"type": "text", "text": words} if words.strip() else None
    if kind == "image_url":
        url = part.get("image_url")
        return _image(text(url.get("url") if isinstance(url, dict) else url), cannot)
    raise cannot(f"Anthropic takes no content of type {kind[:40]}.")


def _image(url: str, cannot: Cannot) -> Block:
    if url.startswith(("http://", "https://")):
        return {"type": "image", "source": {"type": "url", "url": url}}
    if not url.startswith("data:"):
        raise cannot("Anthropic takes images as data URLs (data:image/png;base64,…) or by web address.")
    head, _, data = url.removeprefix("data:").partition(",")
    kind, *rest = head.split(";")
    if "base64" in rest:
        data = urllib.parse.unquote(data) if "%" in data else data
    else:
        data = base64.b64encode(urllib.parse.unquote_to_bytes(data)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}
