"""The control center: runs a router (or a watch of one) in a thread and shows it."""

import gc
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, TypeVar

from textual import work
from textual.app import App
from textual.worker import Worker, WorkerState

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import Host
from llmrouter_tui.tui.actions import PAGES
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.ledger import LedgerView
from llmrouter_tui.tui.link import Link
from llmrouter_tui.tui.pages import PAGE_CLASSES
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.state import Dirty, Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look, hundredths
from llmrouter_tui.tui.theme import DARK, PALETTES, roles, textual_theme

T = TypeVar("T")
FAST, CALM = 0.1, 0.5
"""Seconds between two looks at the feed."""


class ControlCenter(App[None]):
    """The screen over a ``Host``.

    ``symbols`` is ``braille``, ``block`` or ``ascii``; ``calm`` refreshes twice a second instead of ten times;
    ``keys`` maps act ids to other keys; ``clock`` tells the wall time.
    """

    CSS_PATH = "app.tcss"
    TITLE = "llmrouter"
    MODES: ClassVar[dict[str, Any]] = dict(PAGE_CLASSES)
    DEFAULT_MODE = "dash"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (30, "-tall")]  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        host: Host,
        *,
        demo: bool = False,
        symbols: str = "braille",
        calm: bool = False,
        keys: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        look: Look | None = None,
    ) -> None:
        super().__init__()
        self.host = host
        self.demo = demo
        self.look = look or Look(SYMBOLS[symbols])
        self.clock = clock
        self.store = Store()
        self.view = LedgerView(self.store)
        self.link = Link(host, self.store)
        self.crashed = ""
        self.preference_asked: float | None = None
        self.animation_level = "none"
        self._calm = calm
        self._keys = dict(keys or {})
        self._second = 0
        self._fetching = False
        self._leaving = False
        self._sending_preference = False
        for palette in PALETTES.values():
            self.register_theme(textual_theme(palette))
        self.theme = "mono" if self.no_color else DARK.name
        self.roles = roles(PALETTES[self.theme])

    # ── life ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self.set_keymap(self._keys)
        self._serve()
        self._timer = self.set_interval(CALM if self._calm else FAST, self.tick)
        if not self.is_headless:
            self.call_later(_settle)

    def on_unmount(self) -> None:
        self._leaving = True
        self.host.stop()

    @work(thread=True, exit_on_error=False, exclusive=True, group="service")
    def _serve(self) -> None:
        self.host.run()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "service" or self._leaving:
            return
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            self.crashed = "".join(traceback.format_exception(event.worker.error))
        elif event.state == WorkerState.SUCCESS:
            self.crashed = "The router ended without an error."
        else:
            return
        self.link.stale = True
        self._tell(Dirty.SERVICE)

    def watch_theme(self, theme: str) -> None:
        self.roles = roles(PALETTES.get(theme, DARK))

    def do_restart(self) -> None:
        if not self.crashed:
            self.say("The proxy runs; there is nothing to restart.")
            return
        self.crashed = ""
        self._serve()

    # ── the tick ──────────────────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        """Take in what happened and tell the visible page what changed. Cheap when nothing did."""
        if self.link.stale and not self._fetching and not self.crashed:
            self._fetching = True
            self._snapshot()
        dirty = self.link.pull()
        now = int(self.clock())
        if now != self._second:
            self._second = now
            dirty |= Dirty.CLOCK
        if dirty:
            self._tell(dirty)

    def _tell(self, dirty: Dirty) -> None:
        touched = self.store.take_touched()
        if dirty & (Dirty.ROUTES | Dirty.ROWS):
            self.view.refresh(touched)
        screen = self.screen
        if isinstance(screen, Page):
            with self.batch_update():
                screen.absorb(dirty, touched)

    @work(exclusive=True, group="snapshot")
    async def _snapshot(self) -> None:
        try:
            dirty = await self.link.refresh()
        except (RouterError, RuntimeError, OSError, TimeoutError):
            return  # not up yet, or out of reach: the next tick asks again
        finally:
            self._fetching = False
        self.view.refresh()
        self._tell(dirty)

    # ── what pages ask for ────────────────────────────────────────────────────────────────────────────────────

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(page for page in PAGES if page in PAGE_CLASSES)

    @property
    def serving(self) -> bool:
        return self.store.ready and not self.crashed

    @property
    def connected(self) -> bool:
        return self.host.feed.connected or not self.store.ready

    def go(self, page: str) -> None:
        if page in PAGE_CLASSES:
            self.switch_mode(page)

    def say(self, message: str, *, bad: bool = False) -> None:
        self.notify(message, severity="error" if bad else "information", timeout=6 if bad else 3, markup=False)

    def command(
        self,
        coroutine: Coroutine[Any, Any, T],
        what: str,
        then: Callable[[T], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        self.run_worker(self._command(coroutine, what, then, failed), group="commands", exit_on_error=False)

    async def _command(
        self,
        coroutine: Coroutine[Any, Any, T],
        what: str,
        then: Callable[[T], None] | None,
        failed: Callable[[], None] | None,
    ) -> None:
        try:
            result = await self.link.call(coroutine)
        except (RouterError, RuntimeError, OSError, TimeoutError) as error:
            if failed:
                failed()
            self.say(f"{what}: {error}", bad=True)
            self.store.attention.add(Cause(f"command:{what}", f"{what}: {error}", since=self.clock()))
            self._tell(Dirty.ATTENTION | Dirty.ROWS)
            return
        if then:
            then(result)

    def prefer(self, step: float) -> None:
        current = self.store.preference if self.preference_asked is None else self.preference_asked
        self.preference_asked = hundredths(max(0.0, min(1.0, current + step))) / 100
        self._tell(Dirty.SETTINGS)
        if not self._sending_preference:
            self._send_preference()

    def _send_preference(self) -> None:
        wanted = self.preference_asked
        self._sending_preference = True

        def done(_: object = None) -> None:
            self._sending_preference = False
            if self.preference_asked != wanted:
                self._send_preference()
            else:
                self.preference_asked = None
                self._tell(Dirty.SETTINGS)

        call = self.host.control.set_setting("quality_preference", wanted)
        self.command(call, "Preference not changed", done, done)

    def ask_quit(self) -> None:
        self.exit()


def _settle() -> None:
    """Long collections and the default switch interval would hold up the proxy's thread for tens of milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 1000)
    sys.setswitchinterval(1e-4)
