"""Public figures fetched later than the shipped ones: what was fetched, how it went, what is due, and how the two join.

Fetched figures never displace figures of another protocol: they meet the shipped ones under the same key only, and
each keeps its source and its date.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from llmrouter_tui.core.catalog import Benchmark, Entry, Figure

SOURCES: Final[Mapping[str, str]] = {
    "lmarena": "LMArena",
    "openrouter": "OpenRouter",
    "livebench": "LiveBench",
    "models.dev": "maker, by models.dev",
    "artificial-analysis": "Artificial Analysis",
}
"""The sources that can be synced, in the order in which they are asked, and what their figures are labelled with."""

BY_KEY: Final = frozenset({"artificial-analysis"})
"""Sources that are asked only with a key of the user's own. Their terms forbid passing the figures on: they stay in
this database and belong in no export."""

BOARDS: Final = frozenset({"lmarena", "livebench", "openrouter", "artificial-analysis"})
"""Sources that measure by themselves; the others repeat what makers say, which only fills gaps."""

FACT: Final = "fact_"
"""Begins the keys that hold a property of the model (``fact_context`` in tokens, switches as 0 and 1), no result."""

DAY: Final = 86_400.0
FIRST_RETRY: Final = 3_600.0
"""Seconds until a source that failed is asked again by the schedule; doubled by each failure, up to a day."""


def title(source: str) -> str:
    """What a source itself is called."""
    return SOURCES.get(source, source).removeprefix("maker, by ")


Status = Literal["ok", "unchanged", "failed", "offline", "cancelled"]


@dataclass(frozen=True, slots=True)
class SyncedFigure:
    """A figure of one model as fetched: one per model, mode, key and source."""

    model: str
    """Its id in the catalog."""
    key: str
    value: float
    source: str
    """One of ``SOURCES``."""
    as_of: str
    """The day the source dates it; the day of fetching where it does not."""
    retrieved_at: float
    mode: str = ""
    """Empty for the mode that the model runs in by default, else ``thinking``, ``non_thinking``, ``low``, …"""
    name: str = ""
    """What the source calls the model."""


@dataclass(frozen=True, slots=True)
class Validator:
    """What a server said of a document's version, to ask later whether it changed."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One run for one source. ``matched`` and ``unmatched`` count names, ``rows`` what the source listed."""

    source: str
    started: float
    finished: float
    status: Status
    rows: int = 0
    skipped: int = 0
    """Rows that were not as they should be."""
    figures: int = 0
    """Figures stored."""
    matched: int = 0
    unmatched: int = 0
    as_of: str = ""
    message: str = ""
    """What happened, in words; empty when all went well."""
    validators: tuple[Validator, ...] = ()
    stamp: str = ""
    """Which catalog the names were matched with: with another one an unchanged document is read again."""

    @property
    def good(self) -> bool:
        """Whether the figures in the database are those of the source at that time."""
        return self.status in ("ok", "unchanged")


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a source is. ``pages`` and ``size`` (bytes) count what arrived; ``of`` is 0 while unknown."""

    source: str
    state: Literal["fetching", "waiting", "storing", "done"]
    pages: int = 0
    of: int = 0
    size: int = 0
    rows: int = 0
    message: str = ""
    record: SyncRecord | None = None
    """The outcome, once ``done``."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source for a screen: whom it is, how it went, how far it is."""

    name: str
    host: str = ""
    """Whom a sync of it contacts."""
    why_not: str = ""
    """Why it is not asked, in words; empty when it can be."""
    last: SyncRecord | None = None
    """Its newest run."""
    good: SyncRecord | None = None
    """The newest run after which the figures here were those of the source."""
    progress: SyncProgress | None = None
    """Its part of the run that is under way; None before its turn."""

    @property
    def title(self) -> str:
        return title(self.name)


@dataclass(frozen=True, slots=True)
class SyncView:
    """Where fetching public figures stands."""

    sources: tuple[SourceView, ...] = ()
    asking: tuple[str, ...] = ()
    """The sources of the run that is under way, in their order; empty when there is none."""
    daily: bool = False
    next_at: float | None = None
    """When the schedule asks again; None without one."""
    refused: str = ""
    """Why nothing is ever fetched here, in words."""

    @property
    def running(self) -> bool:
        return bool(self.asking)

    @property
    def now(self) -> SourceView | None:
        """The source that is being asked."""
        under_way = (s for s in self.sources if s.progress is not None and s.progress.state != "done")
        return next(under_way, None)


