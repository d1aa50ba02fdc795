"""Lines of the log as text at a given width. Pure."""

import re
from datetime import datetime

from llmrouter_tui.core.events import LogLine
from llmrouter_tui.tui import text
from llmrouter_tui.tui.heads import FACT, Part
from llmrouter_tui.tui.log_list import Entry, LogList, pieces
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look

CLOCKS = ("time", "exact", "date")
"""How times are told: to the second, to the millisecond, with the date."""
CLOCK_CELLS = {"time": 8, "exact": 12, "date": 19}
FORMATS = {"time": "%H:%M:%S", "exact": "%H:%M:%S.%f", "date": "%Y-%m-%d %H:%M:%S"}
SOURCE = 10
LEVEL_ROLES = {"debug": "dim", "info": "soft", "warn": "warn", "error": "bad"}
MARKS = {"warn": "warn!", "error": "ERR!!"}
"""Levels as they are written: what needs an eye stands out without colour."""

_REQUEST = re.compile(r"(?:^|\bfor )([0-9a-f]{4})\b")
"""How lines tell of a request: by the end of its id."""


def told(at: float, clock: str, look: Look) -> str:
    """A time, in the form asked for."""
    shown = datetime.fromtimestamp(at, look.tz).strftime(FORMATS[clock])
    return shown[:12] if clock == "exact" else shown


def text_start(clock: str) -> int:
    """Cells before the words of a line."""
    return CLOCK_CELLS[clock] + 1 + 5 + 1 + SOURCE + 1


def log_row(entry: Entry, part: int, cells: int, clock: str, wrapped: bool, look: Look) -> Line:
    """One row of an entry: the first with time, level and source, the following ones only with the words."""
    start = text_start(clock)
    room = max(1, cells - start)
    line = entry.line
    role = LEVEL_ROLES.get(line.level, "bad")
    words = pieces(entry.text, room)[part] if wrapped else text.clip(entry.text, room, look.symbols.ellipsis)
    ink = role if line.level in MARKS else "dim" if line.level == "debug" else ""
    if part:
        return ((" " * start, ""), (words, ink))
    return (
        (f"{told(line.at, clock, look)} ", "dim"),
        (text.left(MARKS.get(line.level, line.level), 5) + " ", role),
        (text.left(text.tame(line.source), SOURCE, look.symbols.ellipsis) + " ", "title"),
        (words, ink),
    )


def copied(line: LogLine, look: Look) -> str:
    """A line as it is copied: with the date, and complete."""
    return f"{told(line.at, 'date', look)} {line.level} {line.source} {line.text}"


def request(line: LogLine, store: Store) -> str:
    """The id of the request that a line is about, where it is one of those listed; else empty."""
    ends = frozenset(_REQUEST.findall(line.text))
    if not ends:
        return ""
    return next((id_ for id_ in store.order if id_[-4:] in ends and store.rows[id_].exchange.at <= line.at), "")


def note(listed: LogList, store: Store, following: bool) -> list[Part]:
    """``following · info+ · 6,214 lines``: what the head of the list says."""
    least = "all levels" if listed.least == "debug" else f"{listed.least}+" if listed.least != "error" else "errors"
    shown = text.count(len(listed.entries))
    kept = (
        f"{shown} of {text.count(len(store.log))} lines" if len(listed.entries) != len(store.log) else f"{shown} lines"
    )
    follows = Part("following", FACT) if following else Part("held, f follows")
    return [Part(f"filter {listed.query}" if listed.filtered else ""), follows, Part(least, FACT), Part(kept)]


def empty(listed: LogList, store: Store) -> list[Line]:
    """What stands in place of lines."""
    if not store.log:
        return [(), (("  Nothing was logged yet.", "soft"),)]
    said = f"  0 of {text.count(len(store.log))} lines match"
    if listed.filtered:
        return [(), ((f"{said} ", ""), (listed.query, "strong")), (("  esc ", "key"), ("clears the filter", "soft"))]
    return [(), ((f"{said} {listed.least} and above", ""),), (("  v ", "key"), ("lists other levels", "soft"))]
