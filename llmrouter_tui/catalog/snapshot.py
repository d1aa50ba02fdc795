"""The shipped snapshot of public figures: one compressed file, read without a network.

The file holds tables and rows that point into them, because the same few sources and dates stand behind ten thousand
figures. ``tests/tools/catalog.py`` writes it.
"""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from llmrouter_tui.core.catalog import Benchmark, Entry, Equating, Figure
from llmrouter_tui.core.matching import Names

FILE = "figures.json.gz"
SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known without a network. ``generated`` is the day on which it was put together."""

    entries: Mapping[str, Entry]
    benchmarks: Mapping[str, Benchmark]
    generated: str


class _Row(msgspec.Struct, array_like=True, frozen=True):
    """An entry in the file; figures are runs of (key, value, source, date), all but the value being indexes."""

    id: str
    aliases: tuple[str, ...]
    kind: Any
    specialty: tuple[str, ...]
    hosted: bool
    parameters: int | None
    active: int | None
    context: int | None
    capabilities: frozenset[str]
    released: str
    figures: list[float]
    modes: dict[str, list[float]]


class _File(msgspec.Struct, frozen=True):
    schema: int
    generated: str
    sources: list[str]
    dates: list[str]
    benchmarks: list[tuple[str, str, str, dict[str, float], float, float, dict[str, Equating]]]
    entries: list[_Row]


@cache
def shipped() -> Snapshot:
    """The snapshot that came with this program; read once. Raises ``ValueError`` if the file is damaged."""
    return read(files(__package__).joinpath(FILE).read_bytes())


@cache
def names() -> Names:
    """The names of the shipped snapshot, ready to be matched (made at the first call, in tens of milliseconds)."""
    return Names(shipped().entries)


def read(data: bytes) -> Snapshot:
    """Read a compiled file. Raises ``ValueError`` for anything that is not one of ours."""
    try:
        content = msgspec.json.decode(gzip.decompress(data), type=_File)
        if content.schema != SCHEMA:
            raise ValueError(f"schema {content.schema} is not {SCHEMA}")
        benchmarks = {row[0]: Benchmark(*row) for row in content.benchmarks}
        entries = {row.id: _entry(row, content) for row in content.entries}
    except (OSError, EOFError, msgspec.MsgspecError, IndexError, ValueError) as error:
        raise ValueError(f"the file of public figures cannot be read: {error}") from error
    return Snapshot(entries, benchmarks, content.generated)


def _entry(row: _Row, content: _File) -> Entry:
    return Entry(
        row.id,
        row.aliases,
        row.kind,
        row.specialty,
        row.hosted,
        row.parameters,
        row.active,
        row.context,
        row.capabilities,
        row.released,
        _figures(row.figures, content),
        {mode: _figures(flat, content) for mode, flat in row.modes.items()},
    )


def _figures(flat: Sequence[float], content: _File) -> tuple[Figure, ...]:
    keys, sources, dates = content.benchmarks, content.sources, content.dates
    return tuple(
        Figure(keys[int(key)][0], value, sources[int(source)], dates[int(date)])
        for key, value, source, date in zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)
    )
