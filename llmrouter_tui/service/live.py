"""Settings that change while the router runs: checked, stored, applied, announced; some only at the next start."""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from llmrouter_tui.config import Config, ConfigError, shown, usable
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SettingChanged
from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.discovery import address
from llmrouter_tui.forms import forms
from llmrouter_tui.settings import KEYS, BackendConfig, Settings, key_table, nearest

log = logging.getLogger(__name__)

JUDGE = (
    "judge_enabled",
    "judge_model",
    "judge_base_url",
    "judge_api_key_env",
    "judge_share",
    "judge_rpm",
    "judge_daily_calls",
)
FAULTS = ("first_token_timeout_seconds", "stall_seconds", "interrupted", "queue_limit", "queue_seconds")
LIMITS = ("rate_limit_rpm", "rate_limit_tpm", "rate_limit_concurrent", "max_exchanges")
OUTSIDE = ("local_only", "budget_day", "budget_month")
LIVE = (
    "quality_preference",
    "rules",
    "aliases",
    "embedding_model",
    "keep_days",
    "privacy",
    "sync",
    "profile_max_age_days",
    "profile_when_idle",
    *OUTSIDE,
    *FAULTS,
    *LIMITS,
    *JUDGE,
)
"""What takes effect without a restart."""
ITEMS = ("backends", "named_keys")
"""What changes item by item."""
WAITING = tuple(key for key in KEYS if key not in (*LIVE, *ITEMS))
"""What takes effect at the next start."""
FORMS = forms(frozenset((*LIVE, *ITEMS)))
_ORIGINS = {"flag": "an option of the command line", "environment": "an environment variable"}
_PLACE = re.compile(r"^The saved setting (backends\[\d+\]\.)?")

Backends = Sequence[BackendConfig]


