"""The configuration file is read again while the router runs: what differs takes effect, nothing else is touched."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.backends.ollama_server import OllamaServer
from tests.backends.servers import OpenAIServer, Server
from tests.faults.stage import Stage, stage

ASK = {"messages": [{"role": "user", "content": "hi"}]}


class Kept(OllamaServer):
    """It counts the connections that it was asked on."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: set[Any] = set()

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.connections.add(request.transport)
        return await super()._record(request, handler)


def serving(name: str) -> OpenAIServer:
    server = OpenAIServer()
    server.names = (name,)
    return server


@contextlib.asynccontextmanager
async def up(*servers: Server) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            await server.start()
            stack.push_async_callback(server.stop)
        yield


def rewrite(folder: Path, text: str, **backends: tuple[str, str] | tuple[str, str, str]) -> None:
    tables = [
        f'[[backends]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\n{"".join(rest)}'
        for name, (kind, url, *rest) in backends.items()
    ]
    (folder / "config.toml").write_text("".join([text, *tables]))


async def reload(here: Stage) -> tuple[int, Any]:
    async with here.session.post(f"{here.url}/admin/reload") as response:
        return response.status, await response.json()


async def backends(here: Stage) -> dict[str, dict[str, Any]]:
    return {view["name"]: view for view in (await here.get("/admin/snapshot"))["backends"]}


async def resident(here: Stage) -> set[str]:
    """Models in the memory of the Ollama."""
    held = [m["info"] for m in await here.models() if m["residency"] == "resident"]
    return {info["name"] for info in held if info["backend"] == "kept" and not info["name"].endswith("cloud")}


async def test_only_what_differs_is_touched(tmp_path: Path) -> None:
    kept, one, other = Kept(), serving("one"), serving("other")
    async with up(kept, one, other):
        same = ("ollama", kept.url)
        first = {"kept": same, "moved": ("openai", one.url), "gone": ("openai", one.url), "off": ("openai", one.url)}
        async with stage(tmp_path, first, models=8) as here:
            body = ASK | {"model": "kept/qwen3:4b", "stream": True}
            async with here.session.post(f"{here.url}/v1/chat/completions", json=body) as answer:
                assert b"[DONE]" in await answer.read()
            before, was_resident, asked = await backends(here), await resident(here), set(kept.connections)
            assert (was_resident, kept.starts) == ({"qwen3:4b", "qwen3-terse:4b"}, 1)
            kept.pace = 0.12
            async with here.session.post(f"{here.url}/v1/chat/completions", json=body) as answer:
                await answer.content.readany()  # in the middle of an answer
                rewrite(
                    tmp_path, "quality_preference = 0.9\nkeep_alive_minutes = 5\n", kept=same,
                    moved=("openai", other.url), off=("openai", one.url, "enabled = false\n"),
                    fresh=("openai", other.url),
                )  # fmt: skip
                status, changed = await reload(here)
                assert b"[DONE]" not in answer.content.read_nowait()
                assert b"[DONE]" in await answer.read()
            after = await backends(here)
            assert status == 200
            told = {setting["key"]: setting for setting in changed}
            assert set(told) == {"quality_preference", "keep_alive_minutes", "backends"}
            assert (told["quality_preference"]["value"], told["quality_preference"]["origin"]) == (0.9, "file")
            late = told["keep_alive_minutes"]
            assert (late["value"], late["waits"], late["kept"]) == (30.0, True, 5.0)
            assert after["kept"] == before["kept"], "since the same moment, with the same models"
            assert set(after) == {"kept", "moved", "off", "fresh"}
            assert (after["moved"]["url"], after["fresh"]["health"]) == (other.url, "up")
            assert [name for name, view in after.items() if not view["enabled"]] == ["off"]
            assert await resident(here) == was_resident
            assert {m["info"]["backend"] for m in await here.models()} == {"kept", "moved", "fresh"}
            assert (len(kept.held), kept.starts) == (1, 1)
            assert kept.connections == asked, "the answer and the looks took connections that were there"


async def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    one = serving("one")
    async with up(one), stage(tmp_path, {"one": ("openai", one.url)}, models=1) as here:
        before = await backends(here)
        rewrite(tmp_path, "quality_preference = 3\n")
        status, error = await reload(here)
        assert status == 400
        assert (
            "config.toml, line 1: quality_preference must be a number from 0 to 1, not 3" in error["error"]["message"]
        )
        assert await backends(here) == before


async def test_a_backend_is_switched_off_and_on_and_forgotten(tmp_path: Path) -> None:
    one, two = serving("one"), serving("two")

    async def post(here: Stage, path: str, method: str = "POST", body: Any = None) -> Any:
        async with here.session.request(method, f"{here.url}/admin/{path}", json=body) as response:
            return response.status, json.loads(await response.read() or b"null")

    async def stored(here: Stage) -> Any:
        return {s["key"]: s for s in await here.get("/admin/settings")}["backends"]

    async with up(one, two), stage(tmp_path, {"one": ("openai", one.url)}, models=1) as here:
        assert (await post(here, "backends", body={"url": two.url, "kind": "openai", "name": "two"}))[0] == 201
        status, view = await post(here, "backends/one/disable")
        assert (status, view["enabled"]) == (200, False)
        assert (await post(here, "backends/none/disable"))[0] == 404
        assert {m["info"]["backend"] for m in await here.models()} == {"two"}
        assert (await stored(here))["value"][0]["enabled"] is False
        status, refusal = await post(here, "backends/one/retry")
        assert (status, refusal["error"]["message"]) == (400, "one is switched off")
        async with here.session.post(f"{here.url}/v1/chat/completions", json=ASK | {"model": "one"}) as answer:
            assert answer.status == 404
        status, view = await post(here, "backends/one/enable")
        assert (view["enabled"], view["health"], view["models"]) == (True, "up", 1)
        assert [item["name"] for item in (await stored(here))["otherwise"]] == ["one"]
        assert (await post(here, "backends/two", "DELETE"))[0] == 202
        assert (await post(here, "backends/one", "DELETE"))[0] == 202
        assert await backends(here) == {}
        assert [(b["name"], b["removed"]) for b in (await stored(here))["value"]] == [("one", True), ("two", True)]
        assert (await post(here, "backends", body={"url": one.url, "kind": "openai", "name": "one"}))[0] == 201
        assert [b["removed"] for b in (await stored(here))["value"] if b["name"] == "one"] == [False]
