"""A damaged file: moved aside, never deleted, and what can still be read of the user's own words is taken over."""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Final

from peewee import SqliteDatabase

from llmrouter_tui.storage.migrations import APPLICATION_ID
from llmrouter_tui.storage.transaction import transaction

RESCUED: Final = ("setting", "model_state", "model_match", "model_feedback", "model_profile")
"""What people set and marked, and what was measured of models. The history is not worth a doubt."""
OUR_NAME: Final = "router.db"
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION_ID: Final = slice(68, 72)
"""Where the header of a file holds it (https://www.sqlite.org/fileformat2.html#application_id)."""


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


def set_aside(path: Path) -> Path:
    """Give the file, and those that belong to it, another name; that name. Raises ``OSError``."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    path.rename(aside)
    for side in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    return aside


def rescue(damaged: Path, db: SqliteDatabase) -> int:
    """Copy what can be read, table by table and row by row until a row cannot be; how many rows."""
    try:
        source = sqlite3.connect(f"file:{damaged}?mode=ro", uri=True)
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
