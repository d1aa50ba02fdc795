"""A scripted router whose settings and keys are the real ones, kept in a dictionary."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from llmrouter_tui.config import Config, load
from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Exchange, Setting
from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.service.admission import KeyDesk
from llmrouter_tui.service.live import LiveSettings
from tests.tui.scripted import NOW, SNAPSHOT, ScriptedControl, ScriptedFeed, ScriptedHost

FILE = """
quality_preference = 0.6
max_body_mb = 64
[[named_keys]]
name = "bob"
key_env = "BOB_KEY"
rpm = 7
[[named_keys]]
name = "eve"
key_env = "EVE_KEY"
[[backends]]
name = "vllm"
kind = "openai"
url = "http://127.0.0.1:8000"
"""
ENV = {"BOB_KEY": "sk-bob-1234567", "ROUTER_STOP_SECONDS": "9"}
FLAGS = {"database": "/data/router.db", "port": 11436}


class Shelf:
    """What a database keeps of settings."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    async def settings(self) -> Mapping[str, object]:
        return dict(self.kept)

    async def set_setting(self, key: str, value: object) -> None:
        self.kept = {k: v for k, v in (self.kept | {key: value}).items() if v is not None}


class StandingClock:
    def wall(self) -> float:
        return NOW

    def mono(self) -> float:
        return 0.0


class Housekeeper(ScriptedControl):
    """Settings and keys as a router has them; backends are switched and removed at once."""

    def __init__(self, config: Config, feed: ScriptedFeed) -> None:
        self.shelf = Shelf()
        bus = Bus(cast(Clock, StandingClock()))
        bus.tap(lambda envelope: feed.push(envelope.fact))
        self.live = LiveSettings(config, cast(Repo, self.shelf), bus)
        self.desk = KeyDesk(self.live, cast(Clock, StandingClock()), ENV)
        self.desk.remember([Exchange("x1", NOW - 240, "ok", key="bob")])
        super().__init__(replace(SNAPSHOT, settings=tuple(self.live.views())), feed)

    async def set_setting(self, key: str, value: object) -> Setting:
        await self._note("set_setting", key, value)
        return await self.live.change(key, value)

    async def keys(self) -> Sequence[KeyView]:
        return self.desk.views()

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        await self._note("add_key", name, tuple(models), rpm, tpm, concurrent)
        return await self.desk.make(name, models, rpm, tpm, concurrent)

    async def revoke_key(self, name: str) -> None:
        await self._note("revoke_key", name)
        await self.desk.revoke(name)

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        await self._note("enable_backend", name, enabled)
        view = next(view for view in self.now.backends if view.name == name)
        view = replace(view, enabled=enabled, health="up" if enabled else "starting", since=NOW)
        self.now = replace(self.now, backends=tuple(view if b.name == name else b for b in self.now.backends))
        self.feed.push(ev.BackendChanged(view))
        return view

    async def remove_backend(self, name: str) -> None:
        await self._note("remove_backend", name)
        view = next(view for view in self.now.backends if view.name == name)
        self.feed.push(ev.BackendChanged(view, removed=True))

    async def reload(self) -> Sequence[Setting]:
        await self._note("reload")
        return await self.live.reload()


class KeptHost(ScriptedHost):
    """A host over a configuration file in ``folder``."""

    def __init__(self, folder: Path, *, readonly: bool = False) -> None:
        super().__init__(readonly=readonly)
        self.file = folder / "config.toml"
        self.file.write_text(FILE)
        config = load(file=self.file, env={k: v for k, v in ENV.items() if k.startswith("ROUTER_")}, flags=FLAGS)
        self.control: Any = Housekeeper(config, self.feed)
