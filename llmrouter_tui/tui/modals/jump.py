"""Which time of a recording is to be shown."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.core.playback import Playback
from llmrouter_tui.tui import replay_text, text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets.lines import LinesView

WIDTH = 56


class JumpDialog(Dialog[float]):
    """Returns the time, or None after esc."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "go", "go", show=False, priority=True),
    ]

    def __init__(self, playback: Playback, look: Look) -> None:
        super().__init__()
        self._playback, self._look, self._refused = playback, look, ""
        self.typed = Input(placeholder="21:04, +5m, -30s or 50%", compact=True, max_length=12)
        self.words = LinesView(self._draw, classes="words")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            self.words.can_focus = False
            self.words.styles.height = 4
            self.words.styles.width = WIDTH
            yield self.typed
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Show another time"
        self.typed.focus()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        playing = self._playback.playing()
        span = f"It goes from {text.moment(playing.begins, self._look)} to {text.when(playing.ends, self._look)}."
        return [
            ((self._refused, "bad"),),
            ((span, "soft"),),
            (),
            (("⏎ ", "key"), ("shows it   ", "soft"), ("esc ", "key"), ("back", "soft")),
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._refused = ""
        self.words.paint()

    def action_go(self) -> None:
        self.typed.call_later(self._go)  # behind what was typed before and is not taken in yet

    def _go(self) -> None:
        said = self.typed.value
        at = replay_text.target(said, self._playback.playing(), self._look)
        if at is not None:
            self.dismiss(at)
        elif not said.strip():
            self.action_leave()
        else:
            self._refused = f"{said.strip()} is no time."
            self.words.paint()
