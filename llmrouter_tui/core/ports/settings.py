"""Settings."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.decision import Setting


class SettingControl(Protocol):
    """What can be set; a part of ``Control``."""

    async def settings(self) -> Sequence[Setting]: ...
    async def set_setting(self, key: str, value: object) -> Setting: ...
    async def reload(self) -> Sequence[Setting]:
        """Read the configuration file again and let what differs take effect; those settings. A backend that the file
        still has as before keeps its connections and its models. A file that cannot be used changes nothing."""
        ...

    async def listen(self, port: int) -> None:
        """Try to serve on this port (after ``port_taken``), and keep it as the setting."""
        ...
