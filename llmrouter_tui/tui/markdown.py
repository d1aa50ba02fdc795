"""Answers as they come, as lines: Markdown's blocks, each drawn once when it is over. Pure.

What models write is foreign: no part of it is read as our own markup, control characters are tamed, and a link is its
words and its address, which nothing opens.
"""

import re

from llmrouter_tui.tui import prose, text
from llmrouter_tui.tui.spans import inline, wrapped
from llmrouter_tui.tui.text import Line, Look

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)])\s+(.*)$")
_QUOTE = re.compile(r" {0,3}>\s?(.*)$")
_RULER = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_UNDER = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
THINKING = "<think>", "</think>"
LEAST_COLUMN = 4
"""Cells that a column of a table keeps."""


def parted(said: str) -> tuple[str, str]:
    """(what it thinks aloud, the answer): of models that put their thoughts between tags before it."""
    begun = said.lstrip()
    if not begun.startswith(THINKING[0]):
        return "", said
    thought, _, answer = begun[len(THINKING[0]) :].partition(THINKING[1])
    return thought.strip(), answer.lstrip("\n")


class Blocks:
    """A text that grows, cut into blocks: those that are over never change any more."""

    def __init__(self) -> None:
        self.over: list[tuple[str, ...]] = []
        self._lines: list[str] = []
        self._rest = ""
        self._fence = ""
        self._read = 0

    def read(self, said: str) -> None:
        """Take in the text so far, which begins with what was read before."""
        *lines, self._rest = (self._rest + said[self._read :]).split("\n")
        self._read = len(said)
        for line in lines:
            self._take(line.rstrip("\r"))

    @property
    def open(self) -> tuple[str, ...]:
        """The block that may still grow."""
        return (*self._lines, self._rest) if self._rest else tuple(self._lines)

    def _take(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self._fence:
            self._lines.append(line)
            if fence and fence[1].startswith(self._fence) and not fence[2]:
                self._close()
        elif fence:
            self._close()
            self._fence = fence[1]
            self._lines.append(line)
        elif not line.strip():
            self._close()
        else:
            self._lines.append(line)

    def _close(self) -> None:
        if self._lines:
            self.over.append(tuple(self._lines))
        self._lines, self._fence = [], ""


class Paper:
    """The lines of one answer in a width; what is over is drawn once."""

    def __init__(self) -> None:
        self._blocks = Blocks()
        self._drawn: list[Line] = []
        self._count = 0
        self._cells = 0

    def lines(self, said: str, cells: int, look: Look) -> list[Line]:
        """``said``: the text so far."""
        if cells != self._cells:
            self._drawn, self._count, self._cells = [], 0, cells
        self._blocks.read(said)
        for block in self._blocks.over[self._count :]:
            self._drawn += [*([()] if self._drawn else []), *_block(block, cells, look)]
        self._count = len(self._blocks.over)
        tail = _block(self._blocks.open, cells, look) if self._blocks.open else []
        return [*self._drawn, *([()] if self._drawn and tail else []), *tail]


def _block(block: tuple[str, ...], cells: int, look: Look) -> list[Line]:
    fence = _FENCE.match(block[0])
    if fence:
        return _code(block, fence[1], fence[2], cells, look)
    if len(block) > 1 and _ROW.match(block[0]) and _UNDER.match(block[1]):
        return _table(block, cells, look)
    lines: list[Line] = []
    said: list[str] = []
    for line in (*block, ""):
        if said and (not line or _starts(line) or _ends(said[-1])):
            lines += _paragraph(said, cells, look)
            said = []
        if line:
            said.append(line)
    return lines


def _starts(line: str) -> bool:
    """Whether a line begins something of its own, and does not go on with the line before."""
    return any(kind.match(line) for kind in (_HEADING, _ITEM, _QUOTE, _RULER))


def _ends(line: str) -> bool:
    """Whether it is over with this line, whatever follows."""
    return bool(_HEADING.match(line) or _RULER.match(line))


def _paragraph(said: list[str], cells: int, look: Look) -> list[Line]:
    first = said[0]
    if _RULER.match(first):
        return [((look.symbols.rule * min(cells, 40), "rule"),)]
    if heading := _HEADING.match(first):
        return wrapped([(text.tame(heading[2]), "title")], cells)
    if item := _ITEM.match(first):
        indent = min(len(item[1]), max(0, cells // 3))
        mark = look.symbols.dot if item[2] in "-*+" else item[2]
        lead = " " * indent + mark + " "
        words = [item[3], *said[1:]]
        return wrapped(_joined(words), cells, ((lead, "key"),), ((" " * text.width(lead), ""),))
    if quote := _QUOTE.match(first):
        bar: Line = ((f"{look.symbols.reserve} ", "rule"),)
        return wrapped(_joined([quote[1], *said[1:]], "soft"), cells, bar, bar)
    return wrapped(_joined(said), cells)


def _joined(lines: list[str], role: str = "") -> list[tuple[str, str]]:
    return inline(text.tame(" ".join(line.strip() for line in lines)), role)


def _code(block: tuple[str, ...], fence: str, language: str, cells: int, look: Look) -> list[Line]:
    """Code keeps its breaks and its indents; a bar beside it says what it is, in colour or without."""
    inner = list(block[1:])
    if inner and (end := _FENCE.match(inner[-1])) and end[1].startswith(fence) and not end[2]:
        inner.pop()
    bar = (f"{look.symbols.reserve} ", "rule")
    head: list[Line] = [(bar, (text.tame(language), "dim"))] if language else []
    lines = [line or " " for line in inner]
    return head + [(bar, *line) for one in lines for line in (prose.block(one, cells - 2) or [()])]


def _table(block: tuple[str, ...], cells: int, look: Look) -> list[Line]:
    """Columns in line with each other; those that do not fit give way evenly."""
    rows = [[text.tame(cell.strip()) for cell in line.strip().strip("|").split("|")] for line in block]
    del rows[1]
    count = max(len(row) for row in rows)
    rows = [row + [""] * (count - len(row)) for row in rows]
    widths = [max(text.width(_bare(row[at])) for row in rows) for at in range(count)]
    room = cells - 2 * (count - 1)
    while sum(widths) > room and max(widths) > LEAST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    lines = [_row(row, widths, "strong" if at == 0 else "") for at, row in enumerate(rows)]
    ruler: Line = ((look.symbols.rule * min(cells, sum(widths) + 2 * (count - 1)), "rule"),)
    return [text.clip_line(line, cells) for line in (lines[0], ruler, *lines[1:])]


def _bare(cell: str) -> str:
    return "".join(said for said, _ in inline(cell))


def _row(row: list[str], widths: list[int], role: str) -> Line:
    spans: list[tuple[str, str]] = []
    for cell, width in zip(row, widths, strict=True):
        said = text.clip_line(tuple(inline(cell, role)), width)
        spans += [*said, (" " * (width - text.line_width(said) + 2), "")]
    return tuple(spans)
