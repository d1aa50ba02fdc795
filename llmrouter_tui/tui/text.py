"""Cells and small figures: everything that turns a value into a few characters of known width. Pure.

A ``Line`` is a tuple of ``(text, role)`` spans. A role is a name (``good``, ``dim``, ``title`` …) that the theme turns
into a style; text never depends on it, so a screen without colour says the same.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

from llmrouter_tui.tui.symbols import BRAILLE, Symbols

Span = tuple[str, str]
Line = tuple[Span, ...]

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_LINE_BREAKS = re.compile(r"\s*(?:\r\n|[\n\r\v\f\x85\u2028\u2029])\s*")
_GIB = 1024**3
_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Look:
    """How values are shown: which glyphs, and in which zone times are told (None is the machine's own)."""

    symbols: Symbols = BRAILLE
    tz: tzinfo | None = None


@lru_cache(maxsize=8192)
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def width(text: str) -> int:
    """Cells that ``text`` takes in a terminal."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def clip(text: str, cells: int, ellipsis: str = "…") -> str:
    """At most ``cells`` cells of ``text``, ending with an ellipsis when something was cut."""
    if cells <= 0:
        return ""
    if width(text) <= cells:
        return text
    room, out = cells - len(ellipsis), []
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        out.append(char)
    return "".join(out) + ellipsis


def left(text: str, cells: int, ellipsis: str = "…") -> str:
    """``text`` in exactly ``cells`` cells, aligned left."""
    if len(text) <= cells and text.isascii():
        return text.ljust(cells)
    text = clip(text, cells, ellipsis)
    return text + " " * (cells - width(text))


def right(text: str, cells: int, ellipsis: str = "…") -> str:
    """``text`` in exactly ``cells`` cells, aligned right."""
    if len(text) <= cells and text.isascii():
        return text.rjust(cells)
    text = clip(text, cells, ellipsis)
    return " " * (cells - width(text)) + text


def tame(text: str, enter: str = "⏎") -> str:
    """Foreign text made safe for one line of the screen: escape sequences go, line breaks become ``⏎``, other
    control and invisible characters become ``·`` or vanish."""
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_BREAKS.sub(f" {enter} ", _ESCAPE.sub("", text)).replace("\t", " ")
    return "".join(_tame_char(char) for char in text).strip()


@lru_cache(maxsize=8192)
def _tame_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""  # joiners, direction overrides, variation selectors: terminals disagree about their width
    return "·" if category in ("Cc", "Cs", "Co", "Cn") else char


def plain(line: Line) -> str:
    """The characters of a line."""
    return "".join(text for text, _ in line)


def line_width(line: Line) -> int:
    """Cells of a line."""
    return sum(width(text) for text, _ in line)


def clip_line(line: Line, cells: int, ellipsis: str = "…") -> Line:
    """At most ``cells`` cells of a line; the ellipsis takes the role of what was cut."""
    if line_width(line) <= cells:
        return line
    out: list[Span] = []
    for text, role in line:
        size = width(text)
        if size >= cells:
            out.append((clip(text, cells, ellipsis) if size > cells else clip(text + " ", cells, ellipsis), role))
            break
        out.append((text, role))
        cells -= size
    return tuple(out)


def spread(first: Line, last: Line, cells: int, fill: Span = (" ", "")) -> Line:
    """``first`` at the left, ``last`` at the right, ``fill`` between; ``last`` goes when both do not fit."""
    gap = cells - line_width(first) - line_width(last)
    if gap < 1:
        return clip_line(first, cells)
    return (*first, (fill[0] * gap, fill[1]), *last)


def join(parts: Iterable[Line], gap: str = "  ") -> Line:
    """Lines one after the other with ``gap`` between."""
    out: list[Span] = []
    for part in parts:
        if part and out:
            out.append((gap, ""))
        out.extend(part)
    return tuple(out)


def wrap(text: str, cells: int) -> list[str]:
    """``text`` broken at spaces into lines of at most ``cells`` cells; longer words are cut."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        while width(word) > cells:
            if current:
                lines.append(current)
                current = ""
            head = clip(word, cells, "")
            lines.append(head)
            word = word[len(head) :]
        joined = f"{current} {word}" if current else word
        if width(joined) > cells:
            lines.append(current)
            current = word
        else:
            current = joined
    return [*lines, current] if current or not lines else lines


def hundredths(value: float) -> int:
    """A value in whole hundredths, halves up: the one rounding behind every score on screen."""
    return math.floor(value * 100 + 0.5 + 1e-9)


def fraction(value: float) -> str:
    """``.86`` for 0.86, ``1.00`` for 1, ``-.04`` for -0.04."""
    return _dotted(hundredths(value))


def _dotted(parts: int) -> str:
    whole, rest = divmod(abs(parts), 100)
    return f"{'-' if parts < 0 else ''}{whole or ''}.{rest:02d}"


def signed(value: float) -> str:
    """``+.11``, ``-.04``, ``+.00``."""
    parts = hundredths(value)
    return _dotted(parts) if parts < 0 else f"+{_dotted(parts)}"


def shares(values: Iterable[float]) -> tuple[tuple[str, ...], str]:
    """The values and their sum as shown, rounded so that what is shown adds up.

    Largest remainder: the sum is rounded first, every value down, and the missing hundredths go to the values that
    lost most (the earlier on a tie).
    """
    numbers = tuple(values)
    total = hundredths(math.fsum(numbers))
    floors = [math.floor(value * 100 + 1e-9) for value in numbers]
    by_loss = sorted(range(len(numbers)), key=lambda i: (floors[i] - numbers[i] * 100, i))
    missing = total - sum(floors)
    for index in by_loss[: max(missing, 0)]:
        floors[index] += 1
    for index in by_loss[::-1][: max(-missing, 0)]:
        floors[index] -= 1
    return tuple(_dotted(value) for value in floors), _dotted(total)


def size(count: int | None, none: str = "—") -> str:
    """Bytes in GiB with one decimal (``14.1G``), in MiB below one (``512M``)."""
    if count is None:
        return none
    return f"{count / _GIB:.1f}G" if count >= 0.95 * _GIB or count == 0 else f"{count / _MIB:.0f}M"


def gib(count: int) -> str:
    """Bytes in GiB with one decimal and no unit: for ``19.8/24.0G``."""
    return f"{count / _GIB:.1f}"


def seconds(value: float | None, none: str = "—") -> str:
    """A short duration with one decimal below ten seconds: ``0.9s``, ``12s``, ``4m12s``, ``3h05m``."""
    if value is None:
        return none
    return f"{max(value, 0):.1f}s" if value < 9.95 else span(value)


def span(value: float) -> str:
    """A duration in whole units: ``12s``, ``4m12s``, ``3h05m``, ``2d``."""
    whole = max(0, int(value + 0.5))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86_400}d"


