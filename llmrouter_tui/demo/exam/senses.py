"""What the simulated models see and find when they are tried: the word in a picture, the codes in a long text, and how
a diary goes on."""

import base64
import re
import zlib
from collections.abc import Sequence
from functools import cache
from itertools import islice

from llmrouter_tui.core.picture import COLOURS, WORDS, picture
from llmrouter_tui.core.prompt_set.needles import entries

CODES = re.compile(r"^Note: the code of the \w+ is (\d+)\.$", re.M)
SEEKS = "What are the codes of the "
DIARY = re.compile(r"^Diary \d+-(\d+) of a harbour")
BODY = 8 + 25 + 8
"""Bytes of a PNG before its pixels, where one chunk holds them all: signature, header, and the chunk's own head."""


def sensed(text: str, pictures: Sequence[str]) -> str | None:
    """The answer, if this is asked; ``pictures`` are base64."""
    if pictures:
        return _seen(pictures[-1])
    question = text.rsplit("\n", 1)[-1]
    if question.startswith(SEEKS) and (codes := CODES.findall(text)):
        return ", ".join(codes)
    if diary := DIARY.match(text):
        first = 1 + text.count("\nEntry ")
        return "\n".join(islice(entries(1000 + int(diary[1])), first, first + 12))
    return None


@cache
def _seen(encoded: str) -> str | None:
    """Word and colour of a picture as probes show them; None for any other."""
    file = base64.b64decode(encoded, validate=False)
    try:
        ground = tuple(zlib.decompressobj().decompress(file[BODY:])[1:4])
    except zlib.error:
        return None
    colour = next((name for name, rgb in COLOURS.items() if rgb == ground), "")
    word = next((word for word in WORDS if colour and picture(word, colour) == file), "")
    return f"{word}, {colour}" if word else None
