"""Leaving while answers are being written: wait, stop now, or stay."""

from collections.abc import Callable

from textual.binding import Binding

from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.text import Line


class QuitDialog(Ask):
    """Returns ``stop`` to leave at once, empty to stay. ``in_flight`` counts the answers in flight; ``most`` seconds
    are waited for them, and no more after that."""

    BINDINGS = [  # noqa: RUF012
        Binding("q", "answer('')", "stay", show=False),
        Binding("ctrl+c", "answer('stop')", "stop", show=False),
    ]

    def __init__(self, in_flight: Callable[[], int], most: float) -> None:
        self._in_flight = in_flight
        self._left = most
        self._waiting = False
        super().__init__(
            "Quit?",
            self._words(),
            (
                Answer("wait", f"Wait for them (max {most:g}s)", "w"),
                Answer("stop", "Stop them now", "s"),
                Answer("", "Stay", "escape", "esc"),
            ),
        )

    def _words(self) -> list[Line]:
        count = self._in_flight()
        still = f"{count} answer{' is' if count == 1 else 's are'} still being written."
        if self._waiting:
            return [((still, "strong"),), ((f"Leaving in at most {self._left:.0f}s.", "soft"),), ()]
        return [((still, "strong"),), (), ()]

    def action_answer(self, value: str) -> None:
        if value != "wait":
            self.dismiss(value)
        elif not self._waiting:
            self._waiting = True
            self.set_interval(0.2, self._tick)
            self.say(self._words())

    def _tick(self) -> None:
        self._left -= 0.2
        if self._left <= 0 or not self._in_flight():
            self.dismiss("stop")
        else:
            self.say(self._words())
