"""Clients' keys."""

from collections.abc import Sequence

from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.engine.commands.parts import Commands


class KeyCommands(Commands):
    """``core.ports.keys.KeyControl`` in this process."""

    async def keys(self) -> Sequence[KeyView]:
        return self._p.keys.views()

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        return await self._p.keys.make(name, models, rpm, tpm, concurrent)

    async def revoke_key(self, name: str) -> None:
        await self._p.keys.revoke(name)
