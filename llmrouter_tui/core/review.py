"""Whether the router is right: what was said of answers, against what was expected of them when decided. Pure.

A mark is what somebody said of one answer, 0 bad to 1 good: the user's rating, else the grade of a judge that is
believed. It is compared with the quality that the decision of that very exchange predicted for the model that answered.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["not rated", "not compared", "too few to tell", "no surprise", "worse", "better"]

DAY = 86_400.0
SPAN = 30 * DAY
"""Seconds that a review looks back over when nobody says otherwise."""
UNITS: Mapping[str, float] = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY, "w": 7 * DAY}

GOOD = 0.5
"""A mark above it says that the answer was good, one below that it was bad."""
MARGIN = math.sqrt(math.log(2 / 0.05) / 2)
"""Times 1 / √n: what chance makes of the mean of n marks between 0 and 1 in one case of twenty at most, however they
are spread (Hoeffding's inequality)."""
FEW = 16
"""Compared marks below which nothing is called unsurprising: they leave a margin of more than a third."""
KNOWN = 3
"""Marks on a task after which a model is known well enough to have been a better choice."""
BANDS = (0.5, 0.7, 0.85)
"""Edges between the bands of expectation by which calibration is told; most expectations lie above .5."""


# ── facts in ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Mark:
    """What was said of one answer, and what the decision of its day expected."""

    exchange_id: str
    task: str
    model: str
    """The model that answered."""
    seen: float
    """0 bad .. 1 good"""
    expected: float | None = None
    """Predicted quality of that model; None where the decision is not kept, or did not rank it."""
    routed: bool = True
    """Whether the router chose; False where the client named the model."""
    others: tuple[str, ...] = ()
    """The other candidates, best first. Needed of bad answers only."""
    by: str = ""
    """The judge that gave it; empty for the user."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit log says of a time."""

    answered: Mapping[tuple[str, str], int]
    """(task, model) → exchanges that it answered, rated or not."""
    marks: Sequence[Mark]
    """The user's before those of judges, each newest first; one for an answer."""
    cut: bool = False
    """Whether there are older marks that were not read."""


# ── facts out ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Regret:
    """A model that could have been chosen instead of one whose answers were bad, and is better rated on that task."""

    instead: str
    times: int
    """Bad answers where it was the best of the better-rated candidates."""
    seen: float
    """Mean of its own marks on the task."""
    rated: int
    by: float
    """Its mean less that of the chosen one; above 0."""
    exchange_id: str
    """The newest of these exchanges."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Marks beside expectations."""

    count: int = 0
    expected: float = 0.0
    """Mean of what was expected of them."""
    seen: float = 0.0
    """Mean of the same marks."""
    difference: float = 0.0
    """Seen less expected: below 0 where they were worse."""
    margin: float = 1.0
    """What chance alone may make of the difference, see ``MARGIN``."""
    surprise: float = 0.0
    """What is left of the difference beyond its margin, with its sign; 0 while chance may explain it."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How one model did on one task."""

    task: str
    """Empty where no decision told it."""
    model: str
    answered: int
    rated: int = 0
    good: int = 0
    seen: float | None = None
    """Mean of all its marks; None without any."""
    compared: Comparison = Comparison()
    """The marks whose expectation is known."""
    regrets: tuple[Regret, ...] = ()
    """The most regretted first."""

    verdict: Verdict = "not rated"


@dataclass(frozen=True, slots=True)
class Review:
    """The whole of it."""

    span: float | None
    """Seconds looked back over; None for all that is kept."""
    answered: int
    rated: int
    chosen: int
    """Rated answers of models that the router chose."""
    right: int
    """Those of them that were good."""
    regretted: int
    """Bad ones of them for which a better-rated model was a candidate."""
    compared: Comparison
    bands: tuple[Comparison, ...]
    """The same by expectation, low to high; empty bands are left out."""
    rows: tuple[Reviewed, ...]
    """Surprises first, then what is farthest from expectation for its number of marks, then what is not rated."""
    cut: bool = False
    """Whether there are older ratings that were not looked at."""
    graded: int = 0
    """Of the rated answers those that a judge marked, not the user."""

    def of(self, model: str) -> list[Reviewed]:
        """The rows of one model, most used first."""
        return sorted((row for row in self.rows if row.model == model), key=lambda row: (-row.answered, row.task))


# ── the review ────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_span(said: str) -> float | None:
    """Seconds of ``7d``, ``12h``, ``90m``, ``2w``; None for ``all``. Raises ``ValueError`` in words."""
    plain = said.strip().lower()
    if plain == "all":
        return None
    number, unit = plain[:-1], UNITS.get(plain[-1:])
    if unit is None or not number.isascii() or not number.isdecimal() or not 0 < int(number) * unit < 1e10:
        raise ValueError(f"{said!r} is no span of time: write 7d, 12h, 90m, 2w, or all")
    return int(number) * unit


def routed(requested: str) -> bool:
    """Whether a request for this model left the choice to the router."""
    return requested.strip().lower().partition(":")[0] in ("", "auto")


def said_span(span: float | None) -> str:
    """As ``parse_span`` reads it: ``7d``; rounded to whole seconds."""
    if span is None:
        return "all"
    seconds = max(1, round(span))
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % UNITS[unit] == 0)
    return f"{seconds // round(UNITS[unit])}{unit}"


