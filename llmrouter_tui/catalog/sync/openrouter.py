"""OpenRouter's public exports: benchmarks it runs itself, one row per benchmark, model and provider (CC BY 4.0).

https://openrouter.ai/api/v1/datasets/exports/README.md
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmrouter_tui.catalog.sync.http import Document, SourceError
from llmrouter_tui.catalog.sync.reading import (
    BadRowError,
    Harvest,
    Reading,
    day,
    decoded,
    mapping,
    number,
    slug,
    text,
)
from llmrouter_tui.catalog.sync.source import Request, Session

DATASET: Final = "benchmark-leaderboard"
LARGEST: Final = 16_000_000
LEAST: Final = 10
MOST: Final = 50_000

BENCHMARKS: Final[Mapping[str, str]] = {
    "gpqa": "gpqa_openrouter",
    "gpqa_diamond": "gpqa_openrouter",
    "tau2_airline": "tau2_airline_openrouter",
    "tau2_bench_airline": "tau2_airline_openrouter",
}
"""Keys by what a benchmark is called; they are OpenRouter's own runs, so no other source's keys. Others follow the
same pattern."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "benchmark": ("benchmark", "benchmark_slug", "benchmark_id", "benchmark_name"),
    "model": ("model_permaslug", "model_slug", "model_id", "permaslug", "model", "model_name"),
    "accuracy": ("accuracy",),
    "tasks": ("tasks", "task_count", "total_tasks", "tasks_count", "num_tasks", "n_tasks"),
    "runs": ("runs", "run_count", "total_runs", "num_runs", "n_runs"),
}
"""Under which names a column may come; the documentation names the columns in each file only."""


@dataclass(frozen=True, slots=True)
class _Row:
    benchmark: str
    model: str
    accuracy: float
    weight: float | None


class OpenRouter:
    name = "openrouter"

    def leads(self, session: Session) -> tuple[Request, ...]:
        return (Request(f"{session.endpoints.openrouter}/{DATASET}/latest.json", LARGEST),)

    async def read(self, session: Session, leads: Sequence[Document | None]) -> Harvest:
        document = leads[0] or await session.get(self.leads(session)[0])
        return read_export(document).checked(LEAST)


def read_export(document: Document) -> Harvest:
    """All rows of an export, the providers of a model put together. Raises ``SourceError``."""
    body = decoded(document, "the export")
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) > MOST or body.get("dataset") != DATASET:
        raise SourceError(f"the export is no {DATASET} with rows")
    try:
        as_of = day(body.get("snapshot_date"))
    except BadRowError as bad:
        raise SourceError(f"the export has no usable date: {bad}") from bad
    columns = _columns(body.get("columns"), rows)
    harvest = Harvest(rows=len(rows))
    taken: list[_Row] = []
    for row in rows:
        try:
            taken.append(_row(mapping(row, "a row"), columns))
        except BadRowError as bad:
            harvest.skip(bad)
    harvest.readings = _together(taken, as_of)
    return harvest


def _columns(declared: object, rows: Sequence[Any]) -> dict[str, str]:
    """Which column holds what. Raises ``SourceError`` if one is missing that is needed."""
    names = {c.get("name") for c in declared if isinstance(c, dict)} if isinstance(declared, list) else set()
    names |= set(rows[0]) if rows and isinstance(rows[0], dict) else set()
    found = {what: next((name for name in may if name in names), "") for what, may in COLUMNS.items()}
    missing = [what for what in ("benchmark", "model", "accuracy") if not found[what]]
    if missing:
        raise SourceError(f"the export has no column for {' and '.join(missing)} that is known here")
    return found


def _row(cells: dict[str, Any], columns: Mapping[str, str]) -> _Row:
    model = text(cells, columns["model"])
    accuracy = number(cells.get(columns["accuracy"]), 0.0, 100.0, f"the accuracy of {model}")
    weight = cells.get(columns["tasks"]) or cells.get(columns["runs"])
    return _Row(
        text(cells, columns["benchmark"]),
        model,
        accuracy,
        None if weight is None else number(weight, 0, 1e9, f"the tasks of {model}"),
    )


def _together(rows: Sequence[_Row], as_of: str) -> list[Reading]:
    """One reading per benchmark and model: the mean over providers by the tasks they did, as OpenRouter weighs its
    runs; plain where that is not told. Accuracy comes as a share of 1; a benchmark with a larger figure in percent."""
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.benchmark, row.model), []).append(row)
    percent = {row.benchmark for row in rows if row.accuracy > 1.0}
    readings = []
    for (benchmark, model), parts in groups.items():
        weights = [part.weight or 0.0 for part in parts]
        if not all(weights):
            weights = [1.0] * len(parts)
        mean = sum(w * part.accuracy for w, part in zip(weights, parts, strict=True)) / sum(weights)
        key = BENCHMARKS.get(slug(benchmark), f"{slug(benchmark)}_openrouter")
        value = mean if benchmark in percent else 100 * mean
        readings.append(Reading(((model, "openrouter"),), key, value, as_of, sum(weights)))
    return readings
