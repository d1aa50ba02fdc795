"""The dialogs of clients' keys and of backends: listed, made, switched, revoked and removed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.keys import KeyView
from llmrouter_tui.tui import backends_text, keys_text, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.modals.backends import BackendsDialog
from llmrouter_tui.tui.modals.keys import KeysDialog
from llmrouter_tui.tui.modals.new_key import NewKeyDialog
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.housekeeping import KeptHost
from tests.tui.scripted import BACKENDS, NOW
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, until

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

SIZES = ((120, 36), (80, 24), (60, 16))


@asynccontextmanager
async def opened(
    act: str, folder: Path, size: tuple[int, int] = (120, 36), *, readonly: bool = False
) -> AsyncIterator[tuple[ControlCenter, Any]]:
    app = build(KeptHost(folder, readonly=readonly))
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        app.screen.perform(act)  # type: ignore[attr-defined]
        there = KeysDialog if act == "keys" else BackendsDialog
        await until(app, pilot, lambda: isinstance(app.screen, there) and app.screen.list.keys)
        yield app, pilot


def shown(app: ControlCenter) -> str:
    return " ".join(screen_text(app).split())


def fill(app: ControlCenter, **fields: str) -> None:
    for name, value in fields.items():
        app.screen.query_one(f"#{name}", Input).value = value


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_sizes(*SIZES)
async def test_the_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened("keys", tmp_path, size) as (app, pilot):
        await settled(app, pilot)
        goldens.check(f"keys-{size[0]}x{size[1]}", screen_text(app))


async def test_a_list_without_keys_is_small(tmp_path: Path) -> None:
    async with opened("keys", tmp_path) as (app, pilot):
        assert isinstance(app.screen, KeysDialog)
        before = app.screen.query_one(".dialog").outer_size.height
        app.screen._keys = {}
        app.screen._show()
        await settled(app, pilot)
        assert "New key" in shown(app) and " ".join(keys_text.NOBODY.split()[:5]) in shown(app)
        assert app.screen.query_one(".dialog").outer_size.height < 14 < before


async def test_a_key_is_made_shown_once_and_copied(tmp_path: Path) -> None:
    async with opened("keys", tmp_path, (80, 24)) as (app, pilot):
        await pilot.press("n")
        assert isinstance(app.screen, NewKeyDialog)
        fill(app, name="laptop", models="qwen*, phi4:14b", rpm="30", concurrent="any")
        await settled(app, pilot)
        assert "name laptop" in shown(app) and "requests a minute 30" in shown(app), "names stay beside what is typed"
        await pilot.press("enter")
        await until(app, pilot, lambda: "llmr-" in screen_text(app))
        assert calls(app) == [("add_key", "laptop", ("qwen*", "phi4:14b"), 30, None, 0)]
        assert "Shown this once" in shown(app) and "every client needs a key" in shown(app)
        made = app.screen._made
        assert made is not None
        await pilot.press("y")
        assert app.clipboard == made.key
        await pilot.press("enter")
        await until(app, pilot, lambda: "laptop" in app.screen.list.keys)  # type: ignore[attr-defined]
        assert "qwen*, phi4:14b" in shown(app)
        assert made.key not in screen_text(app)
        assert made.key not in str(app.host.control.shelf.kept)  # type: ignore[attr-defined]


async def test_what_makes_no_key_is_said_and_can_be_mended(tmp_path: Path) -> None:
    async with opened("keys", tmp_path) as (app, pilot):
        await pilot.press("n", "enter")
        for fields, said in (
            ({}, "A key's name is 1 to 64 letters"),
            ({"name": "bob"}, "There is a key 'bob' already"),
            ({"name": "x", "rpm": "-3"}, "Requests a minute must be a whole number"),
            ({"name": "two words", "rpm": ""}, "A key's name is 1 to 64 letters"),
        ):
            fill(app, **fields)
            await pilot.press("enter")
            await until(app, pilot, lambda said=said: said in shown(app))
        fill(app, name="good")
        await pilot.press("enter")
        await until(app, pilot, lambda: "llmr-" in screen_text(app))
        await pilot.press("escape")
        assert isinstance(app.screen, KeysDialog)


async def test_a_key_is_revoked_after_a_question(tmp_path: Path) -> None:
    async with opened("keys", tmp_path) as (app, pilot):
        await pilot.press("x")
        assert isinstance(app.screen, Ask)
        await pilot.press("escape")
        assert calls(app) == []
        await pilot.press("x", "x")
        await until(app, pilot, lambda: isinstance(app.screen, KeysDialog) and app.screen.list.keys == ["eve"])
        assert calls(app) == [("revoke_key", "bob")]
        assert "its variable" not in shown(app)
        assert "lets nobody in" in shown(app)


async def test_a_read_only_screen_makes_and_revokes_no_key(tmp_path: Path) -> None:
    async with opened("keys", tmp_path, readonly=True) as (app, pilot):
        assert "New key" not in screen_text(app)
        await pilot.press("n", "x")
        assert isinstance(app.screen, KeysDialog)
        assert calls(app) == []


def test_what_is_told_of_a_key() -> None:
    key = KeyView("a", "set", ("qwen*",), 30, 0, None, NOW - 86_400 * 3, True, NOW - 60)
    said = " ".join(text.plain(line) for line in keys_text.about(key, NOW, 200, Look()))
    assert "only" not in said
    assert "It may ask for qwen*." in said
    assert "Its own limits: 30 requests a minute, any tokens a minute." in said
    assert "last used 1m ago" in said
    assert keys_text.count_of("1,000", "x") == 1000
    assert (keys_text.count_of(" ", "x"), keys_text.count_of("any", "x")) == (None, 0)


# ── backends ──────────────────────────────────────────────────────────────────────────────────────────────────────


@at_sizes(*SIZES)
async def test_the_backends(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened("backends", tmp_path, size) as (app, pilot):
        app.screen.list.select("vllm")  # type: ignore[attr-defined]
        app.screen.paint()  # type: ignore[attr-defined]
        await settled(app, pilot)
        goldens.check(f"backends-{size[0]}x{size[1]}", screen_text(app))


async def test_a_backend_is_switched_off_and_on_again(tmp_path: Path) -> None:
    async with opened("backends", tmp_path) as (app, pilot):
        await pilot.press("e")
        await until(app, pilot, lambda: "○ ollama switched off" in shown(app))
        assert "ollama" in app.store.switched_off
        assert "ollama" not in app.store.backends
        app.screen.list.select("ollama")  # type: ignore[attr-defined]
        await pilot.press("r")
        assert any("switched off" in note.message for note in app._notifications)
        await pilot.press("e")
        await until(app, pilot, lambda: "● ollama up" in shown(app))
        assert calls(app) == [("enable_backend", "ollama", False), ("enable_backend", "ollama", True)]


async def test_a_backend_is_tried_again_added_and_removed_after_a_question(tmp_path: Path) -> None:
    async with opened("backends", tmp_path) as (app, pilot):
        await pilot.press("G", "r")
        await until(app, pilot, lambda: calls(app) == [("retry_backend", "vllm")])
        await pilot.press("x", "escape", "x", "x")
        await until(app, pilot, lambda: isinstance(app.screen, BackendsDialog) and len(app.screen.list.keys) == 2)
        assert calls(app)[1:] == [("remove_backend", "vllm")]
        await pilot.press("A")
        app.screen.query_one("#address", Input).value = "http://box:1"
        await pilot.press("enter")
        await until(app, pilot, lambda: isinstance(app.screen, BackendsDialog) and len(app.screen.list.keys) == 3)
        assert app.screen.list.cursor == "openai"  # type: ignore[attr-defined]


async def test_a_refusal_is_said(tmp_path: Path) -> None:
    async with opened("backends", tmp_path) as (app, pilot):
        app.host.control.refuse = RouterError("storage_unavailable", "the database is locked")  # type: ignore[attr-defined]
        await pilot.press("e")
        await until(app, pilot, lambda: len(app._notifications) > 0)
        assert [note.message for note in app._notifications] == ["ollama not off: the database is locked"]
        assert "● ollama up" in shown(app)


async def test_a_read_only_screen_switches_and_removes_nothing(tmp_path: Path) -> None:
    async with opened("backends", tmp_path, readonly=True) as (app, pilot):
        await pilot.press("e", "x", "A", "r")
        assert isinstance(app.screen, BackendsDialog)
        assert calls(app) == []


def test_what_is_told_of_a_backend() -> None:
    off = replace(BACKENDS[0], enabled=False)
    said = " ".join(text.plain(line) for line in backends_text.about(off, NOW, 200, Look()))
    assert said.startswith("Found by looking around on this machine: ollama at http://127.0.0.1:11434.")
    assert "until it is switched on" in said
    down = " ".join(text.plain(line) for line in backends_text.about(BACKENDS[2], NOW, 200, Look()))
    assert "✗ connection refused. It is tried again by itself." in down
