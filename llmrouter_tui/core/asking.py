"""What a person asks from a screen, as a request; and the answer as it is heard, out of a canonical stream. Pure."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.openai import read_chunk
from llmrouter_tui.core.sse import Splitter

ASKER: Final = "llmrouter-tui Ask"
"""The client's name of what is asked from a screen."""
IMAGES: Final = {
    "PNG": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "JPEG": ("image/jpeg", b"\xff\xd8\xff"),
    "GIF": ("image/gif", b"GIF8"),
    "WebP": ("image/webp", b"RIFF"),
}
"""Kinds of images that models are sent, by their first bytes."""
STAND_IN: Final = "data:image/png;base64,iVBORw0KGgo="
"""In the place of an image where only the route is asked for: that there is one is all that counts."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and whom."""

    prompt: str
    system: str = ""
    image: str = ""
    """As a data URL; empty for none."""
    model: str = "auto"
    among: tuple[str, ...] = ()
    """Ids of the only models that it may go to; empty for all."""


def request_of(question: Question, *, send: bool = True) -> ChatRequest:
    """The request, streamed. Where it is not to be sent, only its route to be told, it goes without the image's bytes,
    which would be copied at each keystroke."""
    image = question.image if send or not question.image else STAND_IN
    prompt, system = _whole(question.prompt), _whole(question.system)
    content: Any = prompt
    if image:
        content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": image}}]
    said = [{"role": "system", "content": system}] if system else []
    body = {
        "model": question.model,
        "messages": [*said, {"role": "user", "content": content}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    messages = [Message("system", system)] if system else []
    return ChatRequest(
        model=question.model,
        messages=(*messages, Message("user", prompt, images=int(bool(image)))),
        body=json.dumps(body).encode(),
        stream=True,
        wants_usage=True,
        has_stream_options=True,
        client=ASKER,
        allowed=question.among,
    )


def _whole(said: str) -> str:
    """Without halves of characters, which a terminal may send and JSON does not take."""
    return said.encode("utf-8", "replace").decode()


def image_url(data: bytes) -> tuple[str, str]:
    """(kind, data URL) of an image's bytes. Raises ``ValueError`` in words for what is none that models are sent."""
    for kind, (mime, magic) in IMAGES.items():
        if data.startswith(magic) and (kind != "WebP" or data[8:12] == b"WEBP"):
            return kind, f"data:{mime};base64,{base64.b64encode(data).decode()}"
    raise ValueError(f"it is no image that models are sent: {', '.join(IMAGES)}")


class Piece(NamedTuple):
    """What came of an answer at once."""

    text: str = ""
    thinking: str = ""


class Pieces:
    """Reads the pieces of an answer out of its stream."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self.error: dict[str, Any] | None = None
        """The error that the stream told of, where it ended so."""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Take in bytes; what cannot be read is passed over."""
        for event in self._splitter.feed(data):
            if not event.startswith(b"data: {"):
                continue
            try:
                chunk = read_chunk(event[6:])
            except ValueError:
                continue
            if isinstance(chunk.error, dict):
                self.error = chunk.error
            if chunk.text or chunk.reasoning:
                yield Piece(chunk.text, chunk.reasoning)
