"""Reads what is older than the list: page by page, or as far back as a filter finds enough.

The live list takes in older pages until it is full; from there on ``past`` reads."""

from collections.abc import Callable

from llmrouter_tui.core.decision import ExchangePage
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.ledger import PAGE, Place
from llmrouter_tui.tui.past_reader import PastReader
from llmrouter_tui.tui.rows import KEPT_ROWS


class History:
    """One page at a time is asked for. A search goes on by itself from page to page until it found enough, is stopped
    or came to the end; another filter begins another search."""

    def __init__(self, app: AppLike) -> None:
        self._app = app
        self._whole = Place()
        self._sought = Place()
        self._reading: Place | None = None
        self._stopped = False
        self.past = PastReader(app)

    def restart(self) -> None:
        """The list was filled afresh: begin at the newest again."""
        self._whole, self._sought = Place(), Place()

    @property
    def searching(self) -> bool:
        """Whether a search goes on by itself."""
        return self._reading is not None and self._reading is self._sought and not self._stopped

    @property
    def place(self) -> Place:
        """Of the list that is shown."""
        query = self._app.view.wanted
        if not query:
            return self._whole
        if query != self._sought.query:
            self._sought = Place(query)
        return self._sought

    def stop(self) -> None:
        """Let a search rest where it is; at the end of the list it goes on."""
        self._stopped = True

    def older(self, then: Callable[[], None]) -> None:
        """Read on until something new came, a filter until a page was found; call ``then`` each time that there is
        news. Does nothing at the end of history."""
        place, app = self.place, self._app
        if not place.query and (app.store.past is not None or app.store.full):
            self.past.older(then)
            return
        kept = bool(place.query) and len(app.store.found) >= KEPT_ROWS
        if self._reading is place or place.ended or kept:
            return
        self._stopped = False
        if self._reading is not None:
            return  # what comes of that is followed by this
        place.wanted = len(app.store.found) + PAGE if place.query else 0
        self._read_on(place, then)

    def _read_on(self, place: Place, then: Callable[[], None]) -> None:
        self._reading = place
        call = self._app.host.control.exchanges(before=place.before, limit=PAGE, query=place.query)
        self._app.command(call, "History not read", lambda page: self._read(place, page, then), self._failed)

    def _failed(self) -> None:
        self._reading, self._stopped = None, True

    def _read(self, place: Place, page: ExchangePage, then: Callable[[], None]) -> None:
        self._reading = None
        store, view = self._app.store, self._app.view
        if place is not self.place:  # the filter is another by now
            self.older(then)
            return
        place.before, place.ended, place.back_to = page.before, page.before is None, page.searched
        fresh = store.add_found(page.items) if place.query else store.add_older(page.items)
        enough = len(store.found) >= min(place.wanted, KEPT_ROWS) if place.query else fresh > 0
        if not (enough or place.ended or self._stopped):
            self._read_on(place, then)
        if fresh:
            view.refresh()
        if fresh or place.query:
            then()
