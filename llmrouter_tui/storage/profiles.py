"""What measuring models found, to rows and back; written at once, so that a kill loses one prompt at most."""

import math
from typing import Any, Final

import msgspec
from peewee import SqliteDatabase

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.profile import ModelProfile, Order, PastRun, Result
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.tables import ProfileOrder, ProfileResult

KEPT_ORDERS: Final = 50
"""Orders kept, the newest."""

_COLUMNS: Final = tuple(ProfileResult._meta.sorted_field_names)
_NAMES: Final = msgspec.json.Decoder(tuple[str, ...])
_EFFECTS: Final = msgspec.json.Decoder(tuple[Effect, ...])
_FOUND: Final = msgspec.json.Decoder(tuple[ModelProfile, ...])
_BEFORE: Final = msgspec.json.Decoder(dict[str, dict[str, float]])


def store(db: SqliteDatabase, result: Result) -> None:
    """In the place of what the same model answered to the same prompt before."""
    row = {name: _plain(getattr(result, name)) for name in _COLUMNS}
    ProfileResult.insert(row).on_conflict_replace().execute(db)


def _plain(value: object) -> object:
    if isinstance(value, str):
        return rows.clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(db: SqliteDatabase, model: str | None) -> list[Result]:
    """All without their answers, or those of one model with them; oldest first."""
    query = ProfileResult.select().order_by(ProfileResult.at, ProfileResult.prompt)
    if model is not None:
        return [Result(**row) for row in query.where(ProfileResult.model == model).dicts().execute(db)]
    names = [name for name in _COLUMNS if name != "answer"]
    chosen = query.select(*(getattr(ProfileResult, name) for name in names))
    return [Result(**row) for row in chosen.dicts().execute(db)]


def begin(db: SqliteDatabase, order: Order) -> None:
    row: dict[str, Any] = {
        "started": order.started,
        "ended": None,
        "models": rows.to_json(order.models),
        "quick": order.quick,
        "again": order.again,
        "only": order.only,
        "note": rows.clean(order.note),
        "before": rows.to_json(order.before),
    }
    ProfileOrder.insert(row).on_conflict_replace().execute(db)
    newest = ProfileOrder.select(ProfileOrder.started).order_by(ProfileOrder.started.desc())
    ProfileOrder.delete().where(ProfileOrder.started <= newest.offset(KEPT_ORDERS).limit(1)).execute(db)


def end(db: SqliteDatabase, run: PastRun) -> None:
    """It is over; what it found is summed up beside it."""
    changes: dict[str, Any] = {
        "ended": run.ended,
        "prompts": run.prompts,
        "failed": run.failed,
        "seconds": _plain(run.seconds),
        "note": rows.clean(run.note),
        "moved": rows.to_json(run.moved),
        "found": rows.to_json(run.found),
    }
    ProfileOrder.update(changes).where(ProfileOrder.started == run.started).execute(db)


def unfinished(db: SqliteDatabase) -> Order | None:
    """The newest order, if it did not end."""
    for row in ProfileOrder.select().order_by(ProfileOrder.started.desc()).limit(1).dicts().execute(db):
        if row["ended"] is None:
            try:
                before = _BEFORE.decode(row["before"] or "{}")
                return Order(
                    row["started"], _NAMES.decode(row["models"]), row["quick"], row["again"], row["only"], row["note"],
                    before,
                )  # fmt: skip
            except msgspec.MsgspecError:
                return None
    return None


def runs(db: SqliteDatabase) -> list[PastRun]:
    """All that are kept, newest first; what cannot be read is left out."""
    found: list[PastRun] = []
    for row in ProfileOrder.select().order_by(ProfileOrder.started.desc()).dicts().execute(db):
        try:
            models, moved = _NAMES.decode(row["models"]), _EFFECTS.decode(row["moved"] or "[]")
            known = _FOUND.decode(row["found"] or "[]")
        except msgspec.MsgspecError:
            continue
        plain = {name: row[name] for name in ("started", "ended", "quick", "prompts", "failed", "seconds", "note")}
        found.append(PastRun(models=models, moved=moved, found=known, **plain))
    return found
