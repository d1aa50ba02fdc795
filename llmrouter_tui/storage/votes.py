"""Votes between answers, to rows and back. They hold no texts: forgetting those leaves them as they are."""

from typing import Any, Final

import msgspec
from peewee import SqliteDatabase, Tuple

from llmrouter_tui.core.votes import Vote, VotePage
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.history import Key
from llmrouter_tui.storage.tables import ModelVote

MAX_PAGE: Final = 500
LEARNED: Final = 20_000
"""Votes that are read for learning, the newest: by far more than a person gives."""

_NAMES: Final = msgspec.json.Decoder(tuple[str, ...])
_newest = ModelVote.at.desc(), ModelVote.id.desc()


def store(db: SqliteDatabase, vote: Vote) -> None:
    """In the place of an older one with its id."""
    row = {name: rows.clean(getattr(vote, name)) for name in ("id", "task", "verdict", "winner")}
    lists = {name: rows.to_json(tuple(map(rows.clean, getattr(vote, name)))) for name in ("models", "exchanges")}
    ModelVote.insert({**row, **lists, "at": vote.at}).on_conflict_replace().execute(db)


def drop(db: SqliteDatabase, vote_id: str) -> Vote | None:
    """What was taken out; None where there is none."""
    meant = ModelVote.id == rows.clean(vote_id)
    found = next((_vote(row) for row in ModelVote.select().where(meant).dicts().execute(db)), None)
    ModelVote.delete().where(meant).execute(db)
    return found


def page(db: SqliteDatabase, before: Key, limit: int) -> VotePage:
    older = ModelVote.select().where(Tuple(ModelVote.at, ModelVote.id) < before).order_by(*_newest)
    found = [_vote(row) for row in older.limit(limit + 1).dicts().execute(db)]
    items = tuple(found[:limit])
    return VotePage(items, f"{items[-1].at!r}:{items[-1].id}" if len(found) > limit else None)


def learned(db: SqliteDatabase) -> list[Vote]:
    """Oldest first."""
    newest = ModelVote.select().order_by(*_newest).limit(LEARNED)
    return [_vote(row) for row in newest.dicts().execute(db)][::-1]


def _vote(row: dict[str, Any]) -> Vote:
    return Vote(**row | {name: _names(row[name]) for name in ("models", "exchanges")})


def _names(stored: str) -> tuple[str, ...]:
    try:
        return _NAMES.decode(stored)
    except msgspec.MsgspecError:
        return ()
