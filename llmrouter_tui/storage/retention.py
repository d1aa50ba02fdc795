"""What is too old goes, by a clock that a wrong one cannot lead far astray."""

from typing import Final

from peewee import SqliteDatabase

from llmrouter_tui.storage.tables import Counter

DAY: Final = 86_400.0
LEAP: Final = DAY
"""Seconds by which the time that counts moves on at most from one look to the next, an hour later: a clock that jumps
ahead by years, and back, costs a day of history for each hour. After a long rest it catches up in as many looks."""

_NAME: Final = "pruned_at"


def reckoned(db: SqliteDatabase, now: float) -> float:
    """The time from which ages are counted."""
    kept = dict(Counter.select(Counter.name, Counter.value).where(Counter.name == _NAME).tuples().execute(db))
    at = min(now, kept[_NAME] + LEAP) if kept else now
    Counter.insert(name=_NAME, value=int(at)).on_conflict_replace().execute(db)
    return at
