"""A copy that came from outside, in a file beside the database: checked, brought up to date, and given its place."""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import peewee

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage.backup import check_ours, failed, opened, refused, sync
from llmrouter_tui.storage.migrations import ForeignDatabaseError
from llmrouter_tui.storage.opening import ready
from llmrouter_tui.storage.salvage import SIDES, DamagedError, in_use, set_aside, unused_name


@dataclass(frozen=True, slots=True)
class Swap:
    """What is to become of three files: ``part`` takes the place of ``database``, which gets the name ``aside``."""

    part: Path
    database: Path
    aside: Path

    def carry_out(self) -> None:
        """To be called while this process has none of them open. Raises ``RouterError``: then the database is as it
        was."""
        if in_use(self.database):
            raise refused(f"another program uses {self.database}", "end it, and restore again")
        try:
            set_aside(self.database, self.aside)
            try:
                self.part.rename(self.database)
            except OSError:
                set_aside(self.aside, self.database)
                raise
        except OSError as error:
            raise failed(error, self.database) from error
        sync(self.database.parent)

    def drop(self) -> None:
        """Delete the copy, if it is still there."""
        remove(self.part)


def planned(database: Path) -> Swap:
    """Where a copy that comes is to be written, and what is done then."""
    return Swap(database.with_name(f".{database.name}.restoring"), database, unused_name(database, "before-restore"))


def check_in(part: Path, name: str) -> None:
    """See whether a file is whole and ours, of this version or an older one, and bring it to this one. ``name`` is what
    it is called in what is told. Blocks for as long as reading all of it takes. Raises ``RouterError``."""
    try:
        check_ours(part)
        with closing(opened(part)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise DamagedError(f"damaged: {verdict}")
        database = ready(part)
        database.db.close()
        if database.problem:
            raise refused(database.problem)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
    except RouterError as error:
        raise _called(error, part, name) from error
    except (OSError, sqlite3.Error, peewee.PeeweeException, ForeignDatabaseError) as error:
        raise _called(refused(str(failed(error, part))), part, name) from error


def remove(part: Path) -> None:
    """Delete a file and what SQLite keeps beside it, as far as that can be done: the next copy is written over them."""
    for one in (part, *(part.with_name(part.name + side) for side in SIDES)):
        with suppress(OSError):
            one.unlink()


def _called(error: RouterError, part: Path, name: str) -> RouterError:
    """Whatever is wrong with the copy is what is wrong with what was sent."""
    return refused(error.message.replace(str(part), name), error.hint)
