"""Settings that change while the router runs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.config import load
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SettingChanged
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.core.rules import parse
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.service.live import LiveSettings
from llmrouter_tui.storage.repo import open_repo


@dataclass
class House:
    live: LiveSettings
    repo: Repo
    told: list[tuple[str, object]]

    def shown(self, key: str) -> Any:
        return next(s.value for s in self.live.views() if s.key == key)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    (tmp_path / "config.toml").write_text("")
    repo, bus = await open_repo(tmp_path / "router.db"), Bus(SystemClock())
    config = load(file=tmp_path / "config.toml", env={"ROUTER_CALM": "true"}, flags={})
    told: list[tuple[str, object]] = []
    bus.tap(lambda envelope: told.append((envelope.fact.setting.key, envelope.fact.setting.value)), SettingChanged)
    yield House(LiveSettings(config, repo, bus), repo, told)
    await repo.close()


async def refusal(call: Any) -> RouterError:
    with pytest.raises(RouterError) as caught:
        await call
    assert caught.value.code == "invalid_request"
    return caught.value


async def test_a_change_is_stored_shown_applied_and_announced(house: House) -> None:
    applied: list[float] = []
    house.live.on_change("quality_preference", applied.append)
    house.live.on_change("quality_preference", lambda value: applied.append(-value))
    setting = await house.live.change("quality_preference", 0.9)
    assert (setting.value, setting.origin) == (0.9, "set")
    assert house.shown("quality_preference") == 0.9
    assert await house.repo.settings() == {"quality_preference": 0.9}
    assert house.told == [("quality_preference", 0.9)]
    assert applied == [0.5, -0.5, 0.9, -0.9]


async def test_rules_come_and_go_while_it_runs(house: House) -> None:
    applied: list[object] = []
    house.live.on_change("rules", applied.append)
    rule = parse("never a for chat")
    await house.live.change("rules", ["never a for chat"])
    assert house.shown("rules") == ["never a for chat"]
    error = await refusal(house.live.change("rules", ["never a for chat", "use b"]))
    assert str(error) == "rules[1] must begin with never, always or only, not 'use b'."
    error = await refusal(house.live.change("rules", [f"never a{n}" for n in range(51)]))
    assert str(error).startswith("rules must have at most 50 rules")
    await house.live.change("rules", [])
    assert applied == [(), (rule,), ()]
    assert (await house.repo.settings(), house.told[-1]) == ({"rules": []}, ("rules", []))


async def test_changes_at_the_same_time_lose_none(house: House) -> None:
    names = [f"box{n}" for n in range(6)]
    await asyncio.gather(
        house.live.change("quality_preference", 0.9),
        *(house.live.keep_backend(name, "ollama", f"http://{name}", enabled=True) for name in names),
        house.live.keep_port(12345),
    )
    stored = await house.repo.settings()
    for found in (house.shown("backends"), stored["backends"]):
        assert {b["name"] for b in found} == set(names)
    assert (house.shown("quality_preference"), house.shown("port")) == (0.9, 12345)
    assert (stored["quality_preference"], stored["port"]) == (0.9, 12345)


async def test_what_cannot_change_before_the_next_start_is_kept_for_it(house: House) -> None:
    changed = await house.live.change("port", 12345)
    assert (changed.value, changed.waits, changed.kept, changed.origin) == (11436, True, 12345, "set")
    assert house.live.settings.port == 11436
    assert await house.repo.settings() == {"port": 12345}
    assert house.told == [("port", 11436)]
    back = await house.live.change("port", None)
    assert (back.value, back.waits, back.kept, back.origin) == (11436, False, None, "default")
    assert await house.repo.settings() == {}


async def test_what_was_set_is_taken_back_to_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("quality_preference = 0.7\n")
    repo = await open_repo(tmp_path / "router.db")
    live = LiveSettings(load(file=tmp_path / "config.toml", env={}, flags={}), repo, Bus(SystemClock()))
    applied: list[float] = []
    live.on_change("quality_preference", applied.append)
    changed = await live.change("quality_preference", 0.2)
    assert (changed.value, changed.origin) == (0.2, "set")
    assert (changed.otherwise, changed.otherwise_from) == (0.7, "file")
    back = await live.change("quality_preference", None)
    assert (back.value, back.origin) == (0.7, "file")
    assert applied == [0.7, 0.2, 0.7]
    await repo.close()


async def test_every_setting_says_how_it_is_filled_in_and_what_holds_it(house: House) -> None:
    views = {view.key: view for view in house.live.views()}
    assert all(
        view.form is not None and view.form.doc and view.form.must.startswith("must ") for view in views.values()
    )
    forms = {key: view.form for key, view in views.items() if view.form is not None}
    assert (forms["quality_preference"].kind, forms["quality_preference"].must) == (
        "number",
        "must be a number from 0 to 1",
    )
    assert forms["privacy"].choices == ("off", "preview", "full")
    assert (forms["embedded"].choices, forms["embedded"].nothing) == (("auto", "true", "false"), "auto")
    assert {key for key, form in forms.items() if form.kind == "secret"} == {k for k, v in views.items() if v.secret}
    assert (forms["judge_enabled"].kind, forms["host"].kind, forms["allowed_hosts"].kind) == ("switch", "text", "list")
    assert forms["quality_preference"].live
    assert not forms["port"].live
    assert [key for key, view in views.items() if view.held] == ["calm"]
    assert views["calm"].held == "ROUTER_CALM"


async def test_what_would_be_unsafe_together_is_refused(house: House) -> None:
    no = RouterError("forbidden", "others can reach that")
    house.live.forbid = lambda settings: no if settings.host == "0.0.0.0" else None
    with pytest.raises(RouterError, match="others can reach that"):
        await house.live.change("host", "0.0.0.0")
    assert await house.repo.settings() == {}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("quality_preference", 3, "quality_preference must be a number from 0 to 1, not 3."),
        ("quality", 0.5, "'quality' is no setting; the nearest is quality_preference"),
        ("database", "x.db", "database cannot be set while the router runs; it would have to be read before"),
        ("admin_api_key", "k", "admin_api_key cannot be set while the router runs; the database would keep it"),
        ("calm", False, "calm cannot be set while the router runs; it is of one screen, not of the router"),
    ],
)
async def test_what_cannot_be_set_says_what_can(house: House, key: str, value: object, words: str) -> None:
    assert words in str(await refusal(house.live.change(key, value)))


async def test_what_the_command_line_says_cannot_be_changed_here(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    repo = await open_repo(tmp_path / "router.db")
    config = load(file=tmp_path / "config.toml", env={}, flags={"quality_preference": 0.2})
    error = await refusal(LiveSettings(config, repo, Bus(SystemClock())).change("quality_preference", 0.5))
    assert error.message == "quality_preference is fixed by an option of the command line (--quality-preference)"
    await repo.close()


async def test_a_backend_that_makes_no_sense_is_told_as_it_was_given(house: House) -> None:
    error = await refusal(house.live.keep_backend("box", "ollama", "nonsense", enabled=True))
    assert error.message == "url must be an address such as http://127.0.0.1:11434, not 'nonsense'."
    assert await house.repo.settings() == {}
