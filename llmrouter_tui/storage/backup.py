"""Copies of the database file: made while a router writes to it, and put back while none does."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage import faults
from llmrouter_tui.storage.migrations import APPLICATION_ID, VERSION
from llmrouter_tui.storage.salvage import DamagedError, in_use, set_aside, unused_name

STEP: Final = 2_000
"""Pages copied between two words on how far it is: some milliseconds."""
LOCK_WAIT: Final = 5.0

Tell = Callable[[float], None]
"""Told the share that is done, 0..1."""


def back_up(source: Path, target: Path, tell: Tell = lambda share: None) -> int:
    """Copy the database as it is at this moment to a file that is not there yet; its size in bytes. On return the disk
    has it, whole and checked. A router may go on writing. Raises ``RouterError``."""
    check_ours(source)
    if target.exists():
        raise refused(f"{target} is there already, and is not written over")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _copy(source, part, tell)
        _publish(part, target)
        return target.stat().st_size
    except FileExistsError:
        raise refused(f"{target} is there already, and is not written over") from None
    except (OSError, sqlite3.Error) as error:
        raise failed(error, target if isinstance(error, OSError) else source) from error
    finally:
        part.unlink(missing_ok=True)


def restore(backup: Path, target: Path, tell: Tell = lambda share: None) -> Path | None:
    """Put a copy in the place of the database; what was there gets another name, which is returned. Refused while a
    router uses it. Raises ``RouterError``."""
    check_ours(backup)
    if target.exists() and target.samefile(backup):
        raise refused(f"{backup} is the database itself")
    _check_free(target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(backup, part, tell)
        _check_free(target)
        there = target.exists()
        aside = set_aside(target, unused_name(target, "before-restore"))
        part.rename(target)
        sync(target.parent)
        return aside if there else None
    except (OSError, sqlite3.Error) as error:
        raise failed(error, target if isinstance(error, OSError) else backup) from error
    finally:
        part.unlink(missing_ok=True)


def check_ours(path: Path) -> None:
    """Whether it is a database that this version can read."""
    if not path.is_file():
        raise refused(f"there is no file {path}")
    try:
        with closing(opened(path)) as connection:
            (mark,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise failed(error, path) from error
    if mark != APPLICATION_ID:
        raise refused(f"{path} is no database of llmrouter-tui")
    if version > VERSION:
        words = f"a newer llmrouter-tui wrote {path} (schema version {version}; this one knows {VERSION})"
        raise refused(words, "update to use it")


def _check_free(path: Path) -> None:
    if in_use(path):
        raise refused(f"a router uses {path}", "restore through it, with --url, or end it first")


def opened(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there; closing it is the caller's."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=LOCK_WAIT, isolation_level=None)


def _copy(source: Path, part: Path, tell: Tell) -> None:
    """One moment of the source, however long it takes: its reader holds that moment while others write. The copy is a
    single file, without a write-ahead log beside it."""
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(opened(source)) as reader, closing(opened(part)) as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reader.backup(writer, pages=STEP, progress=lambda _, left, total: tell(1 - left / max(total, 1)))
        writer.execute("PRAGMA journal_mode = DELETE")
        verdict = writer.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise DamagedError(f"damaged: {verdict}")
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def _publish(part: Path, target: Path) -> None:
    """Give the copy its name, never over a file that has come there meanwhile. Raises ``FileExistsError``."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(target) from None
        part.rename(target)
    sync(target.parent)


def sync(folder: Path) -> None:
    """Have the disk keep the names of its files."""
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def refused(words: str, hint: str = "") -> RouterError:
    """What is asked cannot be done, whatever the disk."""
    return RouterError("invalid_request", words, hint=hint)


def failed(error: Exception, path: Path) -> RouterError:
    """What an error at a file means, in words."""
    if isinstance(error, OSError):
        return RouterError("storage_unavailable", f"{path} cannot be written ({error.strerror or error})")
    return RouterError("storage_unavailable", faults.words(error, path))
