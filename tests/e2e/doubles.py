"""Doubles of model servers that outlive the router under test, on a loop and a thread of their own."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator, Mapping
from threading import Thread
from typing import Any

from tests.backends.servers import Server


@contextlib.contextmanager
def running(servers: Mapping[str, tuple[str, Server]]) -> Iterator[str]:
    """The configuration of a router that knows them: kind and server by the backend's name."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="doubles", daemon=True)
    thread.start()

    def done(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(20)

    for _, server in servers.values():
        done(server.start())
    try:
        yield "".join(
            f'[[backends]]\nname = "{name}"\nkind = "{kind}"\nurl = "{server.url}"\n'
            for name, (kind, server) in servers.items()
        )
    finally:
        for _, server in servers.values():
            done(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
