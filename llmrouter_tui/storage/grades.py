"""Grades, comparisons and the count of judges' calls, to rows and back.

A page is found by an index whatever is asked for; what is asked for besides is looked at row by row.
"""

import math
from typing import Any, Final

import msgspec
from peewee import SQL, ModelSelect, SqliteDatabase, Tuple, fn

from llmrouter_tui.core.grades import Comparison, Grade, GradeFilter, GradePage
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.history import Key
from llmrouter_tui.storage.tables import Exchange, ExchangeText, JudgeCalls, JudgeComparison, JudgeGrade

MAX_PAGE: Final = 500
LEARNED: Final = 20_000
"""Grades that are read for learning, the newest: by far more than change anything."""
SLOT: Final = 900
"""Seconds by which calls are counted: local days begin at a multiple of them everywhere."""
KEPT_SLOTS: Final = 3 * 86_400 // SLOT

_TEXTS: Final = ("question", "answer")
_COMPUTED: Final = ("disagrees",)
_COLUMNS: Final = tuple(name for name in JudgeGrade._meta.sorted_field_names if name not in _COMPUTED)
_COMPARED: Final = tuple(JudgeComparison._meta.sorted_field_names)
_KINDS = msgspec.json.Decoder(dict[str, float])
_place = Tuple(JudgeGrade.at, JudgeGrade.id)


def store(db: SqliteDatabase, grade: Grade, kept: int | None) -> None:
    """In the place of an older one of the same judge on the same answer. ``kept``: characters of a client's words that
    the privacy policy keeps, None for all; prompts of the set are nobody's secret."""
    row: dict[str, Any] = {name: _plain(getattr(grade, name)) for name in _COLUMNS if name != "kinds"}
    row |= {"kinds": rows.to_json(dict(grade.kinds)), "disagrees": grade.disagrees}
    if grade.subject == "exchange":
        if _textless(db, row["ref"]):
            kept = 0
        row |= {name: row[name][:kept] for name in _TEXTS}
        if kept == 0:
            row["reason"] = ""  # it tells of the answer, or quotes what the judge said of it
    same = ("subject", "ref", "model", "judge")
    older = [getattr(JudgeGrade, name) == row[name] for name in same]
    JudgeGrade.delete().where(*older, JudgeGrade.id != row["id"]).execute(db)
    JudgeGrade.insert(row).on_conflict_replace().execute(db)


def _textless(db: SqliteDatabase, exchange_id: str) -> bool:
    """Whether an exchange is on record without texts: they were forgotten, maybe while the judge read them."""
    texts = ExchangeText.select(ExchangeText.prompt, ExchangeText.answer)
    found = texts.join(Exchange, on=(Exchange.number == ExchangeText.number)).where(Exchange.id == exchange_id)
    return any(not prompt and not answer for prompt, answer in found.tuples().execute(db))


def page(db: SqliteDatabase, wanted: GradeFilter, before: Key, limit: int) -> GradePage:
    """Newest first, with texts."""
    asked = _conditions(wanted)
    total = JudgeGrade.select(fn.COUNT()).where(*asked).scalar(db) if asked else JudgeGrade.select().count(db)
    found = [_grade(row) for row in page_query(wanted, before, limit + 1).execute(db)]
    items = tuple(found[:limit])
    return GradePage(items, f"{items[-1].at!r}:{items[-1].id}" if len(found) > limit else None, total)


def page_query(wanted: GradeFilter, before: Key, limit: int) -> "ModelSelect[JudgeGrade]":
    """The newest ``limit`` older than ``before``."""
    query = JudgeGrade.select(*_fields(_COLUMNS)).where(*_conditions(wanted), _place < before)
    return query.order_by(JudgeGrade.at.desc(), JudgeGrade.id.desc()).limit(limit).dicts()


def learned(db: SqliteDatabase) -> list[Grade]:
    """The newest without texts, oldest first."""
    fields = _fields([name for name in _COLUMNS if name not in _TEXTS])
    newest = JudgeGrade.select(*fields).order_by(JudgeGrade.at.desc(), JudgeGrade.id.desc()).limit(LEARNED)
    return [_grade(row) for row in newest.dicts().execute(db)][::-1]


def find(db: SqliteDatabase, grade_id: str) -> Grade | None:
    query = JudgeGrade.select(*_fields(_COLUMNS)).where(JudgeGrade.id == rows.clean(grade_id))
    return next((_grade(row) for row in query.dicts().execute(db)), None)


def prune_step(db: SqliteDatabase, older_than: float, limit: int) -> int:
    """Drop up to ``limit`` of the oldest grades of exchanges; how many went. Those of prompts go with nothing: there is
    one for each judge, model and prompt."""
    old = (JudgeGrade.subject == "exchange") & (JudgeGrade.at < older_than)
    ids = [one for (one,) in JudgeGrade.select(JudgeGrade.id).where(old).limit(limit).tuples().execute(db)]
    JudgeGrade.delete().where(JudgeGrade.id.in_(ids)).execute(db)
    return len(ids)


def store_comparison(db: SqliteDatabase, comparison: Comparison) -> None:
    """In the place of an older one of the same judge, prompt and models."""
    row = {name: _plain(getattr(comparison, name)) for name in _COMPARED}
    JudgeComparison.insert(row).on_conflict_replace().execute(db)


def comparisons(db: SqliteDatabase, limit: int) -> list[Comparison]:
    """Newest first."""
    newest = JudgeComparison.select().order_by(JudgeComparison.at.desc()).limit(limit)
    return [Comparison(**row) for row in newest.dicts().execute(db)]


def count_call(db: SqliteDatabase, at: float) -> None:
    slot = int(at // SLOT)
    JudgeCalls.insert(slot=slot, calls=0).on_conflict_ignore().execute(db)
    JudgeCalls.update(calls=JudgeCalls.calls + 1).where(JudgeCalls.slot == slot).execute(db)
    JudgeCalls.delete().where(JudgeCalls.slot < slot - KEPT_SLOTS).execute(db)


def calls(db: SqliteDatabase, since: float) -> int:
    """To the quarter of an hour."""
    asked = JudgeCalls.select(fn.SUM(JudgeCalls.calls)).where(JudgeCalls.slot >= int(since // SLOT))
    return int(asked.scalar(db) or 0)


def _conditions(wanted: GradeFilter) -> list[Any]:
    """The literal ones are those of the partial indexes."""
    names = ("model", "task", "judge", "subject", "ref")
    asked = [getattr(JudgeGrade, name) == rows.clean(said) for name in names if (said := getattr(wanted, name))]
    if wanted.disagree:
        asked.append(SQL("disagrees = 1"))
    if wanted.failed is not None:
        asked.append(SQL("code != ''") if wanted.failed else SQL("code = ''"))
    return asked


def _fields(names: Any) -> list[Any]:
    return [getattr(JudgeGrade, name) for name in names]


def _grade(row: dict[str, Any]) -> Grade:
    try:
        kinds = _KINDS.decode(row["kinds"]) if row["kinds"] else {}
    except msgspec.MsgspecError:
        kinds = {}
    return Grade(**row | {"kinds": kinds})


def _plain(value: object) -> object:
    if isinstance(value, str):
        return rows.clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
