"""A live list by line API: header, cursor, mouse, wheel. Rows are drawn by the page and kept as strips.

A repaint costs what changed: ``touch`` refreshes only the lines of the rows named, and a row is drawn again only when
its version, the width or the style differs. What is kept of a row is its whole line with the borders beside it, so that
a list that grows at its top, and so moves every line, costs no more than its new rows.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence, Set

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llmrouter_tui.tui.column_heads import word_at
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import Framed, Painter, center, plain_bars, set_rows
from llmrouter_tui.tui.widgets.selecting import Selectable

KEPT_SCREENS = 3
"""How many screens full of lines are kept as drawn; a line takes some ten kilobytes."""


class Ledger(Selectable, Painter, Framed, ScrollView, can_focus=True):
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
        """The cursor came within a screen of the last row: there may be more to list."""

    class Began(Moved):
        """The cursor came within a screen of the first row, by a key that moves it up, or the wheel turned there."""

    class Edged(Moved):
        """The first or the last row of all is wanted: ``end`` says which. The cursor is on that of those listed."""

        def __init__(self, ledger: "Ledger", key: str, *, end: bool) -> None:
            super().__init__(ledger, key)
            self.end = end

    class Headed(Message):
        """The title of a column was clicked."""

        def __init__(self, ledger: "Ledger", title: str) -> None:
            super().__init__()
            self.ledger = ledger
            self.title = title

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
        self._known_places: dict[str, int] | None = None
        self._strips: dict[tuple[str, bool, bool], tuple[Hashable, Size, Strip]] = {}
        self._sides: tuple[bool, list[Segment], list[Segment]] | None = None
        """The borders left and right of every row, with the focus or without."""
        self.cursor = ""
        """Key of the selected row."""
        self.empty: Sequence[Line] = ()

    # ── content ───────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, keys: Sequence[str], cursor: str) -> None:
        """List these rows in this order, with the cursor on one of them. Rows above keep the view in place."""
        anchor, before = self._anchor(), self.cursor
        self._keys, self._known_places = keys, None
        self.cursor = cursor
        set_rows(self, len(keys) + 1)
        place = self._place(anchor[0]) if anchor is not None else None
        chosen = self._place(cursor)
        if cursor != before and chosen is not None:  # selected on another page, or it stands for one that is gone
            self._reveal(chosen)
        elif anchor is not None and place is not None:
            self.scroll_to(y=place - anchor[1], animate=False)
        elif self.scroll_target_y and chosen == 0:
            self.scroll_to(y=0, animate=False)
        self.refresh()

    @property
    def keys(self) -> Sequence[str]:
        """The rows listed, in order."""
        return self._keys

    def _place(self, key: str) -> int | None:
        """Where a row is in the list. All places are worked out only when one other than the first is asked for."""
        if self._keys and key == self._keys[0]:
            return 0
        if self._known_places is None:
            self._known_places = {key: place for place, key in enumerate(self._keys)}
        return self._known_places.get(key)

    def _anchor(self) -> tuple[str, int] | None:
        """A row that stays where it is on screen: the cursor's when it is in view, else the first one in view."""
        top, rows = self.scroll_offset.y, max(1, self.size.height - 1)
        place = self._place(self.cursor)
        if place is None or place == 0:
            return None
        if top <= place < top + rows:
            return self.cursor, place - top
        return (self._keys[top], 0) if 0 < top < len(self._keys) else None

    def touch(self, keys: Iterable[str]) -> None:
        """These rows changed: paint their lines again, if they are in view."""
        top, (cells, height) = self.scroll_offset.y, self.size
        named = keys if isinstance(keys, Set) else set(keys)
        lines = [y for y, key in enumerate(self._keys[top : top + height - 1], 1) if key in named]
        if lines:
            self.refresh(*[Region(0, y, cells, 1) for y in lines])

    def select(self, key: str) -> None:
        """Put the cursor on a row and bring it into view."""
        place = self._place(key)
        if key == self.cursor or place is None:
            return
        before, self.cursor = self.cursor, key
        self._reveal(place)
        self.touch((before, key))

    def _reveal(self, place: int) -> None:
        top, rows = self.scroll_offset.y, max(1, self.size.height - 1)
        if place < top:
            self.scroll_to(y=place, animate=False)
        elif place >= top + rows:
            self.scroll_to(y=place - rows + 1, animate=False)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def render_lines(self, crop: Region) -> list[Strip]:
        if crop.column_span != (0, self.outer_size.width) or self.text_selection is not None:
            return super().render_lines(crop)
        first = self.content_offset.y + 1
        shown = range(first, first + min(self.size.height - 1, len(self._keys) - self.scroll_offset.y))
        lines: list[Strip] = []
        begin = crop.y  # of the lines that Textual draws
        for y in crop.line_range:
            whole = self._whole(self._keys[y - first + self.scroll_offset.y]) if y in shown else None
            if whole is not None:
                lines += self._framed(begin, y, shown)
                lines.append(whole)
                begin = y + 1
        return lines + self._framed(begin, crop.bottom, shown)

    def _whole(self, key: str) -> Strip | None:
        """The line of a row between its borders: as kept, or made anew. None until Textual has drawn a first one."""
        slot, version = (key, key == self.cursor, self.has_focus), self._version(key)
        known = self._strips.get(slot)
        if known is not None and known[0] == version and known[1] == self.outer_size:
            return known[2]
        if self._sides is None or self._sides[0] is not slot[2]:
            return None
        line, ground = self._row(key, self.size.width), self.background_colors[1]
        for line_filter in self.get_line_filters():
            line = line.apply_filter(line_filter, ground)
        whole = Strip([*self._sides[1], *line, *self._sides[2]], self.outer_size.width)
        self._strips.pop(slot, None)
        self._strips[slot] = (version, self.outer_size, whole)
        while len(self._strips) > KEPT_SCREENS * self.outer_size.height:
            del self._strips[next(iter(self._strips))]
        return whole

    def _framed(self, begin: int, end: int, shown: range) -> list[Strip]:
        """Lines from ``begin`` up to ``end`` as Textual draws them; the first row shows what stands beside all rows."""
        if begin >= end:
            return []
        lines = super().render_lines(Region(0, begin, self.outer_size.width, end - begin))
        row = max(begin, shown.start)
        if row < min(end, shown.stop):
            parts, boxed = list(lines[row - begin]), bool(self.styles.border_left[0])
            self._sides = (self.has_focus, parts[:1], parts[-1:]) if boxed else (self.has_focus, [], [])
        return lines

    def line_at(self, y: int) -> Strip:
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
        roles = center(self).roles
        over = roles["cursor" if self.has_focus else "cursor-idle"] if here else None
        mark = center(self).look.symbols.cursor if here else " "
        return self.strip(((mark, "key"), *self._draw(key, cells - 2), (" ", "")), cells, over)

    def redraw(self) -> None:
        """Forget what was drawn: columns, symbols or the theme changed."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = self._sides = None
        self._strips.clear()
        self._drawn = ("", "", 0)

    def on_mount(self) -> None:
        plain_bars(self)

    def on_resize(self) -> None:
        self._draw_head()
        place = self._place(self.cursor)
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
        near, last, before = self.size.height, len(self._keys) - 1, self._place(self.cursor) or 0
        place = max(0, min(last, place))
        key = self._keys[place]
        if key != self.cursor:
            self.select(key)
            self.post_message(self.Moved(self, key))
        if place == last or (place > before and place + near > last):
            self.post_message(self.Ended(self, key))
        elif place == 0 or (place < before and place < near):
            self.post_message(self.Began(self, key))

    def action_move(self, step: int) -> None:
        place = self._place(self.cursor)
        self._go((-1 if place is None else place) + step)

    def action_page(self, step: int) -> None:
        self._go((self._place(self.cursor) or 0) + step * max(1, self.size.height - 2))

    def action_edge(self, end: int) -> None:
        self._go(len(self._keys) - 1 if end else 0)
        if self._keys:
            self.post_message(self.Edged(self, self.cursor, end=bool(end)))

    def on_mouse_scroll_down(self) -> None:
        if self._keys and self.scroll_target_y >= self.max_scroll_y:
            self.post_message(self.Ended(self, self._keys[-1]))

    def on_mouse_scroll_up(self) -> None:
        if self._keys and self.scroll_target_y <= 0:
            self.post_message(self.Began(self, self._keys[0]))

    def action_open(self) -> None:
        self.post_message(self.Opened(self, self.cursor))  # also of no row: the page says that nothing is selected

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            self.post_message(self.Headed(self, word_at(self._header(self.size.width - 2), offset.x - 1)))
            return
        place = offset.y - 1 + self.scroll_offset.y
        if place >= len(self._keys):
            return
        self._go(place)
        if event.chain == 2:
            self.action_open()
