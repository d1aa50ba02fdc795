"""What the readers of all sources share: rows that are checked one by one, and what a source gave in the end."""

import math
import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from llmrouter_tui.catalog.sync.http import Document, SourceError
from llmrouter_tui.core.sync import Validator

LONGEST_NAME: Final = 200
BAD_SHARE: Final = 0.1
"""A source with more bad rows than this (and more than ``BAD_FEW``) has changed its form: nothing of it is taken."""
BAD_FEW: Final = 5

_DAY = re.compile(r"20\d\d-[01]\d-[0-3]\d")


class BadRowError(ValueError):
    """A row that is not as it should be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure as a source lists it. ``names``: what the model is called there, each with the kind of whoever
    writes such names, the surest first; ``weight`` decides between two rows that mean the same model."""

    names: tuple[tuple[str, str], ...]
    key: str
    value: float
    as_of: str
    weight: float = 0.0
    mode: str | None = None
    """The mode it was measured in, if the source tells; None: the name may tell."""
    model: str | None = ""
    """The id in the catalog where the source's names are mapped one by one, and None for a name that is not."""


@dataclass(slots=True)
class Harvest:
    """All of one source, complete."""

    readings: list[Reading] = field(default_factory=list)
    rows: int = 0
    bad: int = 0
    first_bad: str = ""
    notes: list[str] = field(default_factory=list)
    validators: list[Validator] = field(default_factory=list)

    def skip(self, reason: object) -> None:
        """Count a bad row."""
        self.bad += 1
        self.first_bad = self.first_bad or str(reason)

    def checked(self, least: int) -> "Harvest":
        """Itself, if it holds together. Raises ``SourceError``."""
        if self.bad > max(BAD_FEW, BAD_SHARE * self.rows):
            raise SourceError(f"{self.bad} of {self.rows} rows are not as expected; the first: {self.first_bad}")
        if self.rows - self.bad < least:
            raise SourceError(f"it listed {self.rows - self.bad} usable rows, where at least {least} are expected")
        return self


def decoded(document: Document, what: str) -> Any:
    """JSON. Raises ``SourceError``."""
    try:
        return msgspec.json.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{what} is not JSON, or was cut off: {error}") from error


def mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRowError(f"{what} is no object")
    return value


def text(row: dict[str, Any], key: str, *, longest: int = LONGEST_NAME) -> str:
    """A text that is not empty, without control characters."""
    value = row.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise BadRowError(f"{key} is {_shown(value)}, no name")
    return value.strip()


def number(value: object, low: float, high: float, what: str) -> float:
    """A finite number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRowError(f"{what} is {_shown(value)}, no number")
    if not low <= value <= high:
        raise BadRowError(f"{what} is {value:g}, outside {low:g} to {high:g}")
    return float(value)


def day(value: object) -> str:
    """A day; a time behind it is cut off."""
    if not isinstance(value, str) or not _DAY.match(value):
        raise BadRowError(f"the date is {_shown(value)}")
    return value[:10]


def slug(value: str) -> str:
    """Lower-case words joined by ``_``, for keys."""
    return "_".join(re.findall(r"[a-z0-9]+", value.lower()))


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:60]
