"""Names as model servers and their files write them, with the catalog id that each means (``name_cases.txt``)."""

import zlib
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    kind: str
    name: str
    expected: str | None
    later: bool
    """Added after the rules were written."""

    @property
    def held_out(self) -> bool:
        """Half of the first cases were not looked at while the rules were written."""
        return not self.later and bool(zlib.crc32(f"{self.kind} {self.name}".encode()) & 1)


def _cases() -> tuple[Case, ...]:
    found = []
    sections = 0
    for line in Path(__file__).with_suffix(".txt").read_text().splitlines():
        if line.startswith("#"):
            sections += 1
            continue
        kind, name, expected = line.split()
        found.append(Case(kind, name, None if expected == "-" else expected, sections > 1))
    return tuple(found)


CASES = _cases()
