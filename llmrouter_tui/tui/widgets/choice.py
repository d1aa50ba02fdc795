"""A button that says which key does the same: ``[ + Good u ]``."""

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from llmrouter_tui.tui import text
from llmrouter_tui.tui.widgets.lines import Painter, center


class Choice(Painter, Widget, can_focus=True):
    """A real button: it can be clicked, focused with tab and pressed with enter or space."""

    ALLOW_SELECT = False
    ALLOW_MAXIMIZE = False
    FOCUS_ON_CLICK = False  # a click acts: the list keeps the keys that move in it
    DEFAULT_CSS = "Choice { width: auto; max-width: 100%; height: 1; }"
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

    def call_it(self, label: str) -> None:
        """Another label, where there is more room or less."""
        if label != self.label:
            self.label = label
            self.refresh(layout=True)

    def allow(self, reason: str) -> None:
        """Grey the button while ``reason`` says why it cannot be pressed; empty allows it."""
        if reason != self._reason:
            self._reason = reason
            self.tooltip = reason or None
            self.refresh()

    @property
    def cells(self) -> int:
        """How wide it is."""
        return text.width(f"[ {self.label} {self._key} ]" if self.key else f"[ {self.label} ]")

    @property
    def _key(self) -> str:
        return self.key.replace("⏎", center(self).look.symbols.enter)

    def get_content_width(self, container: object, viewport: object) -> int:
        return self.cells

    def render_line(self, y: int) -> Strip:
        ink, key = ("off", "off") if self._reason else ("", "key")
        if self.has_focus and not self._reason:
            ink = key = "tab"
        tail = (f" {self._key}", key) if self.key else ("", "")
        room = self.size.width - self.cells + text.width(self.label)  # where it is narrow the key stays
        label = text.clip(self.label, room, center(self).look.symbols.ellipsis)
        return self.strip((("[ ", "rule"), (label, ink), tail, (" ]", "rule")), self.size.width)

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
