"""Keys that are made and revoked while the router runs, and limits that change: kept, in force at once, never told."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from llmrouter_tui.config import load
from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import ServiceView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.keys import digest
from llmrouter_tui.core.limiting import Limit
from llmrouter_tui.core.ports.exchanges import Exchanges
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.status import Status
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.server import ProxyServer
from llmrouter_tui.service.admission import KeyDesk, exposed, follow
from llmrouter_tui.service.live import LiveSettings
from llmrouter_tui.settings import Settings
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.proxy.scripted import ScriptedBus, ScriptedControl, ScriptedExchanges

FILE = '[[named_keys]]\nname = "bob"\nkey_env = "BOB_KEY"\nrpm = 7\n[[named_keys]]\nname = "eve"\nkey_env = "EVE_KEY"\n'
ENV = {"BOB_KEY": "sk-bob-1234567"}


class House:
    """A door with real settings and a real database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "config.toml"
        self.file.write_text(FILE)
        self.told: list[str] = []

    async def open(self) -> None:
        self.repo: SqliteRepo = await open_repo(self.folder / "router.db")
        clock = SystemClock()
        bus = Bus(clock)
        bus.tap(lambda envelope: self.told.append(repr(envelope.fact)))
        config = load(file=self.file, env={}, flags={}).with_stored(await self.repo.settings())
        self.live = LiveSettings(config, self.repo, bus)
        self.bus = bus
        self.desk = KeyDesk(self.live, clock, ENV)
        self.status = Status(bus, clock, ServiceView())
        self.proxy = ProxyServer(cast(Exchanges, ScriptedExchanges()), ScriptedControl(), ScriptedBus(), ProxyOptions())
        follow(self.live, self.proxy, self.status, ENV)
        await self.proxy.start("127.0.0.1", 0)

    async def close(self) -> None:
        await self.proxy.stop()
        await self.repo.close()

    async def status_of(self, key: str) -> int:
        url = f"http://127.0.0.1:{self.proxy.port}/v1/models"
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url, headers={"x-api-key": key})).status_code


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.open()
    yield made
    await made.close()


async def test_a_key_is_kept_as_what_it_hashes_to_and_lets_in_at_once_and_after_a_restart(house: House) -> None:
    made = await house.desk.make("alice", ["qwen*"], 30, None, 0)
    assert await house.status_of(made.key) == 200
    await house.close()
    await house.open()
    assert await house.status_of(made.key) == 200
    alice = next(view for view in house.desk.views() if view.name == "alice")
    assert (alice.origin, alice.models, alice.rpm, alice.tpm, alice.concurrent) == ("set", ("qwen*",), 30, None, 0)
    await house.repo.flush()
    kept = b"".join(path.read_bytes() for path in house.folder.iterdir())
    assert made.key.encode() not in kept
    assert digest(made.key.encode()).hex().encode() in kept
    assert made.key not in "".join(house.told)
    assert digest(made.key.encode()).hex() not in "".join(house.told), "nor is the hash told to screens"


async def test_a_revoked_key_lets_nobody_in_also_one_of_the_file(house: House) -> None:
    alice = await house.desk.make("alice", [], None, None, None)
    assert await house.status_of("sk-bob-1234567") == 200
    for name in ("alice", "bob"):
        await house.desk.revoke(name)
    assert [await house.status_of(key) for key in (alice.key, "sk-bob-1234567")] == [401, 401]
    await house.close()
    await house.open()
    assert [await house.status_of(key) for key in (alice.key, "sk-bob-1234567")] == [401, 401]
    assert [view.name for view in house.desk.views()] == ["eve"]
    with sqlite3.connect(house.folder / "router.db") as connection:
        [(kept,)] = connection.execute("SELECT value FROM setting WHERE key = 'named_keys'")
    connection.close()
    assert kept == '[{"name":"bob","enabled":false}]', "of alice nothing is left"


async def test_a_key_whose_variable_is_not_set_is_told_as_a_problem(house: House) -> None:
    [problem] = [p for p in house.status.view().problems if p.code == "key_missing"]
    assert "EVE_KEY" in problem.message
    assert {view.name: view.usable for view in house.desk.views()} == {"bob": True, "eve": False}
    await house.desk.revoke("eve")
    assert not house.status.view().problems


@pytest.mark.parametrize(("name", "words"), [("bob", "already"), ("a b", "letters"), ("", "letters"), ("x" * 70, "64")])
async def test_names_are_checked(house: House, name: str, words: str) -> None:
    with pytest.raises(RouterError, match=words):
        await house.desk.make(name, [], None, None, None)


async def test_values_are_checked_as_those_of_the_file_are(house: House) -> None:
    with pytest.raises(RouterError, match="whole number"):
        await house.desk.make("alice", [], -1, None, None)
    with pytest.raises(RouterError, match="without spaces around"):
        await house.desk.make("alice", [" a"], None, None, None)
    assert "named_keys" not in await house.repo.settings()


async def test_limits_are_set_while_it_runs(house: House) -> None:
    await house.live.change("rate_limit_rpm", 9)
    await house.live.change("rate_limit_concurrent", 2)
    await house.live.change("max_exchanges", 40)
    assert house.proxy.limits.usual == Limit(rpm=9, concurrent=2)
    assert house.proxy.limits.most == 40


@pytest.mark.parametrize(
    ("settings", "insecure", "lacking"),
    [
        (Settings(), False, ""),
        (Settings(host="localhost"), False, ""),
        (Settings(host="127.0.0.2"), False, ""),
        (Settings(host="0.0.0.0"), False, "no admin key"),
        (Settings(host="192.168.1.5", api_keys=("a",)), False, "no admin key"),
        (Settings(host="::", admin_api_key="o"), False, "no API key"),
        (Settings(host="::", admin_api_key="o", api_keys=("a",)), False, ""),
        (Settings(host="0.0.0.0"), True, ""),
    ],
)
def test_where_others_reach_it_keys_are_needed(settings: Settings, insecure: bool, lacking: str) -> None:
    danger = exposed(settings, insecure=insecure)
    assert (danger is None) == (not lacking)
    assert danger is None or (lacking in danger.message and "--insecure" in danger.hint)


async def test_when_a_key_was_used_is_known_from_what_came_with_it(house: House) -> None:
    await house.desk.make("alice", (), None, None, None)
    assert {view.name: view.used_at for view in house.desk.views()} == {"bob": None, "eve": None, "alice": None}
    house.desk.remember([Exchange("x1", 50.0, "ok", key="bob"), Exchange("x0", 40.0, "ok", key="bob")])
    house.bus.tap(house.desk.put, ExchangeFinished)
    house.bus.publish(ExchangeFinished(Exchange("x2", 45.0, "ok", key="alice")))
    house.desk.under_way = lambda: [Exchange("x3", 60.0, key="alice"), Exchange("x4", 70.0)]
    assert {view.name: view.used_at for view in house.desk.views()} == {"bob": 50.0, "eve": None, "alice": 60.0}
    house.desk.under_way = tuple
    await house.desk.revoke("alice")
    await house.desk.make("alice", (), None, None, None)
    assert {view.name: view.used_at for view in house.desk.views()}["alice"] is None
