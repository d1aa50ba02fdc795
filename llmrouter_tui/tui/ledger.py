"""The ledger as a list: filter, order, pause and focus over the store's exchanges. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from llmrouter_tui.core.exchange_query import margin as margin_of
from llmrouter_tui.core.exchange_query import mark as mark_of
from llmrouter_tui.core.exchange_query import parse_query, value_of, words_of
from llmrouter_tui.core.query import EVERYTHING, Query, QueryError, Value
from llmrouter_tui.tui.order import Ordered, Sort
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.state import Store

Key = Callable[[Row], float | str]


def margin(row: Row) -> float | None:
    """Score of the chosen less the best other; None when nothing was compared."""
    return margin_of(row.exchange)


def score(row: Row) -> float | None:
    """Score of the chosen model."""
    chosen = row.chosen
    return chosen.breakdown.score if chosen else None


def mark(row: Row) -> str:
    """What the user said: ``+``, ``-`` or ``·``; a rating that is on its way counts already."""
    return row.pending or mark_of(row.exchange)


def _or_low(value: float | None) -> float:
    return -1e9 if value is None else value


def _task(row: Row) -> str:
    return row.exchange.decision.analysis.task if row.exchange.decision else ""


def _difficulty(row: Row) -> float | None:
    return row.exchange.decision.analysis.difficulty if row.exchange.decision else None


SORTS: Sequence[Sort[Key]] = (
    Sort("time", "newest first", lambda row: row.exchange.at, True),
    Sort("task", "task", _task, False),
    Sort("diff", "difficulty", lambda row: _or_low(_difficulty(row)), True),
    Sort("chose", "model", lambda row: row.model, False),
    Sort("score", "score", lambda row: _or_low(score(row)), True),
    Sort("margin", "margin, doubtful first", lambda row: 1e9 if margin(row) is None else margin(row) or 0.0, False),
    Sort("ttft", "TTFT", lambda row: _or_low(row.exchange.ttft), True),
    Sort("toks", "tokens/s", lambda row: _or_low(row.decode), True),
    Sort("state", "state", lambda row: row.exchange.outcome, False),
    Sort("you", "your rating", mark, False),
)


def value(row: Row, name: str) -> Value:
    """The value of a filter field: of what runs as it is now."""
    if name == "you":
        return mark(row)
    if name == "model":
        return row.model
    if name == "backend":
        return row.model.partition("/")[0]
    if name == "tokens":
        return float(row.tokens)
    if name == "tps":
        return row.decode
    if name == "state":
        outcome = row.exchange.outcome
        return f"{outcome} retried" if row.failed > (outcome == "failed") else outcome
    return value_of(row.exchange, name)


PAGE = 100
"""Exchanges of the history that are read at once: more than a screen."""


@dataclass(slots=True)
class Place:
    """How far one list was read."""

    query: Query = EVERYTHING
    before: str | None = None
    ended: bool = False
    back_to: float | None = None
    """The oldest that a search looked at, while it has not found enough."""
    wanted: int = PAGE
    """Found so many, it rests."""


class LedgerView(Ordered[Key]):
    """Which exchanges are listed, in which order, and which one has the focus."""

    def __init__(self, store: Store) -> None:
        super().__init__(SORTS[0])
        self._store = store
        self.query = ""
        self.ids: list[str] = []
        self.focus = ""
        """Id of the selected exchange; empty while the list is empty."""
        self.following = True
        """Whether the focus stays on the first row as rows arrive."""
        self.problem: QueryError | None = None
        """What is wrong with what is typed; the list is then as it was before."""
        self.wanted: Query = EVERYTHING
        self.said = ""
        """``wanted`` as it was typed."""
        self._passes: dict[str, bool] = {}
        self._frozen: dict[str, Row] | None = None

    @property
    def paused(self) -> bool:
        return self._frozen is not None

    @property
    def waiting(self) -> int:
        """Exchanges that arrived since the pause."""
        return sum(1 for id_ in self._store.order if id_ not in self._frozen) if self._frozen is not None else 0

    @property
    def filtered(self) -> bool:
        return bool(self.wanted)

    def row(self, exchange_id: str) -> Row | None:
        """The row as listed: while paused, as it was then."""
        if self._frozen is not None:
            return self._frozen.get(exchange_id) or self._store.row(exchange_id)
        return self._store.row(exchange_id)

    @property
    def selected(self) -> Row | None:
        """The exchange in focus, always as it is now."""
        return self._store.row(self.focus) or self.row(self.focus)

    def refresh(self, touched: set[str] | None = None) -> None:
        """Bring the list up to date; ``touched`` are the exchanges that changed, None means any."""
        if self._frozen is not None:
            self._rate(self._frozen, touched)
            return
        if touched is None:
            self._passes.clear()
        else:
            for id_ in touched:
                self._passes.pop(id_, None)
        self.rebuild()

    def _rate(self, frozen: Mapping[str, Row], touched: set[str] | None) -> None:
        """In a list that is held still, what the user says of a row shows all the same."""
        for id_ in frozen if touched is None else touched & frozen.keys():
            kept, now = frozen[id_], self._store.rows.get(id_)
            if now and (kept.pending != now.pending or kept.exchange.rating != now.exchange.rating):
                kept.pending, kept.effects = now.pending, now.effects
                kept.exchange = replace(kept.exchange, rating=now.exchange.rating)
                kept.version += 1

    def filter(self, query: str, now: float = 0.0) -> None:
        """List only what matches; what cannot be understood changes nothing and is the ``problem``. Spans such as
        ``since:2h`` end ``now``, and then stand still."""
        if query == self.query and self.wanted and self.problem is None:
            return
        self.query, self.problem = query, None
        try:
            wanted = parse_query(query, now)
        except QueryError as error:
            self.problem = error
            return
        self.said = query.strip()
        if wanted != self.wanted:
            self.wanted = wanted
            self._store.found.clear()
            self._passes.clear()
        self.rebuild()

    def sorts(self) -> Sequence[Sort[Key]]:
        return SORTS

    def pause(self, on: bool) -> None:
        """Hold the list as it is, or catch up with what arrived."""
        self._frozen = {id_: row.copy() for id_, row in self._store.rows.items()} if on else None
        self.refresh()

    def select(self, exchange_id: str) -> None:
        """Put the focus on an exchange; it stays there, whatever arrives, until ``follow``."""
        self.focus, self.following = exchange_id, False

    def follow(self) -> None:
        """Put the focus on the first row, whichever that is by then."""
        self.following = self._store.past is None

    def rebuild(self) -> None:
        past = self._store.past
        if past is not None:
            self.ids, self.following = past.ids, False
            if self.focus not in past.rows:
                self.focus = past.ids[0]
            return
        rows = self._frozen if self._frozen is not None else self._store.rows
        order = self._store.order
        ids = order.copy() if rows is self._store.rows else [id_ for id_ in order if id_ in rows]
        if len(self._passes) > 2 * len(rows) + 100:  # mostly exchanges that the store has forgotten
            self._passes = {id_: passed for id_, passed in self._passes.items() if id_ in rows}
        if self.wanted:
            ids = [id_ for id_ in ids if self._pass(id_, rows[id_])]
            ids += self._further(rows)
        if self.sort.id != "time":
            ids.sort(key=lambda id_: self.sort.key(rows.get(id_) or self._store.found[id_]), reverse=self.falling)
        elif not self.falling:
            ids.reverse()
        self.ids = ids
        if self.following or not self._listed(rows):
            self.focus = ids[0] if ids else ""
            self.following = True

    def _further(self, rows: Mapping[str, Row]) -> list[str]:
        """What the filter found further back, newest first."""
        found = self._store.found
        further = [id_ for id_, row in found.items() if id_ not in rows and self._pass(id_, row)]
        return sorted(further, key=lambda id_: (found[id_].exchange.at, id_), reverse=True)

    def _listed(self, rows: Mapping[str, Row]) -> bool:
        """Whether the exchange in focus is in the list: acts are for what can be seen."""
        row = rows.get(self.focus) or self._store.found.get(self.focus)
        return row is not None and (not self.wanted or self._pass(self.focus, row))

    def _pass(self, id_: str, row: Row) -> bool:
        known = self._passes.get(id_)
        if known is None:
            known = self.wanted.holds(lambda name: value(row, name), lambda: words_of(row.exchange))
            self._passes[id_] = known
        return known
