"""A router under requests that come at a steady rate, before servers that fail in every way, as long as one likes.

Thirty minutes, by hand: ``python -m tests.e2e.soak_faults 1800``. Every prompt is another one, so that rows of
exchanges that were lost or doubled are seen; the memory is that of the router's own process.
"""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import aiohttp
import psutil

from tests.e2e.conftest import Router, serving
from tests.faults.upstream import Upstream

RATE = 20.0
"""Requests a second."""
BOUND = 120.0
"""Seconds after which a request hangs. The deadlines are 2 s for a first word and a pause, 8 s for a whole answer: what
takes so much longer takes for ever, also on a machine that has too much to do."""
HEAP = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20), "MALLOC_TRIM_THRESHOLD_": str(1 << 20)}
"""Have glibc give large blocks back at once. By default it raises both thresholds as it sees such blocks, and keeps or
frees some 20 MB by chance after an answer of 64 MB, which is no leak and would hide one (mallopt(3))."""
SETTLING = 30.0
"""Seconds at most for what was left by its client to end."""
FLOOR = 10
"""Percent of the time in which memory is at its lowest: between the answers of 64 MB."""
HANGS_UP = 0.05
FAULTS = {"500": 8, "429": 4, "reset": 8, "die": 12, "half": 8, "garbage": 6, "html": 4, "empty": 4, "drip": 2,
          "stall": 4, "hang": 2, "headers": 2, "endless": 2, "chatter": 2, "long": 1, "": 40}  # fmt: skip
"""How often each happens at the server that fails, in a hundred or so."""
PATHS = ("/v1/chat/completions", "/v1/messages", "/api/chat", "/v1/responses")


@dataclass
class Fate:
    """What a client saw."""

    prompt: str
    outcome: str = "hung"
    """``answered``, ``failed`` (told so), ``cut`` (an end without a word), ``left`` (by itself), ``hung``."""
    seconds: float = 0.0