class LiveSettings:
    """``engine.commands.parts.LiveSettings`` over the configuration and the database."""

    def __init__(self, config: Config, repo: Repo, bus: Bus) -> None:
        self._config = config
        self._began = config.settings
        """What does not change before the next start."""
        self._now = config.settings
        self._repo = repo
        self._bus = bus
        self._appliers: defaultdict[str, list[Callable[[Any], None]]] = defaultdict(list)
        self._changing = asyncio.Lock()
        self.forbid: Callable[[Settings], RouterError | None] = lambda settings: None
        """Why settings, each of them good, must not be used together."""
        self.regroup: Callable[[Backends, Backends], Awaitable[None]] = _leave
        """Lets the differences between two lists of backends take effect."""

    def on_change(self, key: str, apply: Callable[[Any], None]) -> None:
        """Call ``apply`` with the value now and at each change."""
        self._appliers[key].append(apply)
        apply(getattr(self._now, key))

    @property
    def config(self) -> Config:
        """What they come from, as the file was read last."""
        return self._config

    @property
    def settings(self) -> Settings:
        """Those in force now."""
        return self._now

    def _use(self, config: Config) -> None:
        """Let a configuration be in force, as far as it can be before the next start."""
        self._config = config
        self._now = replace(config.settings, **{key: getattr(self._began, key) for key in WAITING})

    def origin(self, key: str) -> str:
        """Where a setting comes from, or one item: ``named_keys.NAME``."""
        return self._config.origin(key)

    def views(self) -> Sequence[Setting]:
        weaker = self._config.with_stored({})
        return [self._view(key, weaker) for key in KEYS]

    def _view(self, key: str, weaker: Config) -> Setting:
        """A setting as it is told; ``weaker``: the configuration without what was set while running."""
        config, secret = self._config, KEYS[key].secret
        waits = key in WAITING and getattr(config.settings, key) != getattr(self._began, key)
        return Setting(
            key,
            shown(key, self._now),
            config.origin(key),
            secret,
            FORMS[key],
            config.held(key),
            waits,
            shown(key, config.settings) if waits else None,
            None if secret else shown(key, weaker.settings),
            weaker.origin(key),
        )

    async def change(self, key: str, value: object) -> Setting:
        """Check and keep a value, and let it take effect, now or at the next start; None takes back what was set.
        Raises ``RouterError``."""
        if key not in KEYS:
            raise RouterError("invalid_request", f"{key!r} is no setting", hint=nearest(key, KEYS), param="key")
        if fixed := FORMS[key].fixed:
            words = f"{key} cannot be set while the router runs"
            raise RouterError("invalid_request", words, hint=fixed, param="key")
        return await self._keep(key, value)

    async def keep_port(self, port: int) -> None:
        """Remember the port to which the router moved."""
        self._began, self._now = replace(self._began, port=port), replace(self._now, port=port)
        await self._keep("port", port)

    async def reload(self) -> Sequence[Setting]:
        """Read the file again and let what differs take effect; those settings that differ. Raises ``RouterError``
        where it cannot be used: then nothing changes."""
        async with self._changing:
            before = self._config
            try:
                config = await asyncio.to_thread(before.reread)
                self._check(config.settings)
            except (ConfigError, RouterError) as error:
                log.warning("the configuration was not read again: %s", error)
                hint = "everything stays as it was"
                raise RouterError("invalid_request", str(error), hint=hint) from error
            self._use(config)
        old, new = before.settings, config.settings
        changed = [key for key in KEYS if getattr(old, key) != getattr(new, key)]
        log.info("the configuration was read again: %s", f"{', '.join(changed)} changed" if changed else "as before")
        if "backends" in changed:
            await self.regroup(old.backends, new.backends)
        return [self._apply(key) for key in changed]

    async def keep_backend(self, name: str, kind: str, url: str, *, enabled: bool) -> None:
        """Remember a backend that was added, or switched off or on; what else is known of it stays."""
        known = self._backend(self._config, name, kind, url)
        rest = {"name": name, "kind": kind, "url": url} if known is None else asdict(known)
        item = {key: value for key, value in rest.items() if value is not None} | {"enabled": enabled, "removed": False}
        weaker = self._backend(self._config.with_stored({}), name, kind, url)
        same = weaker is not None and weaker.enabled is enabled
        await self._keep_item("backends", name, None if same else item)

    async def drop_backend(self, name: str, kind: str, url: str, *, lingers: bool) -> None:
        """Forget a backend; where it ``lingers``, because it would be found again, or another source names it, remember
        that it is removed."""
        gone = {"name": name, "kind": kind, "url": url, "removed": True}
        await self._keep_item("backends", name, gone if lingers else None, gone)

    def _backend(self, config: Config, name: str, kind: str, url: str) -> BackendConfig | None:
        """This backend as a configuration has it."""
        found = next((item for item in config.settings.backends if item.name == name), None)
        return found if found and (found.kind, address(found.url)) == (kind, address(url)) else None

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
            self._use(config)
        self._apply(setting)

    async def _keep(self, key: str, value: object) -> Setting:
        """Check, store, apply and announce: one change at a time, because each builds on what is stored."""
        async with self._changing:
            origin = self._config.origin(key)
            if origin in ("flag", "environment"):
                hint = "start llmrouter-tui without it to change it here"
                words = f"{key} is fixed by {_ORIGINS[origin]} ({self._config.held(key)})"
                raise RouterError("invalid_request", words, hint=hint, param=key)
            config = self._checked({**await self._stored(), key: value}, key)
            self._check(config.settings)
            await self._repo.set_setting(key, value)
            self._use(config)
        return self._apply(key)

    def _check(self, settings: Settings) -> None:
        if (refusal := self.forbid(settings)) is not None:
            raise refusal

    def _apply(self, key: str) -> Setting:
        """Let a new value take effect, and announce it."""
        for apply in self._appliers.get(key, ()):
            apply(getattr(self._now, key))
        setting = self._view(key, self._config.with_stored({}))
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


async def _leave(before: Backends, after: Backends) -> None:
    """Where no backends are used."""
