"""What a vote does: it is kept, learned from by all that it moves, and told."""

from collections.abc import Sequence

from llmrouter_tui.core.decision import Effect, Exchange
from llmrouter_tui.core.votes import Leaderboard, Vote, Voted, VoteInput, VotePage, name_of
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.votes import Votes


class Voting:
    """The way of every vote, given or taken back."""

    def __init__(self, votes: Votes, learning: Learning, fleet: Fleet, bus: Bus) -> None:
        self._votes = votes
        self._learning = learning
        self._fleet = fleet
        self._bus = bus

    async def vote(self, given: VoteInput, exchanges: Sequence[Exchange]) -> Voted:
        """Raises ``RouterError``."""
        return self._tell(await self._votes.keep(given, exchanges))

    async def take_back(self, vote_id: str) -> Voted:
        """Raises ``RouterError``."""
        return self._tell(await self._votes.take_back(vote_id), taken_back=True)

    async def page(self, before: str | None, limit: int) -> VotePage:
        return await self._votes.page(before, limit)

    async def board(self, task: str) -> Leaderboard:
        return await self._votes.board(task)

    def _tell(self, vote: Vote, *, taken_back: bool = False) -> Voted:
        told = Voted(vote, self._moved(vote), taken_back)
        self._bus.publish(told)
        return told

    def _moved(self, vote: Vote) -> tuple[Effect, ...]:
        """Look anew at its models and their replicas, and at those that were compared with them; what that moved of
        those whose answers they were."""
        names = {name_of(model) for model in vote.models}
        records = [record for record in self._fleet.models.values() if record.info.name in names]
        before = {record.id: record.abilities.get(vote.task) for record in records}
        for record in records:
            self._learning.refresh(record)
        for record in (*records, *self._learning.settle(self._fleet.models.values())):
            self._fleet.touch(record)
        effects = []
        for model in dict.fromkeys(vote.models):
            old, now = before.get(model), self._fleet.models.get(model)
            new = now.abilities.get(vote.task) if now is not None else None
            if old is not None and new is not None:
                effects.append(Effect(model, vote.task, old.mean, new.mean))
        return tuple(effects)
