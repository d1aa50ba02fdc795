"""The exchanges that a screen knows, and what is heard of each. Pure, as ``tui.state`` is."""

from collections.abc import Sequence
from dataclasses import replace

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import is_fault
from llmrouter_tui.core.forgetting import Forget, without_texts
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.vram import VramView
from llmrouter_tui.tui.attention import AttentionBook
from llmrouter_tui.tui.dirty import ARRIVED, Dirty
from llmrouter_tui.tui.past import Past
from llmrouter_tui.tui.rates import RateBook
from llmrouter_tui.tui.row import Row

KEPT_ROWS = 2000
KEPT_WEIGHT = 20 * 1024**2
"""Bytes that the rows may take together, by ``Row.weight``: long prompts and many candidates leave room for fewer."""
ASK_EVERY = 10
"""Of so many exchanges at most one asks for a rating: a close call, where that teaches most."""


class Rows:
    """The exchanges that a screen knows, newest first, and one handler per fact about them. Read its fields freely."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.order: list[str] = []
        """Ids of ``rows``, newest first."""
        self.found: dict[str, Row] = {}
        """What a filter found further back: apart, for between them and ``rows`` others are missing."""
        self.past: Past | None = None
        """What is read further back than ``rows`` go, while it is."""
        self.running: set[str] = set()
        """Ids of ``rows`` that run now."""
        self.total = 0
        self.rates = RateBook()
        self.attention = AttentionBook()
        self.touched: set[str] = set()
        self._weight = 0
        self._asked = -ASK_EVERY
        """How many exchanges there were when the user was last asked for a rating."""
        self._room = KEPT_ROWS, KEPT_WEIGHT

    def restart(self, snapshot: Snapshot) -> None:
        """Start (again) from a snapshot; effects that are shown stay."""
        effects = {id_: row.effects for id_, row in self.rows.items() if row.effects}
        self.rows = {exchange.id: Row(exchange) for exchange in snapshot.exchanges}
        for id_, row in self.rows.items():
            row.effects = effects.get(id_, ())
        self.order = [exchange.id for exchange in snapshot.exchanges]
        self.found.clear()
        self.running = {id_ for id_, row in self.rows.items() if row.running}
        self._weight = sum(row.weight for row in self.rows.values())
        self._room = KEPT_ROWS, KEPT_WEIGHT
        self.touched = set(self.order)
        self.total = max(snapshot.total_exchanges, len(self.order))
        self._restart_rates(snapshot)

    def _restart_rates(self, snapshot: Snapshot) -> None:
        oldest_first = snapshot.exchanges[::-1]
        starts = [exchange.at for exchange in oldest_first]
        ttfts = [(exchange.at, exchange.ttft) for exchange in oldest_first if exchange.ttft is not None]
        self.rates.restart(snapshot.at, snapshot.rates, starts, ttfts)

    @property
    def in_flight(self) -> int:
        """How many exchanges run now."""
        return len(self.running)

    @property
    def full(self) -> bool:
        """Whether there is no room for older exchanges."""
        return len(self.order) >= KEPT_ROWS or self._weight >= 0.9 * KEPT_WEIGHT

    def row(self, exchange_id: str) -> Row | None:
        """Of an exchange that is known, wherever from."""
        known = self.rows.get(exchange_id) or self.found.get(exchange_id)
        return known or (self.past.rows.get(exchange_id) if self.past is not None else None)

    def add_older(self, exchanges: Sequence[Exchange]) -> int:
        """List exchanges from the history below those known; how many were new."""
        fresh = [exchange for exchange in exchanges if exchange.id not in self.rows]
        for exchange in fresh:
            self._add(exchange)
            self.order.append(exchange.id)
        self.order.sort(key=lambda id_: self.rows[id_].exchange.at, reverse=True)
        rows, weight = self._room  # what was asked for stays when new rows come
        self._room = max(rows, len(self.order)), max(weight, self._weight)
        return len(fresh)

    def add_found(self, exchanges: Sequence[Exchange]) -> int:
        """Keep what a filter found; how many were not known."""
        fresh = [exchange for exchange in exchanges if self.row(exchange.id) is None]
        self.found |= {exchange.id: Row(exchange) for exchange in fresh[: KEPT_ROWS - len(self.found)]}
        return len(fresh)

    def take_touched(self) -> set[str]:
        """Ids of the exchanges that changed since the last call."""
        touched, self.touched = self.touched, set()
        return touched

    def touch(self, exchange_id: str) -> None:
        """Mark a row as changed by the screen itself (a pending rating)."""
        self._row(exchange_id)

    # ── one handler per fact ──────────────────────────────────────────────────────────────────────────────────

    def _row(self, exchange_id: str) -> Row | None:
        row = self.row(exchange_id)
        if row is not None:
            row.version += 1
            self.touched.add(exchange_id)
        return row

    def _started(self, fact: ev.ExchangeStarted, at: float) -> Dirty:
        exchange = fact.exchange
        if exchange.id in self.rows:
            return Dirty.NONE
        self._insert(exchange)
        self.rates.started(exchange.at)
        return ARRIVED

    def _insert(self, exchange: Exchange) -> None:
        self._add(exchange)
        self.order.insert(0, exchange.id)
        self.touched.add(exchange.id)
        self.total += 1

    def _add(self, exchange: Exchange) -> Row:
        row = self.rows[exchange.id] = Row(exchange)
        self._weight += row.weight
        if row.running:
            self.running.add(exchange.id)
        return row

    def _forget_oldest(self) -> None:
        """Keep no more rows than allowed, and all that run."""
        order, spared, (rows, weight) = self.order, [], self._room
        surplus = len(order) - rows
        while (surplus > 0 or self._weight > weight) and len(order) > 1:
            id_ = order.pop()
            if id_ in self.running:
                spared.append(id_)
            else:
                self._weight -= self.rows.pop(id_).weight
                surplus -= 1
        order.extend(reversed(spared))

    def _decided(self, fact: ev.Decided, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            row.exchange = replace(row.exchange, decision=fact.decision)
        return Dirty.ROWS

    def _waiting(self, fact: ev.Waiting, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            row.waiting = fact
        return Dirty.ROWS

    def _first_token(self, fact: ev.FirstToken, at: float) -> Dirty:
        self.rates.first_token(at, fact.ttft)
        row = self._row(fact.exchange_id)
        if row:
            row.waiting = None
            row.exchange = replace(row.exchange, model=fact.model, ttft=fact.ttft)
        return Dirty.ROWS

    def _progress(self, fact: ev.Progress, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            self.rates.generated(at, fact.tokens - row.tokens)
            row.tokens, row.progress_at, row.waiting = fact.tokens, at, None
        return Dirty.ROWS

    def _attempt_failed(self, fact: ev.AttemptFailed, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            row.failed += 1
            row.waiting = None
            exchange = row.exchange
            row.exchange = replace(
                exchange, attempts=(*exchange.attempts, fact.attempt), model=fact.next_model or fact.attempt.model
            )
        if not fact.next_model:
            return Dirty.ROWS
        self.attention.fell_back(fact.attempt.model.partition("/")[0])
        return Dirty.ROWS | Dirty.ATTENTION

    def _finished(self, fact: ev.ExchangeFinished, at: float) -> Dirty:
        exchange, dirty = fact.exchange, Dirty.ROWS
        row = self._row(exchange.id)
        if row is None:  # refused at the door: no start was announced
            self._insert(exchange)
            self.rates.started(exchange.at)
            row, dirty = self.rows[exchange.id], ARRIVED
        self._weight += row.finish(exchange)
        self.running.discard(exchange.id)
        counted = exchange.usage.completion_tokens
        if counted is not None:
            self.rates.generated(at, counted - row.tokens)
            row.tokens = counted
        if row.doubtful and self.total >= self._asked + ASK_EVERY:
            row.asks, self._asked = True, self.total
        if exchange.outcome == "ok" or is_fault(exchange.outcome, exchange.code):
            self.rates.finished(at, ok=exchange.outcome == "ok", retried=row.failed > 0)
        return dirty

    def _rated(self, fact: ev.Rated, at: float) -> Dirty:
        row = self._row(fact.feedback.exchange_id)
        if row:
            empty = fact.feedback.rating is None and not fact.feedback.comment
            row.exchange = replace(row.exchange, rating=None if empty else fact.feedback)
            row.pending, row.effects = "", fact.effects
        return Dirty.ROWS

    def _queue_moved(self, vram: VramView) -> bool:
        """What requests wait for changes while their place stays: they tell it as the ledger of memory does."""
        loads = {load.model: load for load in vram.loads}
        moved = False
        for id_ in self.running if loads else ():
            fact = self.rows[id_].waiting
            load = loads.get(fact.model) if fact is not None else None
            if fact is not None and load is not None and (load.position, load.waits_for) != (fact.position, fact.why):
                reason = "queue" if load.position else "load"
                waiting = replace(fact, reason=reason, position=load.position, why=load.waits_for)
                self.rows[id_].waiting, moved = waiting, True
                self._row(id_)
        return moved

    def _forget_texts(self, wanted: Forget) -> None:
        past = self.past.rows if self.past is not None else {}
        for id_, row in {**past, **self.found, **self.rows}.items():
            if wanted.means(row.exchange) and not row.running:
                self._row(id_)
                lighter = row.finish(without_texts(row.exchange))
                self._weight += lighter if id_ in self.rows else 0
