"""The probe of vision."""

import re
from collections.abc import Mapping
from typing import Final

from llmrouter_tui.core.checking.text import short, spoken
from llmrouter_tui.core.picture import COLOURS, WORDS, data_url, picture
from llmrouter_tui.core.probes.parts import TRIES, Ask, Facts, Failure, Finding, Said, Script, pick, refused

PICTURE_TOKENS: Final = 800.0
"""What a picture may take to be read."""

_LOOK: Final = (
    "Look at the picture. Which word is written in it, and which colour is the background: red, green, blue, yellow "
    "or purple? Answer with the word and the colour only."
)
_SHADES: Final[Mapping[str, tuple[str, ...]]] = {
    "red": ("red", "crimson", "scarlet"),
    "green": ("green",),
    "blue": ("blue", "navy"),
    "yellow": ("yellow", "gold", "golden"),
    "purple": ("purple", "violet", "magenta"),
}


def vision(seed: int, facts: Facts) -> Script:
    """Whether it reads the word in a picture and tells the colour of the ground; both, or it is guessing."""
    finding = Finding(None, "")
    for at in range(TRIES):
        word, colour = pick(WORDS, seed, f"word {at}"), pick(tuple(COLOURS), seed, f"colour {at}")
        image = {"type": "image_url", "image_url": {"url": data_url(picture(word, colour))}}
        said = yield Ask([{"type": "text", "text": _LOOK}, image], 40, PICTURE_TOKENS)
        if isinstance(said, Failure):
            return refused("vision", said, facts)
        finding = read_picture(said, word, colour)
        if finding.can:
            break
    return finding


def read_picture(said: Said, word: str, colour: str) -> Finding:
    """Right where it names this word and this colour, and no other of those that might have been."""
    text = _SPELLED.sub(r"\1", spoken(said.text)).casefold()
    told = frozenset(re.findall(r"[a-z]+", text))
    words = {one for one in WORDS if one.casefold() in told}
    colours = {one for one, shades in _SHADES.items() if not told.isdisjoint(shades)}
    shown = f"{word} on {colour}"
    if words == {word} and colours == {colour}:
        return Finding(True, f"it read {shown}")
    return Finding(
        False, f"it was shown {shown} and said “{short(text, 60)}”" if text else f"it said nothing to {shown}"
    )


_SPELLED: Final = re.compile(r"\b([A-Za-z])[ .-](?=[A-Za-z]\b)")
"""A word that is told letter by letter."""
