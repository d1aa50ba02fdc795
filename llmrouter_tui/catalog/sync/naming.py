"""From what a board calls a model to the catalog's id and the mode it was measured in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from llmrouter_tui.catalog.sync.reading import Reading
from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.matching import Names
from llmrouter_tui.core.modes import settled, split_mode


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
