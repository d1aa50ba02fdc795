"""Settings that change while the router runs: checked, stored, applied, announced."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llmrouter_tui.config import Config, ConfigError, usable
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SettingChanged
from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.ports import Repo
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.settings import KEYS, Settings, key_table, nearest

JUDGE = (
    "judge_enabled",
    "judge_model",
    "judge_base_url",
    "judge_api_key_env",
    "judge_share",
    "judge_rpm",
    "judge_daily_calls",
)
FAULTS = ("first_token_timeout_seconds", "stall_seconds", "interrupted")
LIMITS = ("rate_limit_rpm", "rate_limit_tpm", "rate_limit_concurrent", "max_exchanges")
LIVE = (
    "quality_preference",
    "rules",
    "embedding_model",
    "sync",
    "profile_max_age_days",
    "profile_when_idle",
    *FAULTS,
    *LIMITS,
    *JUDGE,
)
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

    @property
    def settings(self) -> Settings:
        """Those in force now."""
        return self._config.settings

    def origin(self, key: str) -> str:
        """Where a setting comes from, or one item: ``named_keys.NAME``."""
        return self._config.origin(key)

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
        await self._keep_item("backends", name, {"name": name, "kind": kind, "url": url, "enabled": enabled})

    async def keep_key(self, key: ApiKey) -> None:
        """Remember a key that was made while running."""
        await self._keep_item("named_keys", key.name, key_table(key))

    async def drop_key(self, name: str) -> None:
        """Forget a key; of one that the file has, remember that it is revoked."""
        await self._keep_item("named_keys", name, None, {"name": name, "enabled": False})

    async def _keep_item(
        self, setting: str, name: str, item: Mapping[str, object] | None, otherwise: Mapping[str, object] | None = None
    ) -> None:
        """Store, apply and announce one item of a setting to which every source adds its own, by its name; None removes
        it. Where another source has it too, ``otherwise`` is stored in its place."""
        async with self._changing:
            stored = await self._stored()
            kept = [known for known in stored.get(setting) or () if known["name"] != name]  # type: ignore[attr-defined]
            items = kept if item is None else [*kept, item]
            config = self._checked({**stored, setting: items})
            if otherwise is not None and any(known.name == name for known in getattr(config.settings, setting)):
                items = [*kept, otherwise]
                config = self._checked({**stored, setting: items})
            await self._repo.set_setting(setting, items or None)
            self._config = config
        self._apply(setting)

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
        return self._apply(key)

    def _apply(self, key: str) -> Setting:
        """Let a new value take effect, and announce it."""
        if (apply := self._appliers.get(key)) is not None:
            apply(getattr(self._config.settings, key))
        setting = next(s for s in self._config.views() if s.key == key)
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
