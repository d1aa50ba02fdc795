"""A stretch of the history while it is read: so many rows in a row, further back than the live list. Pure.

It moves: rows are added at the end that is read on, and go at the other one. Live exchanges change nothing in it.
"""

from collections.abc import Iterable, Sequence

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.tui import text
from llmrouter_tui.tui.row import Row

MOST_ROWS = 1000
MOST_WEIGHT = 20 * 1024**2
"""Bytes, by ``Row.weight``."""
FEWEST = 400
"""Rows that are kept however heavy they are, so that those in view stay."""


class Past:
    """Rows without a gap, newest first."""

    def __init__(self, rows: Iterable[Row], older: int, total: int) -> None:
        """``older`` are stored that are older than the last one; ``total`` were known when it was opened."""
        self.rows = {row.id: row for row in rows}
        self.ids = list(self.rows)
        self.older = older
        self.opened_at = total
        self._weight = sum(row.weight for row in self.rows.values())

    @property
    def first(self) -> Exchange:
        """The newest."""
        return self.rows[self.ids[0]].exchange

    @property
    def last(self) -> Exchange:
        return self.rows[self.ids[-1]].exchange

    def number(self, exchange_id: str, total: int) -> int:
        """Which row of all it is, the newest being 1; 0 for one that is not here."""
        place = self.ids.index(exchange_id) if exchange_id in self.rows else None
        return 0 if place is None else max(1, total - self.older - len(self.ids) + place + 1)

    def told(self, exchange_id: str, total: int) -> str:
        """``row 12,400 of 1,002,113, 3 new``"""
        fresh = total - self.opened_at
        new = f", {text.count(fresh)} new" if fresh > 0 else ""
        return f"row {text.count(self.number(exchange_id, total))} of {text.count(total)}{new}"

    def add_older(self, exchanges: Sequence[Exchange], *, ended: bool) -> int:
        """Go on below; how many were new. ``ended``: nothing is stored that is older than these."""
        fresh = self._take(exchanges)
        self.ids = [*self.ids, *fresh]
        self.older = 0 if ended else max(0, self.older - len(fresh))
        while self._too_many():
            self._drop(self.ids.pop(0))
        return len(fresh)

    def add_newer(self, exchanges: Sequence[Exchange]) -> int:
        """Go on above; how many were new."""
        fresh = self._take(exchanges)
        self.ids = [*fresh, *self.ids]
        while self._too_many():
            self._drop(self.ids.pop())
            self.older += 1
        return len(fresh)

    def _take(self, exchanges: Sequence[Exchange]) -> list[str]:
        fresh = {exchange.id: Row(exchange) for exchange in exchanges if exchange.id not in self.rows}
        self.rows |= fresh
        self._weight += sum(row.weight for row in fresh.values())
        return list(fresh)

    def _drop(self, exchange_id: str) -> None:
        self._weight -= self.rows.pop(exchange_id).weight

    def _too_many(self) -> bool:
        return len(self.ids) > MOST_ROWS or (self._weight > MOST_WEIGHT and len(self.ids) > FEWEST)
