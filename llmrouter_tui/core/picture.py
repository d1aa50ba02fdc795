"""A small picture with one word on a coloured ground, as PNG: what a model is shown to find out whether it sees.

Letters are of our own font of five by seven dots. The format is PNG's (ISO/IEC 15948): truecolour of 8 bits, no filter.
"""

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

WORDS: Final = (
    *("APPLE", "BRIDGE", "CANDLE", "DRAGON", "ENGINE", "FLOWER", "GARDEN", "HAMMER", "ISLAND", "JACKET", "KITTEN"),
    *("LADDER", "MARKET", "NEEDLE", "OYSTER", "PENCIL", "QUARRY", "RIBBON", "SADDLE", "TIMBER", "URCHIN", "VIOLIN"),
    *("WINDOW", "YOGURT", "ZIPPER", "TUNNEL", "ROCKET", "PEPPER", "MIRROR", "LEMON", "HORSE", "CLOUD"),
)
"""Words that may be in a picture. None is a part of another."""

RGB = tuple[int, int, int]

COLOURS: Final[Mapping[str, RGB]] = {
    "red": (200, 16, 24),
    "green": (16, 130, 48),
    "blue": (20, 60, 200),
    "yellow": (250, 220, 20),
    "purple": (120, 20, 140),
}
"""Grounds that may be, far enough apart to be told from each other by anyone who sees them."""
LIGHT: Final[RGB] = (255, 255, 255)
DARK: Final[RGB] = (0, 0, 0)
BRIGHT: Final = 150
"""From this luma on the letters are dark."""

WIDTH: Final = 448
HEIGHT: Final = 224
DOT: Final = 11
"""Pixels of a dot of the font: six letters fill the width."""
ROWS: Final = 7
COLUMNS: Final = 5
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_DRAWN: Final = """
.###. ####. .#### ####. ##### ##### .###. #...# ##### ..### #...# #.... #...#
#...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #..#. #.... ##.##
#...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.#
##### ####. #.... #...# ####. ####. #.### ##### ..#.. ...#. ##... #.... #.#.#
#...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...#
#...# #...# #.... #...# #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...#
#...# ####. .#### ####. ##### #.... .###. #...# ##### .##.. #...# ##### #...#

#...# .###. ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# #####
##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....#
#.#.# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#.
#.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#..
#..## #...# #.... #.#.# #.#.. ....# ..#.. #...# #...# #.#.# .#.#. ..#.. .#...
#...# #...# #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #....
#...# .###. #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. #####
"""
"""A to M, and N to Z."""


def _letters() -> Iterator[tuple[str, tuple[str, ...]]]:
    at = ord("A")
    for half in _DRAWN.strip().split("\n\n"):
        for drawn in zip(*(line.split() for line in half.splitlines()), strict=True):
            yield chr(at), drawn
            at += 1


FONT: Final[Mapping[str, tuple[str, ...]]] = dict(_letters())
"""By letter the dots of its seven rows, ``#`` where there is one."""


def picture(word: str, colour: str) -> bytes:
    """The PNG of a word (capital letters, six at most) on a ground of ``COLOURS``."""
    ground = COLOURS[colour]
    ink = DARK if luma(ground) >= BRIGHT else LIGHT
    dots = [".".join(rows) for rows in zip(*(FONT[letter] for letter in word), strict=True)]
    wide, high = len(dots[0]) * DOT, ROWS * DOT
    left, top = (WIDTH - wide) // 2, (HEIGHT - high) // 2
    bare = bytes(ground) * WIDTH
    lines: list[bytes] = [bare] * top
    for row in dots:
        inked = b"".join(bytes(ink if dot == "#" else ground) * DOT for dot in row)
        lines += [bytes(ground) * left + inked + bytes(ground) * (WIDTH - left - wide)] * DOT
    lines += [bare] * (HEIGHT - top - high)
    return png(WIDTH, lines)


def png(width: int, lines: list[bytes]) -> bytes:
    """The file of these lines of three bytes a pixel."""
    header = struct.pack(">IIBBBBB", width, len(lines), 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + line for line in lines))
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def data_url(file: bytes) -> str:
    """A PNG as a chat request carries it."""
    return "data:image/png;base64," + base64.b64encode(file).decode()


def luma(colour: RGB) -> float:
    """How bright a colour is, 0..255 (ITU-R BT.601)."""
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
