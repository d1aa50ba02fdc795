"""The lines of a recording: made and read. Pure."""

from typing import Final

import msgspec

from llmrouter_tui import codec
from llmrouter_tui.core.events import Envelope
from llmrouter_tui.core.ports.control import Snapshot

FORM: Final = 1
"""The number of the form; another one cannot be read."""
SNAPSHOT: Final = b'{"snapshot":'
"""How a line with a snapshot begins."""


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    recording: int
    version: str = ""
    """Of llmrouter-tui."""
    at: float = 0.0
    """Wall time when it began."""
    texts: bool = False


class Ended(msgspec.Struct, frozen=True):
    """The last line of a recording that came to its end."""

    ended: float


class _Line(msgspec.Struct):
    event: str = ""
    seq: int = 0
    at: float = 0.0
    snapshot: msgspec.Raw = msgspec.Raw()
    ended: float | None = None


class Unknown(msgspec.Struct, frozen=True):
    """An event of a kind or form that this version does not know."""

    seq: int
    at: float


_LINE: Final = msgspec.json.Decoder(_Line)
_HEADER: Final = msgspec.json.Decoder(Header)
_ENCODER: Final = msgspec.json.Encoder()

Item = Envelope | Snapshot | Ended | Unknown


def header_line(header: Header) -> bytes:
    return _ENCODER.encode(header) + b"\n"


def event_line(envelope: Envelope) -> bytes:
    return begins(type(envelope.fact)) + codec.encode(envelope)[1:] + b"\n"


def begins(kind: type) -> bytes:
    """How the line of such a fact begins."""
    return b'{"event":"' + kind.__name__.encode() + b'",'


def snapshot_line(snapshot: Snapshot) -> bytes:
    return SNAPSHOT + codec.encode_snapshot(snapshot) + b"}\n"


def end_line(at: float) -> bytes:
    return _ENCODER.encode(Ended(at)) + b"\n"


def read_header(line: bytes) -> Header | None:
    """None for what is no header."""
    try:
        return _HEADER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def read_line(line: bytes) -> Item:
    """Raises ``ValueError`` for a line that is damaged."""
    try:
        head = _LINE.decode(line)
        if head.snapshot:
            return codec.decode_snapshot(head.snapshot)
        if head.ended is not None:
            return Ended(head.ended)
        if not head.event:
            raise ValueError("it is no line of a recording")
        return codec.decode(head.event, line) or Unknown(head.seq, head.at)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