@dataclass
class Figures:
    """What a run came to."""

    fates: list[Fate] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    """(seconds since the start, bytes) of the router's process."""
    rows: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    """Of the rows."""
    running: int = 0
    leases: int = 0
    seconds: float = 0.0

    @property
    def lost(self) -> list[str]:
        """Requests without a row; of a client that left before its request was there, there may be none."""
        return [f.prompt for f in self.fates if f.outcome != "left" and f.prompt not in self.rows]

    @property
    def doubled(self) -> list[str]:
        known = {fate.prompt for fate in self.fates}
        return [prompt for prompt, count in self.rows.items() if count > 1 or prompt not in known]

    @property
    def hung(self) -> int:
        return sum(fate.outcome == "hung" for fate in self.fates) + self.running

    def floor(self, begin: float, end: float) -> float:
        """Bytes between those shares of the time, while no large answer is held."""
        sizes = sorted(size for at, size in self.memory if begin <= at / self.seconds <= end)
        return sizes[len(sizes) * FLOOR // 100]

    @property
    def growth(self) -> float:
        """The lowest memory of the last third over that of the third before it, less 1: what grows without an end
        raises it, what is held for a moment does not. The first third is for bounds that fill."""
        return self.floor(2 / 3, 1) / self.floor(1 / 3, 2 / 3) - 1.0

    def told(self) -> str:
        times = sorted(fate.seconds for fate in self.fates)
        after = [size for at, size in self.memory if at >= self.seconds / 3]
        return (
            f"{len(self.fates)} requests in {self.seconds:.0f} s: {dict(Counter(f.outcome for f in self.fates))}\n"
            f"rows: {self.rows.total()} {dict(self.outcomes)}; lost {len(self.lost)}, doubled {len(self.doubled)}; "
            f"hung {self.hung}; leases left {self.leases}\n"
            f"seconds: median {times[len(times) // 2]:.2f}, 99th {times[len(times) * 99 // 100]:.2f}, "
            f"longest {times[-1]:.2f}\n"
            f"memory after a third: {min(after) / 2**20:.0f} to {max(after) / 2**20:.0f} MiB, "
            f"median {median(after) / 2**20:.0f} MiB, growth {self.growth:+.1%}"
        )


def body(path: str, model: str, prompt: str, stream: bool) -> dict[str, Any]:
    if path == "/v1/responses":
        return {"model": model, "input": prompt, "stream": stream}
    asked = {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": stream}
    return asked | ({"max_tokens": 200} if path == "/v1/messages" else {})


def ended(path: str, status: int, stream: bool, got: bytes) -> str:
    """How an answer ended, as clients of its dialect see it."""
    if status != 200:
        return "failed" if b'"error"' in got else "cut"
    if not stream:
        return "answered"
    tail = got[-4000:]
    whole = {"/v1/messages": b'"message_stop"', "/api/chat": b'"done":true', "/v1/responses": b'"response.completed"'}
    if whole.get(path, b"[DONE]") in tail:
        return "answered"
    return "failed" if b'"error"' in tail or b'"response.failed"' in tail else "cut"


async def ask(session: aiohttp.ClientSession, url: str, fate: Fate, draw: random.Random) -> None:
    path, stream = draw.choice(PATHS), draw.random() < 0.6
    asked = body(path, "lonely" if draw.random() < 0.15 else "m", fate.prompt, stream)
    patience = draw.uniform(0.05, 0.5) if draw.random() < HANGS_UP else None
    begun = time.monotonic()
    try:
        async with asyncio.timeout(patience or BOUND):
            async with session.post(url + path, json=asked, headers={"Prefer": "wait=8"}) as response:
                fate.outcome = ended(path, response.status, stream, await response.read())
    except TimeoutError:
        fate.outcome = "left" if patience else "hung"
    except aiohttp.ClientError:
        fate.outcome = "cut"
    fate.seconds = time.monotonic() - begun


async def coming_and_going(server: Upstream, draw: random.Random) -> None:
    """A server that is killed and started again."""
    while True:
        await asyncio.sleep(draw.uniform(2, 6))
        await server.stop()
        await asyncio.sleep(draw.uniform(0.5, 2))
        await server.start()


async def watching(router: Router, figures: Figures, begun: float) -> None:
    process = psutil.Process(router.process.pid)
    while True:
        figures.memory.append((time.monotonic() - begun, process.memory_info().rss))
        await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def routing(folder: Path, servers: dict[str, Upstream]) -> AsyncIterator[Router]:
    for server in servers.values():
        await server.start()
    config = "first_token_timeout_seconds = 2\nstall_seconds = 2\n" + "".join(
        f'[[backends]]\nname = "{name}"\nkind = "openai"\nurl = "{server.url}"\n' for name, server in servers.items()
    )
    starting = serving(folder, config=config)
    with patch.dict(os.environ, HEAP):
        router = await asyncio.to_thread(starting.__enter__)
    try:
        yield router
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
        for server in servers.values():
            await server.stop()


async def soak(folder: Path, seconds: float, seed: int = 7) -> Figures:
    """As many requests as come in so long, longer where the machine does not keep up; the figures when all of them are
    over."""
    draw = random.Random(seed)
    modes, weights = list(FAULTS), list(FAULTS.values())
    servers = {
        "steady": Upstream("", ["m"], pace=0.02, tokens=20),
        "away": Upstream("", ["m"], pace=0.005, tokens=20),
        "failing": Upstream("", ["m", "lonely"], pace=0.005, draw=lambda: draw.choices(modes, weights)[0]),
    }
    figures = Figures()
    async with routing(folder, servers) as router, _session() as session:
        begun = time.monotonic()
        beside = [
            asyncio.ensure_future(coming_and_going(servers["away"], draw)),
            asyncio.ensure_future(watching(router, figures, begun)),
        ]
        asking: set[asyncio.Task[None]] = set()
        for _ in range(int(RATE * seconds)):
            fate = Fate(f"request {len(figures.fates)}")
            figures.fates.append(fate)
            task = asyncio.ensure_future(ask(session, router.url, fate, draw))
            asking.add(task)
            task.add_done_callback(asking.discard)
            await asyncio.sleep(max(0.0, begun + len(figures.fates) / RATE - time.monotonic()))
        await asyncio.gather(*asking)
        figures.seconds = time.monotonic() - begun
        for task in beside:
            assert not task.done(), task
            task.cancel()
        await _count(session, router, figures)
    return figures


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None))


async def _count(session: aiohttp.ClientSession, router: Router, figures: Figures) -> None:
    async def get(path: str) -> Any:
        async with session.get(router.url + path) as response:
            return await response.json()

    deadline = time.monotonic() + SETTLING
    while True:  # those whose client has left end by themselves
        figures.running = sum(e["outcome"] == "running" for e in (await get("/admin/snapshot"))["exchanges"])
        figures.leases = sum(model["leases"] for model in await get("/admin/models"))
        if not (figures.running or figures.leases) or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    after: str | None = ""
    while after is not None:
        page = await get(f"/admin/exchanges?limit=500{after and f'&before={after}'}")
        figures.rows.update(row["prompt"] for row in page["items"])
        figures.outcomes.update(row["outcome"] for row in page["items"])
        after = page["before"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(asyncio.run(soak(Path(place), float(sys.argv[1]) if len(sys.argv) > 1 else 120.0)).told())
