"""What is publicly known of one model, to be read: who it is, and per task each figure with its source and date.

Screens and the command line tell it from here, each in its own columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llmrouter_tui.core.catalog import Benchmark, Benchmarks, Entry, Standing, standings
from llmrouter_tui.core.domain import CatalogMatch
from llmrouter_tui.core.modes import mode_words
from llmrouter_tui.core.sync import BY_KEY, SOURCES

_OF_A_KEY = frozenset(SOURCES[source] for source in BY_KEY)
"""Labels of figures that were fetched with the user's own key."""

OWN = "not counted, for your eyes only"
"""Heads the figures that were fetched with the user's key."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A catalog entry in a line, to choose from."""

    id: str
    kind: str = "chat"
    parameters: int | None = None
    released: str = ""
    hosted: bool = False
    figures: int = 0

    @property
    def about(self) -> str:
        """``8.2B, 2025-04, 31 figures``"""
        return ", ".join(
            filter(
                None,
                (
                    _billions(self.parameters),
                    "" if self.kind == "chat" else self.kind,
                    "hosted" if self.hosted else "",
                    self.released,
                    f"{self.figures or 'no'} figure{'' if self.figures == 1 else 's'}",
                ),
            )
        )


@dataclass(frozen=True, slots=True)
class Told:
    """One figure, and what it counts."""

    title: str
    value: float
    unit: str
    """``%``, or empty for points of its own kind."""
    share: float
    """Where it lies on the scale of its category, 0..1."""
    weight: float
    as_of: str
    source: str

    @property
    def result(self) -> str:
        return f"{self.value:.4g}{self.unit}"


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """What public figures say of a task (or of ``tools`` or ``vision``): their weighted mean, and each of them."""

    task: str
    mean: float
    strength: float
    figures: tuple[Told, ...]
    """The heaviest first."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One entry of the catalog with its figures."""

    id: str
    about: str
    """Size, context, abilities and release, in a line."""
    tasks: tuple[TaskFigures, ...] = ()
    own: tuple[Told, ...] = ()
    """Figures fetched with the user's key: in no ability, and not to be told to others."""
    modes: Mapping[str, tuple[TaskFigures, ...]] = field(default_factory=dict)
    """The same as ``tasks`` for the modes that it can be run in beside its usual one."""

    def run_in(self, mode: str) -> "Dossier":
        """The same of the model run in ``mode``."""
        return replace(self, tasks=self.modes[mode]) if mode in self.modes else self


def listed(entry: Entry) -> Listed:
    """An entry as a line to choose."""
    e = entry
    return Listed(e.id, e.kind, e.parameters, e.released, e.hosted, len(e.figures))


def dossier(entry: Entry, benchmarks: Benchmarks) -> Dossier:
    """All that the catalog has of an entry."""
    own = (f for f in entry.figures if f.source in _OF_A_KEY)
    return Dossier(
        entry.id,
        _about(entry),
        _tasks(entry, benchmarks),
        tuple(Told(_title(benchmarks, f.key), f.value, _unit(benchmarks, f.key), 0, 0, f.as_of, f.source) for f in own),
        {mode: _tasks(entry, benchmarks, mode) for mode in entry.modes},
    )


def _tasks(entry: Entry, benchmarks: Benchmarks, mode: str = "") -> tuple[TaskFigures, ...]:
    found = standings(entry, benchmarks, mode=mode)
    return tuple(_of_task(task, one, benchmarks) for task, one in found.items())


def match_words(match: CatalogMatch) -> str:
    """Which entry a model is taken for, and why, in words."""
    if not match.by_user:
        return _by_name(match)
    automatic = match.id if match.kind in ("alias", "grammar") else f"near {match.id}" if match.id else "none"
    run = f", {mode_words(match.mode)}" if match.mode else ""
    return f"{match.chosen or 'none'}{run}, by you (by its name: {automatic})"


def _by_name(match: CatalogMatch) -> str:
    if match.own:
        return f"{match.own} ({match.how})" + (f", {mode_words(match.mode)}" if match.mode else "")
    if match.near:
        return f"none of its own, only a weak guess from {match.near}, the nearest"
    return "none: its name is in no catalog"


def _of_task(task: str, found: Standing, benchmarks: Benchmarks) -> TaskFigures:
    told = (
        Told(_title(benchmarks, f.key), f.value, _unit(benchmarks, f.key), g.share, g.weight, f.as_of, f.source)
        for g in found.grounds
        for f in (g.figure,)
    )
    return TaskFigures(task, found.mean, found.strength, tuple(told))


def _title(benchmarks: Mapping[str, Benchmark], key: str) -> str:
    return benchmarks[key].title if key in benchmarks else key


def _unit(benchmarks: Mapping[str, Benchmark], key: str) -> str:
    return "%" if key in benchmarks and benchmarks[key].unit == "pct" else ""


def _about(entry: Entry) -> str:
    size, active = _billions(entry.parameters), _billions(entry.active_parameters)
    facts = (
        f"{size} parameters" if size else "size unknown",
        f"{active} active" if active else "",
        f"context {entry.context}" if entry.context else "",
        ", ".join(sorted(entry.capabilities)),
        f"released {entry.released}" if entry.released else "",
        f"figures also for: {', '.join(entry.modes)}" if entry.modes else "",
    )
    return " · ".join(filter(None, facts))


def _billions(count: int | None) -> str:
    return f"{count / 1e9:.3g}B" if count else ""
