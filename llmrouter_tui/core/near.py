"""The relative of an unmatched model: a weak hint, for a prior of little weight and for people to read.

A relative is an entry whose words are all in the name, of the same size: what the name has beside them is what was
done to it. Words that end in a family's name count as that family (``medgemma`` is of ``gemma``).
"""

from collections.abc import Iterable

from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.spelling import Spelling, is_number

SHORTEST_FAMILY = 4
"""Letters of a family name that may end another word; shorter ones end words by chance."""


def nearest(name: Spelling, signs: Iterable[tuple[Entry, Spelling, bool]]) -> str | None:
    """The id of the nearest entry, or None. ``signs`` are (entry, one of its spellings, whether it is a default that
    moves)."""
    best: tuple[tuple[float, ...], str] | None = None
    for entry, spelling, moving in signs:
        rank = _rank(name, entry, spelling)
        if rank is None:
            continue
        found = ((*rank, float(not moving)), entry.id)
        if best is None or found[0] > best[0] or (found[0] == best[0] and entry.id < best[1]):
            best = found
    return best[1] if best else None


def _rank(name: Spelling, entry: Entry, sign: Spelling) -> tuple[float, ...] | None:
    """Greater is nearer; None for no relative."""
    if entry.hosted or entry.kind == "embedding" or not sign.words or not sign.sizes or sign.sizes - name.sizes:
        return None
    mine = list(name.words)
    family = exact = 0
    for word in sign.words:
        if word in mine:
            mine.remove(word)
            exact += not is_number(word)
            family += 1
        elif is_number(word):
            return None if any(is_number(w) for w in name.words) else _loose(name, entry, sign)
        elif any(_of_family(w, word) for w in mine):
            family += 1
        else:
            return None
    if not exact and not family:
        return None
    return 1.0, float(family), float(exact), float(entry.kind == "chat"), _age(entry)


def _loose(name: Spelling, entry: Entry, sign: Spelling) -> tuple[float, ...] | None:
    """A name without any version, of the same family and size: the newest such."""
    words = [w for w in sign.words if not is_number(w)]
    if not words or not all(any(_of_family(mine, word) for mine in name.words) for word in words):
        return None
    return 0.0, float(len(words)), 0.0, float(entry.kind == "chat"), _age(entry)


def _of_family(word: str, family: str) -> bool:
    return word == family or (len(family) >= SHORTEST_FAMILY and word.endswith(family))


def _age(entry: Entry) -> float:
    """Newer is greater: 202503 for March 2025."""
    return float(entry.released.replace("-", "")[:6] or 0)
