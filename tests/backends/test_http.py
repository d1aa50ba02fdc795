"""The way to a server: connections that went stale, addresses that are wrong, and words for people."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.openai import OpenAIBackend
from llmrouter_tui.core import hops
from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import call_for
from tests.backends.servers import OpenAIServer


async def serve(port: int = 0) -> tuple[web.AppRunner, int]:
    """A server that answers any POST with its body, and redirects a GET."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("https://elsewhere/")

    app = web.Application()
    app.router.add_post("/echo", echo)
    app.router.add_get("/moved", moved)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
    await site.start()
    return runner, runner.addresses[0][1]


async def test_a_server_that_started_again_is_simply_used(session: aiohttp.ClientSession) -> None:
    runner, port = await serve()
    link = Link(session, "b", f"http://127.0.0.1:{port}")
    assert await (await link.open("/echo", b"1", model="m", read_timeout=5)).read() == b"1"
    await runner.cleanup()
    runner, _ = await serve(port)
    assert await (await link.open("/echo", b"2", model="m", read_timeout=5)).read() == b"2"
    await runner.cleanup()


async def test_a_redirect_is_told_not_followed(session: aiohttp.ClientSession) -> None:
    runner, port = await serve()
    with pytest.raises(BackendError) as caught:
        await Link(session, "b", f"http://127.0.0.1:{port}").get("/moved")
    await runner.cleanup()
    assert "redirects to https://elsewhere/" in caught.value.message
    assert caught.value.fallback


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "does not speak HTTP there"),
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "broke off its answer"),
    ],
)
async def test_what_happened_is_told_in_words(session: aiohttp.ClientSession, reply: bytes, words: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(BackendError) as caught:
        await Link(session, "box", f"http://127.0.0.1:{port}").get("/any")
    server.close()
    assert caught.value.message == f"box at http://127.0.0.1:{port} {words}."
    assert (caught.value.code, caught.value.unhealthy) == ("backend_unreachable", True)


async def test_an_address_that_is_none_is_a_typed_error_too(session: aiohttp.ClientSession) -> None:
    with pytest.raises(BackendError) as caught:
        await Link(session, "box", "http://127.0.0.1:99999").get("/any")
    assert caught.value.code == "backend_unreachable"


async def test_streams_are_asked_for_uncompressed(session: aiohttp.ClientSession) -> None:
    seen: list[dict[str, str]] = []

    async def look(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/look", look)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await Link(session, "b", f"http://127.0.0.1:{runner.addresses[0][1]}").post("/look", {"a": 1})
    await runner.cleanup()
    assert seen[0]["Accept-Encoding"] == "identity"
    assert seen[0]["Content-Type"] == "application/json"


async def test_a_provider_is_not_told_through_which_routers_a_request_came(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OtherRouter(OpenAIServer):
        owner = "llmrouter-tui"

    async def told(server: OpenAIServer) -> list[str]:
        """What each request said of it."""
        await server.start()
        backend = OpenAIBackend("box", server.url, session)
        await backend.embed((await backend.models())[0], ("hi",))
        await (await backend.chat(call_for((await backend.models())[0]))).close()
        await backend.close()
        await server.stop()
        return [seen.headers.get(hops.HEADER, "") for seen in server.seen if seen.method == "POST"]

    before = hops.PASSED.set(("me", "x1"))
    try:
        assert await told(OpenAIServer()) == ["me, x1", "me, x1"]
        monkeypatch.setattr("llmrouter_tui.backends.http.is_hosted", lambda url: True)
        assert await told(OpenAIServer()) == ["", ""]
        assert await told(OtherRouter()) == ["me, x1", "me, x1"], "a router wherever it runs"
    finally:
        hops.PASSED.reset(before)
