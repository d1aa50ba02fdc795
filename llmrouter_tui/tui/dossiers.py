"""What the router says is publicly known, asked for when a model is looked at, and kept."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.dossier import Dossier
from llmrouter_tui.tui.app_like import AppLike

KEPT = 100
"""Entries; more than are looked at in a session."""


class Dossiers:
    """Asks for one entry at a time, so that walking through a list asks for where it stops."""

    def __init__(self, app: AppLike, changed: Callable[[], None]) -> None:
        self._app = app
        self._changed = changed
        self._known: dict[str, Dossier | None] = {}
        self._fresh: set[str] = set()
        self._asking = False

    def of(self, entry: str) -> Dossier | None:
        """What is known of an entry; None until the router said so, and for good where it does not."""
        recorded = self._app.playback is not None  # no router is behind it that could be asked
        if entry and entry not in self._fresh and not self._asking and not recorded:
            self._ask(entry)
        return self._known.get(entry)

    def ask_again(self) -> None:
        """Figures are others than before: what is looked at is asked for anew, and shown as it was meanwhile."""
        self._fresh.clear()

    def _ask(self, entry: str) -> None:
        self._asking = True

        def answered(found: Sequence[Dossier]) -> None:
            self._asking = False
            if len(self._known) >= KEPT:
                self._known.clear()
                self._fresh.clear()
            self._known[entry] = next(iter(found), None)
            self._fresh.add(entry)
            self._changed()

        call = self._app.host.control.known([entry])
        self._app.command(call, "Public figures not read", answered, lambda: answered(()))
