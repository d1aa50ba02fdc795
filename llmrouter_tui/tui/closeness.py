"""How close names come to what was typed: for picking one of hundreds. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

_WORDS = re.compile(r"[^a-z0-9.]+")
_PARTS = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
BEGINS = 0.3
"""Added for a name that begins like the first word."""
STRETCH = 2
"""Letters of one word may be spread over this many times its length."""


def ranked(typed: str, items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """The items whose name holds every word that was typed, the closest first: whole pieces of the name before parts
    of a piece, and those before letters spread over it (``llama318b``)."""
    words = [word for word in _WORDS.split(typed.lower()) if word]
    found = []
    for item in items:
        text = name(item).lower()
        marks = [_mark(word, text) for word in words]
        if all(marks):
            begun = BEGINS if words and text.startswith(words[0][:2]) else 0.0
            found.append((sum(marks, begun) / max(1, len(marks)), -len(text), item))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [item for _, _, item in found]


def _mark(word: str, text: str) -> float:
    """0 to 1: how a word stands in a name."""
    if (at := text.find(word)) >= 0:
        while at > 0 and _inner(text[at - 1]):
            following = text.find(word, at + 1)
            if following < 0:
                return 0.6
            at = following
        end = at + len(word)
        return 1.0 if end == len(text) or not _inner(text[end]) else 0.8
    return _spread(word, text)


def _inner(letter: str) -> bool:
    """Whether a piece of a name goes on here: ``8b`` is no piece of ``0.8b``."""
    return letter.isalnum() or letter == "."


def _spread(word: str, text: str) -> float:
    """The same for letters in their order with others between them, from the best place where they begin."""
    best, begin = 0.0, text.find(word[0])
    while begin >= 0:
        at = begin
        for letter in word[1:]:
            at = text.find(letter, at + 1)
            if at < 0:
                return best
        length = at + 1 - begin
        if length <= STRETCH * len(word):
            best = max(best, 0.4 * len(word) / length)
        begin = text.find(word[0], begin + 1)
    return best


def likely(model: str, items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """All items, those first that share most of their words and numbers with the name of a model."""
    mine = set(_PARTS.findall(model.lower()))

    def shared(item: T) -> float:
        theirs = set(_PARTS.findall(name(item).lower()))
        return len(mine & theirs) / len(mine | theirs) if theirs else 0.0

    return sorted(items, key=lambda item: (-shared(item), name(item)))
