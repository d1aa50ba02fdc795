"""What models cost."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.spending import Line


class SpendStore(Protocol):
    """Where it is kept what was paid for; ``SqliteRepo`` is one."""

    async def spend(self, since: str) -> Sequence[Line]:
        """From that day on (``2026-11-01``). Raises ``RouterError`` (``storage_unavailable``)."""
        ...

    def remember_spend(self, line: Line) -> None:
        """Add it to what is kept of that day, model and purpose; written behind."""
        ...
