"""Reading the audit log: one exchange, or a page of them by key (never by offset)."""

import math
from collections.abc import Mapping
from typing import Any, Final

from peewee import JOIN, SQL, ModelSelect, SqliteDatabase, Tuple, fn

from llmrouter_tui.core.decision import Exchange as CoreExchange
from llmrouter_tui.core.decision import ExchangePage
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.tables import Counter, Exchange, ExchangeText, ModelFeedback

MAX_PAGE: Final = 1000

WINDOW: Final = 5000
"""Rows that one step of a text search looks through (about 20 ms), so that others get their turn between steps."""

UNFINISHED_DAYS: Final = 2.0
ENDED: Final = "shutting_down"
ENDED_WORDS: Final = "the router ended, without being told to, before this answer was complete"

Key = tuple[float, str]
"""Where a page starts: older than (at, id)."""

NEWEST: Final[Key] = (math.inf, "")

_place = Tuple(Exchange.at, Exchange.id)


def key(cursor: str | None) -> Key:
    """The key in a page's cursor. Raises ``RouterError`` for one that is not ours."""
    if cursor is None:
        return NEWEST
    at, colon, exchange_id = cursor.partition(":")
    try:
        if colon:
            return float(at), exchange_id
    except ValueError:
        pass
    raise RouterError("invalid_request", f"{cursor!r} is no place in the history.", param="before")


def cursor(exchange: CoreExchange) -> str:
    return f"{exchange.at!r}:{exchange.id}"


def complete() -> "ModelSelect[Exchange]":
    """All columns of exchanges with their text and rating."""
    rated = [field.alias(f"rated_{field.name}") for field in ModelFeedback._meta.sorted_fields]
    texts = (ExchangeText.prompt, ExchangeText.answer, ExchangeText.decision, ExchangeText.attempts)
    return (
        Exchange.select(Exchange, *texts, *rated)
        .join(ExchangeText, JOIN.LEFT_OUTER, on=(ExchangeText.number == Exchange.number))
        .join(ModelFeedback, JOIN.LEFT_OUTER, on=(ModelFeedback.exchange_id == Exchange.id), src=Exchange)
        .dicts()
    )


def page_query(before: Key, limit: int) -> "ModelSelect[Exchange]":
    """The newest ``limit`` exchanges older than ``before`` that are over."""
    over = complete().where(_place < before, Exchange.outcome != "running")
    return over.order_by(Exchange.at.desc(), Exchange.id.desc()).limit(limit)


def end_unfinished(db: SqliteDatabase) -> int:
    """Mark what was under way when the router that wrote it ended without a word; how many that were. Only the last
    days are looked through: what is older was marked at an earlier start."""
    newest = Exchange.select(fn.MAX(Exchange.at)).scalar(db)
    if newest is None:
        return 0
    recent = (Exchange.at > newest - UNFINISHED_DAYS * 86_400.0) & (Exchange.outcome == "running")
    marked = Exchange.update(outcome="failed", code=ENDED, message=ENDED_WORDS).where(recent).execute(db)
    return int(marked)


def by_id(exchange_id: str) -> "ModelSelect[Exchange]":
    return complete().where(Exchange.id == exchange_id)


def by_response(response_id: str) -> "ModelSelect[Exchange]":
    """The newest with that response id. The literal condition is that of the partial index."""
    found = complete().where((Exchange.response_id == response_id) & SQL("response_id != ''"))
    return found.order_by(Exchange.at.desc()).limit(1)


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
        for row in query.execute(db):
            return rows.exchange(row)
    return None


def page(db: SqliteDatabase, before: Key, limit: int) -> ExchangePage:
    found = [rows.exchange(row) for row in page_query(before, limit + 1).execute(db)]
    items = tuple(found[:limit])
    return ExchangePage(items, cursor(items[-1]) if len(found) > limit else None, total(db))


def search(db: SqliteDatabase, before: Key, limit: int, text: str) -> tuple[list[CoreExchange], Key | None]:
    """One step of a search: matches among the next ``WINDOW`` exchanges, and where the next step starts
    (None at the end of the history)."""
    edge = list(edge_query(before).execute(db))
    query = page_query(before, limit)
    if edge:
        query = query.where(_place >= edge[0])
    matches = [rows.exchange(row) for row in query.where(_contains(rows.clean(text))).execute(db)]
    return matches, edge[0] if edge else None


def _contains(text: str) -> Any:
    return ExchangeText.prompt.contains(text) | Exchange.model.contains(text) | Exchange.task.contains(text)


def ratings_query(before: Key, limit: int) -> "ModelSelect[ModelFeedback]":
    """The newest ``limit`` ratings older than ``before``."""
    older = ModelFeedback.select().where(Tuple(ModelFeedback.at, ModelFeedback.exchange_id) < before)
    return older.order_by(ModelFeedback.at.desc(), ModelFeedback.exchange_id.desc()).limit(limit).dicts()


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
