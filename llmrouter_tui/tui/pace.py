"""How often the screen may be drawn: the more the router works, the less the screen takes. Pure.

Python runs one thread at a time, so what the screen takes in the router's process the router waits for. Times are in
seconds, each counted from any fixed point.
"""

MOST, LEAST = 0.12, 0.03
"""Share of a core for drawing while the router rests, and while it uses all of it."""
LONGEST = 0.5
"""Seconds without a frame after which one is drawn in any case."""


class Pace:
    """Says when the next frame is due. A frame that cost little is followed by the next at the next look."""

    def __init__(self) -> None:
        self._began = -LONGEST
        self._mine = self._whole = self._cost = 0.0

    def due(self, now: float, mine: float, whole: float) -> bool:
        """Whether to draw: ``mine`` is the CPU time of the screen's thread, ``whole`` that of its process."""
        elapsed = now - self._began
        if elapsed >= LONGEST:
            return True
        router = (whole - self._whole) - (mine - self._mine)
        share = max(LEAST, MOST * (1 - router / elapsed)) if elapsed > 0 else LEAST
        return self._cost <= share * elapsed

    def begin(self, now: float, mine: float, whole: float) -> None:
        """A frame begins; until it is drawn it counts as too costly for another."""
        self._began, self._mine, self._whole, self._cost = now, mine, whole, LONGEST

    def drawn(self, mine: float) -> None:
        """The frame that began last is on the screen."""
        self._cost = mine - self._mine
