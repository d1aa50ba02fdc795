"""One way to write: everything between begin and commit, or nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from peewee import SqliteDatabase


def raw(db: SqliteDatabase) -> sqlite3.Connection:
    """The driver's own connection, for what peewee has no words for. It is in autocommit mode."""
    connection: sqlite3.Connection = db.connection()  # type: ignore[no-untyped-call]
    return connection


def touch(db: SqliteDatabase) -> None:
    """Write the file's header as it is: raises what writing raises now. (On a read-only file SQLite lets a write
    transaction begin, and only the first write fails.)"""
    with transaction(db):
        db.pragma("user_version", db.pragma("user_version"))


@contextmanager
def transaction(db: SqliteDatabase, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
    """Take the write lock at once (so that a lock is met here and not half way), commit at the end.

    ``durable`` waits until the disk has it; otherwise it survives a killed process, and power loss takes the
    last moments. peewee's own ``atomic`` sends ROLLBACK even where SQLite already rolled back by itself (full
    disk), and hides the cause behind that second error.
    """
    connection = raw(db)
    if durable:
        connection.execute("PRAGMA synchronous = FULL")
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    finally:
        if durable:
            connection.execute("PRAGMA synchronous = NORMAL")
