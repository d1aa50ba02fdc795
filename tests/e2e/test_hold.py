"""What stands until it is taken back: a router that is started anew holds loads too and says so until they are
released, and its judge rests until it is told to go on."""

import logging
from pathlib import Path

import pytest

from llmrouter_tui.core.memory_words import HELD
from tests.e2e.test_sync import NOWHERE, Running, hosting, router


async def held(running: Running) -> bool:
    view = await running.call(running.control.vram())
    return bool(view.held)


async def judge(running: Running) -> str:
    view = await running.call(running.control.judge_view())
    return view.state


@pytest.mark.thorough
async def test_loads_are_held_and_the_judge_is_paused_over_a_restart_until_they_are_let_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "llmrouter_tui")
    async with hosting() as url:
        async with router(tmp_path, url, NOWHERE) as running:
            await running.call(running.control.clear_vram())
            await running.call(running.control.pause_judge(True))
            assert await held(running)
        assert HELD not in caplog.text
        async with router(tmp_path, url, NOWHERE) as running:
            snapshot = await running.call(running.control.snapshot())
            assert snapshot.vram.held
            assert await judge(running) == "paused"
            assert snapshot.service.problems == ()
            assert f"{HELD} since before the router started" in caplog.text
            await running.call(running.control.release_vram())
            await running.call(running.control.pause_judge(False))

            async def released() -> bool:
                return not await held(running)

            await running.until(released)
        async with router(tmp_path, url, NOWHERE) as running:
            assert not await held(running)
            assert await judge(running) == "idle"
