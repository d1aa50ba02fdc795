"""The ledger as a list: filter, order, pause and focus over the store's exchanges. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.tui import terms
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.state import Store

Key = Callable[[Row], float | str]


class Sort(NamedTuple):
    """A column that the list can be ordered by. ``falling`` is the order it starts with."""

    id: str
    label: str
    key: Key
    falling: bool


def margin(row: Row) -> float | None:
    """Score of the chosen less the best other; None when nothing was compared."""
    decision = row.exchange.decision
    return decision.margin if decision and len(decision.candidates) > 1 else None


def score(row: Row) -> float | None:
    """Score of the chosen model."""
    chosen = row.chosen
    return chosen.breakdown.score if chosen else None


def mark(row: Row) -> str:
    """What the user said: ``+``, ``-`` or ``·``; a rating that is on its way counts already."""
    if row.pending:
        return row.pending
    rating = row.exchange.rating
    return {"up": "+", "down": "-"}.get(rating.rating or "", "·") if rating else "·"


def _or_low(value: float | None) -> float:
    return -1e9 if value is None else value


def _task(row: Row) -> str:
    return row.exchange.decision.analysis.task if row.exchange.decision else ""


def _difficulty(row: Row) -> float | None:
    return row.exchange.decision.analysis.difficulty if row.exchange.decision else None


SORTS = (
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

FIELDS = {
    "task": "task", "model": "model", "m": "model", "backend": "backend", "margin": "margin", "score": "score",
    "diff": "diff", "difficulty": "diff", "level": "level", "state": "state", "outcome": "state", "you": "you",
    "rating": "you", "ttft": "ttft", "time": "seconds", "seconds": "seconds", "tokens": "tokens", "tps": "tps",
    "id": "id", "why": "why", "need": "needs", "needs": "needs", "client": "client", "lang": "lang", "code": "code",
    "of": "of", "asked": "asked",
}  # fmt: skip
"""Field names that a filter accepts, and the value each asks for."""

_TASK_ALIASES = {"code": "coding", "reason": "reasoning", "extract": "extraction", "translate": "translation"}


def value(row: Row, name: str) -> terms.Value:
    """The value of a filter field."""
    exchange, decision = row.exchange, row.exchange.decision
    simple: dict[str, terms.Value] = {
        "model": row.model,
        "backend": row.model.partition("/")[0],
        "margin": margin(row),
        "score": score(row),
        "diff": _difficulty(row),
        "you": mark(row),
        "ttft": exchange.ttft,
        "seconds": exchange.seconds,
        "tokens": float(row.tokens),
        "tps": row.decode,
        "id": exchange.id,
        "client": exchange.client,
        "asked": exchange.requested,
        "code": f"{exchange.code} {STATUS.get(exchange.code, '')}".strip(),
        "state": f"{exchange.outcome}{' retried' if row.failed and exchange.outcome == 'ok' else ''}",
    }
    if name in simple or decision is None:
        return simple.get(name)
    analysis = decision.analysis
    asked: dict[str, terms.Value] = {
        "task": analysis.task,
        "level": analysis.level,
        "why": decision.why,
        "needs": " ".join(sorted(analysis.needs)),
        "lang": analysis.language,
        "of": float(len(decision.candidates)),
    }
    return asked.get(name)


def words(row: Row) -> str:
    """The text that plain words of a filter are searched in."""
    exchange, decision = row.exchange, row.exchange.decision
    parts = [exchange.id, row.model, exchange.prompt, exchange.message, exchange.code]
    if decision:
        parts += [decision.analysis.task, decision.why]
    if exchange.rating:
        parts += [exchange.rating.comment, *exchange.rating.reasons]
    return " ".join(parts)


class LedgerView:
    """Which exchanges are listed, in which order, and which one has the focus."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.query = ""
        self.sort = SORTS[0]
        self.falling = True
        self.ids: list[str] = []
        self.focus = ""
        """Id of the selected exchange; empty while the list is empty."""
        self.following = True
        """Whether the focus stays on the first row as rows arrive."""
        self._terms: tuple[terms.Term, ...] = ()
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
        return bool(self._terms)

    def row(self, exchange_id: str) -> Row | None:
        """The row as listed: while paused, as it was then."""
        if self._frozen is not None:
            return self._frozen.get(exchange_id)
        return self._store.rows.get(exchange_id)

    @property
    def selected(self) -> Row | None:
        """The exchange in focus, always as it is now."""
        return self._store.rows.get(self.focus) or self.row(self.focus)

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
        self._build()

    def _rate(self, frozen: Mapping[str, Row], touched: set[str] | None) -> None:
        """In a list that is held still, what the user says of a row shows all the same."""
        for id_ in frozen if touched is None else touched & frozen.keys():
            kept, now = frozen[id_], self._store.rows.get(id_)
            if now and (kept.pending != now.pending or kept.exchange.rating != now.exchange.rating):
                kept.pending, kept.effects = now.pending, now.effects
                kept.exchange = replace(kept.exchange, rating=now.exchange.rating)
                kept.version += 1

    def filter(self, query: str) -> None:
        """List only what matches."""
        self.query = query
        self._terms = tuple(_alias(term) for term in terms.parse(query, FIELDS))
        self._passes.clear()
        self._build()

    def shift_sort(self, step: int) -> None:
        """Order by the column ``step`` places to the right."""
        index = next(i for i, sort in enumerate(SORTS) if sort.id == self.sort.id)
        self.sort = SORTS[(index + step) % len(SORTS)]
        self.falling = self.sort.falling
        self._build()

    def reverse(self) -> None:
        """The same column the other way round."""
        self.falling = not self.falling
        self._build()

    def pause(self, on: bool) -> None:
        """Hold the list as it is, or catch up with what arrived."""
        self._frozen = {id_: row.copy() for id_, row in self._store.rows.items()} if on else None
        self.refresh()

    def select(self, exchange_id: str) -> None:
        """Put the focus on an exchange; the first row means: follow the newest."""
        self.focus = exchange_id
        self.following = bool(self.ids) and exchange_id == self.ids[0]

    def _build(self) -> None:
        rows = self._frozen if self._frozen is not None else self._store.rows
        order = self._store.order
        ids = order.copy() if rows is self._store.rows else [id_ for id_ in order if id_ in rows]
        if len(self._passes) > 2 * len(rows) + 100:  # mostly exchanges that the store has forgotten
            self._passes = {id_: passed for id_, passed in self._passes.items() if id_ in rows}
        if self._terms:
            ids = [id_ for id_ in ids if self._pass(id_, rows[id_])]
        if self.sort.id != "time":
            ids.sort(key=lambda id_: self.sort.key(rows[id_]), reverse=self.falling)
        elif not self.falling:
            ids.reverse()
        self.ids = ids
        if self.following or not self._listed(rows):
            self.focus = ids[0] if ids else ""
            self.following = True

    def _listed(self, rows: Mapping[str, Row]) -> bool:
        """Whether the exchange in focus is in the list: acts are for what can be seen."""
        row = rows.get(self.focus)
        return row is not None and (not self._terms or self._pass(self.focus, row))

    def _pass(self, id_: str, row: Row) -> bool:
        known = self._passes.get(id_)
        if known is None:
            known = terms.matches(self._terms, lambda name: value(row, name), lambda: words(row))
            self._passes[id_] = known
        return known


def _alias(term: terms.Term) -> terms.Term:
    if term.field == "task" and term.text in _TASK_ALIASES:
        return terms.Term("task", _TASK_ALIASES[term.text], term.negate)
    return term
