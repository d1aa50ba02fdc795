"""Facts that wait to be written: encoded where they happen, stored by the database thread.

Encoding at once costs the loop some ten microseconds. Left to the database thread it costs several times that: the
objects have left the caches by then, and two threads of Python take the interpreter from each other.
"""

import logging
import sqlite3
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, NamedTuple

from peewee import SqliteDatabase

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import Footprint, Speed
from llmrouter_tui.storage import faults, rows
from llmrouter_tui.storage.residency import Moves
from llmrouter_tui.storage.spend import Payments
from llmrouter_tui.storage.transaction import transaction
from llmrouter_tui.storage.trends import Samples, store_work

BATCH: Final = 200
"""Rows of one transaction: about 10 ms."""

BLOCKS: Final = (200, 25, 5, 1)
"""Rows of one statement, largest first. SQLite runs a statement without the interpreter's lock and then has to ask the
loop for it; on a busy machine each time moves the loop to a core whose caches are cold."""

MAX_RAW: Final = 20_000
"""Facts not yet taken up. The database thread takes them up even while the file is locked, so this fills only if that
thread hangs in the operating system."""

MAX_ROWS: Final = 100_000
MAX_TEXT: Final = 64_000_000
"""Characters of decisions, prompts and answers held for writing."""

_log = logging.getLogger(__name__)

