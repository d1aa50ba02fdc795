"""What Dash and the first page share: the panel of troubles, and another port when ours is taken."""

from dataclasses import replace

from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.state import Dirty
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
        port = self.center.store.service.port
        no = "" if self.trouble.port_taken else f"port {port} is not taken"
        other = no or ("" if self.center.port.router else f"no llmrouter answers on port {port}")
        retry = "" if not no or self._down() else f"{no}, and no backend is down"
        own = {"listen.next": no, "listen.watch": other, "retry": retry}
        return replace(situation, reasons={**situation.reasons, **own})

    def hidden_acts(self) -> frozenset[str]:
        hidden = set() if self.trouble.port_taken or self.trouble.deserted else {"retry"}
        if self.trouble.port_taken:
            hidden.add("open")  # there ⏎ presses a button
        return super().hidden_acts() | hidden | ({"listen.watch"} if not self.center.port.router else set())

    def _down(self) -> list[str]:
        """Backends that do not answer."""
        return [view.name for view in self.center.store.backends.values() if view.health == "down"]

    def do_listen_next(self) -> None:
        self._listen(self.center.port.next)

    def do_retry(self) -> None:
        center = self.center
        if self.trouble.port_taken:
            self._listen(center.store.service.port)
            return
        for name in self._down():
            center.command(center.host.control.retry_backend(name), f"{name} not tried again")
        center.say(f"Trying {', '.join(self._down())} again.")

    def do_listen_watch(self) -> None:
        where = self.center.port.router.removeprefix("http://")
        self.center.watch_instead()
        self.center.say(f"Watching the llmrouter on {where}. Leaving stops nothing.")

    def _listen(self, port: int) -> None:
        center = self.center

        def ended(_: object = None) -> None:
            self.trouble.asked = None
            self._paint_trouble()

        self.trouble.asked = port
        center.command(center.host.control.listen(port), f"Port {port} not opened", ended, ended)
        self._paint_trouble()
