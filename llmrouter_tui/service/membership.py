"""Which backends the router starts with: the configured ones, what answers on this machine, the embedded engine."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import platformdirs

from llmrouter_tui.backends.discover import LLMROUTER, build, discover, recognise
from llmrouter_tui.backends.embedded import EmbeddedBackend, available
from llmrouter_tui.backends.starter import StarterModel
from llmrouter_tui.config import missing_keys
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.engine.discovery import Discovery, address
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.lookout import Lookout
from llmrouter_tui.engine.status import Status
from llmrouter_tui.settings import BackendConfig, Settings

EMBEDDED = "embedded"
LONGEST_PAUSE = 90_000.0
"""Seconds: more than any deadline that can be set."""


class Membership:
    """Makes backends and takes them into the fleet."""

    def __init__(
        self,
        settings: Settings,
        session: aiohttp.ClientSession,
        fleet: Fleet,
        lookout: Lookout,
        status: Status,
        *,
        look_around: bool,
    ) -> None:
        removed = [item.url for item in settings.backends if item.removed]
        self.discovery = Discovery(fleet, lookout, self._find, removed)
        self.look_around = look_around
        """Whether servers that nobody named are taken in."""
        self._settings = settings
        self._session = session
        self._fleet = fleet
        self._lookout = lookout
        self._status = status
        self._judges: list[Backend] = []

    async def _find(self) -> Sequence[Backend]:
        """What answers on this machine."""
        return await discover(self._session)

    async def build(self, kind: str, url: str, name: str) -> Backend:
        """A backend that a person named; without a kind the server is asked which it is. Raises ``RouterError``."""
        if kind:
            return self._named(kind, url, name or self._free(kind))
        here = next((r.backend.name for r in self._fleet.every() if address(r.backend.url) == address(url)), "")
        if here:
            raise RouterError("invalid_request", f"{url} is here already, as {here!r}", param="url")
        kind, found = await recognise(self._session, url)
        if found == LLMROUTER and self._is_own(url):
            raise RouterError("invalid_request", f"{url} is this router itself", param="url")
        return self._named(kind, url, name or self._free(found))

    def _is_own(self, url: str) -> bool:
        own, there = self._status.view(), urlsplit(url)
        return there.port == own.port and there.hostname in ("localhost", "127.0.0.1", "::1", own.host)

    def _named(self, kind: str, url: str, name: str) -> Backend:
        try:
            return self._build(kind, name, url)
        except ValueError as error:
            raise RouterError("invalid_request", str(error), param="kind") from error

    def _free(self, name: str) -> str:
        """This name, with a number where it is taken."""
        taken = self._names()
        return next(n for n in (name, *(f"{name}{i}" for i in range(2, len(taken) + 3))) if n not in taken)

    async def populate(self) -> bool:
        """Take in what is configured, else what is found, else the embedded engine. Whether the latter has no model
        to run."""
        settings = self._settings
        self._tell_missing_keys()
        for item in settings.backends:
            if not item.removed:
                await self._add_configured(item)
        if self.look_around:
            async for found in self.discovery.newcomers():
                self._add(found, configured=False)
        wanted = settings.embedded if settings.embedded is not None else not self._fleet.backends
        if not wanted or any(item.name == EMBEDDED for item in settings.backends):
            return False
        if not available():
            if settings.embedded:
                self._not_installed()
            return False
        engine = self.embedded()
        return await self._add_engine(engine, configured=settings.embedded is True) and not await engine.models()

    async def _add_configured(self, item: BackendConfig) -> None:
        if item.kind == EMBEDDED and not available():
            self._not_installed()
        elif item.kind == EMBEDDED:
            engine = self.embedded(item.name)
            await self._add_engine(engine, configured=True, pool=item.pool, context=item.context_length)
        else:
            backend = self._build(item.kind, item.name, item.url, item.api_key_env)
            self._add(backend, configured=True, pool=item.pool, context=item.context_length)
        if not item.enabled and (record := self._fleet.backends.get(item.name)) is not None:
            self._fleet.switch(record, False)

    async def regroup(self, before: Sequence[BackendConfig], after: Sequence[BackendConfig]) -> None:
        """Let the differences between two configurations take effect: what both have is left alone, with its
        connections and its models."""
        had = {item.name: item for item in before}
        for gone in had.keys() - {item.name for item in after}:
            await self._leave(had[gone])
        for item in after:
            old = had.get(item.name)
            if old == item:
                continue
            if old is not None and replace(old, enabled=item.enabled) == item and item.name in self._names():
                await self._lookout.switch(item.name, item.enabled)
                continue
            if old is not None:
                await self._leave(old)
            if not item.removed:
                await self._join(item)

    def _names(self) -> set[str]:
        return {record.backend.name for record in self._fleet.every()}

    async def _leave(self, item: BackendConfig) -> None:
        if item.name in self._names():
            await self._lookout.remove(item.name)
        self.discovery.dismiss(item.url)

    async def _join(self, item: BackendConfig) -> None:
        self.discovery.welcome(item.url)
        if item.name in self._names():  # found by looking around, or what is added now takes its name
            await self._lookout.remove(item.name)
        await self._add_configured(item)
        if (record := self._fleet.backends.get(item.name)) is not None:
            await self._lookout.begin(record)

    async def _add_engine(
        self, engine: EmbeddedBackend, *, configured: bool, pool: str = "", context: int | None = None
    ) -> bool:
        """Take the embedded engine in; whether it can run on this machine."""
        try:
            self._fleet.add(engine, configured=configured, pool=pool or await engine.pool(), context_limit=context)
        except BackendError as error:
            self._status.report("embedded_engine", error.message, error.hint)
            return False
        return True

    def _build(self, kind: str, name: str, url: str, api_key_env: str = "") -> Backend:
        """Its own bound on pauses lies beyond those that every exchange has, which may change while it runs."""
        return build(kind, name, url, self._session, api_key_env=api_key_env, read_timeout=LONGEST_PAUSE)

    def judge_at(self, url: str, api_key_env: str) -> Backend:
        """A server that is only asked to judge: it is none of the backends."""
        backend = self._build("openai", "the judge", url, api_key_env)
        self._judges.append(backend)
        return backend

    async def close_judges(self) -> None:
        for backend in self._judges:
            await backend.close()

    def _add(self, backend: Backend, *, configured: bool, pool: str = "", context: int | None = None) -> None:
        self._fleet.add(backend, configured=configured, pool=pool, context_limit=context)

    def add_simulated(self, members: Sequence[tuple[str, str, str, str]]) -> None:
        """Take in the demo's servers: (name, kind, url, pool) each."""
        for name, kind, url, pool in members:
            self._add(self._named(kind, url, name), configured=True, pool=pool)

    def _tell_missing_keys(self) -> None:
        missing = missing_keys(self._settings, os.environ)
        if missing:
            message = ", ".join(f"{backend} has no key: {variable} is not set" for backend, variable in missing)
            self._status.report("api_key_missing", message, "set it in the environment and start llmrouter-tui again")

    def _not_installed(self) -> None:
        self._status.report(
            "no_embedded_engine",
            "the embedded engine was asked for but is not installed",
            "pip install 'llmrouter-tui[embedded]'",
        )

    # ── the embedded engine ──

    def embedded(self, name: str = EMBEDDED) -> EmbeddedBackend:
        return EmbeddedBackend(
            name,
            self._session,
            folders=self._settings.gguf_folders,
            data_dir=data_dir(self._settings),
        )

    def starter(self) -> StarterModel | None:
        """What gets the starter model; None where it could not run."""
        return StarterModel(data_dir(self._settings)) if available() else None

    async def fetched(self) -> None:
        """The starter model is here: let the embedded engine see it."""
        engines = [r for r in self._fleet.backends.values() if r.backend.kind == EMBEDDED]
        if not engines:
            engine = self.embedded()
            await self._lookout.join(engine, configured=False, pool=await engine.pool())
        for record in engines:
            self._fleet.look_again(record.backend.name)


def data_dir(settings: Settings) -> Path:
    """Where models and logs go: beside the database."""
    return settings.database.parent if settings.database is not None else platformdirs.user_data_path("llmrouter-tui")
