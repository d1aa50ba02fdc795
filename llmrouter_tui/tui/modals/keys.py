"""The keys of clients: listed, made, revoked."""

from collections.abc import Hashable

from textual.binding import Binding

from llmrouter_tui.core.keys import KeyView
from llmrouter_tui.tui import keys_text
from llmrouter_tui.tui.loads_text import QUESTION
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.modals.kept import KeptDialog
from llmrouter_tui.tui.modals.new_key import NewKeyDialog
from llmrouter_tui.tui.prose import block
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import center


class KeysDialog(KeptDialog):
    """Made and revoked here, or by others meanwhile."""

    BINDINGS = [  # noqa: RUF012
        Binding("n", "act('new')", "new", show=False),
        Binding("x,delete", "act('revoke')", "revoke", show=False),
    ]
    CALLED = "Keys of clients"

    def __init__(self) -> None:
        buttons = (Choice("new", "New key", "n"), Choice("revoke", "Revoke", "x"))
        super().__init__(keys_text.head, buttons, listed="keys")
        self._keys: dict[str, KeyView] | None = None
        self._problem = ""
        self._seen: object = None
        """The setting as it was when the keys were read."""

    def look(self) -> None:
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
        self.query_one(".dialog").set_class(not names, "-empty")
        self.list.show(names, self.list.cursor if self.list.cursor in names else names[0] if names else "")
        self.paint()

    @property
    def _selected(self) -> KeyView | None:
        return (self._keys or {}).get(self.list.cursor)

    def row(self, name: str, cells: int) -> Line:
        app, key = center(self), (self._keys or {}).get(name)
        return keys_text.row(key, app.clock(), cells, app.look) if key is not None else ()

    def version(self, name: str) -> Hashable:
        return (self._keys or {}).get(name), int(center(self).clock())

    def about(self, cells: int) -> list[Line]:
        app = center(self)
        if self._problem:
            return [((f"Not read: {self._problem}", "bad"),)]
        if self._keys is None:
            return [(("reading the keys", "run"),)]
        return keys_text.about(self._selected, app.clock(), cells, app.look)

    def act(self, act: str) -> None:
        key = self._selected
        if act == "new":
            self.app.push_screen(NewKeyDialog(), self._made)
        elif key is not None:
            self.app.push_screen(_sure(key), lambda answer: self._revoke(key.name) if answer else None)

    def _made(self, name: str | None) -> None:
        if name:
            self.list.cursor = name
        self._seen = None
        self.look()

    def _revoke(self, name: str) -> None:
        app = center(self)
        app.command(app.host.control.revoke_key(name), f"{name} not revoked", lambda _: self._revoked(name))

    def _revoked(self, name: str) -> None:
        center(self).say(f"{name} lets nobody in any more.")
        self._seen = None
        if self.is_attached:
            self.look()


def _sure(key: KeyView) -> Ask:
    lines = [
        *block("It lets nobody in from now on; answers under way are finished.", QUESTION),
        *block("It cannot be had back: a new one is another key.", QUESTION, "soft"),
        (),
    ]
    answers = (Answer("", "Keep it", "escape", "esc"), Answer("revoke", "Revoke", "x"))
    return Ask(f"Revoke {key.name}?", lines, answers)
