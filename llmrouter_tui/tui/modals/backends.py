"""The backends: how each is, and adding, switching off and on, trying again, removing."""

from collections.abc import Coroutine, Hashable
from typing import Any

from textual.binding import Binding

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.tui import backends_text
from llmrouter_tui.tui.loads_text import QUESTION
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.modals.backend import BackendDialog
from llmrouter_tui.tui.modals.kept import KeptDialog
from llmrouter_tui.tui.prose import block
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import center


class BackendsDialog(KeptDialog):
    """What is changed shows when the router says that it is."""

    BINDINGS = [  # noqa: RUF012
        Binding("A", "act('add')", "add", show=False),
        Binding("e", "act('switch')", "on/off", show=False),
        Binding("r", "act('retry')", "try again", show=False),
        Binding("x,delete", "act('remove')", "remove", show=False),
    ]
    CALLED = "Backends"

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._new = ""
        """The name of one that was added and is not listed yet."""
        self._switch = Choice("switch", "On/off", "e")
        self._retry = Choice("retry", "Retry", "r")
        self._remove = Choice("remove", "Remove", "x")
        buttons = (Choice("add", "Add", "A"), self._switch, self._retry, self._remove)
        super().__init__(backends_text.head, buttons, listed="backends")

    @property
    def _selected(self) -> BackendView | None:
        return center(self).store.every_backend.get(self.list.cursor)

    def look(self) -> None:
        names = list(center(self).store.every_backend)
        wanted = self._new if self._new in names else self.list.cursor
        if names != list(self.list.keys) or wanted not in names:
            self.list.show(names, wanted if wanted in names else names[0] if names else "")
            self._new = "" if wanted == self._new else self._new
        self.list.touch(names)
        self.paint()

    def paint(self) -> None:
        view = self._selected
        nothing = "" if view is not None else "there is no backend"
        self._switch.allow(nothing)
        self._remove.allow(nothing)
        self._retry.allow(nothing or ("" if view is not None and view.enabled else "it is switched off"))
        super().paint()

    def row(self, name: str, cells: int) -> Line:
        app = center(self)
        view = app.store.every_backend.get(name)
        return backends_text.row(view, app.clock(), cells, app.look, asked=name in self._asked) if view else ()

    def version(self, name: str) -> Hashable:
        app = center(self)
        return app.store.every_backend.get(name), name in self._asked, int(app.clock())

    def about(self, cells: int) -> list[Line]:
        app = center(self)
        return backends_text.about(self._selected, app.clock(), cells, app.look)

    def act(self, act: str) -> None:
        app, view = center(self), self._selected
        control = app.host.control
        if act == "add":
            self.app.push_screen(BackendDialog(), self._added)
        elif view is None:
            app.say("there is no backend")
        elif act == "switch":
            wanted = not view.enabled
            self._do(view.name, control.enable_backend(view.name, wanted), "on" if wanted else "off")
        elif act == "retry" and not view.enabled:
            app.say(f"{view.name} is switched off; e switches it on")
        elif act == "retry":
            self._do(view.name, control.retry_backend(view.name), "tried again")
        elif act == "remove":
            self.app.push_screen(_sure(view), lambda answer: self._removed(view) if answer else None)

    def _do(self, name: str, call: Coroutine[Any, Any, object], done: str) -> None:
        """Ask the router for it; what came of it shows in the list."""
        app = center(self)
        self._asked.add(name)
        self.look()

        def over() -> None:
            self._asked.discard(name)
            if self.is_attached:
                self.look()

        app.command(call, f"{name} not {done}", lambda _: over(), over)

    def _removed(self, view: BackendView) -> None:
        self._do(view.name, center(self).host.control.remove_backend(view.name), "removed")

    def _added(self, added: BackendView | None) -> None:
        if added is not None:
            self._new = added.name
            self.look()


def _sure(view: BackendView) -> Ask:
    models = f"{view.models} model{'s' if view.models != 1 else ''}" if view.models else "its models"
    lines = [
        *block(f"The router forgets it and {models}; answers that it is writing are cut.", QUESTION),
        *block("It stays away until it is added again by its address. e only switches it off.", QUESTION, "soft"),
        (),
    ]
    return Ask(f"Remove {view.name}?", lines, (Answer("", "Keep it", "escape", "esc"), Answer("x", "Remove", "x")))
