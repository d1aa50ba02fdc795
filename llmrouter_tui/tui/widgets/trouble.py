"""A panel that appears when the router cannot do its work: what is wrong, and buttons that help."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from llmrouter_tui.tui import trouble_text
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import LinesView, center


class Trouble(Vertical):
    """Hidden while nothing is wrong. ``asked`` is a port that is being tried."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.words = LinesView(self._draw, classes="trouble-words")
        self.words.can_focus = False
        self.instead = Choice("listen.watch", "Watch that one instead", "w")
        self.next = Choice("listen.next", "Use port 00000", "⏎")
        self.again = Choice("retry", "Try again", "r")
        self.add = Choice("backend.add", "Add a backend", "A", id="add")
        self.details = Choice("details", "Details", "i")
        self.buttons = Horizontal(self.instead, self.next, self.again, self.add, self.details, classes="buttons")
        self.asked: int | None = None
        self._stood: object = None

    def compose(self) -> ComposeResult:
        yield self.words
        yield self.buttons

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        free = app.port.next if app.port.free else 0
        return trouble_text.lines(app.store, app.clock(), cells, app.look, self.asked, app.port.router, free)

    @property
    def port_taken(self) -> bool:
        """Whether the panel offers another port."""
        return trouble_text.problem(center(self).store, "port_taken") is not None

    @property
    def deserted(self) -> bool:
        """Whether no backend answers, and the panel is about that."""
        return not self.port_taken and trouble_text.deserted(center(self).store)

    def paint(self) -> bool:
        """Show what stands; whether it just became a matter of ports, so that its buttons want the focus."""
        app = center(self)
        title = trouble_text.title(app.store)
        self.set_class(not title, "-gone")
        taken = trouble_text.problem(app.store, "port_taken")
        appeared = taken is not None and self._stood is None
        if taken != self._stood:
            self._stood, self.asked = taken, None
        app.port.look()
        self.buttons.set_class(taken is None and not self.deserted, "-gone")
        if not title:
            return False
        self._paint_buttons()
        self.words.head(title, "i details")
        cells = self.words.scrollable_size.width
        if cells:
            self.words.styles.height = len(self._draw(cells, 0)) + self.words.gutter.height
            self.words.paint()
        elif self.screen.is_current:  # not laid out yet; a page that is not shown is painted when it is
            self.call_after_refresh(self.paint)
        return appeared

    def _paint_buttons(self) -> None:
        """What can be done here, in as few words as the width asks for."""
        app, cells = center(self), self.app.size.width
        readonly, taken = app.host.readonly, self.port_taken
        self.next.set_class(readonly or not taken, "-gone")
        self.again.set_class(readonly, "-gone")
        self.add.set_class(readonly or taken, "-gone")
        self.instead.set_class(not app.port.router, "-gone")
        self.details.set_class(cells < 70, "-gone")
        self.instead.label = "Watch that one instead" if cells >= 90 else "Watch it"
        self.next.label = f"Use port {app.port.next}"
        for choice in (self.instead, self.next):
            choice.refresh(layout=True)
