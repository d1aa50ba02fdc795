"""Server-sent events of a router as envelopes. Pure: bytes in, facts out."""

from llmrouter_tui.codec import decode
from llmrouter_tui.core.events import Envelope

MAX_EVENT = 16 << 20
"""Bytes of the largest event believed in; more without an end is no event stream of ours."""


class Reset:
    """The router dropped events before the next one."""


class Events:
    """Splits a stream at empty lines and decodes what stands between them."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Envelope | Reset]:
        """What is complete with these bytes. Raises ``ValueError`` when the stream cannot be one of ours."""
        text = self._rest + data if self._rest else data
        *blocks, self._rest = text.split(b"\n\n")
        if len(self._rest) > MAX_EVENT:
            raise ValueError("an event has no end")
        found = [_event(block) for block in blocks if block]
        return [event for event in found if event is not None]


def _event(block: bytes) -> Envelope | Reset | None:
    """One event; None for comments, and for facts of a kind or form that another version of the router tells."""
    name, data = "", b""
    for line in block.split(b"\n"):
        if line.startswith(b"event: "):
            name = line[7:].decode()
        elif line.startswith(b"data: "):
            data = line[6:]
    if name == "reset":
        return Reset()
    return decode(name, data)
