"""Charts and bars as text: braille, block and ASCII. Pure: numbers in, strings out."""

from collections.abc import Sequence
from itertools import pairwise

from llmrouter_tui.tui.symbols import ASCII, BLOCK, Symbols
from llmrouter_tui.tui.text import Line

_LEFT_DOTS = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT_DOTS = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
_GLYPHS = tuple(tuple(chr(0x2800 | left | right) for right in _RIGHT_DOTS) for left in _LEFT_DOTS)
"""The braille cell with its left and its right column so many dots high."""


def sample(values: Sequence[float], points: int) -> list[float]:
    """The newest values in exactly ``points`` places: several are averaged into one, missing ones are 0 at the left."""
    if points <= 0:
        return []
    if len(values) <= points:
        return [0.0] * (points - len(values)) + list(values)
    step = len(values) / points
    cuts = [round(i * step) for i in range(points + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(cuts)]


def spark(values: Sequence[float], cells: int, symbols: Symbols, top: float | None = None) -> str:
    """One line of bars, the newest value at the right. ``top`` fixes the scale; else the largest value fills a cell."""
    points = sample(values, cells)
    highest = top or max(points, default=0.0)
    bars = symbols.bars
    if highest <= 0:
        return (" " if symbols is ASCII else bars[0]) * cells
    return "".join(
        " " if value <= 0 and symbols is ASCII else bars[_level(value, highest, len(bars) - 1)] for value in points
    )


def _level(value: float, highest: float, steps: int) -> int:
    return max(0, min(steps, round(value / highest * steps)))


def graph(values: Sequence[float], cells: int, rows: int, symbols: Symbols, top: float | None = None) -> list[str]:
    """A filled area ``rows`` lines high, top line first. Braille shows two values a cell and four steps a row."""
    if symbols is ASCII or symbols is BLOCK:
        return _bars(values, cells, rows, symbols, top)
    dots = _dots(sample(values, cells * 2), rows * 4, top)
    lines = []
    for floor in range((rows - 1) * 4, -1, -4):
        heights = iter([0 if dot <= floor else min(4, dot - floor) for dot in dots])
        lines.append("".join([_GLYPHS[left][right] for left, right in zip(heights, heights, strict=True)]))
    return lines


def _dots(points: Sequence[float], steps: int, top: float | None) -> list[int]:
    """How high each point is, in ``steps`` steps: something is never nothing."""
    highest = top or max(points, default=0.0)
    if highest <= 0:
        return [0] * len(points)
    return [0 if value <= 0 else max(1, min(steps, round(value / highest * steps))) for value in points]


def _bars(values: Sequence[float], cells: int, rows: int, symbols: Symbols, top: float | None) -> list[str]:
    bars = symbols.bars
    steps = len(bars)
    heights = _dots(sample(values, cells), rows * steps, top)
    lines = []
    for row in range(rows):
        floor = (rows - 1 - row) * steps
        lines.append("".join(" " if h <= floor else bars[min(steps, h - floor) - 1] for h in heights))
    return lines


def meter(parts: Sequence[tuple[float, str]], total: float, cells: int, symbols: Symbols, reserve: float = 1.0) -> Line:
    """A memory bar: each part (amount, role) with its own fill pattern, then free cells; ``reserve`` (0..1) marks the
    line that loading does not pass, also where what is not ours lies beyond it."""
    line: list[tuple[str, str]] = []
    done, amount = 0, 0.0
    for index, (part, role) in enumerate(parts):
        amount += part
        end = min(cells, round(amount / total * cells)) if total > 0 else 0
        if part > 0 and end == done and end < cells:
            end += 1  # something that is there is never invisible
        fill = symbols.other if role == "other" else symbols.fills[index % len(symbols.fills)]
        if end > done:
            line.append((fill * (end - done), role))
        done = max(done, end)
    if done < cells:
        line.append((symbols.free * (cells - done), "free"))
    return _marked(line, min(cells - 1, round(reserve * cells)), symbols.reserve) if reserve < 1.0 else tuple(line)


def _marked(line: Sequence[tuple[str, str]], place: int, mark: str) -> Line:
    """The line with another character at a place, in the role of what it stands in."""
    found: list[tuple[str, str]] = []
    for shown, role in line:
        inside = 0 <= place < len(shown)
        found.append((shown[:place] + mark + shown[place + 1 :] if inside else shown, role))
        place -= len(shown)
    return tuple(found)


def progress(share: float, cells: int, symbols: Symbols) -> Line:
    """A bar that is ``share`` (0..1) full."""
    full = max(0, min(cells, round(share * cells)))
    return ((symbols.fills[0] * full, "accent"), (symbols.free * (cells - full), "free"))


def slider(value: float, cells: int, symbols: Symbols, ghost: float | None = None) -> Line:
    """A knob on a rule, ``value`` 0..1 from left to right; ``ghost`` is where it was asked to go."""
    track = [symbols.rule] * cells
    if ghost is not None:
        track[round(ghost * (cells - 1))] = symbols.ghost
    place = round(max(0.0, min(1.0, value)) * (cells - 1))
    return (
        ("".join(track[:place]), "dim"),
        (symbols.knob, "accent"),
        ("".join(track[place + 1 :]), "dim"),
    )
