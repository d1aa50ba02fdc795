"""The router ends: politely, answers under way get a moment and a word; killed, the next start says what was lost. And
its servers end under load, and come back."""

import asyncio
import contextlib
import json
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Router, serving
from tests.e2e.doubles import running
from tests.faults.stage import counted, stage
from tests.faults.upstream import Upstream

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}


@contextlib.contextmanager
def routing(folder: Path, upstreams: Mapping[str, Upstream], more: str = "") -> Iterator[Router]:
    servers = {name: ("openai", upstream) for name, upstream in upstreams.items()}
    with running(servers) as config, serving(folder, config=more + config) as router:  # type: ignore[arg-type]
        yield router


def ask(router: Router, model: str = "m") -> socket.socket:
    """A stream of which the first words have come."""
    body = json.dumps({**ASK, "model": model}).encode()
    connection = socket.create_connection(("127.0.0.1", router.port), timeout=20)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    got = b""
    while b'"content"' not in got:
        got += connection.recv(65536)
    return connection


def rest(connection: socket.socket) -> bytes:
    got = b""
    with connection:
        while data := connection.recv(65536):
            got += data
    return got


def rows(router: Router) -> list[tuple[str, str, str]]:
    with contextlib.closing(sqlite3.connect(router.database)) as database:
        return database.execute("SELECT outcome, code, message FROM exchange").fetchall()


@pytest.mark.thorough
def test_answers_get_a_moment_to_finish_and_then_a_word(tmp_path: Path) -> None:
    nearly, endless = Upstream("", ["m"], pace=0.1, tokens=10), Upstream("endless", ["n"])
    with routing(tmp_path, {"nearly": nearly, "endless": endless}, "stop_seconds = 2\n") as router:
        one, other = ask(router, "m"), ask(router, "n")
        begun = time.monotonic()
        router.process.terminate()
        assert b"[DONE]" in rest(one)
        assert b'"code":"shutting_down"' in rest(other)
        assert router.process.wait(10) == 0
        assert time.monotonic() - begun < 10
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", router.port), timeout=5)
        assert sorted(row[:2] for row in rows(router)) == [("failed", "shutting_down"), ("ok", "")]


@pytest.mark.thorough
def test_what_was_under_way_when_it_was_killed_is_marked_so_at_the_next_start(tmp_path: Path) -> None:
    with routing(tmp_path, {"up": Upstream("endless", ["m"])}) as router:
        connections = [ask(router) for _ in range(3)]
        router.until(lambda: len(rows(router)) == 3)
        assert {row[0] for row in rows(router)} == {"running"}
        assert router.call("/admin/exchanges")["items"] == [], "they are no history yet"
        router.process.kill()
        router.process.wait()
        for connection in connections:
            connection.close()
    with serving(tmp_path, "--no-embedded", config="backends = []\n", database=router.database) as again:
        items = again.call("/admin/exchanges")["items"]
        assert [(item["outcome"], item["code"], item["prompt"]) for item in items] == [
            ("failed", "shutting_down", "hi")
        ] * 3
        assert "the router ended" in items[0]["message"]
        assert "3 exchanges were under way when the router ended last time" in again.log.read_text()
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(10) == 0


@pytest.mark.thorough
async def test_a_server_that_is_killed_and_started_again_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request is answered, by the other one where it has to be, and the one that was away is used again."""
    monkeypatch.setattr("llmrouter_tui.core.breaker.COOL_SECONDS", 0.2)
    first, second = Upstream("", ["m"], pace=0.01), Upstream("", ["m"], pace=0.01)
    await first.start()
    await second.start()
    servers = {"first": ("openai", first.url), "second": ("openai", second.url)}
    async with stage(tmp_path, servers, models=2) as here:
        answered = failed = 0
        over = False

        async def client(number: int) -> None:
            nonlocal answered, failed
            turn = 0
            while not over:
                prompt, turn = f"{number}-{turn}", turn + 1
                body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "stream": turn % 2 == 0}
                async with here.session.post(f"{here.url}/v1/chat/completions", json=body) as response:
                    got = await response.read()
                    whole = b"[DONE]" in got if turn % 2 == 0 else response.status == 200
                    answered, failed = answered + whole, failed + (not whole)

        clients = [asyncio.ensure_future(client(number)) for number in range(8)]
        await asyncio.sleep(0.3)
        for _ in range(2):
            await first.stop()
            await asyncio.sleep(0.1)
            await first.start()
            asked = first.asked
            async with asyncio.timeout(20):
                while first.asked <= asked + 5:
                    await asyncio.sleep(0.02)
        over = True
        await asyncio.gather(*clients)
        print(f"{answered} answered, {failed} failed while a server died twice")
        assert failed == 0
        rows_ = await here.rows()
        assert len(rows_) == answered
        assert set(counted(rows_).values()) == {1}
        assert await here.running() == 0
    await first.stop()
    await second.stop()
