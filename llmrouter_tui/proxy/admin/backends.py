"""Servers of models over HTTP: they come and go."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.proxy.admin.table import STORED, does, shows
from llmrouter_tui.proxy.bodies import SMALL, decode, read_body
from llmrouter_tui.proxy.operation import Operation
from llmrouter_tui.proxy.replies import accepted, json_response


class BackendBody(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    kind: str = ""
    name: str = ""


_BACKEND = msgspec.json.Decoder(BackendBody)


class BackendAdmin:
    """The handlers of ``/admin/backends`` and ``/admin/starter``."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def backends(self, request: web.Request) -> web.StreamResponse:
        return json_response((await self._control.snapshot()).backends)

    async def add_backend(self, request: web.Request) -> web.StreamResponse:
        asked = decode(await read_body(request, SMALL), _BACKEND)
        return json_response(await self._control.add_backend(asked.kind, asked.url, asked.name), 201)

    async def remove_backend(self, request: web.Request) -> web.StreamResponse:
        await self._control.remove_backend(request.match_info["name"])
        return accepted()

    async def enable_backend(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.enable_backend(request.match_info["name"], True))

    async def disable_backend(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.enable_backend(request.match_info["name"], False))

    async def retry_backend(self, request: web.Request) -> web.StreamResponse:
        await self._control.retry_backend(request.match_info["name"])
        return accepted()

    async def fetch_starter(self, request: web.Request) -> web.StreamResponse:
        await self._control.fetch_starter()
        return accepted()

    async def cancel_fetch(self, request: web.Request) -> web.StreamResponse:
        await self._control.cancel_fetch()
        return accepted()

    def operations(self) -> Sequence[Operation]:
        starter = "Get the starter model for the embedded engine."
        return (
            shows("backends", self.backends, "The servers of models.", list[BackendView]),
            does(
                "backends",
                self.add_backend,
                "Use a server from now on; without a kind it is asked which it is.",
                BackendBody,
                answer=BackendView,
                status=201,
                faults=("502", "503"),
                example={"url": "http://127.0.0.1:8000"},
            ),
            does("backends/{name}", self.remove_backend, "Use it no more.", method="DELETE", faults=("400", "503")),
            does("backends/{name}/retry", self.retry_backend, "Look at once whether it is up.", faults=("400",)),
            does(
                "backends/{name}/enable",
                self.enable_backend,
                "Use it again.",
                answer=BackendView,
                status=200,
                faults=STORED,
            ),
            does(
                "backends/{name}/disable",
                self.disable_backend,
                "Use it no more until it is enabled.",
                answer=BackendView,
                status=200,
                faults=STORED,
            ),
            does("starter", self.fetch_starter, starter, faults=("400", "503")),
            does("starter", self.cancel_fetch, "Stop getting it.", method="DELETE"),
        )
