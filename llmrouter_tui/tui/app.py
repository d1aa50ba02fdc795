"""The control center: runs a router (or a watch of one) in a thread and shows it."""

import asyncio
import contextlib
import gc
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, TypeVar

from textual import events, work
from textual.app import App, ScreenStackError
from textual.worker import Worker, WorkerState

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.playback import Playback
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.ports.host import Host
from llmrouter_tui.core.trends import SPANS
from llmrouter_tui.tui import first_run_text, modals
from llmrouter_tui.tui.actions import PAGES
from llmrouter_tui.tui.asks import Asks
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.comparisons import Comparisons
from llmrouter_tui.tui.errands import Preference
from llmrouter_tui.tui.everywhere import Everywhere
from llmrouter_tui.tui.history import History
from llmrouter_tui.tui.keystrokes import Keystrokes
from llmrouter_tui.tui.ledger import LedgerView
from llmrouter_tui.tui.link import Link
from llmrouter_tui.tui.measurements import Measurements
from llmrouter_tui.tui.pace import Pace
from llmrouter_tui.tui.pages import CLASSES, load_pages, opened
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.rebinding import rebind
from llmrouter_tui.tui.replaying import Replaying
from llmrouter_tui.tui.state import Dirty, Store
from llmrouter_tui.tui.symbols import ASCII, SYMBOLS
from llmrouter_tui.tui.taken_port import Nearby, TakenPort
from llmrouter_tui.tui.text import Look
from llmrouter_tui.tui.theme import DARK, PALETTES, first, roles, textual_theme

T = TypeVar("T")
FAST, CALM = 0.1, 0.5
"""Seconds between two looks at the feed."""
PATIENCE = 0.1
"""Seconds between two tries to get a first snapshot."""
TWICE = 2.0
"""Seconds within which a second ctrl+c leaves."""


