"""Clients' keys."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.keys import KeyView, NewKey


class KeyControl(Protocol):
    """What can be asked of clients' keys, and told; a part of ``Control``."""

    async def keys(self) -> Sequence[KeyView]:
        """Those that have a name and are not revoked."""
        ...

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        """Make a key that lets in at once. Its text is in the answer and nowhere else. Without ``models`` it may ask
        for all; a limit that is None is the one for all clients, 0 is none."""
        ...

    async def revoke_key(self, name: str) -> None:
        """It lets nobody in from now on; what is under way goes on."""
        ...
