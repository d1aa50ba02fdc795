"""Loads that are held: a router that is started anew holds them too and says so, until they are released."""

import logging
from pathlib import Path

import pytest

from llmrouter_tui.core.memory_words import HELD
from tests.e2e.test_sync import NOWHERE, Running, hosting, router


async def held(running: Running) -> bool:
    view = await running.call(running.control.vram())
    return bool(view.held)


async def test_loads_are_held_over_a_restart_until_they_are_released(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "llmrouter_tui")
    async with hosting() as url:
        async with router(tmp_path, url, NOWHERE) as running:
            await running.call(running.control.clear_vram())
            assert await held(running)
        assert HELD not in caplog.text
        async with router(tmp_path, url, NOWHERE) as running:
            snapshot = await running.call(running.control.snapshot())
            assert snapshot.vram.held
            assert snapshot.service.problems == ()
            assert f"{HELD} since before the router started" in caplog.text
            await running.call(running.control.release_vram())

            async def released() -> bool:
                return not await held(running)

            await running.until(released)
        async with router(tmp_path, url, NOWHERE) as running:
            assert not await held(running)
