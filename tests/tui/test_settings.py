"""The dialog of all settings, over the router's own settings: what is shown, changed, taken back and refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.tui import settings_text, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.backends import BackendsDialog
from llmrouter_tui.tui.modals.keys import KeysDialog
from llmrouter_tui.tui.modals.rules import RulesDialog
from llmrouter_tui.tui.modals.settings import SettingsDialog
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.housekeeping import KeptHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, fill, until

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

SIZES = ((160, 45), (120, 36), (80, 24), (60, 16))


@asynccontextmanager
async def opened(
    folder: Path, size: tuple[int, int] = (120, 36), *, readonly: bool = False, **more: Any
) -> AsyncIterator[tuple[ControlCenter, Any]]:
    """The dialog, just opened by its key."""
    app = build(KeptHost(folder, readonly=readonly), **more)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await pilot.press("f2")
        await settled(app, pilot)
        assert isinstance(app.screen, SettingsDialog)
        yield app, pilot


def dialog(app: ControlCenter) -> SettingsDialog:
    assert isinstance(app.screen, SettingsDialog)
    return app.screen


def select(app: ControlCenter, key: str) -> None:
    dialog(app).list.select(key)
    dialog(app)._paint()


def shown(app: ControlCenter) -> str:
    return " ".join(screen_text(app).split())


@at_sizes(*SIZES)
async def test_the_list_and_what_one_means(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        select(app, "quality_preference")
        await settled(app, pilot)
        goldens.check(f"settings-{size[0]}x{size[1]}", screen_text(app))


async def test_it_says_the_same_without_colour_and_in_seven_bits(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(tmp_path, (80, 24), symbols="ascii") as (app, pilot):
        select(app, "stop_seconds")
        await settled(app, pilot)
        assert app.theme == "mono"
        assert "Held by the environment variable ROUTER_STOP_SECONDS" in shown(app)
        assert screen_text(app).replace("⏎", "").isascii()


async def test_a_switch_turns_at_once_and_is_taken_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        select(app, "judge_enabled")
        await pilot.press("enter")
        await until(app, pilot, lambda: "Set here; del takes it back to on, the default." in shown(app))
        assert calls(app) == [("set_setting", "judge_enabled", False)]
        assert app.store.settings["judge_enabled"].value is False
        await pilot.press("delete")
        await until(app, pilot, lambda: app.store.settings["judge_enabled"].origin == "default")
        assert calls(app)[-1] == ("set_setting", "judge_enabled", None)
        await pilot.press("delete")
        assert "it was not set here" in shown(app)
        assert len(calls(app)) == 2


async def test_a_number_is_typed_its_bounds_are_said_and_a_wrong_one_can_be_mended(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        select(app, "quality_preference")
        await pilot.press("enter")
        assert "Must be a number from 0 to 1." in shown(app)
        field = app.screen.query_one("#value", Input)
        assert (field.value, field.has_focus) == ("0.6", True)
        fill(app, "7")
        await pilot.press("enter")
        await until(app, pilot, lambda: "must be a number from 0 to 1, not 7." in shown(app))
        assert field.has_focus
        fill(app, "0.9")
        await settled(app, pilot)
        assert "not 7." not in shown(app)
        await pilot.press("enter")
        await until(app, pilot, lambda: "takes it back to 0.6, as the file says" in shown(app))
        assert not field.display
        assert app.store.preference == 0.9
        assert [call[2] for call in calls(app)] == [7, 0.9]


async def test_what_cannot_change_now_is_kept_for_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        select(app, "keep_alive_minutes")
        await pilot.press("enter")
        assert "A change counts after a restart." in shown(app)
        fill(app, "5")
        await pilot.press("enter")
        await until(app, pilot, lambda: "30 → 5 after a restart" in shown(app))
        await pilot.press("enter")
        assert app.screen.query_one("#value", Input).value == "5", "what will hold is edited on"
        await pilot.press("escape")
        assert isinstance(app.screen, SettingsDialog)
        await pilot.press("backspace")
        await until(app, pilot, lambda: "→ 5" not in shown(app))


async def test_one_of_a_few_is_chosen_from_buttons(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        select(app, "privacy")
        await pilot.press("enter")
        await until(app, pilot, lambda: "[ off ] [ preview ] [ full ]" in shown(app))
        await pilot.press("right", "enter")
        await until(app, pilot, lambda: app.store.settings["privacy"].value == "full")
        assert calls(app) == [("set_setting", "privacy", "full")]
        await until(app, pilot, lambda: "[ off ]" not in shown(app))
        select(app, "embedded")
        await pilot.press("enter")
        await until(app, pilot, lambda: "[ auto ] [ true ] [ false ]" in shown(app))
        await pilot.click("#values Choice:last-of-type")
        await until(app, pilot, lambda: app.store.settings["embedded"].kept is False)
        assert calls(app)[-1] == ("set_setting", "embedded", False)


async def test_texts_and_lists_are_typed_as_they_are(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        select(app, "signature_format")
        await pilot.press("enter")
        assert app.screen.query_one("#value", Input).value == "\\n\\n— {model}"
        fill(app, "\\n({model})")
        await pilot.press("enter")
        await until(app, pilot, lambda: len(calls(app)) == 1)
        select(app, "allowed_hosts")
        await pilot.press("enter")
        fill(app, "a.example, b.example,")
        await pilot.press("enter")
        await until(app, pilot, lambda: app.store.settings["allowed_hosts"].kept == ["a.example", "b.example"])
        assert [call[2] for call in calls(app)] == ["\n({model})", ["a.example", "b.example"]]


async def test_what_is_held_is_not_edited_and_says_by_what(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        for key, said in (
            ("port", "Held by the option --port: start llmrouter-tui without it to change it here."),
            ("stop_seconds", "Held by the environment variable ROUTER_STOP_SECONDS"),
            ("admin_api_key", "Not changed here: the database would keep it as it is"),
            ("theme", "Not changed here: it is of one screen"),
        ):
            select(app, key)
            await pilot.press("enter", "delete")
            assert said in shown(app)
            assert not app.screen.query_one("#value", Input).display
        assert calls(app) == []


async def test_a_filter_finds_by_name_value_source_and_meaning(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("slash")
        fill(app, "gpu memory")
        await settled(app, pilot)
        assert list(dialog(app).list.keys) == ["vram_max_gb", "vram_reserve_gb"]
        fill(app, "the file")
        await settled(app, pilot)
        assert {"max_body_mb", "quality_preference"} <= set(dialog(app).list.keys)
        await pilot.press("enter", "down", "escape")
        assert len(dialog(app).list.keys) > 50
        await pilot.press("slash", *"zzz", "escape", "escape")
        assert not isinstance(app.screen, SettingsDialog)


async def test_lists_that_are_edited_one_by_one_open(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        for key, screen in (("rules", RulesDialog), ("named_keys", KeysDialog), ("backends", BackendsDialog)):
            select(app, key)
            await pilot.press("enter")
            await until(app, pilot, lambda screen=screen: isinstance(app.screen, screen))
            await pilot.press("escape")
            assert isinstance(app.screen, SettingsDialog)


async def test_what_another_changes_shows(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        select(app, "judge_rpm")
        await app.link.call(app.host.control.live.change("judge_rpm", 17))  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "Set here; del takes it back to 60" in shown(app))


async def test_leaving_at_once_takes_no_change_back_and_hides_no_refusal(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        control: Any = app.host.control
        control.holds, control.refuse = True, RouterError("storage_unavailable", "the database is locked")
        select(app, "judge_enabled")
        await pilot.press("enter")
        await until(app, pilot, lambda: len(calls(app)) == 1)
        await pilot.press("escape")
        control.holds = False
        await until(app, pilot, lambda: len(app._notifications) > 0)
        assert [n.message for n in app._notifications] == ["judge_enabled not changed: the database is locked"]


async def test_a_read_only_screen_shows_and_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, readonly=True) as (app, pilot):
        select(app, "judge_enabled")
        await pilot.press("enter", "delete")
        assert settings_text.READONLY in shown(app)
        assert calls(app) == []


async def test_the_file_is_read_again_from_the_palette(tmp_path: Path) -> None:
    app = build(KeptHost(tmp_path))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        app.host.file.write_text("judge_rpm = 7\n")  # type: ignore[attr-defined]
        app.screen.perform("reload")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: len(app._notifications) > 0)
        said = " ".join(n.message for n in app._notifications)
        assert said.startswith("The file was read again: max_body_mb, quality_preference, judge_rpm")
        await until(app, pilot, lambda: app.store.settings["judge_rpm"].value == 7)


def test_a_router_that_tells_no_more_than_values_is_shown_all_the_same() -> None:
    plain = Setting("quality_preference", 0.5, "default")
    assert text.plain(settings_text.row(plain, 50, Look())).split() == ["quality_preference", "0.5"]
    assert settings_text.about(plain, 50)
