"""Reads a recording: what it is, where a replay may begin, and line after line."""

import gzip
import zlib
from bisect import bisect_right
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

import msgspec

from llmrouter_tui.core.causes import cause_words
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.recording.lines import FORM, SNAPSHOT, Ended, Header, Item, Unknown, read_header, read_line

LONGEST_LINE: Final = 64 << 20
"""Bytes of a line believed in."""
_GZIP: Final = b"\x1f\x8b"
UNREADABLE: Final = (OSError, EOFError, zlib.error)


class Mark(NamedTuple):
    """Where a snapshot stands."""

    at: float
    offset: int


class _Head(msgspec.Struct):
    at: float


class _Marked(msgspec.Struct):
    snapshot: _Head


_MARKED: Final = msgspec.json.Decoder(_Marked)


class Recording:
    """A recording on the disk, plain or packed by gzip. Raises ``RouterError`` where it cannot be played at all; one
    that is damaged further on can, up to there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken = ""
        """Why nothing further can be read, in words; empty until that place was reached."""
        try:
            with path.open("rb") as file:
                packed = file.read(2) == _GZIP
            self._file = cast(IO[bytes], gzip.GzipFile(path) if packed else path.open("rb"))
        except OSError as error:
            raise RouterError("invalid_request", f"{path} cannot be read: {cause_words(error)}") from error
        self.header = self._header()
        self.marks: tuple[Mark, ...] = ()
        self.begins = self.ends = self.header.at
        self._scan()
        if not self.marks:
            words = f"{path} has no snapshot: it breaks off before anything was recorded"
            raise RouterError("invalid_request", words)
        self.begins = self.marks[0].at
        self.ends = max(self.ends, self.begins)

    def start_at(self, at: float) -> Snapshot:
        """Go to the last snapshot not later than that, or to the first; ``read`` goes on behind it. Raises
        ``RouterError``."""
        self._file.seek(self.marks[max(0, bisect_right(self.marks, at, key=lambda mark: mark.at) - 1)].offset)
        self.broken = ""
        try:
            item = read_line(self._file.readline(LONGEST_LINE))
        except (ValueError, *UNREADABLE) as error:
            raise self._foreign(f"its snapshot is not what this version reads: {error}") from error
        assert isinstance(item, Snapshot)
        return item

    def read(self, only: tuple[bytes, ...] = ()) -> Item | None:
        """What comes next, of lines that begin so where any are given; None where nothing does: at the end, and where
        it is damaged (``broken`` says so)."""
        if self.broken:
            return None
        try:
            line = self._file.readline(LONGEST_LINE)
            while only and line.endswith(b"\n") and not line.startswith(only):
                line = self._file.readline(LONGEST_LINE)
        except UNREADABLE as error:
            self.broken = f"the file cannot be read further: {error}"
            return None
        if not line:
            self.broken = "it has no end: whoever recorded it was cut off"
            return None
        try:
            return read_line(line)
        except ValueError:
            torn = not line.endswith(b"\n")
            self.broken = "its last line was cut off" if torn else "what follows is damaged"
            return None

    def close(self) -> None:
        self._file.close()

    def _header(self) -> Header:
        try:
            header = read_header(self._file.readline(LONGEST_LINE))
        except UNREADABLE as error:
            raise RouterError("invalid_request", f"{self.path} cannot be read: {error}") from error
        if header is None:
            hint = "llmrouter-tui --record FILE makes one."
            raise RouterError("invalid_request", f"{self.path} is no recording of llmrouter-tui.", hint=hint)
        if header.recording != FORM:
            raise self._foreign(f"it is of form {header.recording}, and this version reads form {FORM}", header)
        return header

    def _foreign(self, why: str, header: Header | None = None) -> RouterError:
        version = (header or self.header).version
        words = f"{self.path} was recorded by llmrouter-tui {version}, and cannot be played: {why}"
        return RouterError("invalid_request", words)

    def _scan(self) -> None:
        """Find the snapshots, and when it ends."""
        marks, offset, newest = [], self._file.tell(), [b"", b""]
        try:
            while line := self._file.readline(LONGEST_LINE):
                if line.startswith(SNAPSHOT):
                    marks += [Mark(found.snapshot.at, offset)] if (found := _marked(line)) else []
                offset += len(line)
                newest = [newest[1], line]
        except UNREADABLE:
            pass  # a packed file that breaks off: ``read`` gets as far as this and says it
        self.marks = tuple(marks)
        self.ends = next((at for line in reversed(newest) if (at := _time(line)) is not None), self.begins)


def _marked(line: bytes) -> _Marked | None:
    try:
        return _MARKED.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _time(line: bytes) -> float | None:
    try:
        item = read_line(line)
    except ValueError:
        return None
    if isinstance(item, Ended):
        return item.ended
    return item.at if isinstance(item, Envelope | Snapshot | Unknown) else None
