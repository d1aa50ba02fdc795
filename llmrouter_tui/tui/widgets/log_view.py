"""The log by line API: follows the end, or holds still with a cursor; a repaint costs the rows in view."""

from collections.abc import Callable, Sequence

from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llmrouter_tui.tui.log_list import Entry, LogList
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import Framed, Painter, center, plain_bars
from llmrouter_tui.tui.widgets.selecting import Selectable

KEPT_STRIPS = 300
Draw = Callable[[Entry, int, int], Line]
"""(entry, which of its rows, cells) → the row."""


class LogView(Selectable, Painter, Framed, ScrollView, can_focus=True):
    """Shows a ``LogList``. ``empty`` is shown in place of lines."""

    DEFAULT_CSS = "LogView { overflow-x: hidden; }"
    BINDINGS = [  # noqa: RUF012
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False),
        Binding("home,g", "edge(0)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
    ]

    class Moved(Message):
        """The cursor moved, or following began or ended."""

    def __init__(self, listed: LogList, draw: Draw, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._listed, self._draw = listed, draw
        self._strips: dict[tuple[int, int, bool, int], Strip] = {}
        self._cursor = -1
        self.following = True
        """Whether the newest line stays in view."""
        self.empty: Sequence[Line] = ()

    @property
    def selected(self) -> Entry | None:
        """The line under the cursor; the newest one while following."""
        index = self._index()
        return self._listed.entries[index] if index >= 0 else None

    def _index(self) -> int:
        if self.following:
            return len(self._listed.entries) - 1
        return self._listed.find(self._cursor)

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, forgotten: int = 0) -> None:
        """The list changed; ``forgotten`` rows went at its top."""
        rows = self._listed.rows
        if self.virtual_size.height != rows:
            self.virtual_size = Size(0, rows)
        if self.following:
            self.scroll_to(y=max(0, rows - self.size.height), animate=False, force=True)
        elif forgotten:
            self.scroll_to(y=max(0, self.scroll_offset.y - forgotten), animate=False, force=True)
        self.refresh()

    def redraw(self) -> None:
        """Forget what was drawn: the form of lines changed."""
        self._strips.clear()
        self.show()

    @property
    def cells(self) -> int:
        """Cells that a row has."""
        return max(1, self.scrollable_size.width - 2)

    def line_at(self, y: int) -> Strip:
        width = self.scrollable_size.width
        if not self._listed.entries:
            return self.strip(self.empty[y] if y < len(self.empty) else (), width)
        row = y + self.scroll_offset.y
        if row >= self._listed.rows:
            return self.strip((), width)
        index, part = self._listed.at(row)
        entry = self._listed.entries[index]
        here = self.has_focus and not self.following and index == self._index()
        slot = (entry.seq, part, here, width)
        known = self._strips.get(slot)
        if known is None:
            if len(self._strips) > KEPT_STRIPS:
                self._strips.clear()
            mark = center(self).look.symbols.cursor if here and not part else " "
            over = center(self).roles["cursor"] if here else None
            line = ((mark, "key"), *self._draw(entry, part, self.cells), (" ", ""))
            known = self._strips[slot] = self.strip(line, width, over)
        return known

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self._strips.clear()
        self._drawn = None

    def on_mount(self) -> None:
        plain_bars(self)

    def on_resize(self) -> None:
        self._draw_head()
        self.redraw()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # ── keys and mouse ────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, on: bool) -> None:
        """Keep the newest line in view, or hold still where it is."""
        newest = self.selected
        if not on and self.following and newest is not None:
            self._cursor = newest.seq
        self.following = on
        self.show()
        self.post_message(self.Moved())

    def _go(self, index: int) -> None:
        entries = self._listed.entries
        if not entries:
            return
        index = max(0, min(len(entries) - 1, index))
        self.following = False
        self._cursor = entries[index].seq
        top, height, view = self._listed.top(index), self._listed.height(index), self.size.height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif top + height > self.scroll_offset.y + view:
            self.scroll_to(y=top + height - view, animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved())

    def action_move(self, step: int) -> None:
        if self.following and step > 0:
            return
        self._go(self._index() + (step if not self.following else 0))

    def action_page(self, step: int) -> None:
        if self.following and step > 0:
            return
        self._go(self._index() + step * max(1, self.size.height - 1))

    def action_edge(self, end: int) -> None:
        if end:
            self.follow(True)
        else:
            self._go(0)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        if self.following:
            self.follow(False)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        row = offset.y + self.scroll_offset.y if offset else -1
        if 0 <= row < self._listed.rows:
            self._go(self._listed.at(row)[0])
