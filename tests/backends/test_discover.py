"""Looking around on this machine: what answers is recognised, nothing is loaded, and it takes no time."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from llmrouter_tui.backends.discover import build, discover, recognise
from llmrouter_tui.core.errors import RouterError
from tests.backends.conftest import SERVERS
from tests.backends.llama_servers import LlamaCppServer
from tests.backends.servers import OpenAIServer, Server, VllmServer


@pytest.fixture
async def running() -> AsyncIterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    for server in servers:
        await server.stop()


async def up(server: Server, running: list[Server]) -> Server:
    await server.start()
    running.append(server)
    return server


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


async def test_every_kind_is_recognised_wherever_it_listens(
    session: aiohttp.ClientSession, running: list[Server]
) -> None:
    servers = {name: await up(make(), running) for name, (_, make) in SERVERS.items()}
    found = await discover(session, [("ollama", server.url) for server in servers.values()], seconds=20)
    assert {(b.kind, b.name, b.url) for b in found} == {
        ("ollama", "ollama", servers["ollama"].url),
        ("llamacpp", "llamacpp", servers["llamacpp"].url),
        ("llamacpp", "llamacpp2", servers["llamacpp-router"].url),
        ("openai", "vllm", servers["vllm"].url),
        ("openai", "lmstudio", servers["lmstudio"].url),
        ("openai", "llamaswap", servers["llamaswap"].url),
        ("openai", "openai", servers["openai"].url),
        ("anthropic", "anthropic", servers["anthropic"].url),
    }
    assert {seen.method for server in servers.values() for seen in server.seen} == {"GET"}


async def test_what_was_found_knows_its_mode(session: aiohttp.ClientSession, running: list[Server]) -> None:
    router = await up(SERVERS["llamacpp-router"][1](), running)
    [found] = await discover(session, [("llamacpp", router.url)], seconds=20)
    assert found.manages_memory


async def test_a_llama_server_that_still_loads_counts(session: aiohttp.ClientSession, running: list[Server]) -> None:
    class Loading(LlamaCppServer):
        async def models(self, request: web.Request) -> web.Response:
            return self.refusal() or web.Response()

    server = await up(Loading(), running)
    server.mode = "loading"
    assert [b.name for b in await discover(session, [("x", server.url)], seconds=20)] == ["llamacpp"]


async def test_nothing_there_is_nothing(session: aiohttp.ClientSession) -> None:
    assert await discover(session, [("ollama", closed_port()), ("vllm", closed_port())]) == []


class Site(OpenAIServer):
    """A web server that hosts no models."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{any:.*}", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text="<html>Hello</html>", content_type="text/html")


class Kin(OpenAIServer):
    """Another llmrouter."""

    owner = "llmrouter-tui"


async def test_other_web_servers_are_no_backends(session: aiohttp.ClientSession, running: list[Server]) -> None:
    class Api(Site):
        async def page(self, request: web.Request) -> web.Response:
            return web.json_response({"version": "1", "status": "ok"})

    servers = [await up(Site(), running), await up(Api(), running)]
    assert await discover(session, [("x", server.url) for server in servers]) == []


async def test_another_llmrouter_is_not_used_unasked(session: aiohttp.ClientSession, running: list[Server]) -> None:
    server = await up(Kin(), running)
    assert await discover(session, [("x", server.url)]) == []


async def test_a_server_that_hangs_is_passed_over(session: aiohttp.ClientSession, running: list[Server]) -> None:
    class Deaf(OpenAIServer):
        async def models(self, request: web.Request) -> web.Response:
            await asyncio.sleep(20)
            return web.Response()

    deaf, well = await up(Deaf(), running), await up(VllmServer(), running)
    started = time.monotonic()
    found = await discover(session, [("a", deaf.url), ("b", well.url)], seconds=3)
    assert [b.name for b in found] == ["vllm"]
    assert time.monotonic() - started < 10


async def test_a_backend_is_built_by_its_kind(session: aiohttp.ClientSession) -> None:
    for kind in ("ollama", "llamacpp", "openai"):
        backend = build(kind, "mine", "127.0.0.1:9", session)
        assert (backend.kind, backend.name, backend.url) == (kind, "mine", "http://127.0.0.1:9")
    with pytest.raises(ValueError, match="use ollama, llamacpp, openai or anthropic"):
        build("olama", "mine", "http://127.0.0.1:9", session)


async def test_an_address_that_a_person_gave_is_asked_what_it_is(
    session: aiohttp.ClientSession, running: list[Server]
) -> None:
    for name, kind in (("ollama", "ollama"), ("llamacpp", "llamacpp"), ("vllm", "openai")):
        server = await up(SERVERS[name][1](), running)
        assert await recognise(session, f"{server.url}/") == (kind, name)
        assert await recognise(session, f"{server.url}/v1") == (kind, name)


async def test_an_address_where_nothing_of_use_answers_is_refused_in_words(
    session: aiohttp.ClientSession, running: list[Server]
) -> None:
    with pytest.raises(RouterError, match="refused the connection"):
        await recognise(session, closed_port())

    class Missing(Site):
        async def page(self, request: web.Request) -> web.Response:
            return web.Response(status=404, text="no such page")

    class Strange(Site):
        async def page(self, request: web.Request) -> web.Response:
            return web.json_response({"hello": "world"})

    for server in (await up(Missing(), running), await up(Strange(), running)):
        with pytest.raises(RouterError, match=f"{server.url} is no model server") as refused:
            await recognise(session, server.url)
        assert "give the address of an Ollama" in refused.value.hint


async def test_another_llmrouter_is_used_when_it_is_named(
    session: aiohttp.ClientSession, running: list[Server]
) -> None:
    server = await up(Kin(), running)
    assert await recognise(session, server.url) == ("openai", "llmrouter")
