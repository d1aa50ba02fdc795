"""What a failing SQLite call means, for the code and for people."""

import sqlite3
from pathlib import Path

_BAD_ROW = ("", "SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE")

_WORDS = {
    "SQLITE_BUSY": "is locked by another program",
    "SQLITE_LOCKED": "is locked by another program",
    "SQLITE_FULL": "cannot grow: the disk is full",
    "SQLITE_READONLY": "is read-only",
    "SQLITE_PERM": "may not be opened by this user",
    "SQLITE_CANTOPEN": "cannot be opened",
    "SQLITE_CORRUPT": "is damaged",
    "SQLITE_NOTADB": "is not a database, or is damaged",
    "SQLITE_IOERR": "cannot be read or written: the disk refuses",
}


def kind(error: BaseException) -> str:
    """SQLite's name of the failure (``SQLITE_BUSY``), without its sub-kind; empty if SQLite did not fail."""
    error = getattr(error, "orig", error)  # what peewee wraps
    name = getattr(error, "sqlite_errorname", "") if isinstance(error, sqlite3.Error) else ""
    return "_".join(name.split("_")[:2])


def is_lock(error: BaseException) -> bool:
    """Whether trying again may help soon: somebody else is writing."""
    return kind(error) in ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_damage(error: BaseException) -> bool:
    """Whether the file itself is broken."""
    return kind(error) in ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def is_bad_row(error: BaseException) -> bool:
    """Whether what was written is at fault, so that trying again cannot help."""
    return kind(error) in _BAD_ROW


def words(error: BaseException, path: Path | None) -> str:
    """The failure as a sentence part: ``/data/router.db is locked by another program``."""
    subject = str(path) if path else "the database in memory"
    name = kind(error)
    if name in _WORDS:
        return f"{subject} {_WORDS[name]}"
    if isinstance(error, OSError):
        return f"{subject} cannot be opened ({error.strerror or error})"
    return f"{subject} failed ({error})"
