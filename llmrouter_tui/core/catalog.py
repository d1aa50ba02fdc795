"""What is publicly known of models: catalog entries, their figures, and the abilities these figures make.

A figure is a published result under one benchmark key; keys of different protocols are never mixed. Each key has fixed
anchors (the result that counts as 0 and as 1) and a weight per category; both are judgement, made once for the whole
catalog, so that old and new models stay comparable. A missing figure is no figure: it never counts as zero.

Anchors alone do not make boards comparable: a model between them on a hard board is better than one at the same place
on an easy one. So each key carries, per category, how its results are brought onto the scale that all boards of that
category share (``Equating``); it was fitted to the figures of models that several boards have.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

EntryKind = Literal["chat", "base", "embedding"]

CATEGORIES_OF: Mapping[str, tuple[str, ...]] = {
    "chat": ("chat",),
    "factual": ("factual",),
    "reasoning": ("reasoning",),
    "math": ("math",),
    "coding": ("coding",),
    "creative": ("creative",),
    "instruction": ("instruction",),
    "extraction": ("instruction", "factual"),
    "translation": ("multilingual",),
    "tools": ("tools",),
    "vision": ("vision",),
}
"""Categories of figures behind each task, and behind the needs that have abilities of their own."""

THINKING, NOT_THINKING = "thinking", "non_thinking"
"""The modes of models that can do both."""
OTHER_MODE = 0.5
"""Weight of figures that were taken in another mode of the model (thinking on, asked with it off); by judgement."""


class Figure(NamedTuple):
    """One published result: ``value`` in the unit of its benchmark key; where it was read and from when it is."""

    key: str
    value: float
    source: str
    as_of: str
    """Year and month, or a day where it is known."""


LOWEST, HIGHEST = 0.03, 0.97
"""Results at an anchor or beyond count as these: no benchmark tells never from always."""


class Equating(NamedTuple):
    """What a place between the anchors of one board is on the scale of its category, as logits: ``shift`` plus
    ``slope`` times its own. A hard board has a positive shift."""

    shift: float
    slope: float
    trust: float = 1.0
    """What a figure counts of its weight, by how much the board has in common with the others."""

    def __call__(self, share: float) -> float:
        bounded = min(HIGHEST, max(LOWEST, share))
        return 1 / (1 + math.exp(-self.shift - self.slope * math.log(bounded / (1 - bounded))))


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark key: what its figures mean."""

    key: str
    title: str
    unit: str
    weights: Mapping[str, float]
    """Weight per category; ``lang:xx`` are languages. Empty for keys that are only shown."""
    low: float = 0.0
    high: float = 100.0
    """The results that count as 0 and as 1."""
    equated: Mapping[str, Equating] = field(default_factory=dict)
    """By category; where there is none, the anchors alone count."""

    def share(self, value: float, category: str = "") -> float:
        """Where a result lies, 0..1: between the anchors, and for a ``category`` on the scale of its boards."""
        between = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        equating = self.equated.get(category)
        return equating(between) if equating else between


Benchmarks = Mapping[str, Benchmark]


@dataclass(frozen=True, slots=True)
class Entry:
    """A model as the catalog knows it. None and empty mean unknown."""

    id: str
    aliases: tuple[str, ...] = ()
    """Exact names under which it is served or published, as written there."""
    kind: EntryKind = "chat"
    specialty: tuple[str, ...] = ()
    hosted: bool = False
    """Only its maker serves it; there are no weights to run."""
    parameters: int | None = None
    active_parameters: int | None = None
    context: int | None = None
    capabilities: frozenset[str] = frozenset()
    released: str = ""
    """Year and month."""
    figures: tuple[Figure, ...] = ()
    """In the mode it runs in by default."""
    modes: Mapping[str, tuple[Figure, ...]] = field(default_factory=dict)
    """Figures of other modes: ``thinking``, ``non_thinking``, or an effort such as ``low``."""

    @property
    def thinks(self) -> bool:
        return "thinking" in self.capabilities


class Ground(NamedTuple):
    """A figure that an ability rests on: where it lies on the scale of its category, and what it weighs."""

    figure: Figure
    share: float
    weight: float


