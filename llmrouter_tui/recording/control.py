"""``Control`` over a recording: it answers what the recording tells, and refuses the rest in words."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision, Exchange, ExchangePage, Setting
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.grades import GradeFilter, GradePage, JudgeView
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.profile import Profiles
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncView
from llmrouter_tui.core.trends import Trends
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.recording.course import Course
from llmrouter_tui.recording.player import Player

CHANGES = "no router is behind it that could do anything"
UNTOLD = "it does not tell that"


class RecordedControl:
    """What is not a method here is refused."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._course: Course | None = None
        self._reading = asyncio.Lock()

    async def snapshot(self) -> Snapshot:
        return self._player.restart()

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        book, now = self._player.book, self._player.now()
        return book.exchanges(before, limit, now, query) if after is None else book.newer(after, limit, now)

    async def exchange(self, exchange_id: str) -> Exchange:
        found = self._player.book.exchange(exchange_id)
        if found is None:
            raise RouterError("not_found", f"this is a recording, and no exchange {exchange_id!r} is in it")
        return found

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        """The decision that was recorded for that prompt."""
        found = self._player.book.decision(prompt, self._player.now()) if isinstance(prompt, str) else None
        if found is None:
            raise refusal("nothing is decided anew: it shows only what was decided then")
        return found

    async def models(self) -> Sequence[ModelView]:
        return tuple(self._player.book.models.values())

    async def vram(self) -> VramView:
        return self._player.book.vram

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        told = None if context_length else self._player.book.vram.placements
        found = next((one for one in told or () if one.model == model), None)
        if found is None:
            raise refusal(UNTOLD)
        return found

    async def trends(self, span: float) -> Trends:
        async with self._reading:
            return await asyncio.to_thread(self._trends, span, self._player.now())

    def _trends(self, span: float, now: float) -> Trends:
        if self._course is None:
            self._course = Course(self._player.path)
        return self._course.trends(span, now)

    def close(self) -> None:
        """Nobody asks any more."""
        if self._course is not None:
            self._course.close()

    async def settings(self) -> Sequence[Setting]:
        return tuple(self._player.book.settings.values())

    async def spend(self) -> SpendView:
        return self._player.book.spend

    async def sync_view(self) -> SyncView:
        return self._player.book.sync

    async def judge_view(self) -> JudgeView:
        return self._player.book.judge

    async def profiles(self) -> Profiles:
        return self._player.book.profiles()

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        return self._player.book.grades(wanted, before, limit)

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]:
        return tuple(self._player.book.log)[-limit:]

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)

        async def refuse(*args: Any, **kwargs: Any) -> Any:
            raise refusal(UNTOLD if name in READS else CHANGES)

        return refuse


READS = frozenset(
    {
        "catalog", "comparisons", "export", "figures", "keys", "known", "leaderboard", "profile_results", "ratings",
        "review", "votes", "what_if",
    }
)  # fmt: skip
"""Questions that a router would answer."""


def refusal(why: str) -> RouterError:
    return RouterError("forbidden", f"this is a recording: {why}", retryable=False)
