"""A copy of the database that comes to a running router: taken in whole, or not at all; and the router begun anew."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from llmrouter_tui.config import load
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.service import restoring
from llmrouter_tui.service.restoring import Restoring
from llmrouter_tui.service.service import Mode, Service
from llmrouter_tui.storage.backup import back_up
from llmrouter_tui.storage.repo import open_repo
from llmrouter_tui.storage.restoring import Swap
from tests.e2e.conftest import free_port


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 10_000):
        yield data[start : start + 10_000]


@pytest.fixture
async def copy(tmp_path: Path) -> bytes:
    """Of a database that says 0.9."""
    repo = await open_repo(tmp_path / "earlier.db")
    await repo.set_setting("quality_preference", 0.9)
    await repo.close()
    back_up(tmp_path / "earlier.db", tmp_path / "copy.db")
    return (tmp_path / "copy.db").read_bytes()


@contextmanager
def running(folder: Path, port: int) -> Iterator[Service]:
    file = folder / "config.toml"
    file.write_text("embedded = false\n[[backends]]\nname = 'none'\nkind = 'openai'\nurl = 'http://127.0.0.1:9'\n")
    flags = {"database": str(folder / "router.db"), "port": port}
    service = Service(load(file=file, env={}, flags=flags), Mode(screen=True))
    thread = Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join()


@pytest.mark.thorough
async def test_a_screen_follows_by_a_new_snapshot_on_the_same_address(tmp_path: Path, copy: bytes) -> None:
    with running(tmp_path, free_port()) as service:

        async def snapshot() -> tuple[float, int, object]:
            now = await asyncio.wrap_future(service.submit(service.control.snapshot()))
            values = {one.key: one.value for one in now.settings}
            return now.service.started_at, now.service.port, values["quality_preference"]

        began, port, before = await snapshot()
        assert (port > 0, before) == (True, 0.5)
        service.feed.drain()
        given = await asyncio.wrap_future(service.submit(service.control.restore(pieces(copy))))
        assert given.size == len(copy)
        cut = False
        async with asyncio.timeout(30):
            while not cut:
                _, cut = service.feed.drain()
                await asyncio.sleep(0.01)
            begun_anew, same, after = await snapshot()
        assert (begun_anew > began, same, after) == (True, port, 0.9)
    kept = await open_repo(Path(given.kept))
    assert (kept.problem, await kept.settings()) == ("", {})
    await kept.close()


def no_reason() -> str:
    return ""


async def refusal(desk: Restoring, data: bytes) -> RouterError:
    with pytest.raises(RouterError) as caught:
        await desk.restore(pieces(data))
    return caught.value


async def test_what_cannot_be_restored_touches_nothing(
    tmp_path: Path, copy: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = tmp_path / "house"
    house.mkdir()
    database, swaps = house / "router.db", list[Swap]()
    assert "keeps everything in memory" in str(await refusal(Restoring(None, no_reason, swaps.append), copy))
    full = await refusal(Restoring(database, lambda: "the disk is full", swaps.append), copy)
    assert (full.code, "the disk is full" in str(full)) == ("storage_unavailable", True)
    desk = Restoring(database, no_reason, swaps.append)
    assert "is damaged" in str(await refusal(desk, copy[: len(copy) // 2] + b"\xa5" * 9000))
    monkeypatch.setattr(restoring, "SHARE", 0.0)
    assert (await refusal(desk, copy)).code == "body_too_large"
    monkeypatch.undo()

    async def broken() -> AsyncIterator[bytes]:
        yield copy[:5000]
        raise ConnectionResetError

    with pytest.raises(RouterError):
        await desk.restore(broken())
    assert (swaps, list(house.iterdir())) == ([], [])
    taken, second = await asyncio.gather(desk.restore(pieces(copy)), desk.restore(pieces(copy)), return_exceptions=True)
    assert (taken.size, "another copy" in str(second)) == (len(copy), True)  # type: ignore[union-attr]
    assert [swap.part.exists() for swap in swaps] == [True]
    Restoring(database, no_reason, swaps.append)
    assert list(house.iterdir()) == [], "what a router left that was killed meanwhile is cleared away"
