"""Connections on which nobody asks anything: closed after a while, so that they cannot be heaped up."""

import asyncio

from aiohttp import web


class Silent:
    """Looks through a server's connections. aiohttp bounds only the pause after a request, and waits for ever for the
    first one; a head that never ends is no request either."""

    def __init__(self, server: web.Server, seconds: float) -> None:
        """Closes those that asked nothing for ``seconds``, up to twice as long."""
        self._server = server
        self._seconds = seconds
        self._before: set[web.RequestHandler] = set()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        silent = {one for one in self._server.connections if not one._request_count}
        for one in silent & self._before:
            one.force_close()
        self._before = silent - self._before
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def close(self) -> None:
        self._before.clear()
        self._timer.cancel()
