"""How a setting is filled in: what a screen, or a script, needs to offer it. Pure."""

from dataclasses import dataclass
from typing import Literal

FormKind = Literal["switch", "choice", "number", "text", "list", "rules", "keys", "backends", "table", "secret"]
"""``list`` is texts; ``rules``, ``keys`` and ``backends`` have commands of their own besides; ``table`` and ``secret``
are only set by the file or the environment."""
Origin = Literal["flag", "environment", "set", "file", "default"]


@dataclass(frozen=True, slots=True)
class Form:
    """What a setting means and what it may be."""

    doc: str
    """In a sentence or two."""
    kind: FormKind = "text"
    must: str = ""
    """What a value must be: ``must be a number from 0 to 1``."""
    choices: tuple[str, ...] = ()
    """All values of a choice, as they are written: ``true`` and ``false`` too."""
    nothing: str = ""
    """What is written where it has no value: ``auto``, ``0``."""
    live: bool = False
    """Whether a change takes effect at once; else it is kept, and does after a restart."""
    group: str = ""
    """What it is about, in a word; settings of a group follow each other."""
    fixed: str = ""
    """Why it cannot be set while the router runs, in words; empty where it can."""
