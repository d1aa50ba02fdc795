"""The relative of an unmatched model: a weak hint, for a prior of little weight and for people to read.

A relative is an entry whose words are all in the name, of the same size: what the name has beside them is what was
done to it. Words that end in a family's name count as that family (``medgemma`` is of ``gemma``).
"""

from collections.abc import Iterable

from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.spelling import Spelling, is_number
from llmrouter_tui.core.words import word_set

NO_CHAT = word_set("embed embedding embeddings rerank reranker reward mmproj")
"""What is named so answers nothing; a chat model's ability says nothing of it."""
SHORTEST_FAMILY = 4
"""Letters of a family name that may end another word; shorter ones end words by chance."""


def nearest(name: Spelling, signs: Iterable[tuple[Entry, Spelling, bool]]) -> str | None:
    """The id of the nearest entry, or None. ``signs`` are (entry, one of its spellings, whether it is a default that
    moves)."""
    if not NO_CHAT.isdisjoint(name.words):
        return None
    best: tuple[tuple[float, ...], str] | None = None
    for entry, sign, moving in signs:
        if entry.hosted or entry.kind == "embedding" or not sign.words:
            continue
        rank = _closeness(name, sign, moving)
        if rank is None:
            continue
        found = ((*rank, float(entry.kind == "chat"), _age(entry), float(not moving)), entry.id)
        best = max(best, found) if best else found
    return best[1] if best else None


def _closeness(name: Spelling, sign: Spelling, moving: bool) -> tuple[float, float, float] | None:
    """Greater is nearer: (whether versions agree, words that agree, words that agree letter by letter)."""
    if sign.sizes - name.sizes or (not sign.sizes and (moving or name.sizes or len(sign.words) < 2)):
        return None
    mine = list(name.words)
    exact = 0
    for word in sign.words:
        if word in mine:
            mine.remove(word)
            exact += not is_number(word)
        elif is_number(word):
            return _loose(name, sign)
        elif not any(_of_family(w, word) for w in mine):
            return None
    return 1.0, float(len(sign.words)), float(exact)


def _loose(name: Spelling, sign: Spelling) -> tuple[float, float, float] | None:
    """A name without any version, of the same family and size; among such the newest is nearest."""
    words = [w for w in sign.words if not is_number(w)]
    if not words or not sign.sizes or any(is_number(w) for w in name.words):
        return None
    return (0.0, float(len(words)), 0.0) if all(any(_of_family(w, f) for w in name.words) for f in words) else None


def _of_family(word: str, family: str) -> bool:
    return word == family or (len(family) >= SHORTEST_FAMILY and word.endswith(family))


def _age(entry: Entry) -> float:
    """Newer is greater: 202503 for March 2025."""
    return float(entry.released.replace("-", "")[:6] or 0)
