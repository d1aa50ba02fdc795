"""How things went over time: sums that are written behind beside the exchanges, and read as curves."""

import sqlite3
from collections import deque
from collections.abc import Iterable, Sequence
from operator import add
from typing import Any, Final

from peewee import SqliteDatabase

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.trends import KEPT, Fold, Grid, Reading, Swap, Trends, Work, figures, grid, trends
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.transaction import raw

WAITING: Final = 5_000
"""Sums of memory pools that wait to be written while the file cannot be used; the oldest go."""
LINGER: Final = 60
"""Seconds after which sums of memory pools are written though nothing else is: each would be a transaction else, every
ten seconds of a router that does nothing."""

_FINEST: Final = min(KEPT)
"""The other steps are multiples of it."""
_LAST: Final = 1e11
"""No clock tells a later time, the year 5138."""
_AT, _OUTCOME, _MODEL, _TTFT, _TOKENS, _SPEED, _CODE = (
    rows.LINE_COLUMNS.index(name)
    for name in ("at", "outcome", "model", "ttft", "completion_tokens", "decode_per_second", "code")
)
_WORKED: Final = Work._fields[2:]
_NONE: Final = (0,) * len(_WORKED)
_READ: Final = Reading._fields[2:]
_TOLD: Final = ("utilization", "temperature", "power")
"""What a driver may not tell, of some samples or of all."""


def _plus(name: str) -> str:
    """Samples that told nothing count as the mean of the others, so that one of them leaves no hole in an hour."""
    if name not in _TOLD:
        return f"{name} = {name} + excluded.{name}"
    both = "(samples + excluded.samples)"
    return (
        f"{name} = CASE WHEN {name} IS NULL THEN excluded.{name} * {both} / excluded.samples "
        f"WHEN excluded.{name} IS NULL THEN {name} * {both} / samples ELSE {name} + excluded.{name} END"
    )


def _all(name: str) -> str:
    """The sum over several rows, likewise."""
    if name not in _TOLD:
        return f"SUM({name})"
    return f"SUM({name}) * SUM(samples) / SUM(CASE WHEN {name} IS NOT NULL THEN samples END)"


def _adding(table: str, key: Sequence[str], sums: Sequence[str]) -> str:
    columns = ("step", *key, *sums)
    added = ", ".join(map(_plus, sums))
    values = ", ".join("?" * len(columns))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "
        f"ON CONFLICT (step, {', '.join(key)}) DO UPDATE SET {added}"
    )


_ADD_WORK: Final = _adding("trend", Work._fields[:2], _WORKED)
_ADD_READING: Final = _adding("pool_reading", Reading._fields[:2], _READ)


def store_work(connection: sqlite3.Connection, lines: Iterable[rows.Line]) -> None:
    """Add finished exchanges, as ``rows.line`` makes them, to the sums."""
    fine: dict[tuple[int, object], Sequence[float]] = {}
    for line in lines:
        at = line[_AT]
        if line[_OUTCOME] == "running" or not 0 <= at < _LAST:  # type: ignore[operator]
            continue
        key = int(at) // _FINEST * _FINEST, line[_MODEL]  # type: ignore[call-overload]
        fine[key] = list(map(add, fine.get(key, _NONE), _figures(line)))
    found: dict[tuple[int, int, object], Sequence[float]] = {}
    for (at, model), sums in fine.items():
        for step in KEPT:
            whole = step, at // step * step, model
            found[whole] = list(map(add, found.get(whole, _NONE), sums))
    connection.executemany(_ADD_WORK, [(*key, *sums) for key, sums in found.items()])


def _figures(line: rows.Line) -> tuple[float, ...]:
    return figures(str(line[_OUTCOME]), str(line[_CODE]), line[_TTFT], line[_TOKENS], line[_SPEED])


class Samples:
    """What waits to be written of memory pools. ``add`` is for one thread; everything else for the database's."""

    def __init__(self) -> None:
        self._at = 0
        self._sums: dict[str, Fold] = {}
        self._raw: deque[Reading] = deque(maxlen=WAITING)
        self._taken: deque[Reading] = deque(maxlen=WAITING)

    def __len__(self) -> int:
        return len(self._raw) + len(self._taken)

    @property
    def due(self) -> bool:
        """Whether they waited long enough, or the clock went back, so that nobody knows how long."""
        return bool(self._taken) or (bool(self._raw) and not 0 <= self._at - self._raw[0].at <= LINGER)

    def add(self, devices: Sequence[Device], at: float) -> None:
        """Take a sample of each in. Never raises."""
        begun = int(at) // _FINEST * _FINEST
        if begun != self._at:
            self._raw.extend(fold.reading(self._at, rows.clean(pool)) for pool, fold in self._sums.items())
            self._at, self._sums = begun, {}
        for device in devices:
            if not device.problem:
                self._sums.setdefault(device.pool, Fold()).add(device)

    def store(self, connection: sqlite3.Connection) -> None:
        """Add what waits to what is stored; it is kept until ``stored``."""
        self._taken.extend([self._raw.popleft() for _ in range(len(self._raw))])
        values = [(step, one.at // step * step, *one[1:]) for one in self._taken for step in KEPT]
        connection.executemany(_ADD_READING, values)

    def stored(self) -> None:
        """The transaction is on its way to the disk."""
        self._taken.clear()


def read(db: SqliteDatabase, now: float, span: float) -> Trends:
    """The last ``span`` seconds as curves."""
    cut = grid(now, span)
    work = _grouped(db, "trend", "model", _WORKED, cut)
    readings = _grouped(db, "pool_reading", "pool", _READ, cut)
    return trends(cut, (Work(*row) for row in work), (Reading(*row) for row in readings), _swaps(db, cut))


def _grouped(db: SqliteDatabase, table: str, of: str, sums: Sequence[str], cut: Grid) -> list[tuple[Any, ...]]:
    known = ", ".join(map(_all, sums))
    sql = f"SELECT (at - ?) / ? * ? + ?, {of}, {known} FROM {table} WHERE step = ? AND at >= ? AND at < ? GROUP BY 1, 2"
    until = cut.since + cut.count * cut.step
    bound = (cut.since, cut.step, cut.step, cut.since, cut.kept, cut.since, until)
    return list(raw(db).execute(sql, bound).fetchall())


def _swaps(db: SqliteDatabase, cut: Grid) -> list[Swap]:
    """What counts is told by ``core.swapping.counted``."""
    sql = (
        "SELECT (CAST(at AS INTEGER) - ?) / ? * ? + ?, SUM(COALESCE(seconds, 0.0)) FROM residency_event "
        "WHERE at >= ? AND NOT external AND kind IN ('load', 'unload') GROUP BY 1"
    )
    bound = (cut.since, cut.step, cut.step, cut.since, cut.since)
    return [Swap(int(at), float(seconds)) for at, seconds in raw(db).execute(sql, bound).fetchall()]


def prune(db: SqliteDatabase, now: float) -> None:
    """Drop what is kept no longer: seconds' worth of rows a day, in one go."""
    for step, length in KEPT.items():
        for table in ("trend", "pool_reading"):
            raw(db).execute(f"DELETE FROM {table} WHERE step = ? AND at < ?", (step, int(now - length)))
