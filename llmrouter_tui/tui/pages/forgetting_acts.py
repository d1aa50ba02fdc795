"""What every page leads to: taking what was said out of what is kept, after a question."""

from typing import TYPE_CHECKING

from textual.screen import Screen

from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.loads_text import QUESTION
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.prose import block
from llmrouter_tui.tui.widgets.lines import center

if TYPE_CHECKING:

    class Base(Screen[None]):
        def situation(self) -> Situation: ...

else:
    Base = object

STAYS = "Figures, decisions, ratings and marks stay; notes and what judges said go."
ANSWERS = (Answer("", "Keep it", "escape", "esc"), Answer("forget", "Forget it, for good", "f"))


class ForgettingActs(Base):
    """Mixed into each page."""

    def do_forget_one(self) -> None:
        exchange = self.situation().exchange
        if exchange is not None:
            self._forget(Forget(exchange=exchange.id), f"What was said in {exchange.id[-4:]}")

    def do_forget_session(self) -> None:
        exchange = self.situation().exchange
        if exchange is not None:
            self._forget(Forget(session=exchange.session), "All that was said in this conversation")

    def do_forget_all(self) -> None:
        self._forget(Forget(), "Every prompt and every answer")

    def _forget(self, wanted: Forget, what: str) -> None:
        screen = center(self)

        def done(gone: Forgotten) -> None:
            screen.say(f"{gone.words[0].upper()}{gone.words[1:]}.")

        def answered(answer: str | None) -> None:
            if answer:
                screen.command(screen.host.control.forget(wanted), "Not forgotten", done)

        lines = [*block(f"{what} leaves the database.", QUESTION, "strong"), *block(STAYS, QUESTION), ()]
        self.app.push_screen(Ask("Forget what was said?", lines, ANSWERS), answered)
