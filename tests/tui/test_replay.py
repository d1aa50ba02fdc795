"""A recording in the control center: it says what it is, it can be steered, and it commands nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.playback import Playing
from llmrouter_tui.recording.host import RecordedHost
from llmrouter_tui.recording.reader import Recording
from llmrouter_tui.tui import actions, replay_text
from llmrouter_tui.tui.actions import PAGES
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.jump import JumpDialog
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.recording.traffic import write
from tests.tui.scripted import NOW
from tests.tui.shots import quiet, screen_text, settled
from tests.tui.test_life import until

LOOK = Look(SYMBOLS["braille"], UTC)


@asynccontextmanager
async def replayed(path: Path, speed: float = 1.0, size: tuple[int, int] = (120, 36)) -> AsyncIterator[tuple[Any, Any]]:
    host = RecordedHost(Recording(path), speed=speed)
    app = ControlCenter(host, look=LOOK, playback=host.player)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        yield app, pilot


async def pressed(app: Any, pilot: Any, *keys: str) -> str:
    await pilot.press(*keys)
    await quiet(app, pilot)
    await settled(app, pilot)
    return screen_text(app)


def at(app: Any) -> float:
    return float(app.playback.playing().at - NOW)


def rows(app: Any) -> int:
    """Exchanges that came while it was recorded."""
    return sum(id_.startswith("y") for id_ in app.store.rows)


async def test_it_is_steered_by_keys_and_says_where_it_stands(tmp_path: Path) -> None:
    async with replayed(write(tmp_path / "it.jsonl", 60)) as (app, pilot):
        head = (await pressed(app, pilot, "space")).splitlines()[0]
        assert "REPLAY  1x 2026-11-04 21:04:0" in head or "REPLAY  1x 2026-11-04 21:04:1" in head
        assert "of 21:05:09 paused" in head
        stood = at(app)
        shown = await pressed(app, pilot, "greater_than_sign", "greater_than_sign", "right", "right")
        assert "REPLAY  5x" in shown.splitlines()[0]
        assert at(app) == pytest.approx(stood + 20)
        expected = pytest.approx(2 * (stood + 20), abs=2)
        await until(app, pilot, lambda: rows(app) == expected)  # everything up to then is shown
        arrived = rows(app)
        await pressed(app, pilot, "left", "less_than_sign")
        assert at(app) == pytest.approx(stood + 10)
        await until(app, pilot, lambda: rows(app) == arrived - 20)
        await pressed(app, pilot, "at")
        assert isinstance(app.screen, JumpDialog)
        await pressed(app, pilot, *"never", "enter")
        assert "never is no time" in screen_text(app)
        await pressed(app, pilot, "escape", "at", *"21:04:45", "enter")
        assert at(app) == pytest.approx(36.0)
        assert "space pause" in screen_text(app)
        await pressed(app, pilot, "3", "P", "T")
        await until(app, pilot, lambda: "requests a minute" in screen_text(app))
        await pressed(app, pilot, "escape")
        assert app.screen.dossiers.of("qwen3-32b") is None  # nobody is asked
        await settled(app, pilot)
        assert [note.message for note in app._notifications] == ["pin: this is a recording"]


async def test_its_end_is_said_and_space_starts_again(tmp_path: Path) -> None:
    torn = write(tmp_path / "it.jsonl", 10, whole=False)
    lines = torn.read_bytes().splitlines(keepends=True)
    dreamt = b'{"event":"ModelDreamt","seq":101,"at":1793826249.1,"mono":0,"fact":{}}\n'
    torn.write_bytes(b"".join([*lines[:2], dreamt, *lines[3:]]))
    async with replayed(torn, speed=300.0) as (app, pilot):
        await until(app, pilot, lambda: app.playback.playing().over)
        await settled(app, pilot)
        shown = screen_text(app)
        assert " over " in shown.splitlines()[0]
        assert "the recording can be read only as far as this: it has no end" in shown
        skipped = [cause.message for cause in app.store.attention.causes(NOW) if "skipped" in cause.key]
        assert skipped == ["1 event of this recording is of a kind that this version does not know"]
        app.playback.pace(1.0)
        await pressed(app, pilot, "space")
        assert at(app) < 9.0


@pytest.mark.parametrize("page", list(PAGES))
def test_no_key_does_two_things_on_a_page_of_a_recording(page: str) -> None:
    acts = actions.available(page, PAGES, readonly=True, replay=True)
    keys = [key for act in acts for key in act.keys.split(",") if key]
    assert len(keys) == len(set(keys))
    assert {"replay.pause", "replay.go"} <= {act.id for act in acts}
    assert not [act for act in actions.available(page, PAGES) if act.replay]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("+5m", 330), ("-10", 20), ("+1h", 3630), ("50%", 1800), ("21:05", 51), ("20:00", -3849), ("25:00", None),
     ("soon", None), ("", None), ("21:04:09", 0)],
)  # fmt: skip
def test_times_are_understood(said: str, seconds: float | None) -> None:
    found = replay_text.target(said, Playing(NOW + 30, NOW, NOW + 3600), LOOK)
    assert found == (None if seconds is None else NOW + seconds)


def test_a_recording_over_midnight_has_one_time_for_each_time_of_day() -> None:
    later = replay_text.target("01:30", Playing(NOW, NOW, NOW + 40_000), LOOK)
    assert later is not None
    assert NOW < later < NOW + 40_000
