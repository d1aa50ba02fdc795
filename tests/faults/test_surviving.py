"""What else happens to a router that is left running: a crowd that says nothing, and a clock that is set."""

import asyncio
import resource
import time
from pathlib import Path

import pytest

from llmrouter_tui.proxy.options import ProxyOptions
from tests.faults.stage import counted, stage
from tests.faults.upstream import Upstream

CROWD = 1500
"""Both ends of each are in this process. By hand: ``CROWD=9000``, where so many files may be open."""


@pytest.mark.thorough
async def test_a_crowd_that_says_nothing_is_sent_away_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmrouter_tui.service.door.ProxyOptions", lambda **o: ProxyOptions(**o, silent=0.4))
    crowd = min(CROWD, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 400) // 2)
    upstream = Upstream("", ["m"])
    await upstream.start()
    async with stage(tmp_path, {"up": ("openai", upstream.url)}, models=1) as here:
        begun = time.monotonic()
        pairs = []
        for number in range(crowd):
            reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
            if number % 2:
                writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: loc")
            pairs.append((reader, writer))
        came = time.monotonic() - begun
        begun = time.monotonic()
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        async with here.session.post(f"{here.url}/v1/chat/completions", json=body) as response:
            assert response.status == 200
        answered = time.monotonic() - begun
        async with asyncio.timeout(30):
            assert await asyncio.gather(*(reader.read() for reader, _ in pairs)) == [b""] * crowd
        for _, writer in pairs:
            writer.close()
        print(f"{crowd} came in {came:.1f} s; an answer took {answered * 1e3:.0f} ms beside them; all were sent away")
        async with here.session.post(f"{here.url}/v1/chat/completions", json=body) as response:
            assert response.status == 200, "who asked before is not sent away"
    await upstream.stop()


async def test_a_clock_that_is_set_hangs_nothing_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = Upstream("", ["m"])
    await upstream.start()
    ahead = [0.0]
    monkeypatch.setattr("llmrouter_tui.engine.clock.SystemClock.wall", lambda self: time.time() + ahead[0])
    async with stage(tmp_path, {"up": ("openai", upstream.url)}, models=1) as here:
        asked = []
        for ahead[0] in (0.0, 3 * 365 * 86_400.0, -86_400.0, 0.0):
            for stream in (True, False):
                prompt = f"{len(asked)}"
                asked.append(prompt)
                body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "stream": stream}
                async with asyncio.timeout(10), here.session.post(f"{here.url}/v1/chat/completions", json=body) as r:
                    assert r.status == 200
                    await r.read()
        rows = await here.rows()
        assert counted(rows) == dict.fromkeys(asked, 1)
        assert len({row["id"] for row in rows}) == len(asked)
        assert all(row["seconds"] is not None and 0 <= row["seconds"] < 10 for row in rows)
        assert (await here.get("/health"))["status"] == "ok"
    await upstream.stop()
