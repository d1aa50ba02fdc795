"""Local first, over sockets: one switch keeps every prompt on this machine, whoever asks and however; what is paid is
counted, bounded by a budget, and remembered."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.backends.ollama_server import OllamaServer
from tests.backends.servers import Json, OpenAIServer
from tests.e2e.conftest import cli as cli
from tests.faults.stage import Stage, stage
from tests.faults.test_chain import ask, up

CLOUD = "gpt-oss:120b-cloud"


class Away(OpenAIServer):
    """A router on this machine whose models a provider runs, as it says itself."""

    owner = "llmrouter-tui"
    names = ("big", "text-embed")

    def entry(self, name: str) -> Json:
        prices = {"prompt": "0.001", "completion": "0.002"}
        return super().entry(name) | {"hosted": True, "local": False, "pricing": prices}

    @property
    def prompts(self) -> int:
        return sum(seen.method == "POST" for seen in self.seen)


async def put(here: Stage, path: str, body: Any) -> tuple[int, Any]:
    async with here.session.post(here.url + path, json=body) as response:
        return response.status, await response.json()


async def models(here: Stage) -> dict[str, Any]:
    return {f"{m['info']['backend']}/{m['info']['name']}": m for m in await here.models()}


async def test_one_switch_keeps_every_prompt_here(tmp_path: Path, cli: Callable[..., Result]) -> None:
    ollama, away = OllamaServer(), Away()
    async with up(ollama, away):
        backends = {"here": ("ollama", ollama.url), "away": ("openai", away.url)}
        async with stage(tmp_path, backends, models=7, judge_model="away/big") as here:
            status, told = await ask(here, "away/big")
            assert status == 200
            exchange = told["id"]
            assert (await ask(here, f"here/{CLOUD}"))[0] == 200
            told = await asyncio.to_thread(cli, "local-only", "on", "--url", here.url)
            assert "every prompt stays on this machine" in told.stdout
            assert f"not asked: here/{CLOUD} (hosted: local_only is on)" in told.stdout
            assert "not asked: away/big (hosted: local_only is on)" in told.stdout
            left = away.prompts, len(ollama.seen)

            for name, path, more in (
                ("away/big", "/v1/chat/completions", {}),
                ("away/big", "/v1/messages", {"max_tokens": 5}),
                (f"here/{CLOUD}", "/v1/chat/completions", {"stream": True}),
                ("away/text-embed", "/v1/embeddings", {"input": "hi"}),
            ):
                assert (await ask(here, name, path=path, **more))[0] == 403, (name, path)
            for name in ("away/big", f"here/{CLOUD}"):
                status, told = await put(here, "/admin/reprofile", {"models": [name]})
                assert (status, told["error"]["code"]) == (403, "forbidden")
            assert (await put(here, "/admin/grades", {"subject": "exchange", "ref": exchange}))[0] == 202
            async with asyncio.timeout(10):  # it waits for a judge that may be asked
                while "local_only is on" not in (judge := await here.get("/admin/judge"))["message"]:
                    await asyncio.sleep(0.02)
            assert judge["current"] == ""
            assert (await ask(here, "auto"))[0] == 200
            assert (await here.rows())[0]["model"].startswith("here/")
            ollama.mode = "broken"
            status, told = await ask(here, "auto")
            assert (status, told["error"]["code"]) == (502, "backend_error")
            tried = {attempt["model"] for attempt in (await here.rows())[0]["attempts"]}
            assert tried
            assert all(one.startswith("here/") and one != f"here/{CLOUD}" for one in tried)
            ollama.mode = ""
            assert away.prompts == left[0]
            asked = [seen.body["model"] for seen in ollama.seen[left[1] :] if seen.path == "/api/chat"]
            assert asked
            assert CLOUD not in asked

            told = await asyncio.to_thread(cli, "local-only", "off", "--url", here.url)
            assert "models that run elsewhere may be asked" in told.stdout
            assert (await ask(here, "away/big"))[0] == 200


@pytest.mark.thorough
async def test_a_budget_stops_what_is_paid_also_after_a_restart(tmp_path: Path, cli: Callable[..., Result]) -> None:
    ollama, away = OllamaServer(), Away()
    async with up(ollama, away):
        backends = {"here": ("ollama", ollama.url), "away": ("openai", away.url)}
        async with stage(tmp_path, backends, models=7) as here:
            assert (await ask(here, "away/big"))[0] == 200
            assert (await ask(here, "away/text-embed", path="/v1/embeddings", input="hi"))[0] == 200
            paid = sum(row["cost"] or 0.0 for row in await here.rows())
            assert paid > 0.011 * 1 + 0.002 * 4 - 1e-9, "eleven tokens in and four out, and what was embedded"
            spend = await here.get("/admin/spend")
            assert abs(spend["today"] - paid) < 1e-9
            told = await asyncio.to_thread(cli, "spend", "--url", here.url)
            assert f"Today ${paid:.2f}, this month ${paid:.2f}." in told.stdout
            assert "away/big" in told.stdout
            status, _ = await put(here, "/admin/settings", {"key": "budget_day", "value": 0.01})
            assert status == 200
        for _ in range(2):
            async with stage(tmp_path, backends, models=7) as here:
                before = away.prompts
                status, told = await ask(here, "away/big")
                assert status == 403
                assert "budget of $0.01 a day is spent: $0.0" in told["error"]["message"]
                assert (await models(here))["away/big"]["withheld"].startswith("budget of $0.01")
                assert (await models(here))["here/qwen3:4b"]["withheld"] == ""
                assert (await ask(here, "auto"))[0] == 200
                assert away.prompts == before
                assert abs((await here.get("/admin/spend"))["month"] - paid) < 1e-9
