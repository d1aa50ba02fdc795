"""Facts that wait to be written: taken in by any thread in a microsecond, encoded and stored by the database thread."""

import logging
import sqlite3
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from peewee import SqliteDatabase

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import Speed
from llmrouter_tui.storage import faults, rows
from llmrouter_tui.storage.transaction import transaction

BATCH: Final = 200
"""Rows of one transaction: about 10 ms."""

MAX_RAW: Final = 20_000
"""Facts not yet encoded. The database thread encodes even while the file is locked, so this fills only if that
thread hangs in the operating system."""

MAX_ROWS: Final = 100_000
MAX_TEXT: Final = 64_000_000
"""Characters of decisions, prompts and answers held for writing."""

_log = logging.getLogger(__name__)

_UPSERT = (
    f"INSERT INTO exchange ({', '.join(rows.LINE_COLUMNS)}) VALUES ({', '.join('?' * len(rows.LINE_COLUMNS))}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in rows.LINE_COLUMNS[1:])}"
)
_TEXT = (
    "INSERT OR REPLACE INTO exchange_text (number, prompt, answer, decision, attempts) "
    "VALUES ((SELECT number FROM exchange WHERE id = ?), ?, ?, ?, ?)"
)
_LOADS = (
    "INSERT INTO model_profile (model, loads) VALUES (?, ?) "
    "ON CONFLICT (model) DO UPDATE SET loads = loads + excluded.loads"
)
_SPEED_COLUMNS = ("prefill", "decode", "load_seconds", "samples", "load_samples", "ttft", "at")
_SPEED = (
    f"INSERT INTO model_profile (model, {', '.join(_SPEED_COLUMNS)}, footprint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    f"ON CONFLICT (model) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _SPEED_COLUMNS)}, "
    "footprint = coalesce(excluded.footprint, footprint)"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model was loaded once more."""

    model: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a model, the newest counts. Footprint None keeps what was known."""

    model: str
    speed: Speed
    footprint: int | None
    at: float


Fact = Exchange | Loaded | Measured


@dataclass(frozen=True, slots=True)
class _Row:
    line: rows.Line
    text: rows.Text | None

    @property
    def size(self) -> int:
        return sum(map(len, self.text)) if self.text else 0


class Backlog:
    """What waits. ``add`` is for any thread; everything else belongs to the database thread.

    It is bounded: past ``MAX_TEXT`` the oldest exchanges lose their texts and explanations, past ``MAX_ROWS`` the
    oldest go altogether. Speeds and load counts are folded per model and never dropped.
    """

    def __init__(self, privacy: str) -> None:
        self._kept = rows.KEPT[privacy]
        self._raw: deque[Fact] = deque(maxlen=MAX_RAW)
        self._bare: deque[_Row] = deque()
        """Older than all of ``_full``, their texts dropped."""
        self._full: deque[_Row] = deque()
        self._size = 0
        self._loads: Counter[str] = Counter()
        self._speeds: dict[str, Measured] = {}
        self.dropped = 0
        """Exchanges that were lost, because too many waited or because SQLite refused them."""

    def __len__(self) -> int:
        return len(self._raw) + len(self._bare) + len(self._full) + len(self._loads) + len(self._speeds)

    def add(self, fact: Fact) -> int:
        """Take it in; how many are not encoded yet."""
        if len(self._raw) == MAX_RAW:
            self.dropped += 1
        self._raw.append(fact)
        return len(self._raw)

    def absorb(self) -> None:
        """Encode what was added since, and drop what is too much."""
        for _ in range(len(self._raw)):
            match self._raw.popleft():
                case Loaded(model):
                    self._loads[model] += 1
                case Measured() as measured:
                    self._speeds[measured.model] = measured
                case exchange:
                    self._take(exchange)
        while self._size > MAX_TEXT:
            row = self._full.popleft()
            self._size -= row.size
            self._bare.append(_Row(row.line, None))
        while len(self._bare) + len(self._full) > MAX_ROWS:
            self._pop()
            self.dropped += 1

    def _take(self, exchange: Exchange) -> None:
        try:
            row = _Row(rows.line(exchange), rows.text(exchange, self._kept))
        except Exception:  # whatever is in a fact, the thread goes on
            _log.exception("an exchange could not be encoded for the database")
            self.dropped += 1
            return
        self._full.append(row)
        self._size += row.size

    def _pop(self) -> None:
        row = self._bare.popleft() if self._bare else self._full.popleft()
        self._size -= row.size

    def write(self, db: SqliteDatabase) -> None:
        """Store the oldest ``BATCH`` rows and everything folded, in one transaction. Raises what SQLite raises and
        then keeps everything, but a row that SQLite refuses is dropped: it must not hold up the others."""
        batch = list(islice(chain(self._bare, self._full), BATCH))
        try:
            with transaction(db) as connection:
                _store(connection, batch)
                self._store_folded(connection)
        except Exception as error:
            if not faults.is_bad_row(error):
                raise
            self._write_singly(db, batch)
        for _ in batch:
            self._pop()
        self._loads.clear()
        self._speeds.clear()

    def _store_folded(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_LOADS, [(rows.clean(model), count) for model, count in self._loads.items()])
        connection.executemany(_SPEED, [_speed_values(measured) for measured in self._speeds.values()])

    def _write_singly(self, db: SqliteDatabase, batch: Sequence[_Row]) -> None:
        refused = 0
        with transaction(db) as connection:
            for row in batch:
                connection.execute("SAVEPOINT one")
                try:
                    _store(connection, [row])
                except Exception as error:
                    if not faults.is_bad_row(error):
                        raise
                    connection.execute("ROLLBACK TO one")
                    refused += 1
                    _log.warning("the database refused exchange %s: %s", row.line[0], error)
                connection.execute("RELEASE one")
            self._store_folded(connection)
        self.dropped += refused


def _store(connection: sqlite3.Connection, batch: Sequence[_Row]) -> None:
    connection.executemany(_UPSERT, [row.line for row in batch])
    connection.executemany(_TEXT, [(row.line[0], *row.text) for row in batch if row.text])


def _speed_values(measured: Measured) -> tuple[object, ...]:
    speed = measured.speed
    samples = (min(speed.samples, rows.LARGEST), min(speed.load_samples, rows.LARGEST))
    figures = (speed.prefill, speed.decode, speed.load_seconds, *samples, speed.ttft)
    return (rows.clean(measured.model), *figures, measured.at, rows.integer(measured.footprint))
