"""A button that says which key does the same: ``[ + Good u ]``."""

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from llmrouter_tui.tui import text
from llmrouter_tui.tui.widgets.lines import Painter


class Choice(Painter, Widget, can_focus=True):
    """A real button: it can be clicked, focused with tab and pressed with enter or space."""

    DEFAULT_CSS = "Choice { width: auto; height: 1; }"
    BINDINGS = [Binding("enter,space", "press", "press", show=False)]  # noqa: RUF012

    class Pressed(Message):
        """The button was pressed; ``act`` is what it stands for."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice
            self.act = choice.act

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, act: str, label: str, key: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.act, self.label, self.key = act, label, key
        self._reason = ""

    def allow(self, reason: str) -> None:
        """Grey the button while ``reason`` says why it cannot be pressed; empty allows it."""
        if reason != self._reason:
            self._reason = reason
            self.tooltip = reason or None
            self.refresh()

    def get_content_width(self, container: object, viewport: object) -> int:
        return text.width(f"[ {self.label} {self.key} ]") if self.key else text.width(f"[ {self.label} ]")

    def render_line(self, y: int) -> Strip:
        ink, key = ("off", "off") if self._reason else ("", "key")
        if self.has_focus and not self._reason:
            ink = key = "tab"
        tail = (f" {self.key}", key) if self.key else ("", "")
        return self.strip((("[ ", "rule"), (self.label, ink), tail, (" ]", "rule")), self.size.width)

    def action_press(self) -> None:
        self.post_message(self.Pressed(self))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_press()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
