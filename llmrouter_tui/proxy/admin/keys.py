"""The keys of clients over HTTP: listed, made, revoked."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from aiohttp import web

from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.ports.keys import KeyControl
from llmrouter_tui.proxy.admin.table import STORED, does, shows
from llmrouter_tui.proxy.bodies import SMALL, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.operation import Operation
from llmrouter_tui.proxy.replies import accepted, json_response

_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
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

    def operations(self) -> Sequence[Operation]:
        return (
            shows("keys", self.list, "The clients' keys that have a name, without the keys.", list[KeyView]),
            does(
                "keys",
                self.add,
                "Make a key. Its text is in the answer, this once.",
                KeyBody,
                answer=NewKey,
                status=201,
                faults=STORED,
                example={"name": "laptop", "models": ["qwen3*"], "rpm": 60},
            ),
            does("keys/{name}", self.revoke, "It lets nobody in from now on.", method="DELETE", faults=("400", "503")),
        )
