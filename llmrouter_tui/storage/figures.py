"""Public figures that were fetched, and the runs that fetched them, to rows and back."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from peewee import SqliteDatabase

from llmrouter_tui.core.sync import SyncedFigure, SyncRecord, Validator
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.tables import BenchmarkSync, ModelBenchmark
from llmrouter_tui.storage.transaction import raw

KEPT_RUNS: Final = 50
"""Runs kept of each source; a daily schedule fills that in seven weeks."""

_FIGURE_COLUMNS: Final = tuple(ModelBenchmark._meta.sorted_field_names)
_INSERT: Final = (
    f"INSERT INTO model_benchmark ({', '.join(_FIGURE_COLUMNS)}) VALUES ({', '.join('?' * len(_FIGURE_COLUMNS))})"
)
_PLAIN: Final = tuple(name for name in SyncRecord.__dataclass_fields__ if name != "validators")
_VALIDATORS = msgspec.json.Decoder(tuple[Validator, ...])


def store(db: SqliteDatabase, record: SyncRecord, figures: Sequence[SyncedFigure] | None) -> None:
    """Inside a transaction: the run, and with ``figures`` those in the place of all that the source had."""
    if figures is not None:
        ModelBenchmark.delete().where(ModelBenchmark.source == record.source).execute(db)
        raw(db).executemany(_INSERT, [_values(figure) for figure in figures])
    row = {name: getattr(record, name) for name in _PLAIN}
    row["message"] = rows.clean(record.message)
    BenchmarkSync.insert(row | {"validators": rows.to_json(record.validators)}).execute(db)
    of_source = BenchmarkSync.source == record.source
    newest_first = BenchmarkSync.select(BenchmarkSync.number).where(of_source).order_by(BenchmarkSync.number.desc())
    too_old = BenchmarkSync.number <= newest_first.offset(KEPT_RUNS).limit(1)
    BenchmarkSync.delete().where(of_source & too_old).execute(db)


def _values(figure: SyncedFigure) -> tuple[object, ...]:
    values = (getattr(figure, name) for name in _FIGURE_COLUMNS)
    return tuple(rows.clean(value) if isinstance(value, str) else value for value in values)


def read(db: SqliteDatabase) -> list[SyncedFigure]:
    order = (ModelBenchmark.model, ModelBenchmark.mode, ModelBenchmark.key, ModelBenchmark.source)
    return [SyncedFigure(**row) for row in ModelBenchmark.select().order_by(*order).dicts().execute(db)]


def runs(db: SqliteDatabase, source: str | None, limit: int) -> list[SyncRecord]:
    """The newest runs first: those of one source, or ``limit`` of each."""
    query = BenchmarkSync.select().order_by(BenchmarkSync.number.desc()).dicts()
    if source is not None:
        return [_record(row) for row in query.where(BenchmarkSync.source == source).limit(limit).execute(db)]
    found: dict[str, int] = {}
    records = []
    for row in query.execute(db):
        found[row["source"]] = found.get(row["source"], 0) + 1
        if found[row["source"]] <= limit:
            records.append(_record(row))
    return records


def _record(row: dict[str, Any]) -> SyncRecord:
    return SyncRecord(**{name: row[name] for name in _PLAIN}, validators=_validators(row["validators"]))


def _validators(encoded: str) -> tuple[Validator, ...]:
    try:
        return _VALIDATORS.decode(encoded)
    except msgspec.MsgspecError:
        return ()
