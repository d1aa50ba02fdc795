"""The filter language of the history: ``task:code model:qwen you:- margin:<.05 text:"two words" !state:ok``. Pure.

Terms are joined by *and*; ``!`` in front inverts one. A word without a field is looked for in every text. A value with
spaces stands in quotes, where ``\\"`` is a quote; a word in quotes is never taken for a field. Text is found anywhere
in a value, in either case; numbers are compared (``<`` ``<=`` ``>`` ``>=`` ``=``, which is also meant by none).

A parsed query prints as one that parses to itself. The same terms filter what is in memory, the database and the API:
``holds`` decides, and who reads from elsewhere may only leave out what it would not let pass.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from llmrouter_tui.core import moments

Value = str | float | None
Kind = Literal["text", "number", "choice", "moment", "word"]
"""What a field's value is; a word without a field has the field ``""``."""
MOMENTS: Final = {"since": ">=", "before": "<"}
"""Fields of the kind ``moment``: how each compares the time of an exchange."""

LONGEST: Final = 500
"""Characters of a query."""
EQUAL: Final = 0.005
"""Numbers that differ by less than this are equal: they are shown with two digits."""
_LIKE = 0.75
"""How alike a word must be to the name of a field to be taken for a slip of it."""

_NUMBER = re.compile(r"(<=|>=|<|>|=)?\$?([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(s|t|%|\$)?")
_PLAIN = re.compile(r"[^\s\"!\\:][^\s\"\\:]*")
_PLAIN_VALUE = re.compile(r"[^\s\"\\]+")
_FOLDS_TO_ASCII = str.maketrans({"\u212a": "\ufffd", "\u0130": "\ufffd"})
"""The two letters outside ASCII whose small form is inside: a search that knows only ASCII would not find them."""


class QueryError(ValueError):
    """What is wrong with a query, in words; ``unfinished`` where it may only be not typed to its end."""

    def __init__(self, message: str, *, unfinished: bool = False) -> None:
        super().__init__(message)
        self.unfinished = unfinished


@dataclass(frozen=True, slots=True)
class Field:
    """Something that can be asked for."""

    name: str
    kind: Kind
    example: str
    """A term that uses it."""
    about: str
    also: tuple[str, ...] = ()
    """Other names for it."""
    choices: Mapping[str, str] | None = None
    """Of a choice: what may be written, and what it stands for."""
    short: Mapping[str, str] | None = None
    """Of a text: short forms of values."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. ``field`` is empty for a plain word; ``op`` for text."""

    field: str
    value: str | float
    negate: bool = False
    op: str = ""

    def __str__(self) -> str:
        mark = "!" if self.negate else ""
        if self.field in MOMENTS:
            return f"{mark}{self.field}:{moments.told(float(self.value))}"
        if isinstance(self.value, float):
            return f"{mark}{self.field}:{self.op}{self.value!r}"
        if not self.field:
            return mark + (self.value if _PLAIN.fullmatch(self.value) else _quoted(self.value))
        return f"{mark}{self.field}:{self.value if _PLAIN_VALUE.fullmatch(self.value) else _quoted(self.value)}"

    def admits(self, actual: Value) -> bool:
        """Whether it holds for that value of its field; a value that there is not is never found."""
        return (actual is not None and self._found(actual)) is not self.negate

    def _found(self, actual: str | float) -> bool:
        if isinstance(self.value, float):
            return isinstance(actual, (int, float)) and compare(self.op, actual, self.value)
        return self.value in fold(str(actual))


@dataclass(frozen=True, slots=True)
class Query:
    """All terms have to hold."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def holds(self, value: Callable[[str], Value], words: Callable[[], tuple[str, ...]]) -> bool:
        """``value`` gives a field's value, ``words`` the texts that plain words are looked for in."""
        return all(term.admits(value(term.field)) if term.field else _word_found(term, words()) for term in self.terms)

    def and_word(self, text: str) -> "Query":
        """The same, of what also holds that text as a plain word would; as it is for none."""
        return Query((*self.terms, Term("", _needle(text)))) if text else self

    def span(self) -> tuple[float, float]:
        """From when, and before when, what it admits arrived."""
        since = [t.value for t in self.terms if (t.field, t.negate) in (("since", False), ("before", True))]
        before = [t.value for t in self.terms if (t.field, t.negate) in (("before", False), ("since", True))]
        return max([-math.inf, *map(float, since)]), min([math.inf, *map(float, before)])


EVERYTHING: Final = Query()


