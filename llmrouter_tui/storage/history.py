"""Reading the audit log: one exchange, or a page of them by key (never by offset)."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from peewee import ModelSelect, SqliteDatabase, Tuple, fn

from llmrouter_tui.core.decision import Exchange as CoreExchange
from llmrouter_tui.core.decision import ExchangePage, place, placed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.tables import Counter, Exchange, ExchangeText, ModelFeedback
from llmrouter_tui.storage.transaction import raw

MAX_PAGE: Final = 1000

WINDOW: Final = 5000
"""Rows that one step of counting looks through, so that others get their turn between steps."""

UNFINISHED_DAYS: Final = 2.0
ENDED: Final = "shutting_down"
ENDED_WORDS: Final = "the router ended, without being told to, before this answer was complete"

Key = tuple[float, str]
"""Where a page starts: older than (at, id)."""

NEWEST: Final[Key] = (math.inf, "")
OLDEST: Final[Key] = (-math.inf, "")

_place = Tuple(Exchange.at, Exchange.id)


def key(cursor: str | None) -> Key:
    """The key in a page's cursor. Raises ``RouterError`` for one that is not ours."""
    if cursor is None:
        return NEWEST
    try:
        return placed(cursor)
    except ValueError:
        raise RouterError("invalid_request", f"{cursor!r} is no place in the history.", param="before") from None


_COMPLETE: Final = (
    f"SELECT {', '.join(rows.COLUMNS)} FROM exchange e LEFT JOIN exchange_text t ON t.number = e.number "
    "LEFT JOIN model_feedback f ON f.exchange_id = e.id"
)
"""In plain SQL: a page of 200 takes peewee 3 ms to put together, the driver 1."""


_WITHIN: Final = (
    "SELECT count(*) FROM exchange INDEXED BY exchange_at "
    "WHERE (at, id) < (?, ?) AND at >= CAST(? / 3600 AS INTEGER) * 3600.0"
)


class Reading(NamedTuple):
    """SQL that reads exchanges, and its values."""

    sql: str
    values: tuple[object, ...]

    def run(self, db: SqliteDatabase) -> list[CoreExchange]:
        return [rows.exchange(row) for row in raw(db).execute(*self).fetchall()]


def page_query(before: Key, limit: int) -> Reading:
    """The newest ``limit`` exchanges older than ``before`` that are over."""
    over = "WHERE (e.at, e.id) < (?, ?) AND e.outcome != 'running' ORDER BY e.at DESC, e.id DESC LIMIT ?"
    return Reading(f"{_COMPLETE} {over}", (*before, limit))


def newer_query(after: Key, limit: int) -> Reading:
    """The oldest ``limit`` exchanges newer than ``after`` that are over, oldest first."""
    over = "WHERE (e.at, e.id) > (?, ?) AND e.outcome != 'running' ORDER BY e.at, e.id LIMIT ?"
    return Reading(f"{_COMPLETE} {over}", (*after, limit))


def numbered(numbers: Sequence[int]) -> Reading:
    """Those rows, in no order."""
    return Reading(f"{_COMPLETE} WHERE e.number IN ({', '.join('?' * len(numbers))})", tuple(numbers))


def end_unfinished(db: SqliteDatabase) -> int:
    """Mark what was under way when the router that wrote it ended without a word; how many that were. Only the last
    days are looked through: what is older was marked at an earlier start."""
    newest = Exchange.select(fn.MAX(Exchange.at)).scalar(db)
    if newest is None:
        return 0
    recent = (Exchange.at > newest - UNFINISHED_DAYS * 86_400.0) & (Exchange.outcome == "running")
    marked = Exchange.update(outcome="failed", code=ENDED, message=ENDED_WORDS).where(recent).execute(db)
    return int(marked)


def by_id(exchange_id: str) -> Reading:
    return Reading(f"{_COMPLETE} WHERE e.id = ?", (exchange_id,))


