"""The log as a list: filter, least level, wrapping, and where each line stands on screen. Pure.

Taking in a line costs microseconds; nothing here is done twice for a line unless the filter or the width changed.
"""

from bisect import bisect_right
from dataclasses import dataclass

from llmrouter_tui.core.events import LogLine
from llmrouter_tui.tui import terms, text
from llmrouter_tui.tui.state import Store

LEVELS = ("debug", "info", "warn", "error")
FIELDS = {"level": "level", "source": "source", "from": "source", "text": "text"}
"""Field names that a filter accepts, and the value each asks for."""
ALIASES = {"warning": "warn", "err": "error"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log that passed the filter. ``seq`` counts all lines ever seen."""

    seq: int
    line: LogLine
    text: str
    """What it says, made safe for the screen."""


class LogList:
    """The lines that pass, oldest first, each taking one row or, wrapped, as many as it needs."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._source: object = None
        self._seen = 0
        self._terms: tuple[terms.Term, ...] = ()
        self._width = 0
        self._tops: list[int] = []
        self.entries: list[Entry] = []
        self.query = ""
        self.least = "info"
        """The lowest level that is listed."""

    @property
    def filtered(self) -> bool:
        return bool(self._terms)

    @property
    def rows(self) -> int:
        """Rows that all entries take together."""
        return self._tops[-1] + self._height(self.entries[-1]) if self.entries else 0

    # ── in ────────────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(self, store: Store) -> int:
        """Take in what the store has and this list has not; how many rows went at the top because the store forgot
        them."""
        self._store = store
        if store.log is not self._source:
            self._source = store.log
            self._again()
            return 0
        new = store.log_count - self._seen
        if new > 0:
            self._take(store, min(new, len(store.log)))
        return self._forget(store.log_count - len(store.log))

    def _take(self, store: Store, count: int) -> None:
        start = len(store.log) - count
        first = store.log_count - len(store.log)
        for index in range(start, len(store.log)):
            self._add(first + index, store.log[index])
        self._seen = store.log_count

    def _add(self, seq: int, line: LogLine) -> None:
        if not self._passes(line):
            return
        top = self.rows
        self.entries.append(Entry(seq, line, text.tame(line.text)))
        self._tops.append(top)

    def _forget(self, first: int) -> int:
        gone = 0
        while gone < len(self.entries) and self.entries[gone].seq < first:
            gone += 1
        if not gone:
            return 0
        rows = self._tops[gone] if gone < len(self._tops) else self.rows
        del self.entries[:gone]
        self._tops = [top - rows for top in self._tops[gone:]]
        return rows

    def _again(self) -> None:
        self.entries, self._tops = [], []
        if self._store is not None:
            self._take(self._store, len(self._store.log))

    def _passes(self, line: LogLine) -> bool:
        if LEVELS.index(line.level if line.level in LEVELS else "error") < LEVELS.index(self.least):
            return False
        if not self._terms:
            return True
        fields: dict[str, str] = {"level": line.level, "source": line.source, "text": line.text}
        return terms.matches(self._terms, fields.get, lambda: f"{line.source} {line.text}")

    # ── what is asked of it ───────────────────────────────────────────────────────────────────────────────────

    def filter(self, query: str) -> None:
        """List only what matches."""
        self.query = query
        self._terms = tuple(
            terms.Term(term.field, ALIASES.get(term.text, term.text), term.negate) if term.field == "level" else term
            for term in terms.parse(query, FIELDS)
        )
        self._again()

    def next_level(self) -> None:
        """Raise the lowest level listed by one; after the highest it starts again with all."""
        self.least = LEVELS[(LEVELS.index(self.least) + 1) % len(LEVELS)]
        self._again()

    def wrap(self, width: int) -> None:
        """Break texts after ``width`` cells; 0 keeps each in one row."""
        if width != self._width:
            self._width = width
            tops, top = [], 0
            for entry in self.entries:
                tops.append(top)
                top += self._height(entry)
            self._tops = tops

    def _height(self, entry: Entry) -> int:
        if not self._width:
            return 1
        if entry.text.isascii():
            return max(1, -(-len(entry.text) // self._width))
        return len(pieces(entry.text, self._width))

    # ── out ───────────────────────────────────────────────────────────────────────────────────────────────────

    def at(self, row: int) -> tuple[int, int]:
        """The entry that a row belongs to, as an index, and which of its rows it is."""
        index = bisect_right(self._tops, row) - 1
        return index, row - self._tops[index]

    def top(self, index: int) -> int:
        """The first row of an entry."""
        return self._tops[index]

    def height(self, index: int) -> int:
        """How many rows an entry takes."""
        return self._height(self.entries[index])

    def find(self, seq: int) -> int:
        """The index of the entry with this number, or of the next one after it; -1 in an empty list."""
        if not self.entries:
            return -1
        low = bisect_right(self.entries, seq - 1, key=lambda entry: entry.seq)
        return min(low, len(self.entries) - 1)


def pieces(words: str, room: int) -> list[str]:
    """``words`` cut into rows of ``room`` cells each."""
    if words.isascii():
        return [words[i : i + room] for i in range(0, len(words), room)] or [""]
    rows, rest = [], words
    while rest:
        head = text.clip(rest, room, "") or rest[:1]
        rows.append(head)
        rest = rest[len(head) :]
    return rows or [""]
