"""A crowd of clients on one simulated card that holds a third of its models, and what is counted of it.

Everything but the hardware is real: the router over its sockets, an Ollama and a llama.cpp router that share the card,
and clients that stream, wait, and hang up. What happened is read off the wire at the servers, not from the router.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from llmrouter_tui.config import load
from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.events import ExchangeStarted, ResidencyChanged
from llmrouter_tui.demo.cast import (
    DEEPSEEK_R1_14B,
    GEMMA3_4B,
    GIB,
    LLAMA31_8B,
    MISTRAL_7B,
    PHI4_14B,
    QWEN3_32B,
    QWEN25_CODER_7B,
    QWEN25VL_7B,
    SimModel,
)
from llmrouter_tui.demo.gpu import SimulatedGpu, SimulatedProbe
from llmrouter_tui.demo.llamacpp import SimulatedLlamaRouter
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.service.service import Mode, Service
from tests.e2e.conftest import free_port

SPEED = 30.0
CONTEXT = 8192
TOTAL, OTHERS, RESERVE = 24 * GIB, int(0.7 * GIB), GIB // 2
AT_OLLAMA = (LLAMA31_8B, PHI4_14B, DEEPSEEK_R1_14B, QWEN3_32B)
AT_LLAMA = tuple(
    replace(model, name=name)
    for model, name in (
        (MISTRAL_7B, "Mistral-7B-Instruct-v0.3"),
        (QWEN25_CODER_7B, "Qwen2.5-Coder-7B-Instruct"),
        (GEMMA3_4B, "gemma-3-4b-it"),
        (QWEN25VL_7B, "Qwen2.5-VL-7B-Instruct"),
    )
)
POPULARITY = (5, 3, 2, 1, 4, 4, 3, 2)
"""How often each is asked for, in that order."""
HANGS_UP, STREAMS, LETS_CHOOSE = 0.05, 0.6, 0.1


def ids() -> dict[str, SimModel]:
    """The models by the ids that the router gives them."""
    named = [("ollama", model) for model in AT_OLLAMA] + [("llama", model) for model in AT_LLAMA]
    return {f"{backend}/{model.name}": model for backend, model in named}


# ── what is asked ──


@dataclass(frozen=True, slots=True)
class Wish:
    """One request of the crowd."""

    number: int
    model: str
    stream: bool
    tokens: int
    patience: float | None = None
    """Seconds after which its client hangs up."""


def wishes(count: int, seed: int = 11) -> list[Wish]:
    """The same crowd for the same seed."""
    draw = random.Random(seed)
    models = list(ids())
    return [
        Wish(
            number,
            "auto" if draw.random() < LETS_CHOOSE else draw.choices(models, POPULARITY)[0],
            draw.random() < STREAMS,
            draw.randint(8, 32),
            draw.uniform(0.02, 0.5) if draw.random() < HANGS_UP else None,
        )
        for number in range(count)
    ]


# ── what became of it ──


@dataclass(slots=True)
class Fate:
    """What its client saw of a request. Times are monotonic seconds."""

    wish: Wish
    sent: float
    ended: float = 0.0
    status: int = 0
    model: str = ""
    code: str = ""
    words: str = ""
    """What it was told, where it failed."""
    retry_after: str = ""
    begun: bool = False
    """Whether a stream had begun."""
    done: bool = False
    """Whether the answer came to its end: a whole one, or a stream with its last line."""
    hung_up: bool = False


@dataclass(slots=True)
class Seen:
    """What a server was asked: ``load``, ``unload`` or ``chat``."""

    at: float
    what: str
    model: str
    number: int = -1


class Card(SimulatedGpu):
    """Notes each load that began on it."""

    def __init__(self) -> None:
        super().__init__("gpu0", "RTX 4090", TOTAL, others=OTHERS, idle_watts=22, limit_watts=450)
        self.loads: list[tuple[float, str]] = []
        self.most = 0
        self._known: set[str] = set()

    def reserve(self, owner: str, size: int, share: float = 1.0) -> None:
        if owner not in self._known:
            self._known.add(owner)
            self.loads.append((time.monotonic(), owner))
        super().reserve(owner, size, share)
        self.most = max(self.most, self.used)

    def release(self, owner: str, late: float = 0.0) -> None:
        self._known.discard(owner)
        super().release(owner, late)


class Wire:
    """Reads what arrives at the servers."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []

    def over(self, name: str, server: Any) -> Any:
        """The server, with its requests read."""
        build: Callable[[], web.Application] = server.application

        def application() -> web.Application:
            app = build()
            app.middlewares.insert(0, self._read(name))
            return app

        server.application = application
        return server

    def _read(self, name: str) -> Any:
        @web.middleware
        async def read(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            if request.method == "POST" and request.path != "/api/show":
                body = json.loads(await request.read())
                self.seen.append(_seen(name, request.path, body))
            return await handler(request)

        return read


def _seen(name: str, path: str, body: dict[str, Any]) -> Seen:
    model = f"{name}/{body.get('model')}"
    if path == "/models/unload" or body.get("keep_alive") == 0:
        return Seen(time.monotonic(), "unload", model)
    if body.get("messages"):
        return Seen(time.monotonic(), "chat", model, _number(body["messages"][-1]["content"]))
    return Seen(time.monotonic(), "load", model)


def _number(prompt: str) -> int:
    return int(prompt.split("]")[0].lstrip("["))


@dataclass(slots=True)
class Crowd:
    """The whole stage while it is up."""

    url: str
    card: Card
    wire: Wire
    service: Service
    fates: list[Fate] = field(default_factory=list)
    moves: list[tuple[float, ResidencyEvent]] = field(default_factory=list)
    """What the router told of loads and unloads, with the monotonic time."""

    came: dict[int, float] = field(default_factory=dict)
    """When the router had each request, by its number."""

    ollama: str = ""
    meddled: int = 0
    """Loads by somebody who does not ask the router."""

    async def meddle(self, pause: float = 1.0) -> None:
        """Somebody loads models at the Ollama, now and then, for a moment."""
        draw = random.Random(5)
        async with aiohttp.ClientSession() as session:
            while True:
                await asyncio.sleep(pause)
                wish = {"model": draw.choice(AT_OLLAMA[:3]).name, "keep_alive": pause, "stream": False}
                async with session.post(f"{self.ollama}/api/generate", json=wish) as response:
                    self.meddled += response.status == 200

    async def listen(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            envelopes, lost = self.service.feed.drain()
            assert not lost
            self.moves += [(e.mono, e.fact.event) for e in envelopes if isinstance(e.fact, ResidencyChanged)]
            started = [(e.mono, e.fact.exchange) for e in envelopes if isinstance(e.fact, ExchangeStarted)]
            self.came |= {_number(exchange.prompt): at for at, exchange in started}

    async def come(self, crowd: Sequence[Wish], at_once: int) -> None:
        """So many clients take the next wish as soon as their last one is through."""
        left = iter(crowd)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=300)) as session:

            async def client() -> None:
                for wish in left:
                    await self._ask(session, wish)

            await asyncio.gather(*(client() for _ in range(at_once)))

    async def _ask(self, session: aiohttp.ClientSession, wish: Wish) -> None:
        fate = Fate(wish, time.monotonic())
        self.fates.append(fate)
        try:
            async with asyncio.timeout(wish.patience):
                await self._answered(session, fate)
        except TimeoutError:
            fate.hung_up = True
        except aiohttp.ClientError as error:
            fate.code = f"cut: {error!r}"
        fate.ended = time.monotonic()

    async def _answered(self, session: aiohttp.ClientSession, fate: Fate) -> None:
        wish = fate.wish
        turns = [{"role": "user", "content": f"[{wish.number}] Tell me about the sea."}]
        body = {"model": wish.model, "messages": turns, "stream": wish.stream, "max_tokens": wish.tokens}
        async with session.post(f"{self.url}/v1/chat/completions", json=body) as response:
            fate.status = response.status
            fate.model = response.headers.get("x-router-model", "")
            fate.retry_after = response.headers.get("Retry-After", "")
            if response.status == 200 and wish.stream:
                await _read_stream(response, fate)
                return
            told = await response.json()
            fate.done = response.status == 200 and bool(told["choices"][0]["finish_reason"])
            fate.code = told.get("error", {}).get("code", "")
            fate.words = told.get("error", {}).get("message", "")


