"""Opening the database file, or one in memory where the file cannot be used."""

import sqlite3
import time
from dataclasses import dataclass, replace
from pathlib import Path

import peewee
from peewee import SqliteDatabase

from llmrouter_tui.storage import faults
from llmrouter_tui.storage.history import NEWEST, page_query
from llmrouter_tui.storage.migrations import ForeignDatabaseError, migrate
from llmrouter_tui.storage.salvage import DamagedError, in_use, ours, rescue, set_aside, unused_name
from llmrouter_tui.storage.transaction import touch

LOCK_WAIT = 0.1
"""Seconds that one statement waits for another program's lock. Short: reads wait behind it on the one thread."""

OPEN_WAIT = 5.0
"""Seconds to wait for a lock while opening; only a file that must be created or migrated needs to."""

NEWEST_READ = 200
"""Exchanges that a router reads when it starts."""

PRAGMAS = (("synchronous", "NORMAL"), ("secure_delete", 1))
"""What is deleted is overwritten with zeros: pruned and forgotten texts do not stay in unused parts of the file."""

_CHECKED = ("setting", "model_state", "model_profile", "model_feedback", "counter")
"""Tables that are read at every start: damage here shows at once. They are small, the check takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database. ``problem`` says why it is not the file that was asked for, or that it cannot be written."""

    db: SqliteDatabase
    path: Path | None
    in_memory: bool = False
    problem: str = ""
    notice: str = ""
    """What was done about a damaged file, which a person should know."""


def open_database(path: Path | None, *, mend: bool = False) -> Opened:
    """Open, migrate and check; None means in memory. Never raises for what is wrong with the file, never changes
    a file that it cannot use; but to ``mend``, one of ours that is damaged gets another name, and a fresh one is
    begun."""
    if path is None:
        return _memory(None, "")
    try:
        return _file(path)
    except ForeignDatabaseError as error:
        return _memory(path, f"{path} is not used: {error}")
    except (OSError, sqlite3.Error, peewee.PeeweeException) as error:
        words = faults.words(error, path)
        damaged = isinstance(error, DamagedError) or faults.is_damage(error)
        if not (mend and damaged and ours(path)):
            return _memory(path, words)
    return anew(path, words)


def anew(path: Path, words: str) -> Opened:
    """A fresh file in the place of a damaged one, which nobody has open here; in memory where that cannot be. ``words``
    say what is wrong with it."""
    if in_use(path):
        return _memory(path, f"{words}, and another program has it open")
    try:
        aside = set_aside(path, unused_name(path, "damaged"))
        opened = _file(path)
        rescued = rescue(aside, opened.db)
    except (OSError, sqlite3.Error, peewee.PeeweeException) as error:
        return _memory(path, f"{words}, and could not be moved aside ({error})")
    kept = f"{rescued} settings, marks and measurements of it were taken over" if rescued else "nothing of it was kept"
    return replace(opened, notice=f"{words}. It was moved to {aside}, and a fresh one was begun; {kept}.")


def _file(path: Path) -> Opened:
    deadline = time.monotonic() + OPEN_WAIT
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # prompts are private; SQLite gives its side files the same mode
    while True:
        try:
            return ready(path)
        except (sqlite3.Error, peewee.PeeweeException) as error:
            if not faults.is_lock(error) or time.monotonic() >= deadline:
                raise


def ready(path: Path) -> Opened:
    """The file, migrated and checked; raises what is wrong with it."""
    db = _connect(str(path))
    try:
        migrate(db)
        page_query(NEWEST, NEWEST_READ).run(db)  # a router that could not read these could not start
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
            raise DamagedError(f"damaged: {verdict}")
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
    db = SqliteDatabase(name, pragmas=PRAGMAS, timeout=LOCK_WAIT, autoconnect=False)
    db.connect()
    return db
