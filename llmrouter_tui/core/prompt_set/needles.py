"""Needles: three codes hidden in the diary of a harbour that is as long as a context is to be tried.

The diary is made by rule and is the same at each call, so that nothing long is shipped and results can be compared.
"""

from collections.abc import Iterator
from functools import lru_cache

from llmrouter_tui.core.prompts import Prompt, Terms

CONTEXTS = (2048, 8192, 32768)
"""Tokens of context that are tried."""
FILLED = 0.86
"""Share of the context that the prompt takes; the rest is for the answer, the template and a model whose vocabulary
takes more tokens."""
CHARACTERS_PER_TOKEN = 3.4
"""Of the diary; counted, SmolLM2's vocabulary takes one token for 3.55 to 3.64 of its characters and Gemma 3's one for
3.75 to 3.86, so that other vocabularies have some room."""

_SHIPS = (
    *("Larkspur", "Meridian", "Old Constance", "Grey Heron", "Sabina", "Tern", "Halcyon", "Northern Light"),
    *("Osprey", "Felicity", "Brigid", "Wanderer", "Cormorant"),
)
_DOINGS = ("brought", "took on", "unloaded", "waited for", "refused", "was promised", "weighed again")
_GOODS = (
    *("slate from the hills", "dried apples", "two bells for the church", "coils of rope", "window glass"),
    *("barrels of herring", "a piano", "seed potatoes", "oak planks", "lamp oil", "bales of wool"),
)
_PEOPLE = (
    *("the pilot", "the harbour master", "the woman from the customs", "a boy with a drum", "the cook's brother"),
    *("the new clerk", "an old diver", "the keeper of the crane"),
)
_REMARKS = (
    "said that the wind would turn before night",
    "counted everything twice and was content",
    "asked for a receipt and got none",
    "told a long story about an earlier winter",
    "slept through the whole of it",
    "wrote a complaint and tore it up again",
    "wanted to know what the fuss was about",
    "had bread and cheese on the wall",
)
_GATES = ("red", "green", "blue")
_DECOYS = ("yellow", "white")
_PLACES = (0.12, 0.48, 0.88)
"""Where in the diary the codes that are asked for stand."""
_DECOY_PLACES = (0.3, 0.7)
_DIFFICULTY = {2048: 0.3, 8192: 0.45, 32768: 0.62}
_ASK = "What are the codes of the red, the green and the blue gate, in this order? Answer with the three codes only."


@lru_cache(maxsize=len(CONTEXTS))
def needle(context: int) -> Prompt:
    """The prompt that fills a context of so many tokens."""
    codes = {gate: _code(context, at) for at, gate in enumerate((*_GATES, *_DECOYS))}
    asked = tuple((codes[gate],) for gate in _GATES)
    return Prompt(
        f"needle-{context // 1024}k",
        "extraction",
        _DIFFICULTY.get(context, 0.6),
        (f"Here is the diary of a harbour.\n\n{_diary(context, codes)}\n\n{_ASK}",),
        Terms(asked, tuple(codes[gate] for gate in _DECOYS)),
        80,
        needs=frozenset({"context"}),
        context=context,
    )


def _diary(context: int, codes: dict[str, str]) -> str:
    room = int(context * FILLED * CHARACTERS_PER_TOKEN) - len(_ASK) - 60
    places = dict(zip(_GATES, _PLACES, strict=True)) | dict(zip(_DECOYS, _DECOY_PLACES, strict=True))
    notes = sorted((place * room, gate) for gate, place in places.items())
    parts: list[str] = []
    length = 0
    for entry in entries(context):
        while notes and length >= notes[0][0]:
            gate = notes.pop(0)[1]
            parts.append(f"Note of the harbour master: from today on the code of the {gate} gate is {codes[gate]}.")
            length += len(parts[-1]) + 1
        if length + len(entry) > room:
            break
        parts.append(entry)
        length += len(entry) + 1
    return "\n".join(parts)


def entries(seed: int) -> Iterator[str]:
    """Entries of the diary, without end, each from the numbers of a small generator (multiplier and increment from
    Numerical Recipes, 2nd ed., section 7.1)."""
    state = seed
    number = 0
    while True:
        number += 1
        picks: list[int] = []
        for _ in range(6):
            state = (state * 1664525 + 1013904223) % 2**32
            picks.append(state >> 12)
        ship, doing, goods = _of(_SHIPS, picks[0]), _of(_DOINGS, picks[1]), _of(_GOODS, picks[2])
        person, remark, quay = _of(_PEOPLE, picks[3]), _of(_REMARKS, picks[4]), 1 + picks[5] % 9
        yield f"Entry {number}: the {ship} lay at quay {quay} and {doing} {goods}; {person} {remark}."


def _of(texts: tuple[str, ...], pick: int) -> str:
    return texts[pick % len(texts)]


def _code(context: int, at: int) -> str:
    """Four digits that no entry holds, because quays have one and entries are counted from 1 (up to three)."""
    return str(1000 + (context * 7919 + (at + 1) * 104729) % 9000)
