"""Servers on this machine that nobody named: found by looking around, except those that the user removed."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from llmrouter_tui.core.ports.backend import Backend, Discover
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.lookout import Lookout

DISCOVER_SECONDS = 15.0


class Discovery:
    """Knows the addresses that are to be left alone."""

    def __init__(self, fleet: Fleet, lookout: Lookout, find: Discover, dismissed: Iterable[str]) -> None:
        """``dismissed``: addresses of backends that the user removed."""
        self._fleet = fleet
        self._lookout = lookout
        self._find = find
        self._dismissed = {address(url) for url in dismissed}

    def dismiss(self, url: str) -> None:
        """The user removed a backend: leave its address alone."""
        self._dismissed.add(address(url))

    def welcome(self, url: str) -> None:
        """The user added a backend: its address is nobody's to avoid any more."""
        self._dismissed.discard(address(url))

    async def newcomers(self) -> AsyncIterator[Backend]:
        """Each server that answers and is not known yet."""
        for backend in await self._find():
            known = {address(record.backend.url) for record in self._fleet.every()} | self._dismissed
            if address(backend.url) in known or backend.name in {r.backend.name for r in self._fleet.every()}:
                await backend.close()
            else:
                yield backend

    async def look(self) -> None:
        """Look around once and take in who is new."""
        async for backend in self.newcomers():
            await self._lookout.join(backend, configured=False)

    async def look_later(self) -> None:
        """Wait, then look."""
        await asyncio.sleep(DISCOVER_SECONDS)
        await self.look()


def address(url: str) -> str:
    """A server's address in one spelling."""
    return url.rstrip("/").removesuffix("/v1").replace("//localhost", "//127.0.0.1")
