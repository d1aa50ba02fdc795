"""What the commands of the control plane act on."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.figures import Catalog
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.discovery import Discovery
from llmrouter_tui.engine.fetching import Fetching
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading_records import Records
from llmrouter_tui.engine.journal import Journal
from llmrouter_tui.engine.judge import Judge
from llmrouter_tui.engine.judge_desk import JudgeDesk
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.lookout import Lookout
from llmrouter_tui.engine.profiler import Profiler
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.engine.spending import Spending
from llmrouter_tui.engine.status import Status
from llmrouter_tui.engine.syncs import Syncs
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.voting import Voting
from llmrouter_tui.engine.vram import Vram


class LiveSettings(Protocol):
    """Settings that can change while the router runs."""

    def views(self) -> Sequence[Setting]: ...

    async def change(self, key: str, value: object) -> Setting:
        """Check, store and apply. Raises ``RouterError`` ``invalid_request`` in words."""
        ...

    async def keep_backend(self, name: str, kind: str, url: str, *, enabled: bool) -> None:
        """Remember that a backend was added, or switched off or on, while running."""
        ...

    async def drop_backend(self, name: str, kind: str, url: str, *, lingers: bool) -> None:
        """Forget one; where it would be found again, remember that it is not wanted."""
        ...

    async def reload(self) -> Sequence[Setting]:
        """Read the file again; what differs. Raises ``RouterError`` ``invalid_request`` in words."""
        ...


class Keys(Protocol):
    """Keys of clients, kept as settings."""

    def views(self) -> Sequence[KeyView]: ...

    async def make(
        self, name: str, models: Sequence[str], rpm: int | None, tpm: int | None, concurrent: int | None
    ) -> NewKey: ...

    async def revoke(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the control plane commands."""

    fleet: Fleet
    lookout: Lookout
    discovery: Discovery
    residency: Residency
    vram: Vram
    router: Router
    learning: Learning
    repo: Repo
    bus: Bus
    journal: Journal
    status: Status
    fetching: Fetching
    syncs: Syncs
    profiler: Profiler
    judge: Judge
    desk: JudgeDesk
    grades: Records
    voting: Voting
    catalog: Catalog
    settings: LiveSettings
    keys: Keys
    spending: Spending
    tasks: Tasks
    clock: Clock
    build_backend: Callable[[str, str, str], Awaitable[Backend]]
    """(kind, url, name) → a backend; without a kind the server is asked which it is."""
    listen: Callable[[int], Awaitable[None]]
    stop: Callable[[], None]
    restore: Callable[[AsyncIterable[bytes]], Awaitable[Restoration]]
    embedded_available: bool


class Commands:
    """What the commands of every subject share."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._adding = asyncio.Lock()
        """Held while servers of models come, go or change."""
