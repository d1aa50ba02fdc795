"""Clients' keys, over HTTP."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.remote.commands.line import Commands

_KEYS = msgspec.json.Decoder(tuple[KeyView, ...])
_NEW_KEY = msgspec.json.Decoder(NewKey)


class KeyCommands(Commands):
    """``core.ports.keys.KeyControl`` over HTTP."""

    async def keys(self) -> tuple[KeyView, ...]:
        return await self._get("keys", _KEYS)

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        body = {"name": name, "models": list(models), "rpm": rpm, "tpm": tpm, "concurrent": concurrent}
        return self._read(await self._command("POST", "keys", body), _NEW_KEY)

    async def revoke_key(self, name: str) -> None:
        await self._command("DELETE", f"keys/{quote(name, safe='')}")
