"""A copy of the database that is given to a running router, to go on with."""

from dataclasses import dataclass
from typing import Final

NOT_RESTORED: Final = "not_restored"
"""The problem of a router that had to go on with the database it had."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """A copy that came whole and healthy. It takes the database's place while the router restarts."""

    size: int
    """Bytes of the copy."""
    kept: str
    """The file beside it that what was there until then is kept in."""
