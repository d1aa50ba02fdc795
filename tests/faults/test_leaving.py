"""A client that leaves frees the model's server at once, on every path, whatever the answer was doing."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stage import Stage, stage
from tests.faults.upstream import Upstream

SOON = 0.5
"""Seconds: as the server sees it, from the moment in which the client closed its end."""
TRIES = 3
"""On each path; one has to be soon: a busy machine can hold up any of them, a router that waits holds up all."""
TURNS = [{"role": "user", "content": "hi"}]
PATHS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": TURNS},
    "/v1/completions": {"prompt": "hi"},
    "/v1/responses": {"input": "hi"},
    "/v1/messages": {"messages": TURNS, "max_tokens": 9},
    "/api/chat": {"messages": TURNS},
    "/api/generate": {"prompt": "hi"},
    "/v1/embeddings": {"input": "hi"},
    "/api/embed": {"input": "hi"},
}
CHAT, EMBED = "talker", "nomic-embed-text"


async def leave(here: Stage, upstream: Upstream, path: str, stream: bool, begun: bytes) -> float:
    """Ask, leave when the server is at it (and ``begun`` was read), and tell how long the server went on."""
    body = {"model": EMBED if "embed" in path else CHAT, "stream": stream, **PATHS[path]}
    data = json.dumps(body).encode()
    asked, left = upstream.asked, upstream.left
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
    async with asyncio.timeout(10):
        while upstream.asked == asked:
            await asyncio.sleep(0.005)
        if begun:
            await reader.readuntil(begun)
    writer.close()
    closed = time.monotonic()
    async with asyncio.timeout(10):
        while upstream.left == left:
            await asyncio.sleep(0.005)
    return time.monotonic() - closed


async def soon(took: list[float], here: Stage, upstream: Upstream, path: str, stream: bool, begun: bytes) -> None:
    """Leave, again where that took long, and put down how long each time."""
    for _ in range(TRIES):
        took.append(await leave(here, upstream, path, stream, begun))
        if took[-1] < SOON:
            return
    pytest.fail(f"{path} (stream: {stream}) went on for {took[-TRIES:]} s")


async def test_on_every_path(tmp_path: Path) -> None:
    upstream = Upstream("stall", [CHAT, EMBED])
    await upstream.start()
    async with stage(tmp_path, {"up": ("openai", upstream.url)}, models=2) as here:
        took: list[float] = []
        for path in PATHS:
            for stream in (False, True) if "embed" not in path else (False,):
                await soon(took, here, upstream, path, stream, b"sea " if stream else b"")
        upstream.mode = "hang"
        await soon(took, here, upstream, "/v1/chat/completions", True, b"")
        print(f"slowest of {len(took)}: {max(took):.3f} s")
        async with asyncio.timeout(5):
            while await here.running():
                await asyncio.sleep(0.01)
        rows = await here.rows()
        assert len(rows) == len(took)
        assert {row["outcome"] for row in rows} == {"cancelled"}
        assert all(model["leases"] == 0 for model in await here.models())
    await upstream.stop()
