"""What both kinds of simulated server share: a loopback port, refusals, and luck."""

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """The server says no; each dialect has its own shape for it."""

    def __init__(self, status: int, message: str, *, kind: str = "", param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param


class Broken(Exception):  # noqa: N818 - as above
    """The stream dies in the middle. ``quietly``: the connection just ends, no error line is sent."""

    def __init__(self, quietly: bool) -> None:
        super().__init__("llama runner process has terminated: signal: killed")
        self.quietly = quietly


class Luck:
    """What goes wrong by chance, the same for the same seed and order of requests. Rates are 0..1."""

    def __init__(self, seed: int, *, load: float = 0.0, run: float = 0.0, stream: float = 0.0) -> None:
        self._random = random.Random(f"luck:{seed}")
        self._load = load
        self._run = run
        self._stream = stream

    def load_fails(self) -> bool:
        """Whether this load ends in an error."""
        return self._random.random() < self._load

    def run_fails(self) -> bool:
        """Whether the process dies before this answer's first token."""
        return self._random.random() < self._run

    def break_at(self, length: int) -> tuple[int, bool] | None:
        """The token at which this answer's stream dies, if it does, and whether quietly."""
        if self._random.random() >= self._stream:
            return None
        return self._random.randint(1, max(1, length - 1)), self._random.random() < 0.5


class LoopbackServer(ABC):
    """An aiohttp application on a port of 127.0.0.1, that can crash and come back on the same port."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self.port = 0

    @abstractmethod
    def application(self) -> web.Application:
        """A fresh application; one is built for every start."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on ``port``; on the port of the last time, or any free one, if it is 0."""
        app = self.application()
        app.middlewares.insert(0, _until_left)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port or self.port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and cut every connection. Idempotent."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


@web.middleware
async def _until_left(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A client that leaves in the middle of an answer is no fault of the server."""
    try:
        return await handler(request)
    except ConnectionError:
        return web.Response(status=499, reason="Client Closed Request")


async def read_object(request: web.Request) -> dict[str, Any]:
    """The request's JSON object."""
    raw = await request.read()
    try:
        body = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refusal(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refusal(400, f"the body is a JSON {type(body).__name__}, not an object")
    return body


def options_of(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A nested object, empty where there is none."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}
