"""A running router and its public figures: fetched when asked, in use at once, there after a restart, calm offline."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from aiohttp import web

from llmrouter_tui.catalog.sync.endpoints import Endpoints
from llmrouter_tui.cli.syncing import follow, run_at
from llmrouter_tui.config import load
from llmrouter_tui.core.events import SyncChanged
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.sync import SyncProgress
from llmrouter_tui.remote.control import RemoteControl
from llmrouter_tui.service.service import Mode, Service
from tests.catalog.boards import Boards, answer, dripping, loading, serving
from tests.e2e.conftest import free_port

MODEL = "Qwen/Qwen3-32B"
FRESH = "1350, 2026-10-02, LMArena"
NOWHERE = Endpoints(*(f"http://127.0.0.1:9/{name}" for name in ("hf", "or", "lb", "md", "aa")))


@contextlib.asynccontextmanager
async def hosting() -> AsyncIterator[str]:
    """A model server with one model that the catalog knows; its address."""
    models = [{"id": MODEL, "object": "model", "owned_by": "vllm", "max_model_len": 32768}]

    async def handle(request: web.Request) -> web.StreamResponse:
        listed = request.path == "/v1/models"
        return web.json_response({"object": "list", "data": models} if listed else {"version": "0.9"})

    app = web.Application()
    app.router.add_get("/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


class Running:
    """A service in its own thread, as a screen runs it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.facts: list[object] = []

    @property
    def control(self) -> Control:
        return self.service.control

    async def call(self, coroutine: Any) -> Any:
        return await asyncio.wrap_future(self.service.submit(coroutine))

    async def evidence(self) -> str:
        """What the abilities of the model rest on."""
        views = await self.call(self.control.models())
        return "\n".join(e.note for view in views for ability in view.abilities.values() for e in ability.evidence)

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not await true():
                await asyncio.sleep(0.05)

    async def settled(self) -> Any:
        async def over() -> bool:
            return not (await self.call(self.control.sync_view())).running

        await self.until(over)
        return await self.call(self.control.sync_view())

    async def knows_its_model(self) -> None:
        async def known() -> bool:
            return "2025-04" in await self.evidence()

        await self.until(known)


@contextlib.asynccontextmanager
async def router(folder: Path, url: str, endpoints: Endpoints, **env: str) -> AsyncIterator[Running]:
    file = folder / "config.toml"
    file.write_text(f'[[backends]]\nname = "box"\nkind = "openai"\nurl = "{url}"\n')
    flags = {"database": str(folder / "router.db"), "port": free_port()}
    config = load(file=file, env={f"ROUTER_{name}": value for name, value in env.items()}, flags=flags)
    service = Service(config, Mode(screen=True, endpoints=endpoints))
    running = Running(service)
    thread = Thread(target=service.run)
    thread.start()
    try:
        await running.knows_its_model()
        yield running
    finally:
        service.stop()
        await asyncio.to_thread(thread.join)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with hosting() as address:
        yield address


@pytest.fixture
async def boards(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Boards]:
    monkeypatch.setenv("NO_PROXY", "*")
    async with serving() as served:
        yield served


async def test_nothing_is_asked_of_anybody_before_the_user_wants_it(tmp_path: Path, url: str, boards: Boards) -> None:
    async with router(tmp_path, url, boards.endpoints) as running:
        assert FRESH not in await running.evidence()
        view = await running.call(running.control.sync_view())
        assert (view.daily, view.running) == (False, False)
        await asyncio.sleep(0.2)
    assert not boards.seen


async def test_what_is_fetched_reaches_abilities_without_a_restart_and_is_there_after_one(
    tmp_path: Path, url: str, boards: Boards
) -> None:
    async with router(tmp_path, url, boards.endpoints) as running:
        before = (await running.call(running.control.models()))[0].abilities["coding"].mean
        await running.call(running.control.sync())
        view = await running.settled()
        assert [s.last.status for s in view.sources[:4]] == ["ok"] * 4
        assert "ROUTER_ARTIFICIAL_ANALYSIS_KEY" in view.sources[4].why_not
        assert FRESH in await running.evidence()
        assert (await running.call(running.control.models()))[0].abilities["coding"].mean != before
        told = [e.fact.sync for e in running.service.feed.drain()[0] if isinstance(e.fact, SyncChanged)]
        assert {view.now.name for view in told if view.now} == {"lmarena", "openrouter", "livebench", "models.dev"}
        assert not told[-1].running
    asked = boards.seen.total()
    async with router(tmp_path, url, NOWHERE) as running:
        assert FRESH in await running.evidence()
        assert (await running.call(running.control.sync_view())).sources[0].good.figures == 48
    assert boards.seen.total() == asked


@pytest.mark.thorough
async def test_a_source_that_breaks_keeps_what_it_gave_and_harms_no_other(
    tmp_path: Path, url: str, boards: Boards
) -> None:
    async with router(tmp_path, url, boards.endpoints) as running:
        await running.call(running.control.sync(["lmarena"]))
        await running.settled()
        boards.version = "2"
        boards.tell("/hf/filter", answer(404, {"error": "gone"}), times=9)
        await running.call(running.control.sync())
        view = await running.settled()
        assert [s.last.status for s in view.sources[:4]] == ["failed", "ok", "ok", "ok"]
        assert view.sources[0].good.status == "ok"
        assert FRESH in await running.evidence()


