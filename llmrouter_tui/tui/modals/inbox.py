"""Attention as an inbox: every cause that stands, where to act on it, and its dismissal."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import inbox_text
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.widgets.entries import Entries, Entry
from llmrouter_tui.tui.widgets.lines import center

LOOK = 0.5
"""Seconds between two looks at what stands."""


class InboxDialog(Dialog[str]):
    """Returns the act that leads to the remedy of the cause opened; empty after esc."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,i", "leave", "close", show=False),
        Binding("x", "dismiss_one", "dismiss", show=False),
        Binding("X", "dismiss_all", "dismiss all", show=False),
        Binding("y", "copy", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.list = Entries(self._draw, id="inbox")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield self.list

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "Attention"
        dialog.border_subtitle = f"{center(self).look.symbols.enter} act   x dismiss   X all   y copy   esc close"
        self.list.focus()
        self.set_interval(LOOK, self.list.paint)

    def _causes(self) -> Sequence[Cause]:
        app = center(self)
        return app.store.attention.causes(app.clock())

    def _draw(self, cells: int, rows: int) -> list[Entry]:
        look = center(self).look
        told: list[Entry] = [(one.key, inbox_text.entry(one, cells, look)) for one in self._causes()]
        told = told or [("", [(), (("  Nothing needs you.", "soft"),), ()])]
        self.fit(sum(len(lines) for _, lines in told))
        return told

    def on_entries_opened(self) -> None:
        cause = next((one for one in self._causes() if one.key == self.list.cursor), None)
        act = inbox_text.remedy(cause) if cause else ""
        if act:
            self.dismiss(act)

    def action_dismiss_one(self) -> None:
        center(self).store.attention.dismiss(center(self).clock(), self.list.cursor)
        self.list.paint()

    def action_dismiss_all(self) -> None:
        center(self).store.attention.dismiss(center(self).clock())
        self.list.paint()

    def action_copy(self) -> None:
        app = center(self)
        app.copy(inbox_text.copied(self._causes(), app.look), "all of it")

    def action_leave(self) -> None:
        self.dismiss("")
