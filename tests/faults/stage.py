"""A whole router in this process, on a thread of its own as with a screen, before servers of these tests."""

import asyncio
import contextlib
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp

from llmrouter_tui.config import load
from llmrouter_tui.service.service import Mode, Service
from tests.e2e.conftest import free_port


@dataclass
class Stage:
    """The router and how to reach it."""

    port: int
    session: aiohttp.ClientSession
    service: Service

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url + path) as response:
            return await response.json()

    async def models(self) -> list[dict[str, Any]]:
        return await self.get("/admin/models")  # type: ignore[no-any-return]

    async def rows(self) -> list[dict[str, Any]]:
        """Every exchange that is stored."""
        found: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = await self.get(f"/admin/exchanges?limit=500{after and f'&before={after}'}")
            found += page["items"]
            after = page["before"]
        return found

    async def running(self) -> int:
        snapshot = await self.get("/admin/snapshot")
        return sum(exchange["outcome"] == "running" for exchange in snapshot["exchanges"])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    """How many rows there are of each prompt."""
    return Counter(row["prompt"] for row in rows)


@contextlib.asynccontextmanager
async def stage(
    folder: Path, backends: Mapping[str, tuple[str, str]], *, models: int, **settings: object
) -> AsyncIterator[Stage]:
    """``backends``: kind and address by name; ``models``: how many there are in all when it is ready."""
    file, port = folder / "config.toml", free_port()
    file.write_text(
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
        + "".join(
            f'[[backends]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\n' for name, (kind, url) in backends.items()
        )
    )
    flags = {"database": str(folder / "router.db"), "port": port}
    service = Service(load(file=file, env={}, flags=flags), Mode())
    thread = Thread(target=service.run)
    thread.start()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        here = Stage(port, session, service)
        try:
            await _until_ready(here, models)
            yield here
        finally:
            service.stop()
            await asyncio.to_thread(thread.join)


async def _until_ready(here: Stage, models: int) -> None:
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                if len(await here.models()) >= models:
                    return
            await asyncio.sleep(0.02)
