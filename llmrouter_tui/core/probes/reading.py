"""The probe of a context's length: a text that nearly fills it, and what stands in it."""

from collections.abc import Sequence
from typing import Final

from llmrouter_tui.core.checking.text import spoken
from llmrouter_tui.core.probes.parts import Ask, Facts, Failure, Finding, Said, Script, number, refused
from llmrouter_tui.core.prompt_set.needles import CHARACTERS_PER_TOKEN, entries

FILLED: Final = 0.9
"""Share of its context that a model is given to read."""
SHORT_TEXT: Final = 1_800
"""Characters of the text that is tried before, and at most an eighth of the context: from what the server counts for
it follows what it should count for the long one."""
UNCUT: Final = 0.85
"""Share of the expected tokens from which a server has counted the whole text: entries differ a little."""

_ASKED: Final = "What are the codes of the lighthouse and of the boathouse? Answer with the two codes only."
_ROOM: Final = 48
"""Tokens for that answer."""
_TEMPLATE: Final = 16
"""Tokens that a chat template adds to a text, at least, of most."""
_AROUND: Final = 300
"""Characters of a text beside its entries."""


LONG: Final = "long"
"""Of a context that was not tried for the time it would take."""


def context(seed: int, facts: Facts) -> Script:
    """Whether it finds what stands at the beginning and in the middle of a text that nearly fills its context, and
    whether its server reads all of that; not tried where reading it would take too long."""
    if not facts.context:
        return Finding(None, "how long its context is, is not told")
    room = int(FILLED * facts.context) - _ROOM
    if not readable(facts):
        return Finding(None, f"reading {room:,} tokens would take about {room / facts.prefill:.0f} s", LONG)
    least = min(SHORT_TEXT, int(room * CHARACTERS_PER_TOKEN / 8))
    codes, text = diary(seed, least)
    said = yield Ask(text, _ROOM, least / CHARACTERS_PER_TOKEN)
    if isinstance(said, Failure):
        return refused("context", said, facts)
    if not _found(said, codes):
        return Finding(None, "it does not find two codes in a short text either")
    counted = said.prompt_tokens
    rate = len(text) / max(1, counted - _TEMPLATE) if counted else CHARACTERS_PER_TOKEN
    length = int(rate * (room - _TEMPLATE))
    codes, long = diary(seed + 1, length)
    expected = int(len(long) / rate) + _TEMPLATE if counted else None
    said = yield Ask(long, _ROOM, room)
    if isinstance(said, Failure):
        if said.code == "context_length_exceeded":
            return Finding(False, said.words, "refused")
        return refused("context", said, facts)
    return read_codes(said, codes, expected, facts.context)


def readable(facts: Facts) -> bool:
    """Whether reading that much is expected to take no longer than it may."""
    return FILLED * (facts.context or 0) <= facts.patience * facts.prefill


def read_codes(said: Said, codes: Sequence[str], expected: int | None, claimed: int) -> Finding:
    """``expected``: the tokens that its server should have counted; None where it does not count."""
    read = said.prompt_tokens
    if read is not None and expected is not None and read < UNCUT * expected:
        return Finding(False, f"its server cut a text of about {expected:,} tokens to {read:,}", "cut", read)
    of = f"{read or expected or int(FILLED * claimed):,} tokens, of a context of {claimed:,}"
    if _found(said, codes):
        return Finding(True, f"it found what stood in {of}", tokens=read)
    return Finding(False, f"it did not find what stood in {of}", "lost", read)


def diary(seed: int, length: int) -> tuple[tuple[str, str], str]:
    """Two codes, and a text of about so many characters in which they stand."""
    codes = _code(seed, "lighthouse"), _code(seed, "boathouse")
    notes = [f"Note: the code of the {house} is {code}." for house, code in zip(_HOUSES, codes, strict=True)]
    lines: list[str] = []
    size = 0
    for line in entries(seed & 0xFFFF_FFFF):
        if size + len(line) + _AROUND > length and lines:
            break
        lines.append(line)
        size += len(line) + 1
    lines.insert(min(2, len(lines)), notes[0])
    lines.insert(len(lines) // 2 + 1, notes[1])
    return codes, "\n".join(("Here is the diary of a harbour.", "", *lines, "", _ASKED))


_HOUSES: Final = ("lighthouse", "boathouse")


def _found(said: Said, codes: Sequence[str]) -> bool:
    return all(code in spoken(said.text) for code in codes)


def _code(seed: int, about: str) -> str:
    """Six digits: entries of the diary are counted, and have fewer."""
    return str(100_000 + number(seed, about, 900_000))
