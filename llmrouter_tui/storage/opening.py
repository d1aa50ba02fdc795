"""Opening the database file, or one in memory where the file cannot be used."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import peewee
from peewee import SqliteDatabase

from llmrouter_tui.storage import faults
from llmrouter_tui.storage.migrations import ForeignDatabaseError, migrate
from llmrouter_tui.storage.transaction import touch

LOCK_WAIT = 0.1
"""Seconds that one statement waits for another program's lock. Short: reads wait behind it on the one thread."""

OPEN_WAIT = 5.0
"""Seconds to wait for a lock while opening; only a file that must be created or migrated needs to."""

_CHECKED = ("setting", "model_state", "model_profile", "model_feedback")
"""Tables that are read at every start: damage here shows at once. They are small, the check takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database. ``problem`` says why it is not the file that was asked for, or that it cannot be written."""

    db: SqliteDatabase
    path: Path | None
    in_memory: bool = False
    problem: str = ""


def open_database(path: Path | None) -> Opened:
    """Open, migrate and check; None means in memory. Never raises for what is wrong with the file, never changes
    a file that it cannot use."""
    if path is None:
        return _memory(None, "")
    try:
        return _file(path)
    except ForeignDatabaseError as error:
        return _memory(path, f"{path} is not used: {error}")
    except (OSError, sqlite3.Error, peewee.PeeweeException) as error:
        return _memory(path, faults.words(error, path))


def _file(path: Path) -> Opened:
    deadline = time.monotonic() + OPEN_WAIT
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # prompts are private; SQLite gives its side files the same mode
    while True:
        try:
            return _ready(path)
        except (sqlite3.Error, peewee.PeeweeException) as error:
            if not faults.is_lock(error) or time.monotonic() >= deadline:
                raise


def _ready(path: Path) -> Opened:
    db = _connect(str(path))
    try:
        migrate(db)
        if db.pragma("journal_mode") != "wal":
            db.pragma("journal_mode", "wal")
        return Opened(db, path, problem=_problem(db, path))
    except BaseException:
        db.close()
        raise


def _problem(db: SqliteDatabase, path: Path) -> str:
    """Read what every start reads (raises if damaged) and try to write."""
    for table in _CHECKED:
        verdict = db.pragma(f"quick_check('{table}')")
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"damaged: {verdict}")
    try:
        touch(db)
    except (sqlite3.Error, peewee.PeeweeException) as error:
        if not faults.is_lock(error):
            return faults.words(error, path)
    return ""


def _memory(path: Path | None, cause: str) -> Opened:
    db = _connect(":memory:")
    migrate(db)
    problem = f"{cause}. Nothing of this run is kept: its history, ratings and settings are in memory only."
    return Opened(db, path, in_memory=True, problem=problem if cause else "")


def _connect(name: str) -> SqliteDatabase:
    db = SqliteDatabase(name, pragmas=(("synchronous", "NORMAL"),), timeout=LOCK_WAIT, autoconnect=False)
    db.connect()
    return db
