"""The filter language in SQL: for each term a condition that lets everything pass that the term admits, and perhaps
more. What passes is read and then judged by ``core.exchange_query``, so that the database finds exactly what a filter
of the same exchanges in memory would.

Columns are those of ``e`` (exchange), ``t`` (exchange_text) and ``f`` (model_feedback).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.core.exchange_query import STATES, error_words
from llmrouter_tui.core.query import EQUAL, MOMENTS, Query, Term


class Condition(NamedTuple):
    """``exact``: lets nothing else pass."""

    sql: str
    values: tuple[object, ...] = ()
    exact: bool = True


ANY: Final = Condition("1", exact=False)
"""Of what the database does not know, or keeps where SQL cannot look."""

_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "task": ("e.task",),
    "client": ("e.client",),
    "key": ("e.key",),
    "session": ("e.session",),
    "asked": ("e.requested",),
    "id": ("e.id",),
    "": ("e.id", "e.model", "e.task", "e.code", "e.message", "t.prompt", "f.comment"),
}
_NUMBERS: Final = {
    "ttft": "e.ttft",
    "seconds": "e.seconds",
    "tokens": "e.completion_tokens",
    "tps": "e.decode_per_second",
    "cost": "e.cost",
}
_LATER: Final = {"margin": "e.margin", "difficulty": "e.difficulty"}
"""Empty in what earlier versions wrote, though there may be a number."""
_MARKS: Final[Mapping[str, str]] = {
    "+": "f.rating = 'up'",
    "-": "f.rating = 'down'",
    "·": "(f.rating IS NULL OR f.rating NOT IN ('up', 'down'))",
}
_UNTRIED: Final = "(e.model = '' AND length(t.decision) > 0)"
"""It has the model that was chosen for it."""
_EASY: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
"""What stands as it is in JSON, and whose letters SQL compares as we do."""


def conditions(query: Query) -> list[Condition]:
    """One for each term."""
    return [_condition(term) for term in query.terms]


def joined(found: Sequence[Condition]) -> tuple[str, list[object]]:
    """All of them as one condition."""
    told = [condition for condition in found if condition.sql != ANY.sql]
    return " AND ".join(["1", *(one.sql for one in told)]), [value for one in told for value in one.values]


def _condition(term: Term) -> Condition:
    found = _positive(term)
    if not term.negate or term.field in ("state", "you", "code"):
        return found
    return Condition(f"NOT coalesce({found.sql}, 0)", found.values) if found.exact else ANY


def _positive(term: Term) -> Condition:
    field, value = term.field, term.value
    if field in MOMENTS:
        return Condition(f"e.at {term.op} ?", (value,))
    if isinstance(value, float):
        return _of_number(field, term.op, value)
    if field in _TEXTS:
        return _contains(_TEXTS[field], value)
    if field == "text":
        return _contains(("t.prompt", "t.answer"), value)._replace(exact=False)  # a line's end may join the two
    if field in ("model", "backend"):
        met = _contains(("e.model",), value)
        return Condition(f"({_UNTRIED} OR {met.sql})", met.values, exact=False)
    if field == "note":
        return _contains(("f.comment",), value)
    if field == "reason":
        return _contains(("f.reasons",), value)._replace(exact=False)
    return _CHOSEN[field](term) if field in _CHOSEN else ANY


def _contains(columns: Sequence[str], needle: str) -> Condition:
    """Each plain piece of the needle is somewhere in one of the columns. (``LIKE`` ends at a zero character.)"""
    pieces = _EASY.findall(needle)
    if not pieces:
        return ANY
    exact = pieces == [needle]
    found = [f"instr(lower({column}), ?) > 0" for column in columns]
    each = [" AND ".join([one] * len(pieces)) for one in found]
    return Condition(f"({' OR '.join(f'({one})' for one in each)})", tuple(pieces) * len(columns), exact)


def _of_number(field: str, op: str, wanted: float) -> Condition:
    column = _NUMBERS.get(field) or _LATER.get(field)
    if column is None:
        return ANY
    sql, values = f"{column} {op} ?", (wanted,)
    if op == "=":
        sql, values = f"abs({column} - ?) < {EQUAL}", (wanted,)
    if field in _LATER:
        return Condition(f"({column} IS NULL OR {sql})", values, exact=False)
    return Condition(f"coalesce({sql}, 0)", values)


def _state(term: Term) -> Condition:
    outcomes = [outcome for outcome, said in STATES.items() if any(map(term.admits, said))]
    return Condition(f"e.outcome IN ({', '.join('?' * len(outcomes))})", tuple(outcomes), exact=False)


def _you(term: Term) -> Condition:
    admitted = [sql for mark, sql in _MARKS.items() if term.admits(mark)]
    return Condition(f"({' OR '.join(admitted) or '0'})")


def _code(term: Term) -> Condition:
    """A code that this version does not know may have been stored by another."""
    refused = [code for code in STATUS if not term.admits(error_words(code))]
    return Condition(f"e.code NOT IN ({', '.join('?' * len(refused))})", tuple(refused), exact=False)


_CHOSEN: Final = {"state": _state, "you": _you, "code": _code}
