"""From what a board calls a model to the catalog's id and the mode it was measured in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from llmrouter_tui.catalog.sync.reading import Reading
from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.ports import Names

EFFORTS: Final = frozenset({"minimal", "low", "medium", "high", "xhigh", "max"})
ALSO_NAMES: Final = frozenset({"low", "medium", "max"})
"""Efforts that also end the names of models (``mistral-medium``, ``qwen3-max``): taken for an effort only of a model
that is known to have efforts."""

_EFFORT = "minimal|low|medium|high|xhigh|max"
_TAIL = re.compile(
    r"(?:[-_ ]\(?|\()(?:"
    r"(?P<off>no-?thinking|non-?reasoning|thinking-off)"
    r"|(?P<on>thinking-auto|thinking|reasoning)"
    rf"|(?P<glued>{_EFFORT})thinking"
    rf"|(?P<effort>{_EFFORT})(?:-effort)?"
    r"|(?P<budget>\d{1,3}k)"
    r")\)?$",
    re.I,
)
_BOTH = re.compile(rf" ?\((thinking|reasoning)-({_EFFORT})\)$", re.I)


@dataclass(frozen=True, slots=True)
class Meant:
    """The catalog's model, its mode (empty: as it runs by default) and the name that told."""

    model: str
    mode: str
    name: str


def split_mode(name: str) -> tuple[str, str]:
    """The name without what it says of the mode at its end, and that mode: ``…-thinking-32k`` is ``thinking``,
    ``…-high`` an effort, both together ``thinking_high``. Empty where it says nothing."""
    rest = _BOTH.sub(r"-\1-\2", name)
    thinking = effort = ""
    while match := _TAIL.search(rest):
        rest = rest[: match.start()].rstrip("-_ ")
        if match["off"]:
            thinking = "non_thinking"
        elif match["on"]:
            thinking = thinking or "thinking"
        elif said := match["effort"] or match["glued"]:
            effort = effort or said.lower()
    mode = "_".join(part for part in (thinking, effort) if part)
    return (rest, mode) if mode and rest else (name, "")


def settled(mode: str, entry: Entry | None) -> str | None:
    """A mode as the catalog has it: empty where it is the model's default one, None where the model cannot have it,
    so that the name means another model.

    A model that the catalog knows without thinking as *another* mode thinks by default, and the other way round; one
    of which it knows other efforts but not the high one runs at the high one.
    """
    if entry is None or not mode:
        return mode
    known = entry.modes.keys()
    thinking, effort = _parts(mode)
    if thinking == "thinking" and not entry.thinks:
        return None
    if effort in ALSO_NAMES and not thinking and not known & EFFORTS:
        return None
    if thinking == "thinking" and effort:
        # Boards differ in whether they say that a model with efforts thinks.
        mode = "thinking" if "thinking" in known and effort == "high" else effort if effort in known else mode
    if mode in ("thinking", "non_thinking") and mode not in known and {"thinking", "non_thinking"} & known:
        return ""
    if mode == "high" and "high" not in known and EFFORTS & known:
        return ""
    return mode


def _parts(mode: str) -> tuple[str, str]:
    for thinking in ("non_thinking", "thinking"):
        if mode.startswith(thinking):
            return thinking, mode.removeprefix(thinking).removeprefix("_")
    return "", mode


def meant(reading: Reading, names: Names) -> Meant | None:
    """The model and mode of a reading; None if no name of it is known."""
    if reading.model is None:
        return None
    if reading.model:
        entry = names.entry(reading.model)
        mode = settled(reading.mode or "", entry) if entry else None
        return None if mode is None else Meant(reading.model, mode, reading.names[0][0])
    for name, kind in reading.names:
        if found := _named(name, kind, reading.mode, names):
            return found
    return None


def _named(name: str, kind: str, told: str | None, names: Names) -> Meant | None:
    """A name that says a mode may be a model of its own (``…-Thinking``): the whole name goes first where it means
    another model than the name without it."""
    base, mode = split_mode(name) if told is None else (name, told)
    whole = names.match(name, kind)
    bare = whole if base == name else names.match(base, kind)
    if whole and whole != bare:
        return Meant(whole, "", name)
    if bare is None:
        return None
    known = settled(mode, names.entry(bare))
    return None if known is None else Meant(bare, known, name)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept of the readings, and how many of the source's names have an entry and how many have none."""

    picked: list[tuple[Meant, Reading]]
    matched: int
    unmatched: int


def choose(readings: Iterable[Reading], names: Names) -> Choice:
    """One reading for each model, mode and key: of several the one under the catalog's own name, else the one with
    the most behind it, else the first."""
    best: dict[tuple[str, str, str], tuple[tuple[bool, float], Meant, Reading]] = {}
    known: dict[object, Meant | None] = {}
    for reading in readings:
        identity = (reading.names, reading.mode)
        if identity not in known:
            known[identity] = meant(reading, names)
        found = known[identity]
        if found is None:
            continue
        rank = (split_mode(found.name)[0].lower() == found.model, reading.weight)
        place = (found.model, found.mode, reading.key)
        if place not in best or rank > best[place][0]:
            best[place] = (rank, found, reading)
    matched = sum(1 for found in known.values() if found)
    return Choice([(found, reading) for _, found, reading in best.values()], matched, len(known) - matched)
