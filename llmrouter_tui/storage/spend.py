"""What was paid for, one row per day, model and purpose: written behind as sums, read at the next start."""

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Final

from peewee import SqliteDatabase

from llmrouter_tui.core.spending import Line
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.tables import Spend

WAITING: Final = 50_000
"""Answers that were paid for and are not summed up yet; the database thread does so every quarter of a second."""

_SUMMED: Final = Line._fields[3:]
_UPSERT: Final = (
    f"INSERT INTO spend ({', '.join(Line._fields)}) VALUES ({', '.join('?' * len(Line._fields))}) "
    f"ON CONFLICT (day, model, purpose) DO UPDATE SET {', '.join(f'{n} = {n} + excluded.{n}' for n in _SUMMED)}"
)


class Payments:
    """What waits to be written. ``add`` is for any thread; everything else belongs to the database thread."""

    def __init__(self) -> None:
        self._raw: deque[Line] = deque(maxlen=WAITING)
        self._sums: dict[tuple[str, str, str], Line] = {}

    def __len__(self) -> int:
        return len(self._raw) + len(self._sums)

    def add(self, line: Line) -> None:
        """Take it in. Never raises."""
        self._raw.append(line._replace(model=rows.clean(line.model)))

    def store(self, connection: sqlite3.Connection) -> None:
        """Add what waits to what is stored; it is kept until ``stored``."""
        for _ in range(len(self._raw)):
            line = self._raw.popleft()
            known = self._sums.get(line.key)
            self._sums[line.key] = line if known is None else known.plus(line)
        connection.executemany(_UPSERT, list(self._sums.values()))

    def stored(self) -> None:
        """The transaction is on its way to the disk."""
        self._sums.clear()


def read(db: SqliteDatabase, since: str) -> Sequence[Line]:
    """Of that day and later."""
    query = Spend.select(*(getattr(Spend, name) for name in Line._fields)).where(Spend.day >= since).tuples()
    return [Line(*row) for row in query.execute(db)]
