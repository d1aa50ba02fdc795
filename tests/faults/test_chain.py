"""Beyond one machine, over sockets: a router behind a router, two that name each other, and replicas that share what is
asked by what each has to do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.hops import HEADER
from tests.backends.servers import ANSWER, OpenAIServer, Server, VllmServer
from tests.faults.stage import Stage, stage

BODY = {"messages": [{"role": "user", "content": "hi"}]}


class Far(OpenAIServer):
    names = ("far", "text-embed")


class Near(OpenAIServer):
    names = ("near",)


@asynccontextmanager
async def up(*servers: Server) -> AsyncIterator[None]:
    for server in servers:
        await server.start()
    try:
        yield
    finally:
        for server in servers:
            await server.stop()


async def names(here: Stage) -> set[str]:
    return {model["info"]["backend"] + "/" + model["info"]["name"] for model in await here.models()}


async def ask(here: Stage, model: str, path: str = "/v1/chat/completions", **more: Any) -> tuple[int, Any]:
    headers = more.pop("headers", {})
    body = {"model": model, **(BODY if "input" not in more else {}), **more}
    async with here.session.post(here.url + path, json=body, headers=headers) as response:
        told = await response.text() if more.get("stream") else await response.json()
        return response.status, told


async def router_id(here: Stage) -> str:
    return str((await here.get("/v1/models"))["data"][-1]["via"][0])


@pytest.mark.thorough
async def test_two_routers_that_name_each_other_answer_and_never_go_round(tmp_path: Path) -> None:
    far, near = Far(), Near()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    async with (
        up(far, near),
        stage(tmp_path / "b", {"llm": ("openai", far.url)}, models=2) as b,
        stage(tmp_path / "a", {"own": ("openai", near.url), "b": ("openai", b.url)}, models=3) as a,
    ):
        assert await names(a) == {"own/near", "b/llm/far", "b/llm/text-embed"}
        mine, other = await router_id(a), await router_id(b)

        # through both, streamed, whole and as vectors; each server is told who passed it on
        status, told = await ask(a, "b/llm/far", stream=True)
        assert status == 200
        assert told.endswith("data: [DONE]\n\n")
        status, told = await ask(a, "far", path="/v1/messages", max_tokens=9)
        assert (status, told["content"][0]["text"]) == (200, ANSWER)
        status, told = await ask(a, "b/llm/text-embed", path="/v1/embeddings", input="hi")
        assert status == 200
        passed = [seen.headers for seen in far.seen if seen.method == "POST"]
        assert len(passed) == 3
        assert all({mine, other} == _ids(far, path) for path in ("/v1/chat/completions", "/v1/embeddings"))

        # who names the other too gets its own models, and not those that lead back
        async with b.session.post(b.url + "/admin/backends", json={"url": a.url, "name": "a"}) as added:
            assert (await added.json())["models"] == 1
        assert await names(b) == {"llm/far", "llm/text-embed", "a/own/near"}
        assert (await ask(b, "near"))[0] == 200

        # what came through here before is refused in every dialect, and asked nowhere
        before = len(near.seen)
        for path in ("/v1/chat/completions", "/v1/messages"):
            status, told = await ask(a, "auto", path=path, max_tokens=9, headers={HEADER: f"x1, {mine}"})
            assert status == 508
            assert "came through this router before" in told["error"]["message"]
        assert (await ask(a, "text-embed", path="/v1/embeddings", input="hi", headers={HEADER: mine}))[0] == 508
        assert (await ask(a, "auto", headers={HEADER: ",".join(f"r{n}" for n in range(9))}))[0] == 508
        assert len(near.seen) == before

        # a router that refuses for that reason is passed by, and not blamed
        for _ in range(8):
            status, told = await ask(a, "b/llm/far", headers={HEADER: other})
            assert (status, told["error"]["code"]) == (502, "backend_error")
            assert "leads back to this router" in told["error"]["message"]
        assert all(model["rest"] is None for model in await a.models())
        assert (await ask(a, "b/llm/far"))[0] == 200


def _ids(server: Server, path: str) -> set[str]:
    """The routers that the newest request to a path told of."""
    raw = [value for name, value in server.asked(path)[-1].pairs if name.lower() == HEADER.lower()]
    return {part.strip() for value in raw for part in value.split(",")}


async def test_replicas_share_what_is_asked_and_the_one_that_others_crowd_is_spared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmrouter_tui.engine.lookout.POLL_SECONDS", 0.05)
    one, two = VllmServer(), VllmServer()
    one.pace = two.pace = 0.05
    model = VllmServer.names[0]
    async with (
        up(one, two),
        stage(tmp_path, {"one": ("openai", one.url), "two": ("openai", two.url)}, models=2) as here,
    ):

        async def many(count: int) -> Counter[str]:
            before = [len(server.asked("/v1/chat/completions")) for server in (one, two)]
            answers = await asyncio.gather(*(ask(here, model, stream=True, user=str(n)) for n in range(count)))
            assert {status for status, _ in answers} == {200}
            got = [len(server.asked("/v1/chat/completions")) for server in (one, two)]
            return Counter(one=got[0] - before[0], two=got[1] - before[1])

        assert await many(4) == {"one": 2, "two": 2}
        one.crowd = (20, 30)  # of somebody else
        polls = len(one.asked("/metrics"))
        async with asyncio.timeout(10):
            while len(one.asked("/metrics")) < polls + 2:
                await asyncio.sleep(0.02)
        assert await many(3) == {"one": 0, "two": 3}
