"""The schema, one numbered step after another. ``PRAGMA user_version`` holds the number of the last step taken."""

from typing import Final

from peewee import SqliteDatabase

from llmrouter_tui.storage.migrations import (
    m001_start,
    m002_figures,
    m003_matches,
    m004_tokens,
    m005_residency,
    m006_footprints,
    m007_profiles,
    m008_grades,
    m009_runs,
    m010_comparing,
    m011_keys,
    m012_spend,
    m013_votes,
    m014_searching,
    m015_trends,
    m016_counting,
)
from llmrouter_tui.storage.transaction import transaction

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    m001_start.STATEMENTS,
    m002_figures.STATEMENTS,
    m003_matches.STATEMENTS,
    m004_tokens.STATEMENTS,
    m005_residency.STATEMENTS,
    m006_footprints.STATEMENTS,
    m007_profiles.STATEMENTS,
    m008_grades.STATEMENTS,
    m009_runs.STATEMENTS,
    m010_comparing.STATEMENTS,
    m011_keys.STATEMENTS,
    m012_spend.STATEMENTS,
    m013_votes.STATEMENTS,
    m014_searching.STATEMENTS,
    m015_trends.STATEMENTS,
    m016_counting.STATEMENTS,
)
"""``STEPS[n]`` leads from version n to n + 1. A released step never changes."""

VERSION: Final = len(STEPS)

APPLICATION_ID: Final = 0x6C6C6D72
"""Marks a file as ours in its header ("llmr"), so that another program's database is never touched."""


class ForeignDatabaseError(Exception):
    """The file is a healthy database that this version must not touch; the message says why."""


def migrate(db: SqliteDatabase) -> None:
    """Bring the open database to ``VERSION``, each step in a transaction of its own.

    Raises ``ForeignDatabaseError`` for a newer version and for another program's file, and changes nothing then.
    """
    version = _version(db)
    while version < VERSION:
        with transaction(db) as connection:
            version = _version(db)
            if version < VERSION:
                for statement in STEPS[version]:
                    connection.execute(statement)
                version += 1
                db.pragma("application_id", APPLICATION_ID)
                db.pragma("user_version", version)


def _version(db: SqliteDatabase) -> int:
    # The mark last: another program that makes the file at this moment sets it together with all the rest.
    used = bool(db.get_tables())
    version = int(db.pragma("user_version"))
    ours = int(db.pragma("application_id")) == APPLICATION_ID
    if not ours and (version or used):
        raise ForeignDatabaseError("it is another program's database")
    if version > VERSION:
        raise ForeignDatabaseError(
            f"a newer llmrouter-tui wrote it (schema version {version}; this one knows {VERSION}), so update to use it"
        )
    return version
