"""From the items of ``POST /v1/responses`` to canonical messages."""

from typing import Any, Final

import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request
from llmrouter_tui.proxy.dialects.responses_tools import Called, Toolbox, as_arguments

TEXTS: Final = frozenset({"input_text", "output_text", "text", "reasoning_text", "summary_text"})
ROLES: Final = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
"""What a developer says is said as the system: that role is the one that every model's template knows."""


class ResponsesPart(msgspec.Struct):
    """A piece of an item's content."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: Any = None
    detail: str | None = None


class ResponsesItem(msgspec.Struct):
    """One item of the input; a message where it names no type."""

    type: str = "message"
    role: str | None = None
    content: str | list[ResponsesPart] | None = None
    summary: list[ResponsesPart] | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: str | None = None
    input: str | None = None
    output: str | list[ResponsesPart] | None = None


def messages(instructions: str, given: str | list[ResponsesItem], toolbox: Toolbox) -> list[dict[str, Any]]:
    """The conversation. What belongs to one turn of the assistant (thinking, text, tool calls) becomes one message,
    and what is said as the system before anyone else speaks becomes one: templates take one at the beginning. Tools are
    called as ``toolbox`` names them.

    Raises ``RouterError`` ``invalid_request`` naming the item.
    """
    turns = Turns()
    if instructions:
        turns.said("system", instructions)
    if isinstance(given, str):
        turns.said("user", given)
    else:
        for index, item in enumerate(given):
            _take(turns, item, f"input[{index}]", toolbox)
    return turns.messages


class Turns:
    """Messages as they grow."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._thought = ""

    def thought(self, text: str) -> None:
        """What the assistant thought before it says or does what comes next."""
        self._thought = "\n".join(filter(None, (self._thought, text)))

    def said(self, role: str, content: str | list[dict[str, Any]]) -> None:
        last = self.messages[-1] if self.messages else {}
        if role == "system" and len(self.messages) == 1 and last["role"] == "system" and isinstance(content, str):
            last["content"] = f"{last['content']}\n\n{content}"
        elif role == "assistant":
            self.messages.append({"role": role, **self._thinking(), "content": content})
        else:
            self.messages.append({"role": role, "content": content})
            self._thought = ""

    def called(self, call_id: str, name: str, arguments: str) -> None:
        if not self.messages or self.messages[-1]["role"] != "assistant" or self._thought:
            self.messages.append({"role": "assistant", **self._thinking(), "content": None})
        function = {"name": name, "arguments": arguments}
        call = {"id": call_id, "type": "function", "function": function}
        self.messages[-1].setdefault("tool_calls", []).append(call)

    def returned(self, call_id: str, content: str | list[dict[str, Any]]) -> None:
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": content})

    def _thinking(self) -> dict[str, str]:
        thought, self._thought = self._thought, ""
        return {"reasoning_content": thought} if thought else {}


def _take(turns: Turns, item: ResponsesItem, path: str, toolbox: Toolbox) -> None:
    match item.type:
        case "message":
            role = ROLES.get(item.role or "")
            if role is None:
                raise _wrong(f"{path}.role", f"must be one of {', '.join(sorted(ROLES))}")
            turns.said(role, _content(item.content, f"{path}.content", text_only=role in ("assistant", "system")))
        case "function_call" | "custom_tool_call":
            custom = item.type == "custom_tool_call"
            called = Called(_named(item.name, f"{path}.name"), item.namespace or "", custom)
            arguments = as_arguments(item.input or "") if custom else item.arguments or "{}"
            turns.called(_named(item.call_id, f"{path}.call_id"), toolbox.name(called), arguments)
        case "function_call_output" | "custom_tool_call_output":
            call_id = _named(item.call_id, f"{path}.call_id")
            turns.returned(call_id, _content(item.output, f"{path}.output"))
        case "reasoning":
            texts = [part.text or "" for part in (item.content if isinstance(item.content, list) else [])]
            turns.thought("\n".join(texts) or "\n".join(part.text or "" for part in item.summary or ()))
        case _:
            raise bad_request(
                f"The item {path!r} is of type {item.type[:60]!r}, which this router cannot give to a model.",
                param=path,
                hint="Send messages, calls of functions and custom tools, their outputs and reasoning.",
            )


def _content(
    content: str | list[ResponsesPart] | None, path: str, *, text_only: bool = False
) -> str | list[dict[str, Any]]:
    """Plain text where there is nothing else in it, which every server takes."""
    if not isinstance(content, list):
        return content or ""
    parts = [_part(part, f"{path}[{index}]") for index, part in enumerate(content)]
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    if text_only:
        raise _wrong(path, "can only hold text there")
    return parts


def _part(part: ResponsesPart, path: str) -> dict[str, Any]:
    if part.type in TEXTS:
        if part.text is None:
            raise _wrong(f"{path}.text", "is missing")
        return {"type": "text", "text": part.text}
    if part.type == "refusal":
        return {"type": "text", "text": part.refusal or ""}
    if part.type == "input_image":
        url = part.image_url.get("url") if isinstance(part.image_url, dict) else part.image_url
        if not isinstance(url, str):
            raise _wrong(f"{path}.image_url", "must be the image's address or a data URL: no files are stored here")
        detail = {"detail": part.detail} if part.detail else {}
        return {"type": "image_url", "image_url": {"url": url, **detail}}
    if "audio" in part.type:
        raise bad_request(
            "The request holds audio, which this router does not route.",
            param=path,
            hint="Send the transcript as text.",
        )
    raise bad_request(
        f"The part {path!r} is of type {part.type[:60]!r}, which this router cannot give to a model.",
        param=path,
        hint="Send text and images; a file's text can be sent as text.",
    )


def _named(given: str | None, path: str) -> str:
    if not given:
        raise _wrong(path, "is missing")
    return given


def _wrong(path: str, what: str) -> RouterError:
    return bad_request(f"The field {path!r} {what}.", param=path, hint="Correct it and send the request again.")
