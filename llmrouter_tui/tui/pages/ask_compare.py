"""The vote of a blind comparison: which answer is the best, a tie, all bad, or none given."""

from collections.abc import Mapping
from dataclasses import replace

from llmrouter_tui.core.votes import Verdict, Voted, VoteInput
from llmrouter_tui.tui import ask_text
from llmrouter_tui.tui.actions import Action
from llmrouter_tui.tui.asks import LETTERS, Round
from llmrouter_tui.tui.pages.ask_acts import AskActs
from llmrouter_tui.tui.rebinding import no_text, shown
from llmrouter_tui.tui.widgets.prompt import Prompt

RATES = ("good", "bad", "note", "clear")
VOTES = ("vote.first", "vote.second", "vote.third", "vote.tie", "vote.bad")


class AskCompare(AskActs):
    """Acts of a page with a comparison."""

    def _reasons(self) -> Mapping[str, str]:
        held = self.round
        if held is None or not held.compared:
            why = "there is no blind comparison: c, then ^j"
        elif held.voted is not None:
            why = "you voted on this one"
        elif held.failed:
            why = "an answer failed, so there is nothing to compare"
        elif not held.blind:
            why = "the names were shown, so a vote would not be blind"
        elif held.running:
            why = "no vote was taken, the answers are still being written"
        else:
            why = "your vote is being stored" if held.vote_pending else ""
        third = why or ("" if held is not None and len(held.answers) > 2 else "there are two answers")
        return {**super()._reasons(), **dict.fromkeys(VOTES, why), "vote.third": third}

    def hidden_acts(self) -> frozenset[str]:
        """In the footer stands what the answers are waiting for: a vote, or a rating. What does not go on is neither
        stopped nor left."""
        held, hidden = self.round, super().hidden_acts() - {"back"}
        if held is None or not held.running:
            hidden |= {"ask.stop"}
        if held is None or not held.hidden:
            hidden |= frozenset(VOTES) | (frozenset(RATES) if held is None else frozenset())
            return hidden if held is not None and held.running else hidden | {"back"}
        hidden |= {*RATES, "ask.another"}
        return hidden | {"vote.third"} if len(held.answers) < len(LETTERS) else hidden

    def footer_acts(self) -> list[Action]:
        """While the prompt is written letters are its own: what works then, and how to come to the other keys. A narrow
        footer leaves ratings to the buttons, which tell their keys."""
        if not isinstance(self.focused, Prompt):
            told = super().footer_acts()
            return told if self.has_class("-wide") else [action for action in told if action.id not in RATES]
        acts = {action.id: action for action in self.acts()}
        labels = {"ask.send": "send", "back": "other keys", "help": "help", "palette": "commands"}
        keyed = [(acts[id_], label, no_text(acts[id_].keys)) for id_, label in labels.items() if id_ in acts]
        found = [replace(action, show=shown(key), label=label) for action, label, key in keyed if key]
        earlier = replace(acts["ask.write"], show="↑", label="earlier")
        return [*found[:2], earlier, *found[2:]] if self.asks.history else found

    def do_vote_first(self) -> None:
        self._vote("better", 0)

    def do_vote_second(self) -> None:
        self._vote("better", 1)

    def do_vote_third(self) -> None:
        self._vote("better", 2)

    def do_vote_tie(self) -> None:
        self._vote("tie")

    def do_vote_bad(self) -> None:
        self._vote("both_bad")

    def _vote(self, verdict: Verdict, best: int = -1) -> None:
        held = self.round
        if held is None:
            return
        winner = held.answers[best].id if best >= 0 else ""
        held.vote_pending = True
        vote = VoteInput(tuple(answer.id for answer in held.answers), verdict, winner)

        def done(voted: Voted) -> None:
            held.voted, held.vote_pending = voted, False
            self.paint_all()
            self.tell(voted.effects, ask_text.verdict(held, self.center.store.name))

        def failed() -> None:
            held.vote_pending = False
            self.paint_all()

        self.center.command(self.center.host.control.vote(vote), "Vote not stored", done, failed)
        self.paint_all()

    def skip(self, held: Round) -> None:
        """No vote: the names are shown."""
        held.blind = False
        self.center.say("Not voted; these are their names.")
        self.paint_all()
