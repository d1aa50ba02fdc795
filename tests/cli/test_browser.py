"""The door before textual-serve: this machine's pages come in, nobody else's."""

import re

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

pytest.importorskip("textual_serve", reason="the extra web is not installed")
from llmrouter_tui.cli.browser import BrowserServer


async def test_only_a_page_of_its_own_opens_a_terminal() -> None:
    server = BrowserServer("echo nothing", "127.0.0.1", 11437, most=1)
    async with TestClient(TestServer(await server._make_app())) as client:
        page = await client.get("/")
        own = f"http://{client.host}:{client.port}"
        assert page.status == 200
        assert f"ws://{client.host}:{client.port}/ws" in await page.text(), "the page calls as it was called"
        called = set(re.findall(r"(?:https?:|wss?:)?//([\w.:-]+)", await page.text())) - {"www.w3.org"}
        assert called == {f"{client.host}:{client.port}"}, "a page that is shown calls nobody else; w3.org is a name"
        assert "connect-src 'self' ws://127.0.0.1:" in page.headers["Content-Security-Policy"]
        assert (await client.get("/", headers={"Host": "evil.example"})).status == 403
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/ws", headers={"Origin": "http://evil.example"})
        assert refused.value.status == 403
        async with client.ws_connect("/ws", headers={"Origin": own}):
            with pytest.raises(WSServerHandshakeError) as full:
                await client.ws_connect("/ws", headers={"Origin": own})
            assert full.value.status == 503