class ControlCenter(Everywhere, Replaying, App[None]):
    """The screen over a ``Host``.

    ``demo`` marks every screen even before the service says so; ``symbols`` is ``braille``, ``block`` or ``ascii``;
    ``calm`` refreshes twice a second instead of ten times; ``watching`` says that the router lives elsewhere, so that
    leaving stops nothing; ``keys`` maps act ids to other keys; ``clock`` tells the wall time; ``nearby`` knows the
    machine around a router of our own; ``playback`` is the recording that the host plays, if it plays one;
    ``keep_theme`` keeps a theme for the next start, and says whether it could; ``patience`` are the seconds that who
    leaves waits for answers under way, at most.
    """

    CSS_PATH = "app.tcss"
    TITLE = "llmrouter"
    MODES: ClassVar[dict[str, Any]] = {page: partial(opened, page) for page in CLASSES}
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
        watching: bool = False,
        keys: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        look: Look | None = None,
        nearby: Nearby | None = None,
        playback: Playback | None = None,
        keep_theme: Callable[[str], bool] = lambda _: False,
        patience: float = 5.0,
    ) -> None:
        super().__init__()
        self.playback = playback
        self._keep_theme, self._patience = keep_theme, patience
        self.host = host
        self.demo = demo
        self.look = look or Look(SYMBOLS[symbols])
        self.clock = clock if playback is None else playback.now
        self.store = Store()
        self.view = LedgerView(self.store)
        self.link = Link(host, self.store)
        self.crashed = ""
        self.unanswered = ""
        self.animation_level = "none"
        self.trend_span: float = SPANS[0]
        """How far plots look back."""
        self.watching = watching
        self.debugging = False
        self.frame_ms = 0.0
        self._every = CALM if calm else FAST
        self.keys = rebind(keys or {})
        self._second = 0
        self._dirty = Dirty.NONE
        """What changed since the visible page was told."""
        self._pace = Pace()
        self._fetching = False
        self._leaving = self._at_once = False
        self.preference = Preference(self, lambda: self._tell(Dirty.SETTINGS), self.set_timer)
        self.history = History(self)
        self.measurements = Measurements(self, self._beside, lambda: self._heard(Dirty.PROFILE | Dirty.ATTENTION))
        self.comparisons = Comparisons(self, self._beside, lambda: self._heard(Dirty.JUDGE))
        self.asks = Asks(self, self._beside, lambda: self._heard(Dirty.ASK), secrets.token_hex(8))
        self.port = TakenPort(
            self.store,
            nearby,
            lambda asking: self.run_worker(asking, group="port", exclusive=True, exit_on_error=False),
            lambda: self._tell(Dirty.SERVICE),
        )
        self._interrupted = -TWICE
        self._whole = False
        """Whether all pages and dialogs are there, or will be soon."""
        self._keystrokes = Keystrokes(self, super().on_event)
        for palette in PALETTES.values():
            self.register_theme(textual_theme(palette))
        self.theme = first(self.console.color_system, no_color=self.no_color)
        self.roles = roles(PALETTES[self.theme])
        self.set_class(self.look.symbols is ASCII, "-ascii")

    # ── life ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        for problem in self.keys.problems:
            self.store.attention.add(Cause(f"keys:{problem}", problem, since=self.clock()))
        self._serve()
        self._timer = self.set_interval(self._every, self.look_out)

    def clear_selection(self) -> None:
        """Where tasks start eagerly (Python 3.12 on), the first screen's input comes to life before that screen is on
        the stack, and asks for this."""
        with contextlib.suppress(ScreenStackError):
            super().clear_selection()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self._keystrokes.take(event)
        else:
            await super().on_event(event)

    def on_unmount(self) -> None:
        self._leaving = True
        self.host.stop(now=self._at_once)

    @work(thread=True, exit_on_error=False, exclusive=True, group="service")
    def _serve(self) -> None:
        self.host.run()

    @work(thread=True, exit_on_error=False, group="rest")
    def _load_rest(self) -> None:
        """What the first page came without, so that nobody waits for it when it is opened."""
        load_pages()
        modals.load_dialogs()
        _settle()

    def refresh_css(self, animate: bool = True) -> None:
        """The theme's colours come before the first page, which parses all styles anyhow: no need to do so twice."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "service" or self._leaving:
            return
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            error = event.worker.error
            self.crashed = f"{type(error).__name__}: {error}\n\n" + "".join(traceback.format_exception(error))
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

    def watch_instead(self) -> None:
        """Show the router that holds our port, as ``watch`` does; ours ends and serves nothing."""
        ours, self.host = self.host, self.port.watch()
        for group in ("snapshot", "commands", "service"):
            self.workers.cancel_group(self, group)
        ours.stop()
        self.watching, self.demo, self.crashed, self.preference.asked = True, False, "", None
        service = replace(self.store.service, state="starting", problems=())
        self.store.reset(Snapshot(seq=0, at=self.clock(), service=service))
        self.store.ready = False
        self.store.attention.standing.clear()
        self.link = Link(self.host, self.store)
        self.view.refresh()
        self._serve()
        self._tell(Dirty.ALL)

    # ── the tick ──────────────────────────────────────────────────────────────────────────────────────────────

    def look_out(self) -> None:
        """Take in what happened; tell the visible page what changed as often as the router's work leaves time."""
        self._take_in()
        if self._dirty and self._pace.due(time.perf_counter(), time.thread_time(), time.process_time()):
            self._tell()

    def tick(self) -> None:
        """Take in what happened and tell the visible page at once."""
        self._take_in()
        if self._dirty:
            self._tell()

    def _take_in(self) -> None:
        if self.link.stale and not self._fetching and not self.crashed:
            self._fetching = True
            self._snapshot()
        if self.asks.take_in():
            self._dirty |= Dirty.ASK
        changed = self.link.pull()
        if changed:
            self._dirty |= changed
        while self.link.forgotten:
            self.asks.forget(self.link.forgotten.pop())
        self._dirty |= self.look_at_recording()
        now = int(self.clock())
        if now != self._second:
            self._second = now
            self._dirty |= Dirty.CLOCK
            self.measurements.look()

    def _heard(self, dirty: Dirty) -> None:
        """Something was read: the next look tells the visible page."""
        self._dirty |= dirty

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the screen."""
        self.run_worker(work, group="beside", exit_on_error=False)

    def _tell(self, more: Dirty = Dirty.NONE) -> None:
        dirty, self._dirty = self._dirty | more, Dirty.NONE
        touched = self.store.take_touched()
        if dirty & (Dirty.ROUTES | Dirty.ROWS):
            self.view.refresh(touched)
        screen = self.screen
        if isinstance(screen, Page) and screen.is_mounted:  # else it takes all in as soon as it is there
            began = time.perf_counter()
            self._pace.begin(began, time.thread_time(), time.process_time())
            with self.batch_update():
                screen.absorb(dirty, touched)
            self.call_after_refresh(self._painted, began)
        elif dirty & Dirty.CLOCK:
            self._tell_below()

    def _tell_below(self) -> None:
        """The status line of the page under a dialog goes on, once a second. The rest it takes in when it is back:
        each painting under a dialog is one of all that shows."""
        page = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Page)), None)
        if page is not None and page.is_mounted:
            page.paint_status()

    def _painted(self, began: float) -> None:
        self.frame_ms = (time.perf_counter() - began) * 1000
        self._pace.drawn(time.thread_time())

    @work(exclusive=True, group="snapshot")
    async def _snapshot(self) -> None:
        try:
            dirty = await self.link.refresh()
        except (RouterError, RuntimeError, OSError, TimeoutError) as error:
            self._not_answered(error)
            await asyncio.sleep(PATIENCE)  # not up yet, or out of reach: a later tick asks again
            return
        finally:
            self._fetching = False
            if not self._whole and not self.is_headless:
                self._whole = True
                self._load_rest()
        self.unanswered = ""
        self.history.restart()
        self.measurements.look()
        self.view.refresh()
        self._tell(dirty)

    def _not_answered(self, error: Exception) -> None:
        """A router of our own starts in a moment; one that is watched may be dead, and its watcher must hear that."""
        said = str(error) or "No answer from the router."
        if self.watching and not self._leaving and said != self.unanswered:
            self.unanswered = said
            self._tell(Dirty.SERVICE)

    # ── what pages ask for ────────────────────────────────────────────────────────────────────────────────────

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(page for page in PAGES if page in CLASSES)

    @property
    def serving(self) -> bool:
        return self.store.ready and not self.crashed

    @property
    def connected(self) -> bool:
        return not self.unanswered and (self.host.feed.connected or not self.store.ready)

    def go(self, page: str) -> None:
        if page == "dash" and first_run_text.applies(self.store):
            page = "first_run"
        if page in CLASSES:
            self.switch_mode(page)

    def at_model(self, model_id: str, act: str) -> None:
        """Show a model, and do something to it there."""
        self.go("models")
        from llmrouter_tui.tui.pages.models import ModelsPage  # loaded by now, as it is shown

        page = self.screen
        if isinstance(page, ModelsPage):
            page.call_after_refresh(page.act_on, model_id, act)

    def at_routes(self, *, exchange: str = "", query: str = "") -> None:
        """Show one exchange, by its id, or all that a filter finds."""
        self.go("routes")
        from llmrouter_tui.tui.pages.routes import RoutesPage  # loaded by now, as it is shown

        page = self.screen
        if isinstance(page, RoutesPage):
            page.call_after_refresh(page.go_to, exchange, query)

    def wear(self, theme: str) -> None:
        """Put colours on, and keep them."""
        self.theme = theme
        kept = self._keep_theme(theme)
        self.say(f"Colours: {theme}{', kept' if kept else ', until you leave'}.")

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
        except Exception as error:  # whatever it was: the user asked for something and must hear that it failed
            if failed:
                failed()
            said = str(error) or type(error).__name__
            self.say(f"{what}: {said}", bad=True)
            self.store.attention.add(Cause(f"command:{what}", f"{what}: {said}", since=self.clock()))
            self._tell(Dirty.ATTENTION | Dirty.ROWS)
            return
        if then:
            then(result)

    def ask_quit(self) -> None:
        if self.watching or self.host.readonly or not self.serving or not self.store.in_flight:
            self.exit()
            return

        def answered(answer: str | None) -> None:
            if answer:
                self._at_once = True  # who chose to wait has waited
                self.exit()

        self.clear_notifications()  # they would lie over the answers
        self.push_screen(modals.QuitDialog(lambda: self.store.in_flight, self._patience), answered)

    async def action_quit(self) -> None:
        self.ask_quit()

    def copy(self, said: str, what: str) -> None:
        """Put text on the clipboard of the terminal (OSC 52: over ssh too), and say so."""
        self.copy_to_clipboard(said)
        self.say(f"Copied {what} to your terminal's clipboard, if it lets programs copy.")

    def action_help_quit(self) -> None:
        """ctrl+c with nothing selected: once says how to leave, twice leaves."""
        now = time.monotonic()
        if now - self._interrupted < TWICE:
            self.ask_quit()
            return
        self._interrupted = now
        self.say("ctrl+c again, or q, leaves.")


def _settle() -> None:
    """Long collections and the default switch interval would hold up the proxy's thread for tens of milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 1000)
    gc.enable()
    sys.setswitchinterval(1e-4)
