"""The address that clients come to: served, moved to another port, and told about where it cannot be had."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.engine.status import Status
from llmrouter_tui.proxy.server import ProxyServer
from llmrouter_tui.service.holder import refusal

log = logging.getLogger(__name__)


class Listening:
    """Where the proxy is reached."""

    def __init__(
        self, proxy: ProxyServer, status: Status, host: str, keep_port: Callable[[int], Awaitable[object]], *,
        required: bool, on_serving: Callable[[str], None], exposed: Callable[[], RouterError | None],
    ) -> None:  # fmt: skip
        """``exposed``: why it would not be safe to serve there; None where it is."""
        self._proxy = proxy
        self._status = status
        self._host = host
        self._keep_port = keep_port
        self._required = required
        self._on_serving = on_serving
        self._exposed = exposed

    async def start(self, port: int) -> bool:
        """Serve there; an address that cannot be had is told and, unless it is required, lived with."""
        if (danger := self._exposed()) is not None:
            self._status.report("exposed", danger.message, danger.hint)
            self._status.change(state="failed", port=port)
            if self._required:
                raise danger
            return False
        try:
            await self._proxy.start(self._host, port)
        except OSError as error:
            problem, hint = await asyncio.to_thread(refusal, self._host, port, error)
            self._status.report(problem.code, problem.message, problem.hint, detail=problem.detail)
            if not self._proxy.port:
                self._status.change(state="failed", port=port)
            if self._required:
                raise RouterError("invalid_request", problem.message, hint=hint) from error
            return False
        self._status.clear("exposed")
        self._status.clear("port_taken")
        self._status.clear("not_serving")
        self._status.change(state="serving", host=self._host, port=self._proxy.port)
        url = f"http://{self._host}:{self._proxy.port}"
        log.info("serving %s/v1", url)
        self._on_serving(url)
        return True

    async def move(self, port: int) -> None:
        """Serve on another port and keep it as the setting, unless a flag or the environment says otherwise."""
        if await self.start(port):
            with contextlib.suppress(RouterError):
                await self._keep_port(port)
