"""Taking texts out of the file, not only out of its tables.

SQLite overwrites what it frees with zeros (``secure_delete``), but where it once moved rows between pages it may leave
a stale piece in the unused part of one. So a file of usual size is written anew afterwards, and then the write-ahead
log, which holds older pages, is emptied.
"""

import asyncio
import logging
import sqlite3
import time
from typing import Any, Final

import msgspec
from peewee import SqliteDatabase

from llmrouter_tui.core.decision import Attempt
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.forgetting import Forget, Forgotten, wordless
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.db import Database
from llmrouter_tui.storage.transaction import raw, transaction

STEP: Final = 2_000
"""Rows of the audit log that one transaction looks at."""

REWRITTEN: Final = 256 * 1024 * 1024
"""Bytes in use of a file that is written anew: some seconds."""

PATIENCE: Final = 5.0
"""Seconds that emptying the write-ahead log waits for other programs that read the file."""
PAUSE: Final = 0.1

_ATTEMPTS = msgspec.json.Decoder(tuple[Attempt, ...])
_log = logging.getLogger(__name__)


async def forget(database: Database, wanted: Forget) -> Forgotten:
    """Take out what is meant; on return the file holds it no more. Raises ``RouterError``."""
    await database.flush()
    if database.failing:
        words = f"nothing was forgotten, because nothing can be written now: {database.problem}"
        raise RouterError("storage_unavailable", words, retryable=True)
    gone, last = Forgotten(), await database.call(newest)
    while last > 0:
        gone, last = gone + await _step(database, wanted, last), last - STEP
    if not wanted.exchange and not wanted.session:
        gone += await database.call(rest)
    await database.call(rewrite)
    deadline = time.monotonic() + PATIENCE
    while not await database.call(empty_log):
        if time.monotonic() >= deadline:
            words = (
                "the texts are taken out, but another program reads the database, and its write-ahead log keeps them"
            )
            hint = "end that program, and forget them again"
            raise RouterError("storage_unavailable", words, hint=hint, retryable=True)
        await asyncio.sleep(PAUSE)
    return gone


async def _step(database: Database, wanted: Forget, last: int) -> Forgotten:
    return await database.call(lambda db: step(db, wanted, last))


def newest(db: SqliteDatabase) -> int:
    """The number of the newest exchange; 0 without any."""
    return int(raw(db).execute("SELECT ifnull(max(number), 0) FROM exchange").fetchone()[0])


def step(db: SqliteDatabase, wanted: Forget, last: int) -> Forgotten:
    """Take out the texts of those meant among the ``STEP`` exchanges up to number ``last``, with those of their grades
    and ratings."""
    condition, given = _condition(wanted)
    meant = f"SELECT {{}} FROM exchange WHERE number > ? AND number <= ?{condition}"
    place = (last - STEP, last, *given)
    with transaction(db) as connection:
        connection.execute(f"UPDATE exchange SET message = '' WHERE number IN ({meant.format('number')})", place)
        _blank_attempts(connection, meant.format("number"), place)
        texts = _blank(
            connection, "exchange_text", ("prompt", "answer"), f"number IN ({meant.format('number')})", place
        )
        return Forgotten(texts, *_blank_marks(connection, f"IN ({meant.format('id')})", place))


def rest(db: SqliteDatabase) -> Forgotten:
    """The same of grades and ratings whose exchanges are in the log no more."""
    with transaction(db) as connection:
        return Forgotten(0, *_blank_marks(connection, "IS NOT NULL", ()))


def rewrite(db: SqliteDatabase) -> None:
    """Write a file of usual size anew, so that no page holds a stale piece. Where that cannot be done now (another
    program reads it, the disk is full) the texts are overwritten all the same."""
    sizes = [int(db.pragma(name)) for name in ("page_count", "freelist_count", "page_size")]
    if (sizes[0] - sizes[1]) * sizes[2] > REWRITTEN:
        return
    try:
        raw(db).execute("VACUUM")
    except sqlite3.Error as error:
        _log.warning("the database could not be written anew: %s", error)


def empty_log(db: SqliteDatabase) -> bool:
    """Move what the write-ahead log holds into the file and cut the log to nothing; False while another program
    reads."""
    busy: int = raw(db).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def _condition(wanted: Forget) -> tuple[str, tuple[str, ...]]:
    if wanted.exchange:
        return " AND id = ?", (rows.clean(wanted.exchange),)
    return (" AND session IN (?, ?)", tuple(map(rows.clean, wanted.sessions))) if wanted.session else ("", ())


def _blank_marks(connection: sqlite3.Connection, meant: str, place: tuple[Any, ...]) -> tuple[int, int]:
    """Of grades the texts and the judge's words, of ratings the user's notes."""
    graded = f"subject = 'exchange' AND ref {meant}"
    grades = _blank(connection, "judge_grade", ("question", "answer", "reason"), graded, place)
    return grades, _blank(connection, "model_feedback", ("comment",), f"exchange_id {meant}", place)


def _blank(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], meant: str, place: tuple[Any, ...]
) -> int:
    """How many rows held something."""
    emptied = ", ".join(f"{name} = ''" for name in columns)
    held = " OR ".join(f"{name} != ''" for name in columns)
    return connection.execute(f"UPDATE {table} SET {emptied} WHERE {meant} AND ({held})", place).rowcount


def _blank_attempts(connection: sqlite3.Connection, meant: str, place: tuple[Any, ...]) -> None:
    """Errors may quote what they were asked."""
    told = f"""SELECT number, attempts FROM exchange_text
    WHERE number IN ({meant}) AND attempts GLOB '*"message":"[^"]*'"""
    for number, stored in connection.execute(told, place).fetchall():
        try:
            kept = rows.to_json(wordless(_ATTEMPTS.decode(stored)))
        except msgspec.MsgspecError:
            kept = "[]"
        connection.execute("UPDATE exchange_text SET attempts = ? WHERE number = ?", (kept, number))
