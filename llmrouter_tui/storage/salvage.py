"""A damaged file: moved aside, never deleted, and what can still be read of the user's own words is taken over."""

import contextlib
import sqlite3
import time
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import quote

from peewee import SqliteDatabase

from llmrouter_tui.storage.migrations import APPLICATION_ID
from llmrouter_tui.storage.tables import (
    TABLES,
    Counter,
    Exchange,
    ExchangeHour,
    ExchangeText,
    PoolReading,
    ResidencyEvent,
    Trend,
)
from llmrouter_tui.storage.transaction import transaction

_HISTORY: Final = (Counter, ExchangeHour, Exchange, ExchangeText, ResidencyEvent, Trend, PoolReading)
RESCUED: Final = tuple(table._meta.table_name for table in TABLES if table not in _HISTORY)
"""What people set and marked, what was measured of models and said by judges. The history is not worth a doubt."""
SIDES: Final = ("-wal", "-shm")
"""What SQLite keeps beside the file: changes that are not in it yet, and their index."""
OUR_NAME: Final = "router.db"
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION_ID: Final = slice(68, 72)
"""Where the header of a file holds it (https://www.sqlite.org/fileformat2.html#application_id)."""
_LOCKS: Final = 0x40000000, 512
"""Offset and length of the bytes that SQLite locks: a connection in WAL mode holds some of them as long as it lives
(https://www.sqlite.org/fileformat2.html#the_lock_byte_page)."""


class DamagedError(sqlite3.DatabaseError):
    """A table that every start reads cannot be trusted."""


def ours(path: Path) -> bool:
    """Whether a file that SQLite cannot read is surely this program's: by its mark, or where even that is gone, by its
    name."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return False
    if head.startswith(_MAGIC):
        return head[_APPLICATION_ID] == APPLICATION_ID.to_bytes(4, "big")
    return path.name == OUR_NAME


def in_use(path: Path) -> bool:
    """Whether another process has the file open as a database. To be asked only while this one has not: closing the
    file would let go of its own locks."""
    try:
        import fcntl
    except ImportError:  # Windows renames nothing that is open
        return False
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS[1], _LOCKS[0])
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def unused_name(path: Path, word: str) -> Path:
    """A name beside it that tells why and when it was moved."""
    plain = f"{path.name}.{word}-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (path.with_name(plain if number == 1 else f"{plain}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def set_aside(path: Path, aside: Path) -> Path:
    """Give the file, and those that belong to it, another name; that name. Those first: SQLite would read what they
    hold into a new file of the old name. Raises ``OSError``."""
    for side in SIDES:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    with contextlib.suppress(FileNotFoundError):
        path.rename(aside)
    return aside


def rescue(damaged: Path, db: SqliteDatabase) -> int:
    """Copy what can be read, table by table and row by row until a row cannot be; how many rows. The damaged file stays
    as it is: its write-ahead log is read, not taken in."""
    try:
        source = sqlite3.connect(f"file:{quote(str(damaged))}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    with contextlib.closing(source), transaction(db) as target:
        return sum(_copy(source, target, table) for table in RESCUED)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    known = {row[1] for row in target.execute(f"PRAGMA table_info({table})")}
    copied = 0
    with contextlib.suppress(sqlite3.Error):
        rows = source.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in rows.description]
        kept = [index for index, name in enumerate(names) if name in known]
        columns, marks = ", ".join(names[index] for index in kept), ", ".join("?" * len(kept))
        insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"
        for row in rows:
            with contextlib.suppress(sqlite3.Error):  # a row of nonsense
                copied += target.execute(insert, [row[index] for index in kept]).rowcount
    return copied