def review(audit: Audit, span: float | None = None) -> Review:
    """What the marks of a time say of the choices then."""
    by_pair: defaultdict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in audit.marks:
        by_pair[mark.task, mark.model].append(mark)
    means = {pair: (math.fsum(m.seen for m in marks) / len(marks), len(marks)) for pair, marks in by_pair.items()}
    rows = [
        _row(pair, audit.answered.get(pair, 0), by_pair.get(pair, ()), means)
        for pair in sorted({*audit.answered, *by_pair})
    ]
    chosen = [mark for mark in audit.marks if mark.routed]
    return Review(
        span=span,
        answered=sum(row.answered for row in rows),
        rated=len(audit.marks),
        chosen=len(chosen),
        right=sum(mark.seen > GOOD for mark in chosen),
        regretted=sum(regret.times for row in rows for regret in row.regrets),
        compared=_compare(audit.marks),
        bands=_bands(audit.marks),
        rows=tuple(sorted(rows, key=_most_surprising)),
        cut=audit.cut,
        graded=sum(bool(mark.by) for mark in audit.marks),
    )


def _row(
    pair: tuple[str, str], answered: int, marks: Sequence[Mark], means: Mapping[tuple[str, str], tuple[float, int]]
) -> Reviewed:
    task, model = pair
    if not marks:
        return Reviewed(task, model, answered)
    compared = _compare(marks)
    return Reviewed(
        task,
        model,
        # Somebody may rate while the log is read, so a mark can be of an exchange that was not counted.
        max(answered, len(marks)),
        rated=len(marks),
        good=sum(mark.seen > GOOD for mark in marks),
        seen=means[pair][0],
        compared=compared,
        regrets=_regrets(marks, means),
        verdict=_verdict(compared),
    )


def _verdict(compared: Comparison) -> Verdict:
    if not compared.count:
        return "not compared"
    if compared.surprise:
        return "worse" if compared.surprise < 0 else "better"
    return "too few to tell" if compared.count < FEW else "no surprise"


def _regrets(marks: Sequence[Mark], means: Mapping[tuple[str, str], tuple[float, int]]) -> tuple[Regret, ...]:
    """Of each bad choice the best-rated candidate, where it is known and better than the chosen one."""
    missed: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        if not mark.routed or mark.seen >= GOOD:
            continue
        known = [
            (means[mark.task, other][0], other)
            for other in mark.others
            if means.get((mark.task, other), (0.0, 0))[1] >= KNOWN and not _replicas(other, mark.model)
        ]
        best = max(known, default=(0.0, ""))
        if best[0] > means[mark.task, mark.model][0]:
            missed[best[1]].append(mark)
    regrets = []
    for other, bad in missed.items():
        seen, rated = means[bad[0].task, other]
        newest = max(mark.exchange_id for mark in bad)
        regrets.append(Regret(other, len(bad), seen, rated, seen - means[bad[0].task, bad[0].model][0], newest))
    return tuple(sorted(regrets, key=lambda regret: (-regret.times * regret.by, regret.instead)))


def _replicas(one: str, other: str) -> bool:
    """Whether two ids are the same model on two backends: its answers are no better there."""
    return one.partition("/")[2] == other.partition("/")[2]


def _compare(marks: Sequence[Mark]) -> Comparison:
    pairs = [(mark.expected, mark.seen) for mark in marks if mark.expected is not None]
    if not pairs:
        return Comparison()
    count = len(pairs)
    expected, seen = math.fsum(e for e, _ in pairs) / count, math.fsum(s for _, s in pairs) / count
    difference, margin = seen - expected, min(1.0, MARGIN / math.sqrt(count))
    surprise = math.copysign(max(0.0, abs(difference) - margin), difference)
    return Comparison(count, expected, seen, difference, margin, surprise)


def _bands(marks: Sequence[Mark]) -> tuple[Comparison, ...]:
    sorted_in: list[list[Mark]] = [[] for _ in range(len(BANDS) + 1)]
    for mark in marks:
        if mark.expected is not None:
            sorted_in[sum(mark.expected >= edge for edge in BANDS)].append(mark)
    return tuple(_compare(band) for band in sorted_in if band)


def _most_surprising(row: Reviewed) -> tuple[object, ...]:
    compared = row.compared
    return (
        -abs(compared.surprise),
        -abs(compared.difference) / compared.margin if compared.count else 0.0,
        -row.rated,
        -row.answered,
        row.task,
        row.model,
    )
