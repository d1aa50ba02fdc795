"""The header of a GGUF file: its key-value pairs and its list of tensors, read without the tensors themselves.

Format: the GGUF specification, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Nothing is mapped into
memory, because a file that shrinks under a mapping (a download that starts over) would kill the process.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
MAX_HEADER: Final = 64 << 20
"""Bytes. The largest vocabularies of today (262,144 tokens with merges) take under 20 MB."""
MAX_PAIRS: Final = 100_000
MAX_TENSORS: Final = 1_000_000
KEPT_ARRAY: Final = 4096
"""Arrays up to this length are kept (figures per layer); of longer ones (vocabularies) only the length."""
CHUNK: Final = 1 << 20

_SCALARS: Final = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING: Final = 8
_ARRAY: Final = 9

Value = int | float | bool | str | tuple["int | float | bool | str", ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor as listed: its name, how many elements it has, and its offset in the data section."""

    name: str
    elements: int
    offset: int


@dataclass(frozen=True, slots=True)
class Header:
    """What one GGUF file says of itself. ``lengths`` has the length of every array, also of those not kept."""

    pairs: Mapping[str, Value]
    lengths: Mapping[str, int]
    tensors: tuple[Tensor, ...]

    def whole(self, key: str) -> int | None:
        """A whole number, or None if the key is missing or is something else."""
        value = self.pairs.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, key: str) -> str:
        """A string, or the empty one."""
        value = self.pairs.get(key)
        return value if isinstance(value, str) else ""

    def row(self, key: str, length: int) -> tuple[int, ...] | None:
        """Whole numbers per layer: an array of exactly ``length``, or one number that holds for every layer."""
        value = self.pairs.get(key)
        if isinstance(value, tuple):
            numbers = tuple(int(x) for x in value if isinstance(x, int))
            return numbers if len(numbers) == length else None
        single = self.whole(key)
        return None if single is None else (single,) * length


def read_header(path: Path) -> Header:
    """Read the header of ``path``. Raises ``ValueError`` in words for what is no sound GGUF file, ``OSError`` for
    what cannot be read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        reader = _Reader(file, size)
        if reader.take(4) != MAGIC:
            raise ValueError("not a GGUF file")
        version = reader.number("<I")
        if version not in VERSIONS:
            raise ValueError(_about_version(version))
        tensors = reader.count("<Q", MAX_TENSORS, "tensors")
        pairs = reader.count("<Q", MAX_PAIRS, "metadata entries")
        values, lengths = _read_pairs(reader, pairs)
        found = tuple(_read_tensor(reader) for _ in range(tensors))
    if found and max(tensor.offset for tensor in found) >= size - reader.position:
        raise ValueError("the file is shorter than its list of tensors: an unfinished download?")
    return Header(values, lengths, found)


def _about_version(version: int) -> str:
    swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
    if swapped in VERSIONS:
        return "a GGUF file for big-endian machines"
    return f"GGUF version {version} is not one of those that can be read here (2 and 3)"


class _Reader:
    """Reads a file's beginning piece by piece; every failure to find what was announced is a ``ValueError``."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._data = bytearray()
        self.position = 0

    def _need(self, length: int) -> None:
        """Have ``length`` bytes from the current position at hand."""
        end = self.position + length
        if end > self._size:
            raise ValueError("the file ends in the middle of its header")
        if end > MAX_HEADER:
            raise ValueError(f"its header is over {MAX_HEADER >> 20} MiB long")
        while len(self._data) < end:
            piece = self._file.read(max(CHUNK, end - len(self._data)))
            if not piece:
                raise ValueError("the file ends in the middle of its header")
            self._data += piece

    def take(self, length: int) -> bytes:
        self._need(length)
        start, self.position = self.position, self.position + length
        return bytes(self._data[start : self.position])

    def number(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def scalar(self, kind: int) -> int | float | bool:
        form = _SCALARS[kind]
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        if isinstance(value, bool | int | float):
            return value
        raise ValueError("a metadata value of an unknown type")

    def count(self, form: str, limit: int, what: str) -> int:
        value = self.number(form)
        if value > limit:
            raise ValueError(f"it announces {value} {what}, more than any real model has")
        return value

    def text(self) -> str:
        return self.take(self.number("<Q")).decode("utf-8", "replace")

    def skip(self, length: int) -> None:
        self._need(length)
        self.position += length

    def skip_strings(self, count: int) -> None:
        """Pass over ``count`` strings; this runs a few hundred thousand times per vocabulary."""
        unpack = struct.Struct("<Q").unpack_from
        position, held = self.position, len(self._data)
        for _ in range(count):
            if position + 8 > held:
                held = self._hold(position, 8)
            position += 8 + unpack(self._data, position)[0]
            if position > held:
                held = self._hold(position, 0)
        self.position = position

    def _hold(self, position: int, length: int) -> int:
        self.position = position
        self._need(length)
        return len(self._data)


def _read_pairs(reader: _Reader, count: int) -> tuple[dict[str, Value], dict[str, int]]:
    values: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    for _ in range(count):
        key = reader.text()
        kind = reader.number("<I")
        if kind == _ARRAY:
            lengths[key], array = _read_array(reader)
            if array is not None:
                values[key] = array
        else:
            values[key] = _read_value(reader, kind, key)
    return values, lengths


def _read_value(reader: _Reader, kind: int, key: str) -> int | float | bool | str:
    if kind == _STRING:
        return reader.text()
    if kind not in _SCALARS:
        raise ValueError(f"metadata entry {key[:80]!r} has the unknown type {kind}")
    return reader.scalar(kind)


def _read_array(reader: _Reader) -> tuple[int, tuple[int | float | bool | str, ...] | None]:
    """The array's length, and its values if they are few."""
    kind = reader.number("<I")
    length = reader.number("<Q")
    if kind == _STRING:
        if length <= KEPT_ARRAY:
            return length, tuple(reader.text() for _ in range(length))
        reader.skip_strings(length)
        return length, None
    if kind not in _SCALARS:
        raise ValueError(f"an array of the unknown type {kind}")
    if length <= KEPT_ARRAY:
        return length, tuple(reader.scalar(kind) for _ in range(length))
    reader.skip(length * struct.calcsize(_SCALARS[kind]))
    return length, None


def _read_tensor(reader: _Reader) -> Tensor:
    name = reader.text()
    dimensions = reader.count("<I", 8, "dimensions of a tensor")
    elements = 1
    for _ in range(dimensions):
        elements *= reader.number("<Q")
    reader.skip(4)
    return Tensor(name, elements, reader.number("<Q"))
