"""One backend as the engine keeps it: how it is, and when it was looked at."""

import asyncio
from dataclasses import dataclass, field

from llmrouter_tui.core.domain import BackendHealth, BackendView
from llmrouter_tui.core.ports.backend import Backend


@dataclass(slots=True)
class BackendRecord:
    """Mutable and engine-only; the rest of the world sees ``view()``."""

    backend: Backend
    configured: bool
    pool: str = ""
    """Memory pool named by the user; empty: automatic."""
    context_limit: int | None = None
    """The context that its models are loaded with, as the user named it; None: not named."""
    health: BackendHealth = "starting"
    since: float = 0.0
    detail: str = ""
    models: int = 0
    polls: int = 0
    looked_at: float = 0.0
    """Wall time of the last look at what it holds."""
    stuck: str = ""
    """Why it is down although its health page is green: it generates nothing, in words."""
    misses: int = 0
    """Looks in a row that found it down."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to have it looked at before its turn."""
    loop: asyncio.Task[None] | None = None
    enabled: bool = True
    """Whether it is used."""

    def view(self) -> BackendView:
        b = self.backend
        return BackendView(
            name=b.name,
            kind=b.kind,
            url=b.url,
            health=self.health,
            since=self.since,
            detail=self.detail,
            models=self.models,
            configured=self.configured,
            places=b.places,
            enabled=self.enabled,
        )
