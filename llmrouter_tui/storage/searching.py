"""Searching the history by the filter language, newest first, in steps that are short however large it is.

A step looks at the next exchanges, more each time up to ``WINDOW``, of the shortest index that holds all that are
wanted: those of a model, a task, a client or a key, those that failed, those that were rated, else all by time. Only
what fits is read.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from peewee import SqliteDatabase

from llmrouter_tui.core.decision import Exchange as CoreExchange
from llmrouter_tui.core.exchange_query import STATES, passes
from llmrouter_tui.core.query import Query, Term
from llmrouter_tui.storage import query_sql
from llmrouter_tui.storage.history import Key, numbered
from llmrouter_tui.storage.transaction import raw

WINDOW: Final = 5000
"""Exchanges that one step looks at (5 to 20 ms)."""
READ: Final = 250
"""Of these, how many it reads in full at least, where only that tells (about 10 ms)."""
STEPS: Final = 10
"""After so many a page ends, full or not."""
FEW: Final = 8
"""Values of a column up to which its index serves: each is looked up by itself."""
DISTINCT: Final = 300
"""Values of a column that are looked through for those that are meant."""
SHORT: Final = 2000
"""Entries of an index that are counted to find the shortest; also the most ratings that serve as one."""


class Branch(NamedTuple):
    """Where keys are found: FROM, and conditions before that of the place."""

    source: str
    where: str = ""
    values: tuple[object, ...] = ()

    def keys(self, most: int) -> str:
        return (
            f"SELECT number, at, id FROM (SELECT e.number, e.at, e.id FROM {self.source} "
            f"WHERE {self.where} (e.at, e.id) < (?, ?) AND e.at >= ? ORDER BY e.at DESC, e.id DESC LIMIT {most})"
        )


class Search(NamedTuple):
    """What is looked for, and where."""

    query: Query
    branches: tuple[Branch, ...]
    condition: str
    values: tuple[object, ...]
    least: int
    """So many are read at least where there are so many: more where only reading tells."""
    since: float = -math.inf
    """None of them arrived earlier."""
    before: float = math.inf
    """All of them arrived earlier."""


ALL: Final = Branch("exchange e INDEXED BY exchange_at")
_INDEXES: Final = {
    "model": ("model", "exchange_model_at", ""),
    "backend": ("model", "exchange_model_at", ""),
    "task": ("task", "exchange_task_at", ""),
    "client": ("client", "exchange_client_at", "e.client != '' AND"),
    "key": ("key", "exchange_key_at", "e.key != '' AND"),
}
"""By field: column, index, and what the index holds only."""
_RATED: Final = "model_feedback f CROSS JOIN exchange e ON e.id = f.exchange_id"


def prepare(db: SqliteDatabase, query: Query) -> Search:
    """Choose the index."""
    found = query_sql.conditions(query)
    condition, values = query_sql.joined(found)
    least = READ if query_sql.ANY in found else 0
    return Search(query, _shortest(db, query), condition, tuple(values), least, *query.span())


def _shortest(db: SqliteDatabase, query: Query) -> tuple[Branch, ...]:
    shortest = SHORT + 1
    best: tuple[Branch, ...] = (ALL,)
    for term in query.terms:
        branches = _branches(db, term)
        if branches is None:
            continue
        length = min(SHORT, sum(_length(db, branch) for branch in branches))
        if length < shortest:
            shortest, best = length, branches
    return best


def _branches(db: SqliteDatabase, term: Term) -> tuple[Branch, ...] | None:
    """Those that hold all that a term admits; None where no index does."""
    if term.field == "you" and not term.negate and term.value in ("+", "-"):
        rated = Branch(_RATED, "f.rating = ? AND", ("up" if term.value == "+" else "down",))
        return (rated,) if _length(db, rated) < SHORT else None
    if term.field == "state" and [one for one, said in STATES.items() if any(map(term.admits, said))] == ["failed"]:
        return (Branch("exchange e INDEXED BY exchange_failed_at", "e.outcome = 'failed' AND"),)
    if term.field not in _INDEXES or term.negate:
        return None
    column, index, within = _INDEXES[term.field]
    source = f"exchange e INDEXED BY {index}"
    known = _distinct(db, column, source, within)
    said: Callable[[str], str] = (lambda name: name.partition("/")[0]) if term.field == "backend" else str
    meant = [value for value in known or () if term.admits(said(value)) or (column == "model" and not value)]
    if known is None or len(meant) > FEW:
        return None
    return tuple(Branch(source, f"e.{column} = ? AND {within}", (value,)) for value in meant) or (_nothing(),)


def _nothing() -> Branch:
    return ALL._replace(where="0 AND")


def _distinct(db: SqliteDatabase, column: str, source: str, within: str) -> list[str] | None:
    """The values of a column, each found by one look into its index; None where there are too many."""
    least = f"SELECT min(e.{column}) FROM {source} WHERE {within or '1 AND'}"
    sql = (
        f"WITH RECURSIVE v(x) AS ({least} 1 UNION ALL SELECT ({least} e.{column} > x) FROM v WHERE x IS NOT NULL) "
        f"SELECT x FROM v WHERE x IS NOT NULL LIMIT {DISTINCT + 1}"
    )
    found = [value for (value,) in raw(db).execute(sql)]
    return found if len(found) <= DISTINCT else None


def _length(db: SqliteDatabase, branch: Branch) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {branch.source} WHERE {branch.where} 1 LIMIT {SHORT})"
    (count,) = raw(db).execute(sql, branch.values).fetchone()
    return int(count)


def step(
    db: SqliteDatabase, search: Search, before: Key, wanted: int, window: int
) -> tuple[list[CoreExchange], Key | None]:
    """At most ``wanted`` of the next ``window`` older than ``before``, and where to look on: None at the end."""
    most = max(wanted, search.least)
    keys, values = _keys(search, min(before, (search.before, "")), window)
    edge = raw(db).execute(f"{keys} LIMIT 1 OFFSET {window - 1}", values).fetchone()
    sql = (
        f"SELECT k.number, k.at, k.id FROM ({keys} LIMIT {window}) k CROSS JOIN exchange e ON e.number = k.number "
        "LEFT JOIN exchange_text t ON t.number = e.number LEFT JOIN model_feedback f ON f.exchange_id = e.id "
        f"WHERE e.outcome != 'running' AND {search.condition} ORDER BY k.at DESC, k.id DESC LIMIT {most}"
    )
    found = raw(db).execute(sql, [*values, *search.values]).fetchall()
    matches = [one for one in _read(db, [row[0] for row in found]) if passes(search.query, one)]
    if len(matches) > wanted:
        last = matches[wanted - 1]
        return matches[:wanted], (last.at, last.id)
    if len(found) == most:
        return matches, (found[-1][1], found[-1][2])
    return matches, edge and (edge[1], edge[2])


def _keys(search: Search, before: Key, most: int) -> tuple[str, list[object]]:
    sql = " UNION ALL ".join(branch.keys(most) for branch in search.branches)
    values = [value for branch in search.branches for value in (*branch.values, *before, search.since)]
    return f"{sql} ORDER BY at DESC, id DESC", values


def _read(db: SqliteDatabase, numbers: Sequence[int]) -> list[CoreExchange]:
    """In the order of ``number``, which is what they are sorted by again."""
    return sorted(numbered(numbers).run(db), key=lambda one: (one.at, one.id), reverse=True)
