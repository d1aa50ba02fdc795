"""A value between 0 and 1 that is moved with the keys, or dragged."""

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from llmrouter_tui.tui import text
from llmrouter_tui.tui.widgets import chart
from llmrouter_tui.tui.widgets.lines import Painter, center

STEP = 0.05


class Slider(Painter, Widget, can_focus=True):
    """``low ───●─── high``; sends ``Moved``."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Slider { width: 100%; height: 1; }"
    BINDINGS = [  # noqa: RUF012
        Binding("left,h", "step(-1)", "lower", show=False),
        Binding("right,l", "step(1)", "higher", show=False),
        Binding("home", "put(0)", "lowest", show=False),
        Binding("end", "put(1)", "highest", show=False),
    ]

    class Moved(Message):
        """It was moved."""

        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = value

    def __init__(self, value: float, low: str, high: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.value, self.start = value, value
        self._low, self._high = f"{low} ", f" {high}"

    def put(self, value: float) -> None:
        """Move it there, to a whole hundredth."""
        value = round(max(0.0, min(1.0, value)), 2)
        if value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Moved(value))

    def action_step(self, steps: int) -> None:
        self.put(self.value + steps * STEP)

    def action_put(self, value: float) -> None:
        self.put(float(value))

    @property
    def _track(self) -> int:
        return max(2, self.size.width - text.width(self._low) - text.width(self._high))

    def render_line(self, y: int) -> Strip:
        ghost = self.start if self.start != self.value else None
        drawn = chart.slider(self.value, self._track, center(self).look.symbols, ghost)
        ends = "key" if self.has_focus else "soft"
        return self.strip(((self._low, ends), *drawn, (self._high, ends)), self.size.width)

    def _to(self, x: int) -> None:
        self.put(round((x - text.width(self._low)) / (self._track - 1) / STEP) * STEP)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.focus()
        self.capture_mouse()
        self._to(event.screen_x - self.region.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._to(event.screen_x - self.region.x)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
