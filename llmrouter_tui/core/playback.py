"""A recording that is played: where it stands, and what can be asked of it."""

from dataclasses import dataclass
from typing import Final, Protocol

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Steps of faster and slower; any other speed may be asked for at the start."""


@dataclass(frozen=True, slots=True)
class Playing:
    """How far it is. Times are wall times of the recording."""

    at: float
    begins: float
    ends: float
    speed: float = 1.0
    paused: bool = False
    over: bool = False
    """Whether everything that can be read was shown."""
    version: str = ""
    """Of the router that recorded it."""
    texts: bool = False
    """Whether prompts and answers are in it."""
    skipped: int = 0
    """Events of kinds or forms that this version does not know."""
    lost: int = 0
    """Events that its writer had to leave out."""
    broken: str = ""
    """Where it breaks off before its end, and why, in words."""


class Playback(Protocol):
    """What the screen asks of a recording. For the screen's thread."""

    def playing(self) -> Playing: ...

    def now(self) -> float:
        """The time that is shown."""
        ...

    def pause(self, paused: bool) -> None: ...

    def pace(self, speed: float) -> None:
        """Play so many times as fast as it happened."""
        ...

    def go(self, at: float) -> None:
        """Show another time; one before the beginning or after the end is that."""
        ...
