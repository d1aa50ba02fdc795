"""A live list by line API: header, cursor, mouse, wheel. Rows are drawn by the page and kept as strips.

A repaint costs what changed: ``touch`` refreshes only the lines of the rows named, and a strip is drawn again only when
the version of its row, the width or the style differs.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence

from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import Framed, Painter, center, plain_bars, set_rows

KEPT_STRIPS = 3000


class Ledger(Painter, Framed, ScrollView, can_focus=True):
    """Rows by key, newest where the page puts them.

    ``draw(key, cells)`` gives a row's line, ``version(key)`` anything that differs when the row does, ``header(cells)``
    the line of titles. ``empty`` is shown in place of rows.
    """

    DEFAULT_CSS = "Ledger { overflow-x: hidden; }"
    BINDINGS = [  # noqa: RUF012
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False),
        Binding("home,g", "edge(0)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, ledger: "Ledger", key: str) -> None:
            super().__init__()
            self.ledger = ledger
            self.key = key

        @property
        def control(self) -> "Ledger":
            return self.ledger

    class Ended(Moved):
        """The cursor came to the last row: there may be more to list."""

    class Opened(Moved):
        """Enter, or a second click, on a row."""

    def __init__(
        self,
        draw: Callable[[str, int], Line],
        version: Callable[[str], Hashable],
        header: Callable[[int], Line],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._draw, self._version, self._header = draw, version, header
        self._keys: Sequence[str] = ()
        self._places: dict[str, int] = {}
        self._strips: dict[tuple[str, bool, bool], tuple[Hashable, int, Strip]] = {}
        self.cursor = ""
        """Key of the selected row."""
        self.empty: Sequence[Line] = ()

    # ── content ───────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, keys: Sequence[str], cursor: str) -> None:
        """List these rows in this order, with the cursor on one of them. Rows above keep the view in place."""
        anchor = self._anchor()
        self._keys = keys
        self._places = {key: place for place, key in enumerate(keys)}
        self.cursor = cursor
        set_rows(self, len(keys) + 1)
        if anchor is not None and anchor[0] in self._places:
            self.scroll_to(y=self._places[anchor[0]] - anchor[1], animate=False)
        elif self._places.get(cursor) == 0:
            self.scroll_to(y=0, animate=False)
        self.refresh()

    @property
    def keys(self) -> Sequence[str]:
        """The rows listed, in order."""
        return self._keys

    def _anchor(self) -> tuple[str, int] | None:
        """A row that stays where it is on screen: the cursor's when it is in view, else the first one in view."""
        top, rows = self.scroll_offset.y, max(1, self.size.height - 1)
        place = self._places.get(self.cursor)
        if place is None or place == 0:
            return None
        if top <= place < top + rows:
            return self.cursor, place - top
        return (self._keys[top], 0) if 0 < top < len(self._keys) else None

    def touch(self, keys: Iterable[str]) -> None:
        """These rows changed: paint their lines again, if they are in view."""
        top, height, cells = self.scroll_offset.y, self.size.height, self.size.width
        places = (self._places.get(key) for key in keys)
        regions = [Region(0, place - top + 1, cells, 1) for place in places if place is not None]
        visible = [region for region in regions if 0 < region.y < height]
        if visible:
            self.refresh(*visible)

    def select(self, key: str) -> None:
        """Put the cursor on a row and bring it into view."""
        if key == self.cursor or key not in self._places:
            return
        before, self.cursor = self.cursor, key
        self._reveal(self._places[key])
        self.touch((before, key))

    def _reveal(self, place: int) -> None:
        top, rows = self.scroll_offset.y, max(1, self.size.height - 1)
        if place < top:
            self.scroll_to(y=place, animate=False)
        elif place >= top + rows:
            self.scroll_to(y=place - rows + 1, animate=False)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        if y == 0:
            return self.strip(((" ", ""), *self._header(cells - 2)), cells)
        if not self._keys:
            return self.strip(self.empty[y - 1] if y - 1 < len(self.empty) else (), cells)
        place = y - 1 + self.scroll_offset.y
        if place >= len(self._keys):
            return self.strip((), cells)
        return self._row(self._keys[place], cells)

    def _row(self, key: str, cells: int) -> Strip:
        here = key == self.cursor
        slot = (key, here, here and self.has_focus)
        version = self._version(key)
        known = self._strips.get(slot)
        if known is not None and known[0] == version and known[1] == cells:
            return known[2]
        if len(self._strips) > KEPT_STRIPS:
            self._strips.clear()
        roles = center(self).roles
        over = roles["cursor" if self.has_focus else "cursor-idle"] if here else None
        mark = center(self).look.symbols.cursor if here else " "
        strip = self.strip(((mark, "key"), *self._draw(key, cells - 2), (" ", "")), cells, over)
        self._strips[slot] = (version, cells, strip)
        return strip

    def redraw(self) -> None:
        """Forget what was drawn: columns, symbols or the theme changed."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self._strips.clear()
        self._drawn = ("", "", 0)

    def on_mount(self) -> None:
        plain_bars(self)

    def on_resize(self) -> None:
        self._draw_head()
        place = self._places.get(self.cursor)
        if place is not None:
            self._reveal(place)

    def on_focus(self) -> None:
        self.touch((self.cursor,))

    def on_blur(self) -> None:
        self.touch((self.cursor,))

    # ── keys and mouse ────────────────────────────────────────────────────────────────────────────────────────

    def _go(self, place: int) -> None:
        if not self._keys:
            return
        key = self._keys[max(0, min(len(self._keys) - 1, place))]
        if key != self.cursor:
            self.select(key)
            self.post_message(self.Moved(self, key))
        if key == self._keys[-1]:
            self.post_message(self.Ended(self, key))

    def action_move(self, step: int) -> None:
        self._go(self._places.get(self.cursor, -1) + step)

    def action_page(self, step: int) -> None:
        self._go(self._places.get(self.cursor, 0) + step * max(1, self.size.height - 2))

    def action_edge(self, end: int) -> None:
        self._go(len(self._keys) - 1 if end else 0)

    def action_open(self) -> None:
        if self.cursor in self._places:
            self.post_message(self.Opened(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y == 0:
            return
        place = offset.y - 1 + self.scroll_offset.y
        if place >= len(self._keys):
            return
        self._go(place)
        if event.chain == 2:
            self.action_open()
