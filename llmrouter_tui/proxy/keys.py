"""The keys of clients over HTTP: listed, made, revoked."""

from typing import Annotated

import msgspec
from aiohttp import web

from llmrouter_tui.core.ports import KeyControl
from llmrouter_tui.proxy.bodies import SMALL, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.replies import accepted, json_response

_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class KeyBody(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=64)]
    models: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=512)]], msgspec.Meta(max_length=200)
    ] = msgspec.field(default_factory=list)
    rpm: _Count | None = None
    tpm: _Count | None = None
    concurrent: _Count | None = None


_NEW = msgspec.json.Decoder(KeyBody)
_NUMBER = "a whole number; 0 for any number, null for what all clients may do"
_WANTED = {
    "name": "text of at most 64 characters",
    "models": "a list of names or ids of models, with * for any part",
    "rpm": _NUMBER,
    "tpm": _NUMBER,
    "concurrent": _NUMBER,
}


class KeyAdmin:
    """The handlers of ``/admin/keys``."""

    def __init__(self, control: KeyControl) -> None:
        self._control = control

    async def list(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.keys())

    async def add(self, request: web.Request) -> web.StreamResponse:
        """The answer holds the key, this once."""
        asked = decode_fields(await read_body(request, SMALL), _NEW, _WANTED)
        made = await self._control.add_key(
            asked.name, models=asked.models, rpm=asked.rpm, tpm=asked.tpm, concurrent=asked.concurrent
        )
        return json_response(made, 201)

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        await self._control.revoke_key(request.match_info["name"])
        return accepted()
