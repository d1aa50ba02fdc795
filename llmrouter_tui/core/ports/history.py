"""The exchanges on record, and what a person says of them."""

from dataclasses import dataclass
from typing import Literal, Protocol

from llmrouter_tui.core.decision import Effect, Exchange, ExchangePage, Feedback
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.query import EVERYTHING, Query


@dataclass(frozen=True, slots=True)
class FeedbackInput:
    """A rating as a person gives it; exactly one of the three kinds, or ``clear``."""

    exchange_id: str
    """An exchange id or a response id."""
    rating: Literal["up", "down"] | None = None
    stars: int | None = None
    score: float | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Rated:
    """What a rating did."""

    feedback: Feedback
    effects: tuple[Effect, ...] = ()


class HistoryControl(Protocol):
    """What can be asked of the exchanges on record, and said of them; a part of ``Control``."""

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        """See ``Repo``."""
        ...

    async def exchange(self, exchange_id: str) -> Exchange: ...
    async def rate(self, feedback: FeedbackInput) -> Rated: ...
    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        """What stands, newest first, also of exchanges that are in the history no more."""
        ...

    async def forget(self, wanted: Forget) -> Forgotten:
        """Take what was said out of the database, and the user's notes on it; on return it is gone from the disk.
        Figures, decisions, ratings and marks stay."""
        ...
