"""Servers of models come and go, over HTTP."""

from urllib.parse import quote

import msgspec

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.remote.commands.line import Commands

_BACKEND = msgspec.json.Decoder(BackendView)


class BackendCommands(Commands):
    """``core.ports.backend.BackendControl`` over HTTP."""

    async def retry_backend(self, name: str) -> None:
        await self._command("POST", f"backends/{quote(name, safe='')}/retry")

    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        body = {"kind": kind, "url": url, "name": name}
        return self._read(await self._command("POST", "backends", body), _BACKEND)

    async def remove_backend(self, name: str) -> None:
        await self._command("DELETE", f"backends/{quote(name, safe='')}")

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        act = "enable" if enabled else "disable"
        return self._read(await self._command("POST", f"backends/{quote(name, safe='')}/{act}"), _BACKEND)

    async def fetch_starter(self) -> None:
        await self._command("POST", "starter")

    async def cancel_fetch(self) -> None:
        await self._command("DELETE", "starter")
