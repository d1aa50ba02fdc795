"""Plots: how requests, speeds, swaps and memory went, from the last ten minutes to the last thirty days."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.core.trends import SPANS, Trends
from llmrouter_tui.tui import text, trends_text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.readings import Reading
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, PieceLine, center

FRESH = 10.0
"""Seconds after which it is read again while it is looked at, as long as a step of the shortest span."""


class TrendsDialog(Dialog[None]):
    """Of the span that was looked at last. ``first`` is a model or a memory pool, whose plots come first."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,T", "leave", "close", show=False),
        Binding("left,less_than_sign", "turn(-1)", "shorter", show=False),
        Binding("right,greater_than_sign", "turn(1)", "longer", show=False),
        *(Binding(str(number), f"choose({number - 1})", "span", show=False) for number in range(1, len(SPANS) + 1)),
    ]

    def __init__(self, first: str = "") -> None:
        super().__init__()
        self.first = first
        self.spans = PieceLine(id="turns")
        self.words = LinesView(self._draw)
        self._read: Reading[Trends] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog plots"):
            yield self.spans
            yield self.words

    def on_mount(self) -> None:
        app, dialog = center(self), self.query_one(".dialog")
        control = app.host.control
        dialog.border_subtitle = f"{app.look.symbols.turn} or 1-6 span, esc closes"
        self._read = Reading(app, self._start, lambda: control.trends(app.trend_span), self._heard)
        self._title()
        self.words.focus()
        self.set_interval(1.0, self.words.paint)

    def _start(self, reading: object) -> None:
        self.run_worker(reading, exit_on_error=False)  # type: ignore[arg-type]

    def _heard(self) -> None:
        if self.is_attached:
            self.words.paint()

    def _title(self) -> None:
        self.query_one(".dialog").border_title = f"Plots: the last {trends_text.LABELS[center(self).trend_span]}"
        self.spans.show(trends_text.tabs(center(self).trend_span))

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if self._read is None:
            return []
        app = center(self)
        found = self._read.look((app.trend_span, app.clock() // FRESH))
        if found is None:
            said = text.tame(self._read.problem or "Reading what was measured…")
            return [((part, "bad" if self._read.problem else "soft"),) for part in text.wrap(said, cells)]
        known = trends_text.Known(app.store.name, {device.pool: device.total for device in app.store.devices})
        return trends_text.lines(found, cells, app.look, known, self.first)

    def on_piece_line_picked(self, event: PieceLine.Picked) -> None:
        event.stop()
        self.action_choose(int(event.target))

    def action_turn(self, step: int) -> None:
        at = [float(span) for span in SPANS].index(center(self).trend_span) + step
        self.action_choose(max(0, min(len(SPANS) - 1, at)))

    def action_choose(self, number: int) -> None:
        center(self).trend_span = float(SPANS[number])
        self._title()
        self.words.paint()
