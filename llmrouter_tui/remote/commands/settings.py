"""Settings, over HTTP."""

from collections.abc import Sequence

import msgspec

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.remote.commands.line import Commands

_SETTINGS = msgspec.json.Decoder(tuple[Setting, ...])
_SETTING = msgspec.json.Decoder(Setting)


class SettingCommands(Commands):
    """``core.ports.settings.SettingControl`` over HTTP."""

    async def settings(self) -> Sequence[Setting]:
        return await self._get("settings", _SETTINGS)

    async def set_setting(self, key: str, value: object) -> Setting:
        return self._read(await self._command("POST", "settings", {"key": key, "value": value}), _SETTING)

    async def reload(self) -> Sequence[Setting]:
        return self._read(await self._command("POST", "reload"), _SETTINGS)

    async def listen(self, port: int) -> None:
        await self._command("POST", "listen", {"port": port})
