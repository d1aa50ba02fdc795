"""The router as a whole over HTTP."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from llmrouter_tui.codec import veiled
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.ports.control import Control, Snapshot
from llmrouter_tui.proxy.admin.asked import whole_number
from llmrouter_tui.proxy.admin.history import ENCODER, encode_exchanges
from llmrouter_tui.proxy.admin.table import count, does, shows
from llmrouter_tui.proxy.operation import Operation, Parameter
from llmrouter_tui.proxy.replies import accepted, json_response, raw_response


class StateAdmin:
    """The handlers of what a screen starts from, and of the end."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        snapshot = await self._control.snapshot()
        return raw_response(await encode_snapshot(snapshot))

    async def logs(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.logs(limit=whole_number(request, "limit", default=500, most=5000)))

    async def shutdown(self, request: web.Request) -> web.StreamResponse:
        await self._control.shutdown()
        return accepted()

    def operations(self) -> Sequence[Operation]:
        limit = Parameter("limit", "How many.", count(5000, 500))
        return (
            shows("snapshot", self.snapshot, "Everything a screen needs to start from.", Snapshot),
            shows("logs", self.logs, "The newest lines of the log, oldest first.", list[LogLine], query=(limit,)),
            does("shutdown", self.shutdown, "End the router in an orderly way."),
        )


async def encode_snapshot(snapshot: Snapshot) -> bytes:
    head = replace(snapshot, exchanges=(), settings=tuple(veiled(setting) for setting in snapshot.settings))
    body = ENCODER.encode(head)
    exchanges = await encode_exchanges(snapshot.exchanges)
    return body.replace(b'"exchanges":[]', b'"exchanges":' + exchanges, 1)
