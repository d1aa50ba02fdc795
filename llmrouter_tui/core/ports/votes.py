"""The user's votes between answers: where they are kept, and how they are given."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.votes import Leaderboard, Vote, Voted, VoteInput, VotePage


class VoteStore(Protocol):
    """Where votes are kept; ``SqliteRepo`` is one. Raises ``RouterError`` (``storage_unavailable``) when the file
    cannot be used now."""

    async def store_vote(self, vote: Vote) -> None:
        """In the place of an older one with its id; on return it survives ``kill -9``."""
        ...

    async def drop_vote(self, vote_id: str) -> Vote | None:
        """Take it out of the file; what it was, None where there is none."""
        ...

    async def vote_page(self, *, before: str | None, limit: int) -> VotePage: ...

    async def all_votes(self) -> Sequence[Vote]:
        """Oldest first, for learning at start; of very many the newest."""
        ...


class VoteControl(Protocol):
    """What can be asked of the user's votes, and told; a part of ``Control``."""

    async def vote(self, vote: VoteInput) -> Voted:
        """Keep which of two or three answers to one prompt is the best; on return it is on the disk. A vote on the same
        exchanges takes the place of an older one."""
        ...

    async def take_back_vote(self, vote_id: str) -> Voted:
        """As if it had not been given."""
        ...

    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage:
        """Those that stand, newest first."""
        ...

    async def leaderboard(self, task: str = "") -> Leaderboard:
        """Who is preferred to whom, of one task, or of all."""
        ...
