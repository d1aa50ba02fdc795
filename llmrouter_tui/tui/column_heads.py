"""Which column a click on the line of titles means. Pure."""

import re
from collections.abc import Iterable

from llmrouter_tui.tui import text
from llmrouter_tui.tui.symbols import Symbols
from llmrouter_tui.tui.text import Line


def word_at(head: Line, x: int) -> str:
    """The title at cell ``x``; between two titles the nearer one. Titles are one cell a letter."""
    words = [(found.start(), found.end(), found[0]) for found in re.finditer(r"\S+", text.plain(head))]
    return min(words, key=lambda word: max(word[0] - x, x - word[1] + 1, 0), default=(0, 0, ""))[2]


def column_of(word: str, columns: Iterable[tuple[str, str]], symbols: Symbols) -> str:
    """The id of the column of ``(id, title)`` that a title stands for, with its arrow and cut as it may be; empty for
    none."""
    said = word.removesuffix(symbols.fall).removesuffix(symbols.rise)
    known = [(id_, title) for id_, title in columns if title and said]
    whole = [id_ for id_, title in known if title == said]
    begun = [id_ for id_, title in known if title.startswith(said)]
    return (whole or begun or [""])[0]
