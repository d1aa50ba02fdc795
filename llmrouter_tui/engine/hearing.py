"""What a model says, taken out of a canonical stream as it comes: answer, thinking, tool calls, and when they began."""

import msgspec

from llmrouter_tui.core.prompts import ToolCall
from llmrouter_tui.core.sse import Splitter


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int = 0
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


class Heard:
    """One answer so far. Times are those that ``feed`` was told."""

    def __init__(self) -> None:
        self.text = ""
        self.thinking = ""
        self.first: float | None = None
        """When the first token of any sort came."""
        self.spoke: float | None = None
        """When the first of the answer itself came."""
        self.pieces = 0
        """How often something came after the first of any sort."""
        self._calls: dict[int, tuple[str, str]] = {}
        self._splitter = Splitter()

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(name, arguments) for _, (name, arguments) in sorted(self._calls.items()))

    @property
    def silent(self) -> bool:
        """Whether it said nothing but, perhaps, what it thought."""
        return self.spoke is None

    def feed(self, data: bytes, now: float) -> None:
        """Take in bytes of the stream; what cannot be read is passed over."""
        for event in self._splitter.feed(data):
            if event.startswith(b"data: {"):
                try:
                    chunk = _decode(event[6:])
                except msgspec.MsgspecError:
                    continue
                for choice in (chunk.choices or ())[:1]:
                    if choice.delta is not None:
                        self._take(choice.delta, now)

    def _take(self, delta: _Delta, now: float) -> None:
        if self.first is not None and (delta.content or delta.reasoning_content or delta.tool_calls):
            self.pieces += 1
        self.thinking += delta.reasoning_content or ""
        self.text += delta.content or ""
        for call in delta.tool_calls or ():
            name, arguments = self._calls.get(call.index, ("", ""))
            told = call.function or _Function()
            self._calls[call.index] = name + (told.name or ""), arguments + (told.arguments or "")
        if self.first is None and (self.thinking or self.text or self._calls):
            self.first = now
        if self.spoke is None and (self._calls or self._speaks()):
            self.spoke = now

    def _speaks(self) -> bool:
        """Whether the text is past what it thinks aloud, where it does that between tags."""
        text = self.text.lstrip()
        return bool(text) and (not text.startswith("<think") or bool(text.partition("</think>")[2].strip()))
