"""The filter language of every list: ``task:code margin:<.05 you:- model:qwen state:failed plain words``. Pure.

Terms are joined by *and*; ``!`` in front inverts one. A word whose part before the colon is not a field of the list
(``qwen3:8b``) is a plain word. Text matches anywhere in the value; numbers compare (``<`` ``<=`` ``>`` ``>=`` ``=``).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Value = str | float | None
_NUMBER = re.compile(r"(<=|>=|<|>|=)?([+-]?(?:\d+\.?\d*|\.\d+))(?:s|t|%)?$")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. ``field`` is empty for a plain word."""

    field: str
    text: str
    negate: bool = False


def parse(query: str, fields: Mapping[str, str]) -> tuple[Term, ...]:
    """The terms of ``query``. ``fields`` maps every accepted field name to the name that values are asked by."""
    terms = []
    for word in query.split():
        negate = word.startswith("!") and len(word) > 1
        body = word[1:] if negate else word
        name, colon, text = body.partition(":")
        known = fields.get(name.lower()) if colon else None
        if known and not text:
            continue  # still being typed
        terms.append(Term(known or "", (text if known else body).lower(), negate))
    return tuple(terms)


def matches(terms: tuple[Term, ...], value: Callable[[str], Value], words: Callable[[], str]) -> bool:
    """Whether all terms hold. ``value`` gives a field's value; ``words`` the text that plain words are searched in."""
    return all(_holds(term, value, words) is not term.negate for term in terms)


def _holds(term: Term, value: Callable[[str], Value], words: Callable[[], str]) -> bool:
    if not term.field:
        return term.text in words().lower()
    actual = value(term.field)
    if actual is None:
        return False
    if isinstance(actual, str):
        return _text_holds(term.text, actual.lower())
    return _number_holds(term.text, actual)


def _text_holds(wanted: str, actual: str) -> bool:
    if wanted in ("-", "+", "·", "."):
        return actual == wanted.replace(".", "·")
    return wanted in actual


def _number_holds(wanted: str, actual: float) -> bool:
    found = _NUMBER.match(wanted)
    if not found:
        return False
    number = float(found[2])
    compare: dict[str, Callable[[], bool]] = {
        "<": lambda: actual < number,
        "<=": lambda: actual <= number,
        ">": lambda: actual > number,
        ">=": lambda: actual >= number,
        "=": lambda: abs(actual - number) < 0.005,
    }
    return compare[found[1] or "="]()
