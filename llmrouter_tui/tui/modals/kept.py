"""What a router keeps under names, listed, with the selected one told below and buttons that act on it: what the
dialogs of this kind share."""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical

from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView, center

LOOK = 0.25
"""Seconds between two looks at what is kept."""
ROWS = 4
"""Lines below the list."""


class KeptDialog(Dialog[None]):
    """Stays open until esc, and shows also what others change. A dialog of this kind lists names (``look``), draws one
    (``row``, anew where ``version`` differs), tells of the selected one (``about``) and acts on it (``act``)."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q", "leave", "close", show=False),
        Binding("right", "app.focus_next", "next", show=False),
        Binding("left", "app.focus_previous", "previous", show=False),
    ]
    CALLED: ClassVar[str] = ""
    """The title."""

    def __init__(self, head: Callable[[int], Line], buttons: Sequence[Choice], *, listed: str) -> None:
        """``listed`` is the id of the list, for its style."""
        super().__init__()
        self.list = Ledger(self.row, self.version, head, id=listed)
        self.words = LinesView(lambda cells, rows: self.about(cells), id="about-setting")
        self._buttons = buttons

    # ── to override ───────────────────────────────────────────────────────────────────────────────────────────

    def look(self) -> None:
        """Show what there is now, if that is news."""

    def row(self, name: str, cells: int) -> Line:
        """One of them."""
        return ()

    def version(self, name: str) -> Hashable:
        """What differs when its row does."""
        return 0

    def about(self, cells: int) -> list[Line]:
        """All of the selected one."""
        return []

    def act(self, act: str) -> None:
        """Do what a button stands for; this screen may."""

    # ── what they share ───────────────────────────────────────────────────────────────────────────────────────

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall settings"):
            yield self.list
            yield self.words
            with Horizontal(classes="row"):
                if not center(self).host.readonly:
                    yield from self._buttons

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title, dialog.border_subtitle = self.CALLED, "esc closes"
        self.words.can_focus = False
        self.words.styles.height = ROWS + 1
        self.list.focus()
        self.set_interval(LOOK, self.look)
        self.look()

    def paint(self) -> None:
        """Another one is selected, or it became another."""
        self.words.head(self.list.cursor)
        self.words.paint()

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self.paint()

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        self.action_act(event.act)

    def action_act(self, act: str) -> None:
        if center(self).host.readonly:
            center(self).say("this screen is read-only")
        else:
            self.act(act)