_ROW = f"({', '.join('?' * len(rows.LINE_COLUMNS))})"
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in rows.LINE_COLUMNS[1:])
_UPSERTS = {
    n: f"INSERT INTO exchange ({', '.join(rows.LINE_COLUMNS)}) VALUES {', '.join([_ROW] * n)} "
    f"ON CONFLICT (id) DO UPDATE SET {_UPDATES}"
    for n in BLOCKS
}
_TEXTS = {
    n: "INSERT OR REPLACE INTO exchange_text (number, prompt, answer, decision, attempts) "
    f"VALUES {', '.join(['(?, ?, ?, ?, ?)'] * n)}"
    for n in BLOCKS
}
"""Statements by the number of rows they store."""
_NUMBER = "SELECT number FROM exchange WHERE id = ?"
_NEWEST = "SELECT ifnull(max(number), 0) FROM exchange"
_COUNTED = "UPDATE counter SET value = value + ? WHERE name = 'exchange'"
_HOURS = (
    "INSERT INTO exchange_hour SELECT CAST(at / 3600 AS INTEGER), count(*) FROM exchange NOT INDEXED "
    "WHERE number > ? GROUP BY 1 ON CONFLICT (hour) DO UPDATE SET exchanges = exchanges + excluded.exchanges"
)
_USED = (
    "INSERT INTO model_profile (model, used) SELECT model, count(*) FROM exchange NOT INDEXED "
    "WHERE number > ? AND model != '' AND outcome IN ('ok', 'cancelled') GROUP BY model "
    "ON CONFLICT (model) DO UPDATE SET used = used + excluded.used"
)
"""Of new rows, found by their numbers: an index in the order of the groups would have all rows looked at. Those that
were under way, and are over now, are counted by a trigger."""
_LOADS = (
    "INSERT INTO model_profile (model, loads) VALUES (?, ?) "
    "ON CONFLICT (model) DO UPDATE SET loads = loads + excluded.loads"
)
_SPEED_COLUMNS = ("prefill", "decode", "load_seconds", "samples", "load_samples", "ttft", "token_ratio", "at")
_FOOTPRINT_COLUMNS = ("footprint", "footprint_source", "footprint_context")
_SPEED = (
    f"INSERT INTO model_profile (model, {', '.join(_SPEED_COLUMNS + _FOOTPRINT_COLUMNS)}) "
    f"VALUES ({', '.join('?' * (1 + len(_SPEED_COLUMNS + _FOOTPRINT_COLUMNS)))}) "
    f"ON CONFLICT (model) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _SPEED_COLUMNS)}, "
    + ", ".join(
        f"{name} = CASE WHEN excluded.footprint IS NULL THEN {name} ELSE excluded.{name} END"
        for name in _FOOTPRINT_COLUMNS
    )
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
    footprint: Footprint | None
    at: float


Fact = Exchange | Loaded | Measured


class _Row(NamedTuple):
    line: rows.Line
    text: rows.Text | None
    size: int
    """Characters of the text."""


class Backlog:
    """What waits. ``add`` is for any thread and encodes; everything else belongs to the database thread.

    It is bounded: past ``MAX_TEXT`` the oldest exchanges lose their texts and explanations, past ``MAX_ROWS`` the
    oldest go altogether. Speeds and load counts are folded per model and never dropped.
    """

    def __init__(self, privacy: str) -> None:
        self.keep_texts(privacy)
        self._raw: deque[_Row] = deque(maxlen=MAX_RAW)
        self._told: deque[Loaded | Measured] = deque(maxlen=MAX_RAW)
        self._bare: deque[_Row] = deque()
        """Older than all of ``_full``, their texts dropped."""
        self._full: deque[_Row] = deque()
        self._size = 0
        self._loads: Counter[str] = Counter()
        self._speeds: dict[str, Measured] = {}
        self.moves = Moves()
        self.payments = Payments()
        self.samples = Samples()
        self.dropped = 0
        """Exchanges that were lost, because too many waited or because SQLite refused them."""

    def keep_texts(self, privacy: str) -> None:
        """Keep so much of what is added from now on."""
        self._kept = rows.KEPT[privacy]

    def __len__(self) -> int:
        waiting = len(self._raw) + len(self._told) + len(self._bare) + len(self._full)
        return waiting + len(self._loads) + len(self._speeds) + len(self.moves) + len(self.payments) + len(self.samples)

    @property
    def pressing(self) -> bool:
        """Whether there is more than what may wait for the next reason to write, or for who asks for it."""
        return len(self) > len(self.samples) or self.samples.due

    def add(self, fact: Fact) -> int:
        """Take it in; how many exchanges are not taken up yet. Never raises."""
        waiting = self._raw
        if not isinstance(fact, Exchange):
            self._told.append(fact)
        elif (row := self._encoded(fact)) is not None:
            if len(waiting) == MAX_RAW:
                self.dropped += 1
            waiting.append(row)
        return len(waiting)

    def absorb(self) -> None:
        """Take up what was added since, and drop what is too much."""
        fresh = [self._raw.popleft() for _ in range(len(self._raw))]
        self._full.extend(fresh)
        self._size += sum([row.size for row in fresh])
        for _ in range(len(self._told)):
            match self._told.popleft():
                case Loaded(model):
                    self._loads[model] += 1
                case measured:
                    self._speeds[measured.model] = measured
        while self._size > MAX_TEXT:
            row = self._full.popleft()
            self._size -= row.size
            self._bare.append(_Row(row.line, None, 0))
        if (excess := len(self._bare) + len(self._full) - MAX_ROWS) > 0:
            self._drop(excess)
            self.dropped += excess

    def _encoded(self, exchange: Exchange) -> _Row | None:
        try:
            text = rows.text(exchange, self._kept)
            return _Row(rows.line(exchange, self._kept), text, sum(map(len, text)))
        except Exception:  # whatever is in a fact, the router goes on
            _log.exception("an exchange could not be encoded for the database")
            self.dropped += 1
            return None

    def _drop(self, count: int) -> None:
        """Let go of the oldest."""
        bare = min(count, len(self._bare))
        for _ in range(bare):
            self._bare.popleft()
        self._size -= sum([self._full.popleft().size for _ in range(count - bare)])

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
        self._drop(len(batch))
        self._loads.clear()
        self._speeds.clear()
        self.moves.stored()
        self.payments.stored()
        self.samples.stored()

    def _store_folded(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_LOADS, [(rows.clean(model), count) for model, count in self._loads.items()])
        connection.executemany(_SPEED, [_speed_values(measured) for measured in self._speeds.values()])
        self.moves.store(connection)
        self.payments.store(connection)
        self.samples.store(connection)

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
    batch = list({row.line[0]: row for row in batch}.values())  # once each, as it was last: new rows are counted below
    lines = [row.line for row in batch]
    (last,) = connection.execute(_NEWEST).fetchone()
    _insert(connection, _UPSERTS, lines)
    (now,) = connection.execute(_NEWEST).fetchone()
    if now > last:
        connection.execute(_COUNTED, (now - last,))
        connection.execute(_HOURS, (last,))
        connection.execute(_USED, (last,))
    store_work(connection, lines)
    # New rows have the next numbers; which are whose has to be asked only where some were stored before.
    numbers = range(last + 1, now + 1) if now - last == len(batch) else _numbers(connection, batch)
    texts = zip(numbers, [row.text for row in batch], strict=True)
    _insert(connection, _TEXTS, [(number, *text[1:]) for number, text in texts if text])


def _numbers(connection: sqlite3.Connection, batch: Sequence[_Row]) -> list[int]:
    return [connection.execute(_NUMBER, row.line[:1]).fetchone()[0] for row in batch]


def _insert(connection: sqlite3.Connection, statements: Mapping[int, str], values: Sequence[rows.Line]) -> None:
    at, most = 0, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    for size in BLOCKS:
        if size > 1 and size * len(rows.LINE_COLUMNS) > most:  # 999 before SQLite 3.32
            continue
        while len(values) - at >= size:
            connection.execute(statements[size], tuple(chain.from_iterable(values[at : at + size])))
            at += size


def _speed_values(measured: Measured) -> tuple[object, ...]:
    speed = measured.speed
    samples = (min(speed.samples, rows.LARGEST), min(speed.load_samples, rows.LARGEST))
    figures = (speed.prefill, speed.decode, speed.load_seconds, *samples, speed.ttft, speed.token_ratio)
    seen = measured.footprint
    footprint = (rows.integer(seen.bytes), seen.source, rows.integer(seen.context_length)) if seen else (None,) * 3
    return (rows.clean(measured.model), *figures, measured.at, *footprint)
