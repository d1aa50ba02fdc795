"""The HTTP server: one socket, all paths, an orderly end."""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.limiting import Limit
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.exchanges import Exchanges
from llmrouter_tui.core.ports.feed import Subscriptions
from llmrouter_tui.proxy.admin.operations import owner_operations
from llmrouter_tui.proxy.admin.watch import Watch
from llmrouter_tui.proxy.ask import ASKED, AskDoor
from llmrouter_tui.proxy.chat import ChatDoor
from llmrouter_tui.proxy.dialects.anthropic_count import TokenCount
from llmrouter_tui.proxy.dialects.spoken import EMBEDDED, SPOKEN
from llmrouter_tui.proxy.embeddings import EmbedDoor
from llmrouter_tui.proxy.limits import Limits
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.meta import Meta
from llmrouter_tui.proxy.metrics import Metrics
from llmrouter_tui.proxy.ollama import Ollama
from llmrouter_tui.proxy.openapi import Description
from llmrouter_tui.proxy.operation import Handler
from llmrouter_tui.proxy.operations_client import (
    answered_operations,
    asked_operation,
    listed_operations,
    ollama_operations,
    public_operations,
)
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.routes import Routes
from llmrouter_tui.proxy.security import Guard
from llmrouter_tui.proxy.silent import Silent
from llmrouter_tui.proxy.tally import Tally

BACKLOG = 2048
"""Connections that may wait to be accepted: hundreds of streams can start in the same moment."""


class ProxyServer:
    """Serves the OpenAI-compatible API and the admin API. All methods run on the loop that serves."""

    def __init__(
        self, exchanges: Exchanges, control: Control, subscriptions: Subscriptions, options: ProxyOptions
    ) -> None:
        self._exchanges = exchanges
        self._control = control
        self._subscriptions = subscriptions
        self._options = options
        self._grace = options.grace
        self.limits = Limits(options.max_exchanges, options.limit)
        self.tally = Tally()
        """What ``/metrics`` counts; whoever publishes facts puts them into it."""
        self._guard = Guard(options, self.limits)
        self._chats = Live()
        self._watchers = Live()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._silent: Silent | None = None
        self._changing = asyncio.Lock()

    @property
    def port(self) -> int:
        """The port that is served; 0 while nothing is."""
        return self._site.port if self._site is not None else 0

    def use_keys(self, keys: Iterable[ApiKey]) -> None:
        """The keys with names that let clients in, from now on."""
        self._guard.use_keys(keys)

    def use_limit(self, limit: Limit) -> None:
        """What each key may do that has no limit of its own, or each address where there are no keys, from now on."""
        self._guard.use_limit(limit)

    @property
    def answering(self) -> int:
        """Chat answers under way."""
        return len(self._chats)

    async def start(self, host: str, port: int) -> None:
        """Serve; port 0 takes a free one. While serving, move to another address: connections that are open go on.

        Raises ``OSError`` when the address cannot be had; whatever was served before still is.
        """
        async with self._changing:
            runner = self._runner or await self._build()
            site = web.TCPSite(runner, host, port, backlog=BACKLOG)
            try:
                await site.start()
            except OSError:
                await self._discard(runner, site)
                raise
            old, self._site, self._runner = self._site, site, runner
            self._guard.bind(host)
            if old is not None:
                await old.stop()

    def hurry(self) -> None:
        """A stop waits for no answer: each is ended with a word at once."""
        self._grace = 0.0

    async def stop(self) -> None:
        """Stop serving: no new connections, event streams end, answers get a moment to finish and are then ended
        with an error that says why. Idempotent."""
        async with self._changing:
            runner, site = self._runner, self._site
            self._runner = self._site = None
            if runner is None or site is None:
                return
            if self._silent is not None:
                self._silent.close()
            await site.stop()
            await asyncio.gather(self._watchers.end(0), self._chats.end(self._grace))
            await runner.cleanup()

    async def _build(self) -> web.AppRunner:
        self._chats.ending = self._watchers.ending = False
        app = web.Application(client_max_size=self._options.max_body)
        routes = Routes(app.router, self._guard)
        meta = Meta(self._control, self._options)
        ollama = Ollama(self._control, self._subscriptions, self._options)
        watch = Watch(self._subscriptions, self._watchers, self._options)
        description = Description(self._options.version)
        answered = answered_operations(self._doors(ollama))
        others = [
            *listed_operations(meta, TokenCount(self._control, self._options.max_body)),
            *ollama_operations(ollama),
            *public_operations(meta, ollama, Metrics(self.tally, self.limits), description.document),
            *owner_operations(self._control, meta, watch, self._watchers),
            asked_operation(self._ask_door(ollama)),
        ]
        routes.doors(answered)
        routes.serve(others)
        routes.rest([*answered, *others])
        description.tell([*answered, *others])
        runner = web.AppRunner(
            app,
            handler_cancellation=True,
            shutdown_timeout=2,
            access_log=None,
            logger=_http_log(),
            lingering_time=2.0,
            auto_decompress=False,
        )
        await runner.setup()
        assert runner.server is not None
        self._silent = Silent(runner.server, self._options.silent)
        return runner

    def _doors(self, ollama: Ollama) -> Mapping[str, Handler]:
        """Who answers each path behind which models answer."""
        doors = (self._exchanges, self._guard, self._chats, self._options)
        chats = {way.path: ChatDoor(*doors, way, ollama.settle).post for way in SPOKEN}
        return chats | {path: EmbedDoor(*doors, way, ollama.settle).post for path, way in EMBEDDED.items()}

    def _ask_door(self, ollama: Ollama) -> Handler:
        return AskDoor(self._exchanges, self._guard, self._chats, self._options, ASKED, ollama.settle).post

    async def _discard(self, runner: web.AppRunner, site: web.TCPSite) -> None:
        await site.stop()
        if runner is not self._runner:
            await runner.cleanup()


def _http_log() -> logging.Logger:
    """aiohttp's own logger, less the tracebacks of clients that do not speak HTTP."""
    logger = logging.getLogger("llmrouter_tui.proxy.http")
    if not logger.filters:
        logger.addFilter(_quiet)
    return logger


def _quiet(record: logging.LogRecord) -> bool:

    failure = record.exc_info[1] if record.exc_info else None
    if isinstance(failure, HttpProcessingError):
        record.levelno, record.levelname = logging.INFO, "INFO"
        # The lines after the first quote what was sent, which may be a prompt.
        why = str(failure.message).partition("\n")[0].rstrip(":")
        record.msg, record.args = "a client sent what is not HTTP: %s", (why,)
        record.exc_info = None
    return True
