"""Settings that change while the router runs: checked, stored, applied, announced."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llmrouter_tui.config import Config, ConfigError, usable
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SettingChanged
from llmrouter_tui.core.ports import Repo
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.settings import KEYS, nearest

JUDGE = (
    "judge_enabled",
    "judge_model",
    "judge_base_url",
    "judge_api_key_env",
    "judge_share",
    "judge_rpm",
    "judge_daily_calls",
)
LIVE = ("quality_preference", "rules", "embedding_model", "sync", "profile_max_age_days", "profile_when_idle", *JUDGE)
"""What takes effect without a restart."""
_ORIGINS = {"flag": "an option of the command line", "environment": "an environment variable"}
_PLACE = re.compile(r"^The saved setting (backends\[\d+\]\.)?")


class LiveSettings:
    """``engine.control.LiveSettings`` over the configuration and the database."""

    def __init__(self, config: Config, repo: Repo, bus: Bus) -> None:
        self._config = config
        self._repo = repo
        self._bus = bus
        self._appliers: dict[str, Callable[[Any], None]] = {}
        self._changing = asyncio.Lock()

    def on_change(self, key: str, apply: Callable[[Any], None]) -> None:
        """Call ``apply`` with the value now and at each change."""
        self._appliers[key] = apply
        apply(getattr(self._config.settings, key))

    def views(self) -> Sequence[Setting]:
        return self._config.views()

    async def change(self, key: str, value: object) -> Setting:
        if key not in LIVE:
            raise _not_live(key)
        return await self._keep(key, value)

    async def keep_port(self, port: int) -> None:
        """Remember the port to which the router moved."""
        await self._keep("port", port)

    async def keep_backend(self, name: str, kind: str, url: str, *, enabled: bool) -> None:
        """Remember a backend that was added on screen, or that one of the file was removed there."""
        async with self._changing:
            stored = await self._stored()
            kept = [b for b in stored.get("backends") or () if b["name"] != name]  # type: ignore[attr-defined]
            backends = [*kept, {"name": name, "kind": kind, "url": url, "enabled": enabled}]
            config = self._checked({**stored, "backends": backends})
            await self._repo.set_setting("backends", backends)
            self._config = config

    async def _keep(self, key: str, value: object) -> Setting:
        """Check, store, apply and announce: one change at a time, because each builds on what is stored."""
        async with self._changing:
            origin = self._config.origin(key)
            if origin in ("flag", "environment"):
                hint = "start llmrouter-tui without it to change it here"
                raise RouterError("invalid_request", f"{key} is fixed by {_ORIGINS[origin]}", hint=hint, param=key)
            config = self._checked({**await self._stored(), key: value}, key)
            await self._repo.set_setting(key, value)
            self._config = config
        if (apply := self._appliers.get(key)) is not None:
            apply(getattr(config.settings, key))
        setting = next(s for s in config.views() if s.key == key)
        self._bus.publish(SettingChanged(setting))
        return setting

    async def _stored(self) -> dict[str, object]:
        return usable(await self._repo.settings())[0]

    def _checked(self, stored: Mapping[str, object], param: str | None = None) -> Config:
        """The configuration with these values. Raises ``RouterError`` in words about the value, not about its place
        among those that are stored."""
        try:
            return self._config.with_stored({k: v for k, v in stored.items() if v is not None})
        except ConfigError as error:
            words = _PLACE.sub("", str(error))
            raise RouterError("invalid_request", words, param=param) from error


def _not_live(key: str) -> RouterError:
    """Why a key cannot be changed while the router runs, and what can be done instead."""
    if key not in KEYS:
        return RouterError("invalid_request", f"{key!r} is no setting", hint=nearest(key, KEYS), param="key")
    hint = f"what can be: {', '.join(LIVE)}; the rest belongs in the configuration file"
    if key == "port":
        hint = 'POST /admin/listen with {"port": …} moves the router; or start it with --port'
    return RouterError("invalid_request", f"{key} cannot be changed as a setting while the router runs", hint=hint,
                       param="key")  # fmt: skip