def so_far(progress: SyncProgress) -> str:
    """How far a source is: ``fetching 3 of 16, 1.2 MB``, ``waiting: it answered 503``."""
    part = f" {progress.pages} of {progress.of}" if progress.of else ""
    size = f", {progress.size / 1e6:.1f} MB" if progress.size else ""
    why = f": {progress.message}" if progress.message else ""
    return f"{progress.state}{part}{size}{why}"


def outcome(record: SyncRecord) -> str:
    """How a run of one source went, in words: ``3,412 figures of 2026-10-02, 245 of 402 names known here``."""
    if not record.good:
        return record.message
    figures = f"{record.figures:,} figure{'s' if record.figures != 1 else ''} of {record.as_of}"
    said = f"{figures}, {record.matched} of {record.matched + record.unmatched} names known here"
    return f"{said} ({record.message})" if record.message and record.status == "ok" else said


def due(history: Iterable[SyncRecord], sources: Iterable[str], now: float, since: float = 0.0) -> tuple[str, ...]:
    """The sources to ask now by a daily schedule that the user began at ``since``: a day after they answered, sooner
    after a failure; failures before ``since`` count as one. Newest first in ``history``; a time in the future (the
    clock was set back) counts as now."""
    runs = _by_source(history)
    return tuple(source for source in sources if now >= _next(runs.get(source, []), now, since))


def next_due(history: Iterable[SyncRecord], sources: Iterable[str], now: float, since: float = 0.0) -> float | None:
    """When the first of these sources is due, not before ``now``; None where there is none."""
    runs = _by_source(history)
    return min((max(now, _next(runs.get(source, []), now, since)) for source in sources), default=None)


def _by_source(history: Iterable[SyncRecord]) -> dict[str, list[SyncRecord]]:
    runs: dict[str, list[SyncRecord]] = {}
    for record in history:
        runs.setdefault(record.source, []).append(record)
    return runs


def _next(newest_first: Sequence[SyncRecord], now: float, since: float) -> float:
    failures = 0
    for record in newest_first:
        if record.good:
            break
        failures += not failures or record.finished >= since
    if not newest_first:
        return now
    wait = min(DAY, FIRST_RETRY * 2 ** min(failures - 1, 10)) if failures else DAY
    return min(newest_first[0].finished, now) + wait


# ── joining ─────────────────────────────────────────────────────────────────────────────────────────────────────


def joined(entry: Entry, fetched: Iterable[SyncedFigure]) -> Entry:
    """The entry with what was fetched of it. Under the same key a board's newer figure takes the place of an older
    one; what makers say only fills gaps, and so do properties."""
    modes: dict[str, dict[str, Figure]] = {"": {figure.key: figure for figure in entry.figures}}
    modes |= {mode: {figure.key: figure for figure in figures} for mode, figures in entry.modes.items()}
    facts: dict[str, float] = {}
    for one in fetched:
        if one.key.startswith(FACT):
            facts.setdefault(one.key, one.value)
        else:
            _take(modes.setdefault(one.mode, {}), one)
    known = replace(
        entry,
        figures=tuple(modes.pop("").values()),
        modes={mode: tuple(figures.values()) for mode, figures in modes.items()},
    )
    return _with_facts(known, facts)


def _take(figures: dict[str, Figure], one: SyncedFigure) -> None:
    known = figures.get(one.key)
    if known is None or (one.source in BOARDS and known.as_of <= one.as_of):
        figures[one.key] = Figure(one.key, one.value, SOURCES.get(one.source, one.source), one.as_of)


def _with_facts(entry: Entry, facts: Mapping[str, float]) -> Entry:
    context = facts.get("fact_context")
    seen = {name for name in ("vision", "tools", "thinking") if facts.get(FACT + name)}
    return replace(
        entry,
        context=entry.context if entry.context is not None or context is None else int(context),
        # The catalog was checked by hand; only of hosted models does it know less than those who list them.
        capabilities=entry.capabilities | seen if entry.hosted else entry.capabilities,
    )


LIKE: Final[Mapping[str, str]] = {
    "gpqa_openrouter": "gpqa",
    "tau2_airline_openrouter": "tau2_airline",
    "livebench_2026_06": "livebench_2026_01",
}
"""Keys that only a sync brings, and the shipped ones whose anchors and weights they take: the same questions put by
someone else, and an edition (with its categories) of the same kind of questions."""


def anchored(benchmarks: Mapping[str, Benchmark]) -> dict[str, Benchmark]:
    """The shipped benchmark keys, and those added that only a sync brings."""
    extended = dict(benchmarks)
    for new, old in LIKE.items():
        for key, benchmark in benchmarks.items():
            if key == old or (old.startswith("livebench_") and key.startswith(f"{old}_")):
                name = new + key.removeprefix(old)
                extended.setdefault(name, replace(benchmark, key=name))
    return extended
