"""A panel of entries, each of one line or more, with a cursor: for lists that are short and of several kinds."""

from collections.abc import Callable, Sequence

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

Entry = tuple[str, Sequence[Line]]
"""A key, empty for what cannot be selected, and the lines that belong together."""


class Entries(LinesView):
    """``draw(cells, rows)`` gives the entries. The cursor stays on its entry while others come above it, and takes the
    next one's place when its own goes; it is seen while the panel has the focus."""

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
        """The cursor is on another entry."""

    class Opened(Message):
        """Enter, or a second click, on an entry."""

    def __init__(self, draw: Callable[[int, int], Sequence[Entry]], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(self._laid_out, id=id)
        self._entries = draw
        self._owners: list[str] = []
        """By line, the key of the entry that it belongs to."""
        self._keys: list[str] = []
        self.cursor = ""
        """Key of the selected entry; empty where there is none."""

    def _laid_out(self, cells: int, rows: int) -> list[Line]:
        entries = self._entries(cells - 2, rows)
        before, self._keys = self._keys, [key for key, _ in entries if key]
        if self.cursor not in self._keys:
            place = before.index(self.cursor) if self.cursor in before else 0
            self.cursor = self._keys[min(place, len(self._keys) - 1)] if self._keys else ""
            self.post_message(self.Moved())
        owners = [key for key, lines in entries for _ in lines]
        if owners != self._owners:
            self._owners = owners
            self.refresh()
        return [line for _, lines in entries for line in lines]

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def line_at(self, y: int) -> Strip:
        cells, index = self.scrollable_size.width, y + self.scroll_offset.y
        if cells != self._cells:  # a scrollbar came or went, which is no resize
            self._cells = cells
            self.call_later(self.paint)
        line = self._lines[index] if index < len(self._lines) else ()
        if not self._here(index):
            return self.strip(((" ", ""), *line), cells)
        first = index == 0 or not self._here(index - 1)
        mark = center(self).look.symbols.cursor if first else " "
        return self.strip(((mark, "key"), *line, (" ", "")), cells, center(self).roles["cursor"])

    def _here(self, index: int) -> bool:
        """Whether the cursor is seen on this line."""
        return self.has_focus and bool(self.cursor) and self._owners[index : index + 1] == [self.cursor]

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # ── keys and mouse ────────────────────────────────────────────────────────────────────────────────────────

    def _go(self, place: int) -> None:
        if not self._keys:
            return
        place = max(0, min(len(self._keys) - 1, place))
        moved, self.cursor = self.cursor != self._keys[place], self._keys[place]
        lines = [index for index, key in enumerate(self._owners) if key == self.cursor]
        top, rows = self.scroll_offset.y, max(1, self.size.height)
        if not place:
            self.scroll_to(y=0, animate=False)
        elif lines[0] < top or lines[-1] >= top + rows:
            self.scroll_to(y=lines[0] if lines[0] < top else lines[-1] - rows + 1, animate=False)
        self.refresh()
        if moved:
            self.post_message(self.Moved())

    @property
    def _place(self) -> int:
        return self._keys.index(self.cursor) if self.cursor in self._keys else 0

    def action_move(self, step: int) -> None:
        self._go(self._place + step)

    def action_page(self, step: int) -> None:
        self._go(self._place + step * max(1, self.size.height - 1))

    def action_edge(self, end: int) -> None:
        self._go(len(self._keys) - 1 if end else 0)

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        index = offset.y + self.scroll_offset.y if offset else -1
        if not 0 <= index < len(self._owners) or self._owners[index] not in self._keys:
            return
        self._go(self._keys.index(self._owners[index]))
        if event.chain == 2:
            self.action_open()
