"""An Ollama whose lists are green and whose scheduler is stuck, over sockets: found, told, and used again when well."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.engine.canary import Canary
from tests.backends.ollama_server import OllamaServer
from tests.faults.stage import stage


class One(OllamaServer):
    names = ("qwen3:4b",)


async def test_its_requests_go_elsewhere_and_it_is_down_until_it_gives_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmrouter_tui.service.assembly.Canary", lambda router: Canary(router, floor=0.3, wait=0.4))
    for name, seconds in (("canary.SLACK", 0.0), ("canary.FIRST_PAUSE", 0.2), ("lookout.POLL_SECONDS", 0.2)):
        monkeypatch.setattr(f"llmrouter_tui.engine.{name}", seconds)
    monkeypatch.setattr("llmrouter_tui.service.assembly.LOOK_SECONDS", 0.05)
    one, two = One(), One()
    await one.start()
    await two.start()
    body = {"model": "qwen3:4b", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    async with stage(tmp_path, {"one": ("ollama", one.url), "two": ("ollama", two.url)}, models=2) as here:

        async def ask(model: str) -> str:
            async with here.session.post(f"{here.url}/v1/chat/completions", json={**body, "model": model}) as response:
                assert response.status == 200
                return str(response.headers["x-router-model"]) if b"[DONE]" in await response.read() else ""

        async def backend(name: str) -> dict[str, Any]:
            return next(b for b in await here.get("/admin/backends") if b["name"] == name)

        for name in ("one", "two"):
            assert await ask(f"{name}/qwen3:4b") == f"{name}/qwen3:4b"
        loads = len(one.asked("/api/generate"))
        one.mode = "hang"
        answers = await asyncio.gather(*(ask("qwen3:4b") for _ in range(6)))
        assert set(answers) <= {"one/qwen3:4b", "two/qwen3:4b"}, "the header may have gone out before"
        told = await backend("one")
        assert told["health"] == "down"
        assert told["detail"].startswith("answers /api/tags but generates nothing: ")
        assert await ask("qwen3:4b") == "two/qwen3:4b"
        one.mode = ""
        async with asyncio.timeout(15):
            while (await backend("one"))["health"] != "up":
                await asyncio.sleep(0.05)
        assert await ask("one/qwen3:4b") == "one/qwen3:4b"
        assert len(one.asked("/api/generate")) == loads, "nothing was loaded to find that out"
        rows = await here.rows()
        assert {row["outcome"] for row in rows} == {"ok"}
        assert len(rows) == 10
    await one.stop()
    await two.stop()