def rough(value: float) -> str:
    """A duration that is only expected: ``40s``, ``11m``, ``3h05m``."""
    if value < 90:
        return f"{max(0, round(value))}s"
    return f"{round(value / 60)}m" if value < 5400 else span(60 * round(value / 60))


def ago(value: float) -> str:
    """A duration in one unit, for idle times: ``4s``, ``4m``, ``3h``, ``9d``."""
    whole = max(0, int(value))
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if whole >= length:
            return f"{whole // length}{unit}"
    return f"{whole}s"


def when(at: float, look: Look, *, full: bool = True) -> str:
    """Time of day, 24 hours: ``21:04:09``, or ``21:04``."""
    return _clock(int(at), look.tz, full)


def moment(at: float, look: Look) -> str:
    """Day and time: ``2026-11-23 21:04:09``."""
    return datetime.fromtimestamp(int(at), look.tz).strftime("%Y-%m-%d %H:%M:%S")


def day_and_time(at: float, look: Look) -> str:
    """Day of the week, or the date, and time: ``Tue 14:00``."""
    return datetime.fromtimestamp(int(at), look.tz).strftime("%a %d %b %H:%M")


def day_of_month(at: float, look: Look) -> str:
    """Day and time in twelve cells: ``20 Nov 14:02``."""
    return datetime.fromtimestamp(int(at), look.tz).strftime("%d %b %H:%M")


@lru_cache(maxsize=512)
def _clock(second: int, zone: tzinfo | None, full: bool) -> str:
    return datetime.fromtimestamp(second, zone).strftime("%H:%M:%S" if full else "%H:%M")


def count(value: int) -> str:
    """``6,214``"""
    return f"{value:,}"


def tokens(value: int) -> str:
    """Tokens in at most five characters: ``640t``, ``12.4k``."""
    return f"{value}t" if value < 10_000 else f"{value / 1000:.1f}k" if value < 100_000 else f"{value // 1000}k"


def percent(share: float, digits: int = 0) -> str:
    """``94%``"""
    return f"{share * 100:.{digits}f}%"
