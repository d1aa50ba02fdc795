"""An engine on scripted backends: real fleet, residency, exchanges and bus, a real database in memory."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from llmrouter_tui.brain import weights
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.domain import HOST_POOL, Device, ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import Envelope, Fact
from llmrouter_tui.core.queueing import Bounds
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.lookout import Lookout
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.storage.repo import SqliteRepo, open_repo

GIB = 1024**3
AT_ONCE = Bounds(seconds=0.0, requests=0)


def model(name: str, gib: float = 4.0, backend: str = "one", **more: object) -> ModelInfo:
    return ModelInfo(
        backend=backend, name=name, parameters=int(gib * 1.6e9), size_bytes=int(gib * GIB), context_length=8192, **more
    )


class ScriptedReply:
    def __init__(self, backend: "ScriptedBackend", call: ChatCall) -> None:
        self.usage = Usage(5, 3)
        self.timings = Timings()
        self.finish_reason = "stop"
        self.closed = False
        self._backend = backend
        self._call = call

    async def chunks(self) -> AsyncIterator[bytes]:
        if not self._call.request.stream:
            yield json.dumps({"id": "r1", "choices": [{"message": {"content": "hello"}}]}).encode()
            return
        yield b'data: {"id":"r1","choices":[{"delta":{"role":"assistant"}}]}\n\n'
        for index in range(3):
            await self._backend.gate.wait()
            if index in self._backend.die_at and self._dies():
                raise BackendError("upstream_interrupted", "it died", backend=self._backend.name, fallback=True)
            yield f'data: {{"id":"r1","choices":[{{"delta":{{"content":"t{index} "}}}}]}}\n\n'.encode()
        yield b'data: {"id":"r1","choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
        yield b"data: [DONE]\n\n"

    def _dies(self) -> bool:
        if not self._call.resumes:
            return True
        self._backend.die_again -= 1
        return self._backend.die_again >= 0

    async def close(self) -> None:
        self.closed = True


@dataclass
class ScriptedBackend:
    """Holds models in a pretended pool; every call is recorded. ``gate`` holds answers back while cleared."""

    infos: list[ModelInfo]
    name: str = "one"
    kind: str = "llamacpp"
    url: str = "http://127.0.0.1:1"
    manages_memory: bool = True
    sets_context: bool = False
    places: int | None = None
    continues: bool = False
    capacity: int = 8 * GIB
    load_seconds: float = 0.0
    held: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    contexts: list[int | None] = field(default_factory=list)
    """What its loads were asked for."""
    failures: dict[str, list[BackendError]] = field(default_factory=dict)
    load_failures: dict[str, list[BackendError]] = field(default_factory=dict)
    down: bool = False
    most_held: int = 0
    replies: list[ScriptedReply] = field(default_factory=list)
    die_at: set[int] = field(default_factory=set)
    die_again: int = 0
    """How many of the answers that are gone on with die, too."""
    asked: list[ChatCall] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()

    def _size(self, name: str) -> int:
        return next(i.size_bytes or 0 for i in self.infos if i.name == name)

    def used(self) -> int:
        return sum(self._size(n) for n in self.held)

    async def probe(self) -> str:
        if self.down:
            raise BackendError("backend_unreachable", "refused", backend=self.name, fallback=True, unhealthy=True)
        return "1.0"

    async def models(self) -> Sequence[ModelInfo]:
        return self.infos

    async def residents(self) -> Sequence[Resident]:
        return [Resident(n, self._size(n), "reported") for n in self.held]

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        self.calls.append(("load", model.name))
        self.contexts.append(context_length)
        await asyncio.sleep(self.load_seconds)
        if self.load_failures.get(model.name):
            raise self.load_failures[model.name].pop(0)
        self.held.add(model.name)
        self.most_held = max(self.most_held, self.used())

    async def unload(self, model: ModelInfo) -> None:
        self.calls.append(("unload", model.name))
        await asyncio.sleep(0)
        self.held.discard(model.name)

    async def chat(self, call: ChatCall) -> ScriptedReply:
        self.calls.append(("chat", call.model.name))
        self.asked.append(call)
        if self.failures.get(call.model.name):
            raise self.failures[call.model.name].pop(0)
        reply = ScriptedReply(self, call)
        self.replies.append(reply)
        return reply

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        self.calls.append(("embed", model.name))
        words = f"{self.name} ({model.name}) cannot do what the request needs: it does not support embeddings"
        raise BackendError("invalid_request", words, backend=self.name, fallback=True, retryable=False)

    async def close(self) -> None:
        self.closed = True


@dataclass
class House:
    """The assembled engine and what it published."""

    backends: tuple[ScriptedBackend, ...]
    fleet: Fleet
    lookout: Lookout
    residency: Residency
    router: Router
    learning: Learning
    bus: Bus
    tasks: Tasks
    seen: list[Envelope]
    repo: SqliteRepo
    measured: Measured

    def facts(self, kind: type) -> list[Fact]:
        return [e.fact for e in self.seen if isinstance(e.fact, kind)]

    async def ask(self, prompt: str = "hi", name: str = "auto", stream: bool = True, **more: object) -> bytes:
        """One whole exchange; the bytes a client would get."""
        run = self.router.begin(request(prompt, name, stream, **more))
        try:
            await run.open()
            return b"".join([chunk async for chunk in run.body()])
        finally:
            run.close()


def request(prompt: str = "hi", name: str = "auto", stream: bool = True, **more: object) -> ChatRequest:
    body = {"model": name, "messages": [{"role": "user", "content": prompt}]}
    return ChatRequest(name, (Message("user", prompt),), json.dumps(body).encode(), stream=stream, **more)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def open_house(
    *backends: ScriptedBackend,
    load_timeout: float = 5.0,
    ram: int = 0,
    context: int | None = 8192,
    bounds: Bounds = AT_ONCE,
    devices: Callable[[], Sequence[Device]] | None = None,
    **queue: float,
) -> AsyncIterator[House]:
    """The engine over these backends, whose models share one pool ``gpu0`` of the first's capacity, beside ``ram`` GiB
    that are free; with ``devices`` any of those may be theirs. Unless ``bounds`` are given nobody passes a model that
    waits."""
    bus, clock, tasks = Bus(SystemClock()), SystemClock(), Tasks()
    seen: list[Envelope] = []
    bus.tap(seen.append)
    repo = await open_repo(None)
    measured = Measured(repo, clock)
    learning = Learning(repo, clock, checks=measured.checks)
    fleet = Fleet(bus, clock, learning, {}, context)

    async def measure() -> None:
        if devices is not None:
            return fleet.sampled(devices())
        total = backends[0].capacity
        used = sum(b.used() for b in backends)
        host = [Device(HOST_POOL, "RAM", "host", ram * GIB, 0, ram * GIB)] if ram else []
        return fleet.sampled([Device("gpu0", "GPU", "nvidia", total, used, max(0, total - used)), *host])

    ledger = Ledger(fleet, clock, reserve=0, max_bytes=None)
    fleet.room = ledger.room
    residency = Residency(
        fleet,
        ledger,
        learning,
        bus,
        clock,
        tasks,
        measure=measure,
        keep_alive=60,
        load_timeout=load_timeout,
        bounds=bounds,
        **queue,
    )
    router = Router(fleet, ledger, residency, learning, bus, clock, tasks, Analyst(weights()).analyse)
    await measure()
    for backend in backends:
        fleet.add(backend, configured=True, pool="gpu0" if devices is None else "")
    lookout = Lookout(fleet, tasks)
    await lookout.start()
    try:
        yield House(backends, fleet, lookout, residency, router, learning, bus, tasks, seen, repo, measured)
    finally:
        await tasks.close()
        await fleet.close()
        await repo.close()
