"""Words of several roles over several lines: one line of Markdown with its inline marks. Pure."""

import re

from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Span

_MARKS = re.compile(
    r"(?P<code>`+)(?P<said>.+?)(?P=code)"
    r"|!?\[(?P<label>[^\]\n]*)\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)"
    r"|(?P<bold>\*\*|__)(?=\S)(?P<loud>.+?)(?<=\S)(?P=bold)"
    r"|(?<![\w*])(?P<thin>[*_])(?=[^\s*_])(?P<slanted>[^*_\n]+?)(?<=\S)(?P=thin)(?![\w*])"
)
_WORDS = re.compile(r" +|[^ ]+")
LEAST = 8
"""Cells that a line has at least."""


def inline(said: str, role: str = "") -> list[Span]:
    """A line of Markdown in spans: code, bold, slanted; a link as its words and where it leads."""
    spans: list[Span] = []
    at = 0
    for found in _MARKS.finditer(said):
        spans.append((said[at : found.start()], role))
        at = found.end()
        if found["code"]:
            spans.append((found["said"].strip() or found["said"], "accent"))
        elif found["target"]:
            label, target = found["label"], found["target"]
            spans += [(label, role), (f" ({target})" if label and label != target else "" if label else target, "soft")]
        elif found["bold"]:
            spans.append((found["loud"], "strong"))
        else:
            spans.append((found["slanted"], "guess"))
    return [span for span in (*spans, (said[at:], role)) if span[0]]


def wrapped(spans: list[Span], cells: int, first: Line = (), rest: Line = ()) -> list[Line]:
    """Spans broken at blanks into lines of at most ``cells`` cells, which begin with ``first`` and then ``rest``."""
    lines: list[Line] = []
    line: list[Span] = list(first)
    room = width = max(LEAST, cells - text.line_width(first))
    for word, role in [(word, role) for said, role in spans for word in _WORDS.findall(said)]:
        size = text.width(word)
        if size > room and room < width and not word.isspace():
            lines.append(tuple(line))
            line, room = list(rest), width
        while size > room and not word.isspace():
            head = text.clip(word, room, "") or word[:1]
            lines.append((*line, (head, role)))
            line, room = list(rest), width
            word = word[len(head) :]
            size = text.width(word)
        if word.isspace() and (room == width or size >= room):
            room = 0 if room != width else room
            continue
        if word:
            line.append((word, role))
            room -= size
    return [*lines, tuple(line)]
