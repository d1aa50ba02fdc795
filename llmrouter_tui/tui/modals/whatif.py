"""Quality against speed: which of the last choices would change, before it is applied."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from llmrouter_tui.core.whatif import WhatIf
from llmrouter_tui.tui import whatif_text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import LinesView, center
from llmrouter_tui.tui.widgets.slider import Slider

RESTS = 0.15
"""Seconds without another step after which the router is asked."""

AROUND, FEWEST = 9, 8
"""Rows beside those of the list, and those that it has at least: the slider stays put while it is first moved."""


class WhatIfDialog(Dialog[None]):
    """Nothing changes until enter."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "apply", "apply", show=False),
        Binding("escape,q", "leave", "back", show=False),
    ]

    def __init__(self, preference: float) -> None:
        super().__init__()
        self.slider = Slider(preference, "speed", "quality", id="preference")
        self.said = LinesView(self._draw_said, id="said")
        self.listed = LinesView(self._draw_listed, id="listed")
        self.found: WhatIf | None = None
        self._asking = False
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        self.said.styles.height, self.said.can_focus = 3, False
        with Vertical(classes="dialog tall"):
            yield self.slider
            yield self.said
            yield self.listed
            with Horizontal(classes="row"):
                if not center(self).host.readonly:
                    yield Choice("apply", "Apply", "⏎")
                yield Choice("leave", "Leave it", "esc")

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "What if quality counted more, or speed?"
        dialog.border_subtitle = f"{center(self).look.symbols.turn} move"
        self.slider.focus()
        self._ask()

    def on_slider_moved(self, event: Slider.Moved) -> None:
        self.found = None
        self._paint()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(RESTS, self._ask)

    def _ask(self) -> None:
        if self._asking:
            return
        self._asking, wanted = True, self.slider.value
        app = center(self)
        app.command(app.host.control.what_if(wanted), "What it would change is not known", self._told, self._failed)

    def _told(self, found: WhatIf) -> None:
        self._asking = False
        if not self.is_mounted:
            return
        if found.preference != self.slider.value:  # it was moved meanwhile
            self._ask()
            return
        self.found = found
        self._paint()

    def _failed(self) -> None:
        self._asking = False

    def _paint(self) -> None:
        self.said.paint()
        self.listed.paint()

    def _draw_said(self, cells: int, rows: int) -> list[Line]:
        return whatif_text.summary(self.found, self.slider.value, self.slider.start, cells)

    def _draw_listed(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        lines = whatif_text.changes(self.found, app.store.name, cells, app.look) if self.found else []
        self.fit(AROUND + max(FEWEST, len(lines)))
        return lines

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        self.action_apply() if event.act == "apply" else self.action_leave()

    def action_apply(self) -> None:
        app = center(self)
        if not app.host.readonly and self.slider.value != self.slider.start:
            app.preference.put(self.slider.value)
        self.dismiss(None)
