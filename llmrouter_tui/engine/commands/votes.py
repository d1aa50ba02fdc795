"""The user's votes between answers."""

from llmrouter_tui.core.votes import MOST, Leaderboard, Voted, VoteInput, VotePage
from llmrouter_tui.engine.commands.history import exchange_of
from llmrouter_tui.engine.commands.parts import Commands


class VoteCommands(Commands):
    """``core.ports.votes.VoteControl`` in this process."""

    async def vote(self, vote: VoteInput) -> Voted:
        exchanges = [await exchange_of(self._p, exchange_id) for exchange_id in vote.exchanges[: MOST + 1]]
        return await self._p.voting.vote(vote, exchanges)

    async def take_back_vote(self, vote_id: str) -> Voted:
        return await self._p.voting.take_back(vote_id)

    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage:
        return await self._p.voting.page(before, min(max(limit, 1), 500))

    async def leaderboard(self, task: str = "") -> Leaderboard:
        return await self._p.voting.board(task)