@dataclass(frozen=True, slots=True)
class Standing:
    """An ability as public figures have it: ``mean`` 0..1 and ``strength``, the sum of the weights behind it."""

    mean: float
    strength: float
    grounds: tuple[Ground, ...]
    """Heaviest first."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog knows of a model that somebody hosts."""

    id: str
    standings: Mapping[str, Standing]
    benchmarks: Benchmarks
    kind: EntryKind = "chat"
    parameters: int | None = None
    released: str = ""
    related: bool = False
    """Whether only a relative of the model is listed: other weights, perhaps made from the same."""
    languages: Mapping[str, float] = field(default_factory=dict)
    """By language, logits by which it is better there than it is anyway (``fluency.shifts``)."""
    leanings: frozenset[str] = frozenset()
    """What it is made for (``leanings``)."""
    mode: str = ""
    """The mode that it is run in, and that the figures are of; empty: its usual one."""
    thinks: bool | None = None
    """Whether it thinks before it answers, run so; None where the entry knows of no thinking."""
    modes: Mapping[str, "Known"] = field(default_factory=dict)
    """The same of modes that a request can ask for, where they are others than ``mode``."""
    switchable: bool = False
    """Whether there are figures of it thinking and not thinking: it can do both."""


def known(
    entry: Entry,
    benchmarks: Benchmarks,
    *,
    related: bool = False,
    languages: Mapping[str, float] | None = None,
    mode: str = "",
) -> Known:
    """What an entry says of a model that it is, run in ``mode``, or to which it is ``related``."""
    found, made_for = standings(entry, benchmarks, mode=mode), leanings(entry, mode)
    size, date = entry.parameters, entry.released
    thinks = "reasoner" in made_for if entry.thinks and not related else None
    return Known(entry.id, found, benchmarks, entry.kind, size, date, related, languages or {}, made_for, mode, thinks)


def leanings(entry: Entry, mode: str = "") -> frozenset[str]:
    """What a model run in ``mode`` is made for, beside its size and date: ``coder``, ``math`` and ``reasoner`` (it
    thinks before it answers)."""
    found = {name for special, name in (("code", "coder"), ("math", "math")) if special in entry.specialty}
    if entry.thinks and mode != NOT_THINKING and (mode or THINKING not in entry.modes):
        found.add("reasoner")
    return frozenset(found)


def standings(entry: Entry, benchmarks: Benchmarks, *, mode: str = "") -> Mapping[str, Standing]:
    """The standing per task (and for ``tools`` and ``vision``) of a model run in ``mode``; tasks without figures are
    left out. Extraction is half instruction and half factual, and half as sure where one of them is unknown."""
    found = {}
    for task, categories in CATEGORIES_OF.items():
        if task == "vision" and "vision" not in entry.capabilities:
            continue
        parts = [part for c in categories if (part := standing(entry, benchmarks, c, mode=mode))]
        if parts:
            found[task] = _joined(parts, len(categories))
    return found


def language_standing(entry: Entry, benchmarks: Benchmarks, language: str, *, mode: str = "") -> Standing | None:
    """The standing of a model in one language (``de``), by the figures of that language only."""
    return standing(entry, benchmarks, f"lang:{language}", mode=mode)


def standing(entry: Entry, benchmarks: Benchmarks, category: str, *, mode: str = "") -> Standing | None:
    """The weighted mean of the figures of one category; None where there is none.

    A mode's own figures stand alone; only if there is none do those of the default mode step in, at less weight.
    """
    if grounds := _grounds(entry, entry.modes.get(mode, ()), benchmarks, category):
        return _standing(grounds)
    return _standing(_grounds(entry, entry.figures, benchmarks, category, OTHER_MODE if mode else 1.0))


def counts(entry: Entry, key: str) -> bool:
    """Whether a figure says anything of this model. The Open LLM Leaderboard scored by the likelihood of the next
    token (keys ``*_ollb``, ``musr``), which is no measure of models that think first."""
    return not (entry.thinks and (key.endswith("_ollb") or key == "musr"))


def _grounds(
    entry: Entry, figures: Iterable[Figure], benchmarks: Benchmarks, category: str, scale: float = 1.0
) -> tuple[Ground, ...]:
    found = []
    for figure in figures:
        benchmark = benchmarks.get(figure.key)
        weight = benchmark.weights.get(category, 0.0) if benchmark else 0.0
        if benchmark and weight and counts(entry, figure.key):
            weight *= benchmark.equated[category].trust if category in benchmark.equated else 1.0
            found.append(Ground(figure, benchmark.share(figure.value, category), weight * scale))
    return tuple(sorted(found, key=lambda g: (-g.weight, g.figure.key)))


def _standing(grounds: Sequence[Ground]) -> Standing | None:
    strength = sum(g.weight for g in grounds)
    if not strength:
        return None
    return Standing(sum(g.share * g.weight for g in grounds) / strength, strength, tuple(grounds))


def _joined(parts: Sequence[Standing], of: int) -> Standing:
    """The plain mean of the categories that are known; each unknown one takes its part of the strength away."""
    grounds = sorted((g for p in parts for g in p.grounds), key=lambda g: (-g.weight, g.figure.key))
    return Standing(sum(p.mean for p in parts) / len(parts), sum(p.strength for p in parts) / of, tuple(grounds))
