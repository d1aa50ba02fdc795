"""The user's votes between answers, over HTTP."""

from urllib.parse import quote

import msgspec

from llmrouter_tui.core.votes import Leaderboard, Voted, VoteInput, VotePage
from llmrouter_tui.remote.commands.line import Commands

_VOTED = msgspec.json.Decoder(Voted)
_VOTES = msgspec.json.Decoder(VotePage)
_BOARD = msgspec.json.Decoder(Leaderboard)


class VoteCommands(Commands):
    """``core.ports.votes.VoteControl`` over HTTP."""

    async def vote(self, vote: VoteInput) -> Voted:
        body = {"exchanges": vote.exchanges, "verdict": vote.verdict, "winner": vote.winner}
        return self._read(await self._command("POST", "votes", body), _VOTED)

    async def take_back_vote(self, vote_id: str) -> Voted:
        return self._read(await self._command("DELETE", f"votes/{quote(vote_id, safe='')}"), _VOTED)

    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage:
        params = {"limit": str(limit)} | ({} if before is None else {"before": before})
        return await self._get("votes", _VOTES, params)

    async def leaderboard(self, task: str = "") -> Leaderboard:
        return await self._get("leaderboard", _BOARD, {"task": task} if task else None)