def _word_found(term: Term, words: tuple[str, ...]) -> bool:
    return any(str(term.value) in fold(text) for text in words) is not term.negate


def fold(text: str) -> str:
    """As texts are compared."""
    return text.lower() if text.isascii() else text.translate(_FOLDS_TO_ASCII).lower()


def compare(op: str, actual: float, wanted: float) -> bool:
    """Whether ``actual op wanted``."""
    if op == "<":
        return actual < wanted
    if op == "<=":
        return actual <= wanted
    if op == ">":
        return actual > wanted
    return actual >= wanted if op == ">=" else abs(actual - wanted) < EQUAL


def parse(query: str, fields: Mapping[str, Field], now: float) -> Query:
    """``fields`` by all their names; spans such as ``since:2h`` end ``now``. Raises ``QueryError``."""
    if len(query) > LONGEST:
        raise QueryError(f"a filter has at most {LONGEST} characters")
    terms: dict[Term, None] = {}
    at = 0
    while (at := _skip(query, at)) < len(query):
        term, at = _term(query, at, fields, now)
        terms[term] = None
    return Query(tuple(terms))


def _skip(query: str, at: int) -> int:
    while at < len(query) and query[at].isspace():
        at += 1
    return at


def _term(query: str, at: int, fields: Mapping[str, Field], now: float) -> tuple[Term, int]:
    negate = query[at] == "!" and at + 1 < len(query) and not query[at + 1].isspace()
    at += negate
    if query[at] == '"':
        text, at = _unquoted(query, at)
        return Term("", _needle(text), negate), at
    end = at
    while end < len(query) and not query[end].isspace() and query[end] != '"':
        end += 1
    word = query[at:end]
    name, colon, value = word.partition(":")
    field = fields.get(name.lower()) if colon else None
    if field is None:
        if colon and (like := get_close_matches(name.lower(), fields, 1, _LIKE)):
            raise QueryError(f'no field {name}: is {like[0]}: meant? In quotes it is a word: "{word}"')
        return Term("", _needle(word), negate), end
    if not value and end < len(query) and query[end] == '"':
        value, end = _unquoted(query, end)
    if not value:
        raise QueryError(f"{field.name}: of what? For example {field.example}", unfinished=True)
    return _of_field(field, value, negate, now), end


def _of_field(field: Field, value: str, negate: bool, now: float) -> Term:
    if field.kind == "moment":
        return _moment(field, value, negate, now)
    if field.kind == "number":
        return _number(field, value, negate)
    wanted = _needle(value)
    if field.choices is not None:
        if wanted not in field.choices:
            known = ", ".join(field.choices)
            begun = any(choice.startswith(wanted) for choice in field.choices)
            raise QueryError(f"{field.name}: is one of {known}", unfinished=begun)
        wanted = field.choices[wanted]
    return Term(field.name, (field.short or {}).get(wanted, wanted), negate)


def _number(field: Field, value: str, negate: bool) -> Term:
    found = _NUMBER.fullmatch(value)
    if not found:
        begun = bool(re.fullmatch(r"(<=|>=|<|>|=)?\$?[+-]?\.?", value))
        raise QueryError(f"{field.name}: compares a number, as in {field.example}", unfinished=begun)
    number = float(found[2]) / (100 if found[3] == "%" else 1)
    if not math.isfinite(number):
        raise QueryError(f"{field.name}: {value[:20]} is too large a number")
    return Term(field.name, number, negate, found[1] or "=")


def _moment(field: Field, value: str, negate: bool, now: float) -> Term:
    at = moments.read(value, now)
    if at is None:
        said = f'{field.name}: takes 2h, 14:00, yesterday, 2026-11-20 or "2026-11-20 14:00"'
        raise QueryError(said, unfinished=moments.begun(value))
    return Term(field.name, at, negate, MOMENTS[field.name])


def _unquoted(query: str, at: int) -> tuple[str, int]:
    """The text of the quotes that begin here, and where it goes on; the last ones need not be closed."""
    text, at = [], at + 1
    while at < len(query) and query[at] != '"':
        if query[at] == "\\" and at + 1 < len(query) and query[at + 1] in '\\"':
            at += 1
        text.append(query[at])
        at += 1
    if not text:
        raise QueryError('between the quotes is nothing to look for, as in text:"two words"', unfinished=True)
    return "".join(text), at + 1


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _needle(text: str) -> str:
    return fold(text.encode("utf-8", "replace").decode())
