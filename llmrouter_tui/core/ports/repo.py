"""The database: exchanges, ratings, settings, and what is remembered of models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from llmrouter_tui.core.decision import Exchange, ExchangePage, Feedback
from llmrouter_tui.core.domain import Footprint, ResidencyEvent, Speed
from llmrouter_tui.core.events import Envelope
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.review import Audit
from llmrouter_tui.core.trends import Trends


@dataclass(frozen=True, slots=True)
class ModelMemory:
    """What is remembered of a model between runs."""

    model: str
    speed: Speed | None = None
    footprint: Footprint | None = None
    pinned: bool = False
    enabled: bool = True
    used: int = 0
    loads: int = 0
    ratings_up: int = 0
    ratings_down: int = 0


class Repo(Protocol):
    """The only door to the database. Reads and ``now`` writes are awaited; the rest is written behind."""

    @property
    def problem(self) -> str:
        """Empty when writes reach the disk, else what is wrong in words (locked, full, read-only, in memory)."""
        ...

    @property
    def pending(self) -> int:
        """Facts waiting to be written."""
        ...

    def record(self, envelope: Envelope) -> None:
        """Write a fact behind. Never blocks, never raises; facts that are not stored are ignored."""
        ...

    async def rate(self, feedback: Feedback) -> None:
        """Store a rating; on return it survives ``kill -9``."""
        ...

    async def ratings(self) -> Sequence[Feedback]:
        """All standing ratings, oldest first, for learning at start."""
        ...

    async def rating_page(self, *, before: str | None, limit: int) -> RatingPage: ...

    async def memories(self) -> Mapping[str, ModelMemory]:
        """What is known of each model, by id."""
        ...

    def remember_speed(self, model: str, speed: Speed, footprint: Footprint | None) -> None:
        """Write behind what was measured."""
        ...

    async def set_model_state(self, model: str, *, pinned: bool | None = None, enabled: bool | None = None) -> None: ...

    async def matches(self) -> Mapping[str, str]:
        """The entry of the public catalog that the user says each of these models is, empty where it is none."""
        ...

    async def set_match(self, model: str, entry: str | None) -> None:
        """Keep the user's word on a model; None forgets it."""
        ...

    async def exchange(self, exchange_id: str) -> Exchange | None:
        """By exchange id or by the response id the client saw."""
        ...

    async def exchanges(
        self,
        *,
        before: str | None,
        limit: int,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        """Newest first. Where ``query`` (``core.exchange_query``) takes long to fill a page, the page ends before it is
        full and tells how far back was searched. With ``after`` (``core.decision.place``, or empty for the beginning)
        the next ones that are newer, of all; ``count`` tells how many are older than the page."""
        ...

    async def trends(self, *, span: float, now: float) -> Trends:
        """How things went in the ``span`` seconds before ``now``."""
        ...

    async def audit(self, since: float) -> Audit:
        """What a review of the exchanges that arrived since then needs."""
        ...

    async def residency(self, since: float) -> Sequence[ResidencyEvent]:
        """Loads and unloads since then, and the newest fifty in any case; oldest first."""
        ...

    async def settings(self) -> Mapping[str, object]: ...

    async def set_setting(self, key: str, value: object) -> None:
        """Store a setting; None removes it."""
        ...

    async def prune(self, *, keep_days: float, now: float) -> int:
        """Drop old exchanges in small steps; how many went."""
        ...

    async def forget(self, wanted: Forget) -> Forgotten:
        """Take texts out of the file, with those of grades and the notes of ratings; on return it holds them no more.
        Raises ``RouterError``."""
        ...

    async def flush(self) -> None:
        """Everything recorded so far is on disk (or ``problem`` says why not)."""
        ...

    async def close(self) -> None: ...
