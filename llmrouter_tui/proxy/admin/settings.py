"""Settings over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import web

from llmrouter_tui.codec import veiled
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.ports.settings import SettingControl
from llmrouter_tui.proxy.admin.table import BOTH, STORED, does, shows
from llmrouter_tui.proxy.bodies import SMALL, decode, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.operation import Operation
from llmrouter_tui.proxy.replies import accepted, json_response


class SettingBody(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    value: Any = None


class ListenBody(msgspec.Struct, forbid_unknown_fields=True):
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]


_SETTING = msgspec.json.Decoder(SettingBody)
_LISTEN = msgspec.json.Decoder(ListenBody)
_PORT = {"port": "a whole number from 1 to 65535"}


class SettingAdmin:
    """The handlers of ``/admin/settings`` and of what is set besides."""

    def __init__(self, control: SettingControl) -> None:
        self._control = control

    async def settings(self, request: web.Request) -> web.StreamResponse:
        return json_response([veiled(setting) for setting in await self._control.settings()])

    async def set_setting(self, request: web.Request) -> web.StreamResponse:
        asked = decode(await read_body(request, SMALL), _SETTING)
        return json_response(veiled(await self._control.set_setting(asked.key, asked.value)))

    async def reload(self, request: web.Request) -> web.StreamResponse:
        """Read the configuration file again; the settings that differ."""
        return json_response([veiled(setting) for setting in await self._control.reload()])

    async def listen(self, request: web.Request) -> web.StreamResponse:
        await self._control.listen(decode_fields(await read_body(request, SMALL), _LISTEN, _PORT).port)
        return accepted()

    def operations(self) -> Sequence[Operation]:
        settings = "Every setting, its value and where that comes from; of secrets only whether they are set."
        change = "Change one, at once or for the next start, as its form tells; null takes back what was set."
        return (
            shows("settings", self.settings, settings, list[Setting]),
            does(
                "settings",
                self.set_setting,
                change,
                SettingBody,
                answer=Setting,
                status=200,
                faults=BOTH,
                example={"key": "quality_preference", "value": 0.7},
            ),
            does(
                "reload",
                self.reload,
                "Read the configuration file again; what differs takes effect, and is told.",
                answer=list[Setting],
                status=200,
                faults=("400",),
            ),
            does(
                "listen",
                self.listen,
                "Serve on another port, and keep that.",
                ListenBody,
                faults=STORED,
                example={"port": 11436},
            ),
        )
