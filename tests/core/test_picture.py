"""The picture that models are shown: a file that any reader of PNG takes, and in it the word and the colour."""

import struct
import zlib
from dataclasses import dataclass
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.picture import (
    COLOURS,
    COLUMNS,
    DOT,
    FONT,
    HEIGHT,
    ROWS,
    SIGNATURE,
    WIDTH,
    WORDS,
    data_url,
    picture,
)


@dataclass(frozen=True)
class Pixels:
    """Lines of three bytes a pixel."""

    wide: int
    lines: list[bytes]

    def at(self, y: int, x: int) -> tuple[int, ...]:
        return tuple(self.lines[y][3 * x : 3 * x + 3])


def decoded(file: bytes) -> Pixels:
    """Read by the standard alone, checksums included."""
    assert file.startswith(SIGNATURE)
    chunks: dict[bytes, bytes] = {}
    at = len(SIGNATURE)
    while at < len(file):
        (length,) = struct.unpack_from(">I", file, at)
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", file, at + 8 + length)
        assert check == zlib.crc32(kind + data)
        chunks[kind] = chunks.get(kind, b"") + data
        at += 12 + length
    wide, high, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest, chunks[b"IEND"]) == (8, 2, [0, 0, 0], b"")
    raw = zlib.decompress(chunks[b"IDAT"])
    assert len(raw) == high * (1 + 3 * wide)
    lines = [raw[y * (1 + 3 * wide) : (y + 1) * (1 + 3 * wide)] for y in range(high)]
    assert {line[0] for line in lines} == {0}
    return Pixels(wide, [line[1:] for line in lines])


def read(file: bytes) -> tuple[str, tuple[int, ...]]:
    """What a reader sees: the letters by their dots, and the ground."""
    pixels = decoded(file)
    ground = pixels.at(0, 0)
    bare = bytes(ground) * pixels.wide
    top = next(y for y, line in enumerate(pixels.lines) if line != bare)
    inked = [x for row in range(ROWS) for x in range(pixels.wide) if pixels.at(top + row * DOT + DOT // 2, x) != ground]
    letters = {rows: letter for letter, rows in FONT.items()}
    word = ""
    for start in range(min(inked) + DOT // 2, max(inked) + 1, (COLUMNS + 1) * DOT):
        dots = (
            "".join(".#"[pixels.at(top + row * DOT + DOT // 2, start + x * DOT) != ground] for x in range(COLUMNS))
            for row in range(ROWS)
        )
        word += letters[tuple(dots)]
    return word, ground


@settings(max_examples=40, deadline=None)
@given(st.text("".join(FONT), min_size=1, max_size=6), st.sampled_from(sorted(COLOURS)))
def test_what_is_written_is_read_back(word: str, colour: str) -> None:
    if word.startswith("J"):
        word = "L" + word[1:]  # its first column holds no dot, so that a reader of dots would begin in the second
    assert read(picture(word, colour)) == (word, COLOURS[colour])


def test_every_word_fits_and_none_is_part_of_another() -> None:
    for word in WORDS:
        pixels = decoded(picture(word, "red"))
        assert (len(pixels.lines), pixels.wide) == (HEIGHT, WIDTH)
        assert {pixels.at(y, x) for y in range(HEIGHT) for x in (0, WIDTH - 1)} == {COLOURS["red"]}
    assert not [pair for pair in combinations(WORDS, 2) if pair[0] in pair[1] or pair[1] in pair[0]]


def test_colours_are_far_apart_and_letters_stand_out_from_them() -> None:
    for one, other in combinations(COLOURS.values(), 2):
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 150
    for ground in COLOURS:
        pixels = decoded(picture("HORSE", ground))
        [ink] = {pixels.at(HEIGHT // 2, x) for x in range(WIDTH)} - {COLOURS[ground]}
        assert sum(abs(a - b) for a, b in zip(ink, COLOURS[ground], strict=True)) > 250


def test_a_picture_is_small_enough_to_send() -> None:
    assert max(len(data_url(picture(word, "blue"))) for word in WORDS) < 4_000
