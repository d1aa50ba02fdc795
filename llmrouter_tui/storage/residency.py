"""Loads and unloads: written behind, read at the next start, kept for a month."""

import math
import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Final

from peewee import SqliteDatabase

from llmrouter_tui.core.domain import ResidencyEvent as CoreEvent
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.tables import ResidencyEvent

KEEP_DAYS: Final = 30.0
AT_LEAST: Final = 50
"""So many of the newest are read, however old they are."""
AT_MOST: Final = 20_000
"""So many are read at most: a load every four seconds for a day."""
WAITING: Final = 5_000
"""Events that wait to be written while the file cannot be used; the oldest go."""

_COLUMNS: Final = tuple(name for name in ResidencyEvent._meta.sorted_field_names if name != "number")
_INSERT: Final = f"INSERT INTO residency_event ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"

Row = tuple[object, ...]


class Moves:
    """What waits to be written. ``add`` is for any thread; everything else belongs to the database thread."""

    def __init__(self) -> None:
        self._raw: deque[Row] = deque(maxlen=WAITING)
        self._taken: deque[Row] = deque(maxlen=WAITING)

    def __len__(self) -> int:
        return len(self._raw) + len(self._taken)

    def add(self, event: CoreEvent) -> None:
        """Take it in, as SQLite can hold it. Never raises."""
        self._raw.append(_row(event))

    def store(self, connection: sqlite3.Connection) -> None:
        """Insert what waits; it is kept until ``stored``."""
        self._taken.extend([self._raw.popleft() for _ in range(len(self._raw))])
        connection.executemany(_INSERT, self._taken)

    def stored(self) -> None:
        """The transaction is on its way to the disk."""
        self._taken.clear()


def _row(event: CoreEvent) -> Row:
    took = event.seconds
    return (
        event.at if math.isfinite(event.at) else 0.0,
        event.kind,
        rows.clean(event.model),
        rows.clean(event.pool),
        took if took is not None and math.isfinite(took) else None,
        rows.clean(event.reason),
        rows.clean(event.exchange_id),
        event.external,
        rows.clean(event.evicted_for),
    )


def read(db: SqliteDatabase, since: float) -> Sequence[CoreEvent]:
    """What happened since then, and the newest ``AT_LEAST`` in any case; oldest first."""
    newest = ResidencyEvent.select().order_by(ResidencyEvent.at.desc(), ResidencyEvent.number.desc())
    found = [_event(row) for row in newest.where(ResidencyEvent.at >= since).limit(AT_MOST).dicts().execute(db)]
    if len(found) < AT_LEAST:
        found = [_event(row) for row in newest.limit(AT_LEAST).dicts().execute(db)]
    return found[::-1]


def _event(row: dict[str, object]) -> CoreEvent:
    return CoreEvent(*(row[name] for name in _COLUMNS))  # type: ignore[arg-type]


def prune_step(db: SqliteDatabase, older_than: float, limit: int) -> int:
    """Drop up to ``limit`` events from before then; how many went."""
    oldest = ResidencyEvent.select(ResidencyEvent.number).where(ResidencyEvent.at < older_than).limit(limit)
    return int(ResidencyEvent.delete().where(ResidencyEvent.number.in_(oldest)).execute(db))
