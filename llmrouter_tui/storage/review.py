"""What the audit log says for a review: how much each model answered of each task, and every mark beside what was
expected then.

Bounded at any size: both are read in steps that each look at so many rows by an index, with the turn of others between
them; counts are kept per task and model, at most ``MOST`` marks are held, and only exchanges that somebody rated have
their decision unpacked.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from peewee import JOIN, ModelSelect, SqliteDatabase, Tuple, fn

from llmrouter_tui.core.agreement import value
from llmrouter_tui.core.review import GOOD, Mark, routed
from llmrouter_tui.storage import history, rows
from llmrouter_tui.storage.history import Key
from llmrouter_tui.storage.tables import Exchange, ExchangeText, JudgeGrade, ModelFeedback

STEP: Final = 250
"""Ratings that one step reads (about 10 ms)."""

MOST: Final = 10_000
"""Ratings that a review looks at, the newest: by far more than it takes to tell models apart."""

Answered = dict[tuple[str, str], int]

_exchange_place = Tuple(Exchange.at, Exchange.id)
_rating_place = Tuple(ModelFeedback.at, ModelFeedback.exchange_id)
_grade_place = Tuple(JudgeGrade.at, JudgeGrade.id)


def answered_query(before: Key, until: Key | None, since: float) -> "ModelSelect[Exchange]":
    """(task, model, exchanges answered) among those older than ``before`` and not older than ``until``."""
    pair = (Exchange.task, Exchange.model)
    # SQLite seeks by one lower bound only: it must be the nearest.
    lowest = since if until is None else max(since, until[0])
    query = Exchange.select(*pair, fn.COUNT()).where((_exchange_place < before) & (Exchange.at >= lowest))
    if until is not None:
        query = query.where(_exchange_place >= until)
    answers = (Exchange.model != "") & Exchange.outcome.in_(("ok", "cancelled"))
    return query.where(answers).group_by(*pair).tuples()


def answered(db: SqliteDatabase, before: Key, since: float) -> tuple[Answered, Key | None]:
    """One step of counting, over the next ``history.WINDOW`` exchanges, and where the next step starts (None at the
    end)."""
    edges = list(history.edge_query(before).execute(db))
    edge: Key | None = edges[0] if edges and edges[0][0] >= since else None
    counts = {(task, model): count for task, model, count in answered_query(before, edge, since).execute(db)}
    return counts, edge


def marks_query(before: Key, since: float) -> "ModelSelect[ModelFeedback]":
    """The next ratings, newest first, with their exchanges; those stay empty where history was pruned."""
    feedback = ModelFeedback
    return (
        feedback.select(
            feedback.exchange_id,
            feedback.at,
            feedback.score,
            feedback.model,
            feedback.task,
            Exchange.at.alias("asked_at"),
            Exchange.requested,
            ExchangeText.decision,
        )
        .join(Exchange, JOIN.LEFT_OUTER, on=(Exchange.id == feedback.exchange_id))
        .join(ExchangeText, JOIN.LEFT_OUTER, on=(ExchangeText.number == Exchange.number))
        .where((_rating_place < before) & (feedback.at >= since))
        .order_by(feedback.at.desc(), feedback.exchange_id.desc())
        .limit(STEP)
        .dicts()
    )


def marks(db: SqliteDatabase, before: Key, since: float) -> tuple[list[Mark], Key | None]:
    """One step through the ratings: marks of exchanges that arrived since then and are still in the log, and where
    the next step starts (None at the end). Nothing is rated before it arrived, so older ratings need no look."""
    found = list(marks_query(before, since).execute(db))
    read = [
        _mark(row, _seen(row["score"])) for row in found if row["asked_at"] is not None and row["asked_at"] >= since
    ]
    following = (found[-1]["at"], found[-1]["exchange_id"]) if len(found) == STEP else None
    return read, following


def judged_query(before: Key, since: float) -> "ModelSelect[JudgeGrade]":
    """The next grades of exchanges that nobody rated, newest first. The user's mark stands for a judge's."""
    grade, mark = JudgeGrade, fn.COALESCE(JudgeGrade.overruled, JudgeGrade.score)
    return (
        grade.select(
            grade.id,
            grade.ref.alias("exchange_id"),
            grade.at,
            grade.judge,
            grade.overruled,
            mark.alias("mark"),
            grade.model,
            grade.task,
            Exchange.at.alias("asked_at"),
            Exchange.requested,
            ExchangeText.decision,
        )
        .join(Exchange, JOIN.LEFT_OUTER, on=(Exchange.id == grade.ref))
        .join(ExchangeText, JOIN.LEFT_OUTER, on=(ExchangeText.number == Exchange.number))
        .join(ModelFeedback, JOIN.LEFT_OUTER, on=(ModelFeedback.exchange_id == grade.ref), src=grade)
        .where((grade.subject == "exchange") & (_grade_place < before) & (grade.at >= since))
        .where(mark.is_null(False) & ModelFeedback.exchange_id.is_null())
        .order_by(grade.at.desc(), grade.id.desc())
        .limit(STEP)
        .dicts()
    )


def judged(db: SqliteDatabase, before: Key, since: float) -> tuple[list[Mark], Key | None]:
    """One step through the grades, as ``marks`` through the ratings."""
    found = list(judged_query(before, since).execute(db))
    read = [
        replace(_mark(row, value(row["mark"])), by="" if row["overruled"] is not None else row["judge"])
        for row in found
        if row["asked_at"] is not None and row["asked_at"] >= since
    ]
    return read, (found[-1]["at"], found[-1]["id"]) if len(found) == STEP else None


def _seen(rating: float) -> float:
    return (max(-1.0, min(1.0, rating)) + 1.0) / 2.0


def _mark(row: Mapping[str, Any], seen: float) -> Mark:
    decision = rows.decision(row["decision"])
    qualities = {c.model: c.predicted_quality for c in decision.candidates} if decision else {}
    return Mark(
        exchange_id=row["exchange_id"],
        task=row["task"],
        model=row["model"],
        seen=seen,
        expected=qualities.get(row["model"]),
        routed=routed(row["requested"]),
        others=tuple(model for model in qualities if model != row["model"]) if seen < GOOD else (),
    )
