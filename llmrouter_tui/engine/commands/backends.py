"""Servers of models come and go."""

from urllib.parse import urlsplit

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.engine.commands.parts import Commands


class BackendCommands(Commands):
    """``core.ports.backend.BackendControl`` in this process."""

    async def retry_backend(self, name: str) -> None:
        if not self._p.fleet.named(name).enabled:
            raise RouterError("invalid_request", f"{name} is switched off", hint="switch it on first", param="name")
        self._p.fleet.look_again(name)

    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        url = _address(url)
        async with self._adding:  # one after the other: a free name is free only until the next one takes it
            backend = await self._p.build_backend(kind, url, name)
            if backend.name in {record.backend.name for record in self._p.fleet.every()}:
                await backend.close()
                raise RouterError("invalid_request", f"there is already a backend {backend.name!r}", param="name")
            await self._p.settings.keep_backend(backend.name, backend.kind, url, enabled=True)
            self._p.discovery.welcome(backend.url)
            return (await self._p.lookout.join(backend, configured=True)).view()

    async def remove_backend(self, name: str) -> None:
        async with self._adding:
            record = self._p.fleet.named(name)
            backend = record.backend
            lingers = not record.configured or urlsplit(backend.url).hostname in _THIS_MACHINE
            await self._p.settings.drop_backend(name, backend.kind, backend.url, lingers=lingers)
            self._p.discovery.dismiss(backend.url)
            await self._p.lookout.remove(name)

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        async with self._adding:
            record = self._p.fleet.named(name)
            backend = record.backend
            if record.enabled is not enabled:
                await self._p.settings.keep_backend(name, backend.kind, backend.url, enabled=enabled)
                await self._p.lookout.switch(name, enabled)
            return record.view()

    async def fetch_starter(self) -> None:
        self._p.fetching.start()

    async def cancel_fetch(self) -> None:
        self._p.fetching.cancel()


_THIS_MACHINE = (None, "localhost", "127.0.0.1", "::1")
"""Where servers are found by looking around; None: the engine in this program."""


def _address(url: str) -> str:
    """A server's address as a person writes it; ``http://`` may be left out. Raises ``RouterError``."""
    given = url.strip() if "://" in url else f"http://{url.strip()}"
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in given
    except ValueError:
        usable = False
    if not usable:
        raise RouterError(
            "invalid_request", f"{url!r} is no address", hint="write it as http://127.0.0.1:11434", param="url"
        )
    return given
