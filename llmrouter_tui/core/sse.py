"""Server-sent events, as model servers send them: bytes in, whole events out.

An event ends at a blank line; lines end with ``\\n`` or ``\\r\\n``; a line that begins with a colon is a comment
(https://html.spec.whatwg.org/multipage/server-sent-events.html). Reads may cut anywhere and events have no size limit.
"""

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(rb"\r?\n\r?\n")
_LONGEST_BOUNDARY = 4
_FIELDS = (b"data", b"event", b"id", b"retry")


class Splitter:
    """Collects bytes and gives back whole events, each with its terminating blank line, byte for byte."""

    __slots__ = ("_buffer", "_scanned")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0

    @property
    def pending(self) -> bool:
        """Whether an event has begun that is not complete yet."""
        return bool(self._buffer)

    @property
    def size(self) -> int:
        """Bytes of that."""
        return len(self._buffer)

    @property
    def rest(self) -> bytes:
        """What has arrived of an event that is not complete yet."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Add what was read; the events that are complete now."""
        buffer = self._buffer
        buffer += data
        events: list[bytes] = []
        start = 0
        for boundary in _BOUNDARY.finditer(buffer, max(0, self._scanned - _LONGEST_BOUNDARY + 1)):
            events.append(bytes(buffer[start : boundary.end()]))
            start = boundary.end()
        if start:
            del buffer[:start]
        self._scanned = len(buffer)
        return events


@dataclass(frozen=True, slots=True)
class Event:
    """One event, read. ``data`` is None when it has no data line; ``alien`` means that it is not SSE at all."""

    name: str = ""
    data: bytes | None = None
    alien: bool = False


def read_event(event: bytes) -> Event:
    """Read the lines of one event. Comments are skipped, several data lines are joined with a newline."""
    name = ""
    data: list[bytes] = []
    alien = False
    for line in event.splitlines():
        if not line or line.startswith(b":"):
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
        elif field not in _FIELDS:
            alien = True
    return Event(name, b"\n".join(data) if data else None, alien)
