"""Pinned models are in memory from the start, whether the file says so or they were pinned while it ran."""

import asyncio
from pathlib import Path

import pytest

from tests.backends.ollama_server import OllamaServer
from tests.faults.stage import Stage, stage


async def pinned(here: Stage) -> set[str]:
    """The names of those that are pinned and in memory."""
    models = [m for m in await here.models() if m["pinned"] and m["residency"] == "resident"]
    return {m["info"]["name"] for m in models}


async def until_pinned(here: Stage, *names: str) -> None:
    async with asyncio.timeout(20):
        while await pinned(here) != set(names):
            await asyncio.sleep(0.02)


async def order(here: Stage, act: str, model: str) -> None:
    async with here.session.post(f"{here.url}/admin/models/box/{model}/{act}") as response:
        assert response.status == 202


@pytest.mark.thorough
async def test_those_of_the_file_and_those_of_the_user_are_loaded_at_the_next_start_too(tmp_path: Path) -> None:
    server = OllamaServer()
    await server.start()
    here = {"box": ("ollama", server.url)}
    try:
        async with stage(tmp_path, here, models=5, pinned_model=["gpt-oss:20b"]) as first:
            await until_pinned(first, "gpt-oss:20b")
            await order(first, "pin", "nomic-embed-text:latest")
            await until_pinned(first, "gpt-oss:20b", "nomic-embed-text:latest")
            assert {held["seconds"] for held in server.held.values()} == {-1}
        server.held.clear()
        async with stage(tmp_path, here, models=5, pinned_model=["gpt-oss:20b"]) as second:
            await until_pinned(second, "gpt-oss:20b", "nomic-embed-text:latest")
            await order(second, "unpin", "nomic-embed-text:latest")
            await until_pinned(second, "gpt-oss:20b")
            assert "nomic-embed-text-latest" in server.held  # it may leave, and is not thrown out
        server.held.clear()
        async with stage(tmp_path, here, models=5, pinned_model=["gpt-oss:20b"]) as third:
            await until_pinned(third, "gpt-oss:20b")
            assert set(server.held) == {"gpt-oss-20b"}
    finally:
        await server.stop()
