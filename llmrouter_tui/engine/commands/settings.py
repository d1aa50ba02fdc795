"""Settings."""

from collections.abc import Sequence

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.engine.commands.parts import Commands


class SettingCommands(Commands):
    """``core.ports.settings.SettingControl`` in this process."""

    async def settings(self) -> Sequence[Setting]:
        return self._p.settings.views()

    async def set_setting(self, key: str, value: object) -> Setting:
        return await self._p.settings.change(key, value)

    async def reload(self) -> Sequence[Setting]:
        async with self._adding:
            return await self._p.settings.reload()

    async def listen(self, port: int) -> None:
        await self._p.listen(port)
