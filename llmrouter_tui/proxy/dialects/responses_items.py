"""The items of a response while they grow, and the events that tell of it."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from llmrouter_tui.proxy.dialects.responses_tools import Called, as_text

_ENCODE: Final = msgspec.json.Encoder().encode


class Events:
    """Numbers events and gathers their bytes."""

    def __init__(self) -> None:
        self._number = 0
        self._gathered: list[bytes] = []

    def add(self, kind: str, **fields: Any) -> None:
        body = _ENCODE({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        self._gathered.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), body))

    def take(self) -> bytes:
        """What was told since the last time."""
        told = b"".join(self._gathered)
        self._gathered.clear()
        return told


class Output(Protocol):
    """An item of the output."""

    @property
    def plain(self) -> dict[str, Any]: ...

    def close(self, events: Events, status: str) -> None:
        """It will not grow any more. Idempotent."""
        ...


class Reasoning:
    """What the model thought, as it thought it: the text itself, no summary."""

    def __init__(self, at: int, response: str) -> None:
        self._at, self._id = at, f"rs_{at}_{response}"
        self._texts: list[str] = []
        self._status = "in_progress"

    @property
    def plain(self) -> dict[str, Any]:
        content = [{"type": "reasoning_text", "text": "".join(self._texts)}] if self._texts else []
        return {"id": self._id, "type": "reasoning", "status": self._status, "summary": [], "content": content}

    def add(self, events: Events, text: str) -> None:
        if not self._texts:
            events.add("response.output_item.added", output_index=self._at, item=self.plain)
            self._tell(events, "response.content_part.added", part={"type": "reasoning_text", "text": ""})
        self._texts.append(text)
        self._tell(events, "response.reasoning_text.delta", delta=text)

    def close(self, events: Events, status: str) -> None:
        if self._status != "in_progress":
            return
        self._status, plain = status, self.plain["content"]
        self._tell(events, "response.reasoning_text.done", text="".join(self._texts))
        self._tell(events, "response.content_part.done", part=plain[0])
        events.add("response.output_item.done", output_index=self._at, item=self.plain)

    def _tell(self, events: Events, kind: str, **fields: Any) -> None:
        events.add(kind, item_id=self._id, output_index=self._at, content_index=0, **fields)


class _Part:
    """A part of a message: text, or a refusal."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.texts: list[str] = []
        self.logprobs: list[dict[str, Any]] = []

    @property
    def plain(self) -> dict[str, Any]:
        text = "".join(self.texts)
        if self.kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": self.logprobs}


class Message:
    """What the model said."""

    def __init__(self, at: int, response: str) -> None:
        self._at, self._id = at, f"msg_{at}_{response}"
        self._parts: list[_Part] = []
        self._status = "in_progress"

    @property
    def plain(self) -> dict[str, Any]:
        content = [part.plain for part in self._parts]
        return {"id": self._id, "type": "message", "status": self._status, "role": "assistant", "content": content}

    def add(self, events: Events, text: str, logprobs: list[dict[str, Any]]) -> None:
        part = self._part(events, "output_text")
        part.texts.append(text)
        told = [{"bytes": [], "top_logprobs": [], **token} for token in logprobs if isinstance(token, dict)]
        part.logprobs += told
        self._tell(events, "response.output_text.delta", delta=text, logprobs=told)

    def refuse(self, events: Events, text: str) -> None:
        self._part(events, "refusal").texts.append(text)
        self._tell(events, "response.refusal.delta", delta=text)

    def _part(self, events: Events, kind: str) -> _Part:
        """The part that is being said."""
        if self._parts and self._parts[-1].kind == kind:
            return self._parts[-1]
        if not self._parts:
            events.add("response.output_item.added", output_index=self._at, item=self.plain)
        else:
            self._done(events)
        part = _Part(kind)
        self._parts.append(part)
        self._tell(events, "response.content_part.added", part=part.plain)
        return part

    def _done(self, events: Events) -> None:
        part = self._parts[-1].plain
        if part["type"] == "refusal":
            self._tell(events, "response.refusal.done", refusal=part["refusal"])
        else:
            self._tell(events, "response.output_text.done", text=part["text"], logprobs=part["logprobs"])
        self._tell(events, "response.content_part.done", part=part)

    def close(self, events: Events, status: str) -> None:
        if self._status != "in_progress":
            return
        self._status = status
        self._done(events)
        events.add("response.output_item.done", output_index=self._at, item=self.plain)

    def _tell(self, events: Events, kind: str, **fields: Any) -> None:
        at = len(self._parts) - 1
        events.add(kind, item_id=self._id, output_index=self._at, content_index=at, **fields)


class ToolCall:
    """A tool that the model wants to be called, by the name that the client knows. It is told of once its name is
    known: its identity never changes afterwards. Free text is told when it is complete, out of its arguments."""

    def __init__(self, called: Mapping[str, Called], at: int, response: str) -> None:
        self.call_id = ""
        self.key: int | None = None
        """By which index the model's server calls it."""
        self._called, self._at, self._response = called, at, response
        self._tool = Called("")
        self._arguments: list[str] = []
        self._told = 0
        self._known = False
        self._status = "in_progress"

    @property
    def _id(self) -> str:
        return f"{'ctc' if self._tool.custom else 'fc'}_{self._at}_{self._response}"

    @property
    def plain(self) -> dict[str, Any]:
        name, namespace, custom = self._tool
        told = "".join(self._arguments[: self._told])
        return {
            "id": self._id,
            "type": "custom_tool_call" if custom else "function_call",
            "status": self._status,
            "call_id": self.call_id,
            "name": name,
            **({"namespace": namespace} if namespace else {}),
            **({"input": as_text(told)} if custom else {"arguments": told}),
        }

    def add(self, events: Events, call_id: str, name: str, arguments: str) -> None:
        if not self._known:
            self.call_id = call_id or self.call_id
            if name:
                self._tool = self._called.get(name, Called(name))
        if arguments:
            self._arguments.append(arguments)
        if self._tool.name:
            self._tell(events)

    def close(self, events: Events, status: str) -> None:
        if self._status != "in_progress":
            return
        self._tell(events)
        self._told, self._status = len(self._arguments), status
        plain = self.plain
        if self._tool.custom:
            text = plain["input"]
            if text:
                self._grow(events, "response.custom_tool_call_input.delta", delta=text)
            self._grow(events, "response.custom_tool_call_input.done", input=text)
        else:
            told = {"name": self._tool.name, "arguments": plain["arguments"]}
            self._grow(events, "response.function_call_arguments.done", **told)
        events.add("response.output_item.done", output_index=self._at, item=plain)

    def _tell(self, events: Events) -> None:
        """What is not told yet."""
        if not self._known:
            self._known = True
            self.call_id = self.call_id or f"call_{self._at}_{self._response}"
            events.add("response.output_item.added", output_index=self._at, item=self.plain)
        if self._tool.custom:
            return
        for piece in self._arguments[self._told :]:
            self._grow(events, "response.function_call_arguments.delta", delta=piece)
        self._told = len(self._arguments)

    def _grow(self, events: Events, kind: str, **fields: Any) -> None:
        events.add(kind, item_id=self._id, output_index=self._at, **fields)
