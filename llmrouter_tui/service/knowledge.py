"""What the router knows of models, put together: what was measured, graded, compared, voted and rated here."""

from dataclasses import dataclass

from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.pairings import Pairings
from llmrouter_tui.engine.votes import Votes
from llmrouter_tui.service.recall import Recall
from llmrouter_tui.storage.repo import SqliteRepo


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Where each kind of knowledge is, and what is learned of all of it."""

    measured: Measured
    gradings: Gradings
    pairings: Pairings
    votes: Votes
    learning: Learning

    async def load(self) -> None:
        """Take in what the database holds; what is known already stays."""
        for store in (self.measured, self.gradings, self.pairings, self.votes):
            await store.load()
        await self.learning.start()

    def meet(self, fleet: Fleet) -> None:
        """The models that it is about."""
        self.pairings.infos = fleet.infos
        fleet.probed = self.measured.probed


def make_knowledge(repo: SqliteRepo, clock: Clock, recall: Recall) -> Knowledge:
    """Empty; ``recall`` tells what is publicly known."""
    measured = Measured(repo, clock)
    gradings = Gradings(repo, measured, clock)
    pairings = Pairings(repo, measured, gradings)
    votes = Votes(repo, clock)
    learning = Learning(
        repo, clock, recall, measured.checks, gradings.checked, gradings.live_checked, pairings.bouts, votes
    )
    return Knowledge(measured, gradings, pairings, votes, learning)
