"""From what a board calls a model to the catalog's id and the mode it was measured in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from llmrouter_tui.catalog.sync.reading import Reading
from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.matching import Names

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


class Known:
    """The catalog, asked by name. ``names`` are those of ``entries``, if they are made already."""

    def __init__(self, entries: Mapping[str, Entry], names: Names | None = None) -> None:
        self._entries = entries
        self._names = names or Names(entries)

    def match(self, name: str, kind: str) -> str | None:
        """The id of the entry that the name means."""
        return self._names.match(name, kind).id

    def is_called(self, model: str, name: str) -> bool:
        """Whether the entry has this very name, letter by letter (case aside)."""
        entry = self._entries[model]
        return name.lower() in (alias.lower() for alias in (entry.id, *entry.aliases))

    def entry(self, model: str) -> Entry | None:
        return self._entries.get(model)


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
        said = (match["effort"] or match["glued"] or "").lower()
        if said and effort:
            break  # the other one is part of the name: gpt-5.1-codex-max-high
        rest = rest[: match.start()].rstrip("-_ ")
        effort = effort or said
        if match["off"]:
            thinking = "non_thinking"
        elif match["on"]:
            thinking = thinking or "thinking"
    mode = "_".join(part for part in (thinking, effort) if part)
    return (rest, mode) if mode and rest else (name, "")


def settled(mode: str, entry: Entry | None) -> str | None:
    """A mode as the catalog has it: empty where it is the model's default one, None where the model cannot have it,
    so that the name means another model.

    A thinking model of which the catalog knows no other mode called ``thinking`` thinks by default; one that it knows
    thinking as another mode does not. With efforts it runs at the high one, unless that is another mode as well.
    """
    if entry is None or not mode:
        return mode
    known = entry.modes.keys()
    thinking, effort = _parts(mode)
    if thinking == "thinking" and not entry.thinks:
        return None
    if effort in ALSO_NAMES and not thinking and not known & EFFORTS:
        return None
    if thinking == "thinking" and effort:  # boards differ in whether they say that a model with efforts thinks
        mode = "thinking" if effort == "high" else effort if effort in known else mode
    if mode == "high" and entry.thinks and not known & EFFORTS:
        mode = "thinking"
    if mode in ("thinking", "high") and mode not in known:
        return ""
    if mode == "non_thinking" and mode not in known and "thinking" in known:
        return ""
    return mode


def _parts(mode: str) -> tuple[str, str]:
    for thinking in ("non_thinking", "thinking"):
        if mode.startswith(thinking):
            return thinking, mode.removeprefix(thinking).removeprefix("_")
    return "", mode


def meant(reading: Reading, known: Known) -> Meant | None:
    """The model and mode of a reading; None if no name of it is known."""
    if reading.model is None:
        return None
    if reading.model:
        entry = known.entry(reading.model)
        mode = settled(reading.mode or "", entry) if entry else None
        return None if mode is None else Meant(reading.model, mode, reading.names[0][0])
    for name, kind in reading.names:
        if found := _named(name, kind, reading.mode, known):
            return found
    return None


def _named(name: str, kind: str, told: str | None, known: Known) -> Meant | None:
    """A name that says a mode may be a model of its own (``…-Thinking``). It is, if that model is called exactly so,
    or if the name without the mode is none that could have it."""
    base, mode = split_mode(name) if told is None else (name, told)
    whole = known.match(name, kind)
    bare = whole if base == name else known.match(base, kind)
    had = settled(mode, known.entry(bare)) if bare else None
    if whole and whole != bare and (had is None or known.is_called(whole, name)):
        return Meant(whole, "", name)
    return Meant(bare, had, name) if bare and had is not None else None


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept of the readings, and how many of the source's names have an entry and how many have none."""

    picked: list[tuple[Meant, Reading]]
    matched: int
    unmatched: int


def choose(readings: Iterable[Reading], known: Known) -> Choice:
    """One reading for each model, mode and key: of several the one under the catalog's own name, else the one with
    the most behind it, else the first."""
    best: dict[tuple[str, str, str], tuple[tuple[bool, float], Meant, Reading]] = {}
    asked: dict[object, Meant | None] = {}
    for reading in readings:
        identity = (reading.names, reading.mode)
        if identity not in asked:
            asked[identity] = meant(reading, known)
        found = asked[identity]
        if found is None:
            continue
        rank = (split_mode(found.name)[0].lower() == found.model, reading.weight)
        place = (found.model, found.mode, reading.key)
        if place not in best or rank > best[place][0]:
            best[place] = (rank, found, reading)
    matched = sum(1 for found in asked.values() if found)
    return Choice([(found, reading) for _, found, reading in best.values()], matched, len(asked) - matched)
