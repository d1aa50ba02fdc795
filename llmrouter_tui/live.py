"""Settings that change while the router runs: checked, stored, applied, announced."""

from collections.abc import Callable, Sequence
from typing import Any

from llmrouter_tui.config import Config, ConfigError, usable
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SettingChanged
from llmrouter_tui.core.ports import Repo
from llmrouter_tui.engine.bus import Bus

LIVE = ("quality_preference", "port")
"""What takes effect without a restart."""


class LiveSettings:
    """``engine.control.LiveSettings`` over the configuration and the database."""

    def __init__(self, config: Config, repo: Repo, bus: Bus) -> None:
        self._config = config
        self._repo = repo
        self._bus = bus
        self._appliers: dict[str, Callable[[Any], None]] = {}

    def on_change(self, key: str, apply: Callable[[Any], None]) -> None:
        """Call ``apply`` with the value now and at each change."""
        self._appliers[key] = apply
        apply(getattr(self._config.settings, key))

    def views(self) -> Sequence[Setting]:
        return self._config.views()

    async def change(self, key: str, value: object) -> Setting:
        if key not in LIVE:
            raise RouterError(
                "invalid_request",
                f"{key!r} cannot be changed while the router runs",
                hint=f"settings that can: {', '.join(LIVE)}; others belong in the configuration file",
                param=key,
            )
        origin = self._config.origin(key)
        if origin in ("flag", "environment"):
            raise RouterError("invalid_request", f"{key} is fixed by a {origin} for this run", param=key)
        stored = {**usable(await self._repo.settings())[0], key: value}
        try:
            config = self._config.with_stored({k: v for k, v in stored.items() if v is not None})
        except ConfigError as error:
            raise RouterError("invalid_request", str(error), param=key) from error
        await self._repo.set_setting(key, value)
        self._config = config
        if (apply := self._appliers.get(key)) is not None:
            apply(getattr(config.settings, key))
        setting = next(s for s in config.views() if s.key == key)
        self._bus.publish(SettingChanged(setting))
        return setting

    async def keep_backend(self, name: str, kind: str, url: str, *, enabled: bool) -> None:
        """Remember a backend that was added on screen, or that one of the file was removed there."""
        stored = usable(await self._repo.settings())[0]
        kept = [b for b in stored.get("backends") or () if b["name"] != name]  # type: ignore[attr-defined]
        stored["backends"] = [*kept, {"name": name, "kind": kind, "url": url, "enabled": enabled}]
        try:
            config = self._config.with_stored(stored)
        except ConfigError as error:
            raise RouterError("invalid_request", str(error)) from error
        await self._repo.set_setting("backends", stored["backends"])
        self._config = config
