"""Public figures: whom fetching newer ones contacts, how it went, and the choice to do so now, daily, or not."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical

from llmrouter_tui.tui import sync_text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import LinesView, center

LOOK = 0.25
"""Seconds between two looks at how far it is."""


class FiguresDialog(Dialog[None]):
    """Stays open while figures are fetched, and may be left: the job goes on, and the tab line tells of it."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,F", "act('leave')", "back", show=False),
        Binding("f", "act('fetch')", "fetch now", show=False),
        Binding("c", "act('cancel')", "cancel", show=False),
        Binding("d", "act('daily')", "daily", show=False),
        Binding("right,down", "app.focus_next", "next", show=False),
        Binding("left,up", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.words = LinesView(self._draw, classes="words", id="figures")
        self.words.can_focus = False
        self._fetch = Choice("fetch", "Fetch now", "f")
        self._cancel = Choice("cancel", "Cancel", "c")
        self._begin_daily = Choice("daily", "Fetch daily", "d")
        self._end_daily = Choice("daily", "Stop fetching daily", "d")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.words
            with Horizontal(classes="row"):
                yield self._fetch
                yield self._cancel
                yield self._begin_daily
                yield self._end_daily
                yield Choice("leave", "Close", "esc")

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Public figures"
        self.set_interval(LOOK, self._look)
        self.call_after_refresh(self._look)

    def on_resize(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Offer what can be done now, and tell how far it is."""
        if not self.is_attached:  # the dialog was left before its turn came
            return
        app = center(self)
        view, may = app.store.sync, not app.host.readonly and not app.store.sync.refused
        for choice, offered in (
            (self._fetch, may and not view.running),
            (self._cancel, may and view.running),
            (self._begin_daily, may and not view.daily),
            (self._end_daily, may and view.daily),
        ):
            choice.display = offered
        if self.focused is None or not self.focused.display:
            for choice in [choice for choice in self.query(Choice) if choice.display][:1]:
                choice.focus()
        cells = self.words.size.width
        if cells:
            self.words.styles.height = len(self._draw(cells, 0))
        self.words.paint()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        return sync_text.lines(app.store.sync, app.clock(), cells, app.look)

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        self.action_act(event.act)

    def action_act(self, act: str) -> None:
        app = center(self)
        view, control = app.store.sync, app.host.control
        if act == "leave":
            self.dismiss(None)
        elif app.host.readonly or view.refused:
            app.say("this screen is read-only" if app.host.readonly else view.refused)
        elif act == "fetch" and not view.running:
            app.command(control.sync(), "Public figures not fetched")
        elif act == "cancel" and view.running:
            app.command(control.cancel_sync(), "Not cancelled")
        elif act == "daily":
            app.command(control.set_setting("sync", "off" if view.daily else "daily"), "Schedule not changed")
