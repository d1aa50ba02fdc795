"""Time, as it is told to what must not read it."""

from typing import Protocol


class Clock(Protocol):
    """Time as the engine sees it; tests bring their own."""

    def wall(self) -> float: ...
    def mono(self) -> float: ...
