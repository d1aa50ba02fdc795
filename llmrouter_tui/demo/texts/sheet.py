"""What a simulated model may say to one prompt of the prompt set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """``right`` is empty where the check of the prompt tells the answer by itself; of the ``wrong`` ones each model
    makes its own, without any it makes one up. ``first`` answers the turn before the last."""

    right: str = ""
    wrong: tuple[str, ...] = ()
    first: str = ""
