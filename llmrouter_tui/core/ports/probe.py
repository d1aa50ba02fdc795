"""The memory of the machine."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.domain import Device


class Probe(Protocol):
    """Measures memory pools. Blocking: the engine calls it from its own thread only."""

    def sample(self) -> Sequence[Device]:
        """All pools now. A pool whose driver failed is returned with ``problem`` set, not left out."""
        ...

    def close(self) -> None: ...
