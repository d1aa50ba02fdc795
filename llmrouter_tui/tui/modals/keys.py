"""The keys of clients: listed, made, revoked."""

from collections.abc import Hashable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from llmrouter_tui.core.keys import KeyView
from llmrouter_tui.tui import keys_text
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.modals.new_key import NewKeyDialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView, center

LOOK = 0.25
"""Seconds between two looks whether the keys changed."""
ROWS = 4
"""Lines below the list."""


class KeysDialog(ModalScreen[None]):
    """Stays open until esc, and shows also what others make and revoke."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q", "act('leave')", "close", show=False),
        Binding("n", "act('new')", "new", show=False),
        Binding("x,delete", "act('revoke')", "revoke", show=False),
        Binding("right", "app.focus_next", "next", show=False),
        Binding("left", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, KeyView] | None = None
        self._problem = ""
        self._seen: object = None
        """The setting as it was when the keys were read."""
        self.list = Ledger(self._draw_row, self._version, keys_text.head, id="keys")
        self.words = LinesView(self._draw, id="about-setting")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall settings"):
            yield self.list
            yield self.words
            with Horizontal(classes="row"):
                if not center(self).host.readonly:
                    yield Choice("new", "New key", "n")
                    yield Choice("revoke", "Revoke", "x")

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title, dialog.border_subtitle = "Keys of clients", "esc closes"
        self.words.can_focus = False
        self.words.styles.height = ROWS + 1
        self.list.focus()
        self.set_interval(LOOK, self._look)
        self._look()

    def _look(self) -> None:
        """Read the keys again where the setting changed."""
        now = center(self).store.settings.get("named_keys"), self.is_current
        if now != self._seen and self.is_current:
            self._seen = now
            self.run_worker(self._read(), exit_on_error=False, exclusive=True)

    async def _read(self) -> None:
        app = center(self)
        try:
            found = await app.link.call(app.host.control.keys())
        except Exception as error:  # whatever it was: it is said in place of the list
            self._problem = str(error) or type(error).__name__
        else:
            self._keys, self._problem = {key.name: key for key in found}, ""
        self._show()

    def _show(self) -> None:
        names = list(self._keys or ())
        self.list.show(names, self.list.cursor if self.list.cursor in names else names[0] if names else "")
        self._paint()

    def _paint(self) -> None:
        self.words.head(self.list.cursor)
        self.words.paint()

    @property
    def _selected(self) -> KeyView | None:
        return (self._keys or {}).get(self.list.cursor)

    def _draw_row(self, name: str, cells: int) -> Line:
        app, key = center(self), (self._keys or {}).get(name)
        return keys_text.row(key, app.clock(), cells, app.look) if key is not None else ()

    def _version(self, name: str) -> Hashable:
        return (self._keys or {}).get(name), int(center(self).clock())

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        if self._problem:
            return [((f"Not read: {self._problem}", "bad"),)]
        if self._keys is None:
            return [(("reading the keys", "run"),)]
        return keys_text.about(self._selected, app.clock(), cells, app.look)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self._paint()

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        self.action_act(event.act)

    def action_act(self, act: str) -> None:
        app, key = center(self), self._selected
        if act == "leave":
            self.dismiss(None)
        elif app.host.readonly:
            app.say("this screen is read-only")
        elif act == "new":
            self.app.push_screen(NewKeyDialog(), self._made)
        elif key is not None:
            self.app.push_screen(_sure(key), lambda answer: self._revoke(key.name) if answer else None)

    def _made(self, name: str | None) -> None:
        if name:
            self.list.cursor = name
        self._seen = None
        self._look()

    def _revoke(self, name: str) -> None:
        app = center(self)
        app.command(app.host.control.revoke_key(name), f"{name} not revoked", lambda _: self._revoked(name))

    def _revoked(self, name: str) -> None:
        center(self).say(f"{name} lets nobody in any more.")
        self._seen = None
        if self.is_attached:
            self._look()


def _sure(key: KeyView) -> Ask:
    lines: list[Line] = [
        (("It lets nobody in from now on; answers under way are finished.", ""),),
        (("It cannot be had back: a new one is another key.", "soft"),),
    ]
    answers = (Answer("", "Keep it", "escape", "esc"), Answer("revoke", "Revoke", "x"))
    return Ask(f"Revoke {key.name}?", lines, answers)