async def _read_stream(response: aiohttp.ClientResponse, fate: Fate) -> None:
    async for line in response.content:
        if line.startswith(b"data: {"):
            told = json.loads(line[6:])
            fate.begun = True
            fate.code = fate.code or told.get("error", {}).get("code", "")
            fate.words = fate.words or told.get("error", {}).get("message", "")
            fate.model = fate.model or told.get("model", "")
        fate.done = fate.done or line.startswith(b"data: [DONE]")


@contextlib.asynccontextmanager
async def stage(folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> AsyncIterator[Crowd]:
    """The card, the servers and the router."""
    card, wire = Card(), Wire()
    monkeypatch.setattr("llmrouter_tui.service.assembly.open_probe", lambda: SimulatedProbe((card,)))
    ollama = SimulatedOllama("ollama", card, AT_OLLAMA, settings=Settings(speed=SPEED, context=CONTEXT, max_loaded=8))
    llama = SimulatedLlamaRouter("llama", card, AT_LLAMA, places=0, context=CONTEXT, speed=SPEED)
    for name, server in (("ollama", ollama), ("llama", llama)):
        await wire.over(name, server).start()
    file = folder / "config.toml"
    file.write_text(
        f"context_length = {CONTEXT}\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
        + f'[[backends]]\nname = "ollama"\nkind = "ollama"\nurl = "{ollama.origin}"\npool = "gpu0"\n'
        + f'[[backends]]\nname = "llama"\nkind = "llamacpp"\nurl = "{llama.origin}"\npool = "gpu0"\n'
    )
    flags = {"database": str(folder / "router.db"), "port": free_port()}
    service = Service(load(file=file, env={}, flags=flags), Mode(screen=True))
    thread = Thread(target=service.run)
    thread.start()
    crowd = Crowd(f"http://127.0.0.1:{flags['port']}", card, wire, service, ollama=ollama.origin)
    listening = asyncio.ensure_future(crowd.listen())
    try:
        await _until_ready(crowd)
        yield crowd
        assert not listening.done()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        service.stop()
        await asyncio.to_thread(thread.join)
        await ollama.stop()
        await llama.stop()


async def _until_ready(crowd: Crowd) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{crowd.url}/v1/models") as response:
                    if len((await response.json())["data"]) > len(ids()):
                        return
            await asyncio.sleep(0.05)


# ── what is counted ──


@dataclass(frozen=True, slots=True)
class Overtaken:
    """How far others passed a model that waited to be loaded."""

    model: str
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to."""

    asked: int
    answered: int
    hung_up: int
    refused: Counter[str]
    failed: Counter[str]
    """What was neither answered nor refused as a full queue refuses, and what its clients were told."""
    killed: int
    """Streams that began and did not end with their last line, though their clients stayed."""
    loads: int
    first_come: int
    """Loads that serving the same requests in the order of their arrival takes, the model used the longest ago leaving
    first: computed, not run."""
    overtaken: tuple[Overtaken, ...]
    seconds: float
    longest: float
    most_used: int

    def told(self) -> str:
        worst = max(self.overtaken, key=lambda o: (o.requests, o.seconds), default=None)
        longest = max(self.overtaken, key=lambda o: o.seconds, default=None)
        return f"""{self.asked} requests in {self.seconds:.1f} s: {self.answered} answered, {self.hung_up} hung up
refused: {dict(self.refused) or "none"}; failed: {dict(self.failed) or "none"}; streams cut: {self.killed}
loads: {self.loads}; in the order of arrival (computed): {self.first_come}
most overtaken: {worst}; longest: {longest}
longest answer: {self.longest:.1f} s; most memory in use: {self.most_used / GIB:.2f} of {TOTAL / GIB:.0f} GiB"""


def figures(crowd: Crowd) -> Figures:
    fates = sorted(crowd.fates, key=lambda fate: fate.sent)
    stayed = [fate for fate in fates if not fate.hung_up]
    refused = [fate for fate in stayed if fate.status in (429, 503) and fate.retry_after]
    failed = [fate for fate in stayed if not fate.done and fate not in refused]
    return Figures(
        asked=len(fates),
        answered=sum(fate.done for fate in stayed),
        hung_up=len(fates) - len(stayed),
        refused=Counter(f"{fate.status} {fate.code}" for fate in refused),
        failed=Counter(f"{fate.wish.model}: {fate.status} {fate.code}: {fate.words}" for fate in failed),
        killed=sum(fate.begun and not fate.done for fate in stayed),
        loads=len(crowd.card.loads),
        first_come=first_come([_served(fate) for fate in fates if _served(fate)]),
        overtaken=tuple(overtaken(crowd)),
        seconds=max(fate.ended for fate in fates) - fates[0].sent,
        longest=max((fate.ended - fate.sent for fate in stayed if fate.done), default=0.0),
        most_used=crowd.card.most,
    )


def _served(fate: Fate) -> str:
    """The model that it asked for, or that was chosen for it."""
    return fate.wish.model if fate.wish.model != "auto" else fate.model


def first_come(models: Sequence[str]) -> int:
    """Loads that it takes to answer these in this order."""
    sizes = {name: model.footprint(CONTEXT) for name, model in ids().items()}
    held: list[str] = []
    loads = 0
    for model in models:
        if model in held:
            held.remove(model)
        else:
            loads += 1
            while sum(sizes[other] for other in held) + sizes[model] > TOTAL - OTHERS - RESERVE:
                held.pop(0)
        held.append(model)
    return loads


@dataclass(frozen=True, slots=True)
class _Move:
    """A load with the unloads for it, by the router's own word. Monotonic seconds."""

    model: str
    left: frozenset[str]
    since: float
    """When the first was told to leave for it; until then those in memory could be asked past it."""
    until: float


def _moves(crowd: Crowd) -> Iterator[_Move]:
    began: dict[str, float] = {}
    left: dict[str, set[str]] = {}
    for at, event in crowd.moves:
        start = at - (event.seconds or 0.0)
        if event.kind == "unload":
            began[event.evicted_for] = min(start, began.get(event.evicted_for, start))
            left.setdefault(event.evicted_for, set()).add(event.model)
        elif event.kind in ("load", "load_failed"):
            gone = frozenset(left.pop(event.model, ()))
            yield _Move(event.model, gone, began.pop(event.model, start), at)


def overtaken(crowd: Crowd) -> Iterator[Overtaken]:
    """How far each load was held up by requests that came after the first one that waited for it.

    Such a request found its model in memory, was let through while no load was under way, and its model had to leave
    for the load that was next. Others pass nobody: who came while its model was being loaded shares the place of that
    load, and who asks a model that stays, or asks during a load, delays none. Seconds: how long no load was under way
    between the coming of the first that waited and the last request that passed it.
    """
    moves, came = list(_moves(crowd)), crowd.came
    chats = [seen for seen in crowd.wire.seen if seen.what == "chat"]
    begun = {seen.number: seen.at for seen in chats}
    passing: list[Seen] = []
    for before, move in zip([None, *moves], moves, strict=False):
        since = before.until if before else 0.0
        there = {model: _there(crowd.wire.seen, model, move.since) for model in move.left}
        waits = _first(crowd, move, begun)
        passing += [
            chat
            for chat in chats
            if chat.model in move.left
            and max(since, there[chat.model]) < came[chat.number] < move.since
            and chat.at < move.until
        ]
        held = [came[chat.number] for chat in passing if came[chat.number] > waits]
        if waits < move.until:
            yield Overtaken(move.model, len(held), _still(waits, max(held, default=waits), moves))


def _first(crowd: Crowd, move: _Move, begun: Mapping[int, float]) -> float:
    """Since when somebody waited for a load who was still there when it began."""
    waiting = [
        crowd.came[fate.wish.number]
        for fate in crowd.fates
        if fate.wish.model == move.model
        and fate.wish.number in crowd.came
        and fate.sent < move.since < begun.get(fate.wish.number, fate.ended)
    ]
    return min(waiting, default=move.until)


def _there(seen: Sequence[Seen], model: str, before: float) -> float:
    """Since when a model was in memory that left shortly before: since its last load was there for the first one."""
    mine = [one for one in seen if one.model == model and one.at < before]
    load = max((one.at for one in mine if one.what == "load"), default=0.0)
    return min((one.at for one in mine if one.what == "chat" and one.at > load), default=before)


def _still(since: float, until: float, moves: Sequence[_Move]) -> float:
    """Seconds between two times in which nothing moved."""
    return until - since - sum(max(0.0, min(move.until, until) - max(move.since, since)) for move in moves)
