"""What the line above the filter says while one is typed: what is wrong, or what could come next. Pure."""

from collections.abc import Callable, Sequence
from math import isfinite

from llmrouter_tui.core.exchange_query import ALL_FIELDS, FIELDS, KNOWN
from llmrouter_tui.core.query import Query, QueryError
from llmrouter_tui.tui import text
from llmrouter_tui.tui.ledger import Place
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.rows import KEPT_ROWS
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Look

Piece = tuple[str, str, str]
Values = Callable[[str], Sequence[str]]
"""By the name of a field: values that there are here."""
MOST = 12
"""Values that are offered."""


def completions(typed: str, values: Values) -> list[tuple[str, str]]:
    """What the last word of a filter could become: (as it is shown, the whole filter then)."""
    if typed.count('"') % 2:
        return []
    before, word = _last(typed)
    mark, word = ("!", word[1:]) if word.startswith("!") else ("", word)
    name, colon, value = word.partition(":")
    field = FIELDS.get(name.lower())
    if not colon:
        known = [one for one in ALL_FIELDS if one.name.startswith(name.lower())]
        return [(f"{one.name}:", f"{before}{mark}{one.name}:") for one in known]
    if field is None or value.startswith(("<", ">", "=")):
        return []
    found = [one for one in (*KNOWN.get(field.name, ()), *values(field.name)) if one]
    begun = [one for one in dict.fromkeys(found) if one.strip('"').lower().startswith(value.lower()) and one != value]
    inside = [one for one in dict.fromkeys(found) if value.lower() in one.lower()[1:] and one not in begun]
    return [(one, f"{before}{mark}{name}:{one}") for one in (*begun, *inside)[:MOST]]


def suggestion(typed: str, values: Values) -> str | None:
    """The whole filter as it would be with the first completion that goes on where the typing stopped."""
    _, word = _last(typed)
    if not word.strip("!"):
        return None
    return next((whole for _, whole in completions(typed, values) if whole.startswith(typed) and whole != typed), None)


def _last(typed: str) -> tuple[str, str]:
    at = typed.rfind(" ") + 1
    return typed[:at], typed[at:]


def hint(typed: str, problem: QueryError | None, values: Values, cells: int) -> list[Piece]:
    """The line: an error, or completions to click, or what the field means."""
    if problem is not None and not problem.unfinished:
        return [(text.clip(f" {problem}", cells), "bad", "")]
    _, word = _last(typed)
    offered = completions(typed, values)
    field = FIELDS.get(word.lstrip("!").partition(":")[0].lower()) if ":" in word else None
    if field is not None:
        head = f" {field.name}: {field.about}"
    elif len(offered) == 1:
        head = f" {_about(offered[0][0])}"
    else:
        head = ""
    pieces: list[Piece] = [(head, "soft", "")] if head else []
    used = text.width(head)
    for shown, whole in offered:
        if used + 2 + text.width(shown) > cells - 1:
            break
        pieces += [("  ", "", ""), (shown, "key", whole)]
        used += 2 + text.width(shown)
    if not offered and field is not None and used + 6 + len(field.example) < cells:
        pieces += [("   as ", "dim", ""), (field.example, "key", "")]
    return pieces


def _about(shown: str) -> str:
    return FIELDS[shown.rstrip(":")].about if shown.endswith(":") else ""


def values(store: Store, name: str) -> Sequence[str]:
    """Values of a field that this router has, the newest first."""
    if name == "model":
        return [store.name(model) for model in store.models]
    if name == "backend":
        return list(store.backends)
    if name == "client":
        return _seen(store, lambda row: row.exchange.client)
    return _seen(store, lambda row: row.exchange.key) if name == "key" else ()


def _seen(store: Store, of: Callable[[Row], str]) -> list[str]:
    found = dict.fromkeys(of(row) for row in store.rows.values())
    return [f'"{value}"' if " " in value else value for value in found if value]


def span(query: Query, look: Look) -> str:
    """From when and until when a filter with ``since:`` or ``before:`` lists: spans were counted when it was typed."""
    since, before = query.span()
    told = [f"from {text.moment(since, look)}"] if isfinite(since) else []
    return " ".join([*told, *([f"before {text.moment(before, look)}"] if isfinite(before) else [])])


def searched(place: Place, searching: bool, found: int, look: Look) -> str:
    """How far a filter was followed: ``searched back to Tue 14:00, esc stops``."""
    if found >= KEPT_ROWS:
        return f"the newest {text.count(KEPT_ROWS)} of the history"
    if place.ended:
        return "all searched"
    if place.back_to is None:
        return "searching, esc stops" if searching else ""
    there = f"searched back to {text.day_and_time(place.back_to, look)}"
    return f"{there}, esc stops" if searching else there