@pytest.mark.thorough
async def test_the_schedule_asks_by_itself_once_it_is_switched_on(tmp_path: Path, url: str, boards: Boards) -> None:
    async with router(tmp_path, url, boards.endpoints) as running:
        await running.call(running.control.set_setting("sync", "daily"))

        async def fetched() -> bool:
            return FRESH in await running.evidence()

        await running.until(fetched)
        view = await running.settled()
        assert view.daily
        assert view.next_at > view.sources[0].last.finished + 80_000
    asked = boards.seen.total()
    async with router(tmp_path, url, boards.endpoints) as running:
        assert (await running.call(running.control.sync_view())).daily
        await asyncio.sleep(0.3)
    assert boards.seen.total() == asked


async def test_offline_is_calm(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    async with router(tmp_path, url, NOWHERE, SYNC="daily") as running:

        async def tried() -> bool:
            view = await running.call(running.control.sync_view())
            return not view.running and all(s.last for s in view.sources[:4])

        await running.until(tried)
        snapshot = await running.call(running.control.snapshot())
        assert [s.last.status for s in snapshot.sync.sources[:4]] == ["offline"] * 4
        assert snapshot.service.problems == ()
        [line] = [line for line in snapshot.log if line.source == "figures"]
        assert (line.level, "nothing could be reached" in line.text) == ("info", True)
        assert 3000 < snapshot.sync.next_at - snapshot.at <= 3600


@pytest.mark.thorough
async def test_a_run_that_hangs_is_cancelled_and_leaves_no_trace_but_its_record(
    tmp_path: Path, url: str, boards: Boards
) -> None:
    boards.tell("/hf/filter", dripping)
    async with router(tmp_path, url, boards.endpoints) as running:
        await running.call(running.control.sync())

        async def asking() -> bool:
            return boards.seen["/hf/filter"] > 0

        await running.until(asking)
        await running.call(running.control.cancel_sync())
        view = await running.settled()
        assert [s.last.message for s in view.sources[:2]] == ["nothing was changed", "not asked"]
        assert {s.last.status for s in view.sources[:4]} == {"cancelled"}
        assert not any(s.good for s in view.sources)
        assert FRESH not in await running.evidence()


async def test_a_program_elsewhere_starts_a_run_joins_it_and_cancels_it(
    tmp_path: Path, url: str, boards: Boards
) -> None:
    async with router(tmp_path, url, boards.endpoints) as running:
        service = (await running.call(running.control.snapshot())).service
        control, seen = RemoteControl(f"http://127.0.0.1:{service.port}"), list[SyncProgress]()
        boards.tell("/or/benchmark-leaderboard/latest.json", dripping)
        first = asyncio.ensure_future(follow(control, ["openrouter"], seen.append, pause=0.01))
        while not seen:
            await asyncio.sleep(0.01)
        second = asyncio.ensure_future(follow(control, ["openrouter"], seen.append, pause=0.01))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert [(r.source, r.status) for r in await second] == [("openrouter", "cancelled")]
        records = await asyncio.to_thread(run_at, control.root, "", ["openrouter"])
        assert records is not None
        assert [(r.source, r.status, r.figures) for r in records] == [("openrouter", "ok", 1)]
        await control.aclose()


async def test_figures_of_the_users_key_serve_here_and_are_told_to_nobody_else(
    tmp_path: Path, url: str, boards: Boards
) -> None:
    async with router(tmp_path, url, boards.endpoints, ARTIFICIAL_ANALYSIS_KEY="sesame") as running:
        await running.call(running.control.sync(["artificial-analysis"]))
        view = await running.settled()
        assert view.sources[4].last.status == "ok"
        own = await running.call(running.control.figures(["qwen3-32b"]))
        assert {figure.source for figure in own} == {"artificial-analysis"}
        root = f"http://127.0.0.1:{(await running.call(running.control.snapshot())).service.port}/admin"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{root}/benchmarks?model=qwen3-32b")).json() == []
            for path in ("snapshot", "models", "sync", "settings"):
                said = (await client.get(f"{root}/{path}")).text
                assert "sesame" not in said
                assert "aa_" not in said


@pytest.mark.thorough
@pytest.mark.parametrize("trouble", [loading, answer(429, "slow down", Retry_After="1")])
async def test_a_source_that_asks_for_patience_is_waited_for(
    tmp_path: Path, url: str, boards: Boards, trouble: Any
) -> None:
    boards.tell("/md/models.json", trouble)
    async with router(tmp_path, url, boards.endpoints) as running:
        await running.call(running.control.sync(["models.dev"]))

        async def waiting() -> bool:
            now = (await running.call(running.control.sync_view())).now
            return now is not None and now.progress.state == "waiting"

        await running.until(waiting)
        assert (await running.settled()).sources[3].last.status == "ok"
