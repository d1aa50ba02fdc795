"""Who may ask this router: its keys, made and revoked while it runs, and its limits, as the settings have them now."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, ExchangeFinished
from llmrouter_tui.core.keys import NAME, RANDOM_BYTES, ApiKey, KeyView, NewKey, digest, new_key
from llmrouter_tui.core.limiting import Limit
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.status import Status
from llmrouter_tui.proxy.security import is_loopback
from llmrouter_tui.proxy.server import ProxyServer
from llmrouter_tui.service.live import LiveSettings
from llmrouter_tui.settings import Settings

MOST_KEYS = 1000
"""Every request with a key is compared with each of them: a tenth of a microsecond a key."""


class KeyDesk:
    """``engine.commands.parts.Keys``: makes and revokes keys, and keeps what they hash to as a setting."""

    def __init__(self, live: LiveSettings, clock: Clock, env: Mapping[str, str]) -> None:
        self._live = live
        self._clock = clock
        self._env = env
        self._used: dict[str, float] = {}
        self.under_way: Callable[[], Iterable[Exchange]] = tuple
        """The exchanges that run now: looked at when somebody asks, so that no request need tell that it began."""

    def put(self, envelope: Envelope) -> None:
        """Something was answered, or refused."""
        if isinstance(envelope.fact, ExchangeFinished) and envelope.fact.exchange.key:
            self.remember((envelope.fact.exchange,))

    def remember(self, exchanges: Iterable[Exchange]) -> None:
        """Take in with which keys these came, and when."""
        for exchange in exchanges:
            if exchange.key:
                self._used[exchange.key] = max(exchange.at, self._used.get(exchange.key, 0.0))

    def views(self) -> Sequence[KeyView]:
        self.remember(self.under_way())
        return [
            KeyView(
                key.name,
                self._live.origin(f"named_keys.{key.name}"),
                key.models,
                key.rpm,
                key.tpm,
                key.concurrent,
                key.made_at,
                bool(key.digest),
                self._used.get(key.name),
            )
            for key in resolved(self._live.settings, self._env)
            if key.enabled
        ]

    async def make(
        self, name: str, models: Sequence[str], rpm: int | None, tpm: int | None, concurrent: int | None
    ) -> NewKey:
        """On the disk when this returns. Raises ``RouterError``."""
        known = self._live.settings.named_keys
        if not NAME.fullmatch(name):
            words = "a key's name is 1 to 64 letters, digits and . _ @ -, with a letter or digit first"
            raise RouterError("invalid_request", words, param="name")
        if any(key.name == name and key.enabled for key in known):
            hint = "revoke that one first, or take another name"
            raise RouterError("invalid_request", f"there is a key {name!r} already", hint=hint, param="name")
        if len(known) >= MOST_KEYS:
            raise RouterError(
                "invalid_request", f"there are {len(known)} keys already", hint="revoke one", param="name"
            )
        text = new_key(secrets.token_bytes(RANDOM_BYTES))
        hashed = digest(text.encode()).hex()
        made = ApiKey(name, hashed, "", tuple(models), rpm, tpm, concurrent, made_at=self._clock.wall())
        await self._live.keep_key(made)
        return NewKey(name, text)

    async def revoke(self, name: str) -> None:
        """It lets nobody in from now on, over restarts too. Raises ``RouterError``."""
        found = next((key for key in self._live.settings.named_keys if key.name == name and key.enabled), None)
        if found is None:
            raise RouterError("not_found", f"there is no key {name!r}", hint="`llmrouter-tui keys` lists them")
        await self._live.drop_key(name)
        self._used.pop(name, None)


def resolved(settings: Settings, env: Mapping[str, str]) -> list[ApiKey]:
    """The named keys with what they hash to, also those whose text is in the environment."""
    return [
        replace(key, digest=digest(text.encode()).hex()) if (text := env.get(key.key_env, "")) else key
        for key in settings.named_keys
    ]


def limit_of(settings: Settings) -> Limit:
    return Limit(settings.rate_limit_rpm, settings.rate_limit_tpm, settings.rate_limit_concurrent)


def exposed(settings: Settings, *, insecure: bool) -> RouterError | None:
    """Why it would not be safe to serve where the settings say; None where it is, or where the user wants it so."""
    if insecure or is_loopback(settings.host):
        return None
    if not settings.admin_api_key:
        lacking, remedy = "admin key", "set ROUTER_ADMIN_API_KEY"
    elif not settings.api_keys and not any(key.enabled for key in settings.named_keys):
        lacking, remedy = "API key", "set ROUTER_API_KEYS, or make a key: llmrouter-tui keys add NAME"
    else:
        return None
    words = f"{settings.host} can be reached by others and no {lacking} is set"
    return RouterError("forbidden", words, hint=f"{remedy}; or say --insecure if the network is yours alone")


def follow(live: LiveSettings, proxy: ProxyServer, status: Status, env: Mapping[str, str]) -> None:
    """Let keys and limits take effect as they are set."""

    def use_keys(_: object) -> None:
        keys = resolved(live.settings, env)
        proxy.use_keys(keys)
        if missing := [key for key in keys if key.enabled and not key.digest]:
            told = ", ".join(f"{key.key_env} (key {key.name!r})" for key in missing)
            words = f"keys let nobody in because their variables are not set: {told}"
            status.report("key_missing", words, "set them in the environment and start llmrouter-tui again")
        else:
            status.clear("key_missing")

    live.on_change("named_keys", use_keys)
    for name in ("rate_limit_rpm", "rate_limit_tpm", "rate_limit_concurrent"):
        live.on_change(name, lambda _: proxy.use_limit(limit_of(live.settings)))
    live.on_change("max_exchanges", lambda most: setattr(proxy.limits, "most", most))
