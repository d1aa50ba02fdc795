"""What a panel's border says: parts with a weight, of which the lightest go first where there is little room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmrouter_tui.tui import text
from llmrouter_tui.tui.symbols import TO_ASCII

WORDS, FACT, FIGURE, NAME = range(4)
"""Weights: words that explain or remind, a lesser fact, a figure of now, the name of what is shown."""
TITLE_GAP, NOTE_GAP = "  ", " · "
LEAST_RULE = 3
"""Cells between title and note: a piece of the border with a space at each side."""


@dataclass(frozen=True, slots=True)
class Part:
    """Words that are shown whole or not at all; only the heaviest part of a title is ever cut."""

    said: str
    weight: int = FIGURE


Parts = Sequence[Part]


def parts(said: str | Parts, weight: int) -> tuple[Part, ...]:
    """Plain words as one part of this weight; empty parts go."""
    given = (Part(said, weight),) if isinstance(said, str) else said
    return tuple(part for part in given if part.said)


def in_ascii(parts: Parts) -> tuple[Part, ...]:
    """The same in seven bits, which may be wider."""
    return tuple(Part(part.said.translate(TO_ASCII), part.weight) for part in parts)


def fitted(title: Parts, note: Parts, cells: int) -> tuple[str, str]:
    """Title and note that fit side by side into ``cells``. Of equal weights the last one goes first, and the last
    part of the title never goes: it is cut."""
    left, right = list(title), list(note)
    while _width(left, right) > cells and len(left) + len(right) > 1:
        lightest = min(part.weight for part in left + right)
        side = right if any(part.weight == lightest for part in right) else left
        if side is left and len(left) == 1:
            side = right
            lightest = min(part.weight for part in right)
        side.pop(max(index for index, part in enumerate(side) if part.weight == lightest))
    said, noted = _joined(left, right)
    return text.clip(said, cells), noted


def _joined(left: Parts, right: Parts) -> tuple[str, str]:
    return TITLE_GAP.join(part.said for part in left), NOTE_GAP.join(part.said for part in right)


def _width(left: Parts, right: Parts) -> int:
    said, noted = _joined(left, right)
    return text.width(said) + (LEAST_RULE + text.width(noted) if right else 0)
