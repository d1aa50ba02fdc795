"""Models, and the memory that holds them."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.vram import Placement, VramView


class ModelControl(Protocol):
    """What can be asked of models and of the memory that holds them; a part of ``Control``."""

    async def models(self) -> Sequence[ModelView]: ...
    async def load(self, model: str) -> None: ...
    async def unload(self, model: str, *, force: bool = False) -> None:
        """``force`` does not wait for answers in flight; without it the model is drained first."""
        ...

    async def pin(self, model: str, pinned: bool) -> None:
        """Refused with the arithmetic where the pins of a pool would not fit together."""
        ...

    async def enable(self, model: str, enabled: bool) -> None: ...
    async def vram(self) -> VramView:
        """Who holds which memory, and what each load would mean, now."""
        ...

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        """What loading a model would mean now, with another context than it would get where one is given. Changes
        nothing."""
        ...

    async def clear_vram(self) -> None:
        """Free the memory for other work: every model is drained and unloaded, pinned ones too, and none is loaded
        until ``release_vram``."""
        ...

    async def release_vram(self) -> None:
        """Load again as needed, pinned models at once."""
        ...