def by_response(response_id: str) -> Reading:
    """The newest with that response id, by its last character. The literal condition is that of the partial index; the
    plus keeps SQLite from putting the id into the other condition, which then would not be the index's."""
    same = "substr(e.response_id, -1) = ? AND +e.response_id = ? AND e.response_id != ''"
    return Reading(f"{_COMPLETE} WHERE {same} ORDER BY e.at DESC LIMIT 1", (response_id[-1:], response_id))


def edge_query(before: Key) -> "ModelSelect[Exchange]":
    """The key of the last row of the window that ends at ``before``; nothing when fewer rows are left."""
    ordered = Exchange.select(Exchange.at, Exchange.id).order_by(Exchange.at.desc(), Exchange.id.desc())
    return ordered.where(_place < before).offset(WINDOW - 1).limit(1).tuples()


def oldest_query(older_than: float, limit: int) -> "ModelSelect[Exchange]":
    """The row numbers of the oldest exchanges."""
    oldest = Exchange.select(Exchange.number).where(Exchange.at < older_than)
    return oldest.order_by(Exchange.at).limit(limit).tuples()


def find(db: SqliteDatabase, exchange_id: str) -> CoreExchange | None:
    """By exchange id, else the newest with that response id."""
    wanted = rows.clean(exchange_id)
    for query in (by_id(wanted), by_response(wanted)):
        for found in query.run(db):
            return found
    return None


def page(db: SqliteDatabase, before: Key, limit: int) -> ExchangePage:
    found = page_query(before, limit + 1).run(db)
    items = tuple(found[:limit])
    return ExchangePage(items, place(items[-1]) if len(found) > limit else None, total(db))


def newer(db: SqliteDatabase, after: Key, limit: int) -> ExchangePage:
    """The next ones that are newer, newest first. From the beginning on there is nothing before them."""
    found = newer_query(after, limit + 1).run(db)
    items = tuple(reversed(found[:limit]))
    before = place(items[-1]) if items and after != OLDEST else None
    return ExchangePage(items, before, total(db), after=place(items[0]) if len(found) > limit else None)


def older(db: SqliteDatabase, than: CoreExchange) -> int:
    """How many are stored that are older: those of the hours before, and of its own hour what the index counts."""
    hours = "SELECT ifnull(sum(exchanges), 0) FROM exchange_hour WHERE hour < CAST(? / 3600 AS INTEGER)"
    (before,) = raw(db).execute(hours, (than.at,)).fetchone()
    (within,) = raw(db).execute(_WITHIN, (than.at, than.id, than.at)).fetchone()
    return int(before) + int(within)


def ratings_query(before: Key, limit: int) -> "ModelSelect[ModelFeedback]":
    """The newest ``limit`` ratings older than ``before``."""
    older = ModelFeedback.select().where(Tuple(ModelFeedback.at, ModelFeedback.exchange_id) < before)
    return older.order_by(ModelFeedback.at.desc(), ModelFeedback.exchange_id.desc()).limit(limit).tuples()


def ratings(db: SqliteDatabase, before: Key, limit: int) -> RatingPage:
    found = [rows.feedback(row) for row in ratings_query(before, limit + 1).execute(db)]
    items = tuple(found[:limit])
    return RatingPage(items, f"{items[-1].at!r}:{items[-1].exchange_id}" if len(found) > limit else None)


def total(db: SqliteDatabase) -> int:
    """How many exchanges are stored, from a counter."""
    counted: Mapping[str, int] = dict(Counter.select(Counter.name, Counter.value).tuples().execute(db))
    return counted["exchange"]


def prune_step(db: SqliteDatabase, older_than: float, limit: int) -> int:
    """Drop up to ``limit`` of the oldest exchanges that arrived before ``older_than``; how many went.
    Ratings stay: learning needs them."""
    numbers = [number for (number,) in oldest_query(older_than, limit).execute(db)]
    for table in (ExchangeText, Exchange):
        table.delete().where(table.number.in_(numbers)).execute(db)
    return len(numbers)
