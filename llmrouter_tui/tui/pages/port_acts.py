"""What Dash and the first page share: the panel of troubles, and another port when ours is taken."""

from dataclasses import replace

from llmrouter_tui.tui import trouble_text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.trouble import Trouble


class PortActs(Page):
    """A page with the panel of troubles (``self.trouble``, which its ``body`` yields)."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble = Trouble(id="trouble")

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        if dirty & (Dirty.SERVICE | Dirty.BACKENDS | Dirty.MODELS | Dirty.CLOCK):
            self._paint_trouble()

    def _paint_trouble(self) -> None:
        appeared = self.trouble.paint()
        if appeared and not self.center.host.readonly:
            self.call_after_refresh(self.trouble.next.focus)  # it can take the focus once it is displayed
        elif self.focused in self.trouble.buttons.children and not self.trouble.port_taken:
            self.leave_filter()

    def situation(self) -> Situation:
        situation = super().situation()
        if self.trouble.port_taken:
            return situation
        no = f"port {self.center.store.service.port} is not taken"
        return replace(situation, reasons={**situation.reasons, "listen.next": no, "listen.again": no})

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        self.perform(event.act)

    def do_listen_next(self) -> None:
        self._listen(trouble_text.next_port(self.center.store))

    def do_listen_again(self) -> None:
        self._listen(self.center.store.service.port)

    def _listen(self, port: int) -> None:
        center = self.center

        def ended(_: object = None) -> None:
            self.trouble.asked = None
            self._paint_trouble()

        self.trouble.asked = port
        center.command(center.host.control.listen(port), f"Port {port} not opened", ended, ended)
        self._paint_trouble()
