"""Reads the history where it is further back than the live list: on, back, from its beginning, around a time."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from math import inf, nextafter
from typing import Any, TypeVar

from llmrouter_tui.core.decision import Exchange, ExchangePage, place
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.ledger import PAGE
from llmrouter_tui.tui.past import Past
from llmrouter_tui.tui.row import Row

Then = Callable[[], None]
T = TypeVar("T")
FAILED = "History not read"


class PastReader:
    """One page at a time is asked for, unless one wants to go elsewhere; what was read is the store's ``past`` until
    one comes back to the live list."""

    def __init__(self, app: AppLike) -> None:
        self._app = app
        self._turn = 0
        self._reading = 0
        """The turn whose answer is awaited; 0 for none."""

    # ── on and back ───────────────────────────────────────────────────────────────────────────────────────────

    def older(self, then: Then) -> None:
        """Read on below the last row that is listed."""
        store = self._app.store
        past = store.past or Past(
            [store.rows[id_] for id_ in store.order[-PAGE:]], store.total - len(store.order), store.total
        )
        if self._reading or not past.older:
            return

        def read(page: ExchangePage) -> None:
            past.add_older(page.items, ended=page.before is None)
            if store.past in (None, past) and page.items:
                self._show(past, then)

        self._read(self._app.host.control.exchanges(before=place(past.last), limit=PAGE), read)

    def newer(self, then: Then) -> None:
        """Read on above the first row; where the live list has it, go on in that."""
        store, past = self._app.store, self._app.store.past
        if past is None or self._reading:
            return
        if self._app.view.focus in store.rows:
            self.leave(then)
            return

        def read(page: ExchangePage) -> None:
            if store.past is not past:
                return
            if past.add_newer(page.items):
                self._show(past, then)
            else:
                self.leave(then)

        self._read(self._app.host.control.exchanges(after=place(past.first), limit=PAGE), read)

    def leave(self, then: Then, *, newest: bool = False) -> None:
        """Back in the live list, with the same row in focus, or the newest."""
        view = self._app.view
        self._app.store.past, self._reading = None, 0
        if newest:
            view.follow()
        view.refresh()
        then()

    # ── far away ──────────────────────────────────────────────────────────────────────────────────────────────

    def beginning(self, then: Then) -> None:
        """Go to the oldest of all."""
        control = self._app.host.control

        def read(page: ExchangePage) -> None:
            if page.items:
                self._open(page.items, 0, page.items[-1].id, then)

        self._read(control.exchanges(after="", limit=PAGE), read)

    def around(self, at: float, then: Then) -> None:
        """Go to the newest that had arrived by then."""
        control = self._app.host.control
        edge = f"{at!r}:"

        async def both() -> tuple[ExchangePage, ExchangePage]:
            older = control.exchanges(before=edge, limit=PAGE, count=True)
            return await asyncio.gather(older, control.exchanges(after=edge, limit=PAGE))

        def read(pages: tuple[ExchangePage, ExchangePage]) -> None:
            older, newer = pages
            items = (*newer.items, *older.items)
            if items:
                focus = older.items[0].id if older.items else items[-1].id
                self._open(items, older.older or 0, focus, then)

        self._read(both(), read)

    def to(self, exchange_id: str, then: Then) -> None:
        """Go to an exchange, with what was asked before and after it around it."""

        def found(exchange: Exchange) -> None:
            self.around(nextafter(exchange.at, inf), then)

        self._read(self._app.host.control.exchange(exchange_id), found)

    def _open(self, items: Sequence[Exchange], older: int, focus: str, then: Then) -> None:
        store, view = self._app.store, self._app.view
        if all(one.id in store.rows for one in items):  # the live list has them all
            store.past = None
            view.refresh()
            view.select(focus)
            then()
            return
        past = Past([store.rows.get(one.id) or Row(one) for one in items], older, store.total)
        view.focus = focus
        self._show(past, then)

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────

    def _show(self, past: Past, then: Then) -> None:
        self._app.store.past = past
        self._app.view.refresh()
        then()

    def _read(self, call: Coroutine[Any, Any, T], read: Callable[[T], None]) -> None:
        """An answer that comes after one went elsewhere is dropped."""
        self._turn += 1
        turn = self._reading = self._turn

        def done(found: T) -> None:
            if self._reading == turn:
                self._reading = 0
                read(found)

        def failed() -> None:
            if self._reading == turn:
                self._reading = 0

        self._app.command(call, FAILED, done, failed)
