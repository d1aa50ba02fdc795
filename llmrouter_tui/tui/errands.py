"""A longer errand that pages send the app on: moving the preference."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from llmrouter_tui.tui import text
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.text import hundredths

if TYPE_CHECKING:
    from llmrouter_tui.core.whatif import WhatIf

SETTLED = 0.3
"""Seconds without another step after which it is told what the preference means."""


class Waiting(Protocol):
    """A timer."""

    def stop(self) -> None: ...


class Preference:
    """Moves quality against speed, and tells what that means. Steps that come faster than answers are sent as one."""

    def __init__(
        self, app: AppLike, changed: Callable[[], None], later: Callable[[float, Callable[[], None]], Waiting]
    ) -> None:
        """``later`` calls back once after some seconds, unless it is stopped."""
        self._app = app
        self._changed = changed
        self._later = later
        self._sending = False
        self._tells = True
        self._wondering: Waiting | None = None
        self.asked: float | None = None
        """Where it was asked to go, until the router confirmed."""

    def move(self, step: float) -> None:
        """Ask for ``step`` more quality (less when negative), within 0..1."""
        current = self._app.store.preference if self.asked is None else self.asked
        self._ask(current + step, tells=True)

    def put(self, wanted: float) -> None:
        """Ask for ``wanted``, by somebody who knows what that changes."""
        self._ask(wanted, tells=False)

    def _ask(self, wanted: float, *, tells: bool) -> None:
        self.asked = hundredths(max(0.0, min(1.0, wanted))) / 100
        self._tells = tells
        self._changed()
        if not self._sending:
            self._send()

    def _send(self) -> None:
        wanted, self._sending = self.asked, True

        def done(moved: bool) -> None:
            self._sending = False
            if self.asked != wanted:
                self._send()
                return
            self.asked = None
            self._changed()
            if moved and wanted is not None and self._tells:
                self._wonder(wanted)

        call = self._app.host.control.set_setting("quality_preference", wanted)
        self._app.command(call, "Preference not changed", lambda _: done(True), lambda: done(False))

    def _wonder(self, preference: float) -> None:
        """When no further step follows, ask what would have been chosen with it."""
        if self._wondering is not None:
            self._wondering.stop()

        def ask() -> None:
            call = self._app.host.control.what_if(preference)
            self._app.command(call, "What it would change is not known", self._tell)

        self._wondering = self._later(SETTLED, ask)

    def _tell(self, found: "WhatIf") -> None:
        if found.looked_at:
            self._app.say(what_if_text(found))


def what_if_text(found: "WhatIf") -> str:
    """``Quality .70: of the last 200 choices 14 would change, on average +.03 quality and 1.2s longer.``"""
    head = f"Quality {text.fraction(found.preference)}: of the last {found.looked_at} choices"
    if not found.changed:
        return f"{head} none would change."
    each = "" if found.changed == 1 else " on average"
    pace = "longer" if found.seconds >= 0 else "faster"
    gains = f"{text.signed(found.quality)} quality and {text.seconds(abs(found.seconds))} {pace}"
    return f"{head} {found.changed} would change,{each} {gains}."
