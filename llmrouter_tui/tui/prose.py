"""Words over several lines: beside a label, or foreign text with its own breaks. Pure."""

from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line

LABEL = 9
"""Cells of a label."""
LEAST = 8


def labelled(label: str, said: str, cells: int, role: str = "", rows: int = 0) -> list[Line]:
    """A label and words beside it, in as many lines as they need or at most ``rows``."""
    room = max(LEAST, cells - LABEL)
    parts = text.wrap(text.tame(said), room)
    if rows and len(parts) > rows:
        parts = [*parts[: rows - 1], text.clip(" ".join(parts[rows - 1 :]), room)]
    return beside(label, [((part, role),) for part in parts])


def beside(label: str, lines: list[Line]) -> list[Line]:
    """Lines with a label before the first."""
    return [((text.left("" if i else label, LABEL), "head"), *line) for i, line in enumerate(lines)]


def soft(said: str, cells: int) -> list[Line]:
    """Words that explain."""
    return [((part, "soft"),) for part in text.wrap(said, cells)]


def block(said: str, cells: int, role: str = "") -> list[Line]:
    """Foreign text: its own breaks and indents stay, longer lines are broken."""
    lines: list[Line] = []
    for one in said.splitlines():
        body = one.expandtabs(4)
        indent = min(len(body) - len(body.lstrip(" ")), max(0, cells - 20))
        parts = text.wrap(text.tame(body), max(LEAST, cells - indent))
        lines += [((" " * indent + part, role),) for part in parts]
    return lines
