"""How a simulated Ollama keeps models in memory: one load at a time, keep-alive, eviction, unload when idle.

Follows the real scheduler's behaviour: requests queue in order while room is made; a runner is unloaded some time
after it was told to go and never while it answers; a client that leaves during the load aborts it. It makes room among
its own models only, by what it finds free: what others take in the meantime ends a load as it does on a real card. Then
all its other models leave and the load is tried once more.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from llmrouter_tui.demo.cast import GIB, SimModel
from llmrouter_tui.demo.gpu import OutOfMemory, SimulatedGpu
from llmrouter_tui.demo.server import Luck, Refusal

FOREVER = (2**63 - 1) / 1e9
"""Seconds of the longest Go duration: what a negative keep-alive becomes."""
DISK_BYTES_PER_SECOND = 2.5e9
UNLOAD_SECONDS = 0.4
RETURN_SECONDS = 0.3
"""How long after a process has ended its memory may still be taken."""
RECOVERY_SECONDS = 5.0
"""The longest that a load waits for such memory of models of the same server."""
LOAD_STEP = 0.25
"""Seconds between two looks at how much of a load has reached the card."""
OUT_OF_MEMORY = "llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory"
CPU_PENALTY = 7.0
"""How many times slower the part of a model runs that did not fit on the card."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's environment, as Ollama's variables set it. Seconds and bytes."""

    speed: float = 1.0
    """How many times faster than the simulated hardware everything goes; for tests."""
    parallel: int = 1
    context: int = 8192
    keep_alive: float = 300.0
    max_loaded: int = 3
    max_queue: int = 512
    host_memory: int = 16 * GIB
    """RAM for what does not fit on the card."""


@dataclass(eq=False, slots=True)
class Runner:
    """A model in memory, or on its way in or out."""

    model: SimModel
    context: int
    size: int
    vram: int
    keep_alive: float
    slots: asyncio.Semaphore
    refs: int = 0
    idle_since: float = field(default_factory=time.monotonic)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Refusal | None = None
    leaving: bool = False
    gone: bool = False

    @property
    def remaining(self) -> float:
        """Seconds until it goes if nobody asks for it; counted from now while it works or loads."""
        return self.keep_alive if self.refs else self.idle_since + self.keep_alive - time.monotonic()

    @property
    def slowdown(self) -> float:
        return 1 + CPU_PENALTY * (1 - self.vram / self.size)


class Scheduler:
    """Owns the runners of one server on one card."""

    def __init__(self, server: str, gpu: SimulatedGpu, settings: Settings, luck: Luck) -> None:
        self._server = server
        self._gpu = gpu
        self._settings = settings
        self._luck = luck
        self._runners: dict[str, Runner] = {}
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._pending = 0
        self._returned = 0.0
        """When the memory of the last runner that went is back."""
        self._reaper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to unload what has expired."""
        self._reaper = asyncio.get_running_loop().create_task(self._reap())

    async def stop(self) -> None:
        """Drop everything at once."""
        if self._reaper is not None:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
        for runner in list(self._runners.values()):
            self._drop(runner)

    def runners(self) -> list[Runner]:
        """What is in memory or on its way, longest remaining first."""
        return sorted(self._runners.values(), key=lambda runner: -runner.remaining)

    def expire(self, model: SimModel) -> None:
        """Unload as soon as it is idle; returns at once, as Ollama does."""
        runner = self._runners.get(model.name)
        if runner is not None:
            runner.keep_alive = 0.0
            self._notify()

    def crash(self, runner: Runner) -> None:
        """Its process died."""
        self._drop(runner)

    @asynccontextmanager
    async def use(self, model: SimModel, keep_alive: float | None, context: int | None) -> AsyncIterator[Runner]:
        """Have the model loaded for as long as this lasts. A given ``keep_alive`` overwrites the runner's own, one
        that is not given leaves it; another ``context`` than it is loaded with reloads it."""
        if self._pending >= self._settings.max_queue:
            raise Refusal(503, "server busy, please try again.  maximum pending requests exceeded")
        self._pending += 1
        try:
            runner = await self._obtain(model, keep_alive, context)
        finally:
            self._pending -= 1
        try:
            yield runner
        finally:
            runner.refs -= 1
            runner.idle_since = time.monotonic()
            self._notify()

    # ── getting a runner ──────────────────────────────────────────────────────────────────────────────────────

    async def _obtain(self, model: SimModel, keep_alive: float | None, context: int | None) -> Runner:
        while True:
            async with self._turn:
                runner, fresh = await self._claim(model, context)
                if keep_alive is not None:
                    runner.keep_alive = keep_alive
            try:
                if fresh:
                    await self._load(runner)
                else:
                    await runner.loaded.wait()
            except BaseException:
                runner.refs -= 1
                raise
            if not runner.gone:
                return runner
            runner.refs -= 1
            if runner.failure is not None:
                raise runner.failure

    async def _claim(self, model: SimModel, context: int | None) -> tuple[Runner, bool]:
        """A runner with one more reference, and whether it is a new one that this request must load."""
        runner = self._runners.get(model.name)
        wanted = None if context is None else min(context, model.context)
        if runner is not None and (runner.leaving or wanted not in (None, runner.context)):
            runner.keep_alive = 0.0
            await self._departure(runner)
            runner = None
        fresh = runner is None
        if runner is None:
            runner = await self._place(model, wanted or min(self._settings.context, model.context))
        runner.refs += 1
        return runner, fresh

    async def _place(self, model: SimModel, context: int) -> Runner:
        """Make room, by sending others away if need be, and set it aside."""
        parallel = 1 if model.embeds else self._settings.parallel
        size = model.footprint(context, parallel)
        await self._recovery()
        possible = self._gpu.room(self._server) + sum(runner.vram for runner in self._runners.values())
        if size - possible > self._settings.host_memory:
            raise Refusal(
                500,
                f"model requires more system memory ({(size - possible) / GIB:.1f} GiB) "
                f"than is available ({self._settings.host_memory / GIB:.1f} GiB)",
            )
        while self._runners and (
            size > self._gpu.room(self._server) or len(self._runners) >= self._settings.max_loaded
        ):
            victim = min(self._runners.values(), key=lambda r: (r.refs > 0, r.keep_alive, r.remaining))
            await self._send_away(victim)
        vram = min(size, max(0, self._gpu.room(self._server)))
        runner = Runner(model, context, size, vram, self._settings.keep_alive, asyncio.Semaphore(parallel))
        self._runners[model.name] = runner
        self._gpu.reserve(self._owner(runner), runner.vram, 0.0)
        return runner

    async def _load(self, runner: Runner) -> None:
        """Fill the memory that was set aside; once more with nobody else in memory where there is not enough."""
        try:
            try:
                await self._fill(runner)
            except OutOfMemory:
                await self._send_others_away(runner)
                await self._fill(runner)
        except OutOfMemory as error:
            runner.failure = Refusal(500, OUT_OF_MEMORY)
            self._drop(runner)
            raise runner.failure from error
        except BaseException as error:
            runner.failure = error if isinstance(error, Refusal) else None
            self._drop(runner)
            raise
        runner.loaded.set()
        self._notify()

    async def _fill(self, runner: Runner) -> None:
        """At the disk's pace. Raises ``OutOfMemory`` or ``Refusal``."""
        seconds = runner.size / DISK_BYTES_PER_SECOND / self._settings.speed
        steps = math.ceil(seconds / LOAD_STEP)
        fails_after = steps * 2 // 3 if self._luck.load_fails() else None
        for step in range(steps):
            if step == fails_after:
                raise Refusal(500, "llama runner process has terminated: exit status 2")
            await asyncio.sleep(seconds / steps)
            self._gpu.reserve(self._owner(runner), runner.vram, (step + 1) / steps)

    async def _send_others_away(self, runner: Runner) -> None:
        """Its process has ended; what it had filled comes back too."""
        self._give_back(runner)
        self._gpu.reserve(self._owner(runner), runner.vram, 0.0)
        for other in list(self._runners.values()):
            if other is not runner and not other.gone:
                await self._send_away(other)
        await self._recovery()

    # ── letting go ────────────────────────────────────────────────────────────────────────────────────────────

    async def _reap(self) -> None:
        while True:
            idle = [r for r in self._runners.values() if not r.refs and r.loaded.is_set()]
            due = min(idle, key=lambda r: r.remaining, default=None)
            if due is not None and due.remaining <= 0:
                due.leaving = True
                await asyncio.sleep(UNLOAD_SECONDS / self._settings.speed)
                self._drop(due)
            else:
                await self._change(None if due is None else min(due.remaining, 3600.0))

    def _drop(self, runner: Runner) -> None:
        if not runner.gone:
            runner.gone = True
            del self._runners[runner.model.name]
            self._give_back(runner)
        runner.loaded.set()
        self._notify()

    def _give_back(self, runner: Runner) -> None:
        late = RETURN_SECONDS / self._settings.speed
        self._gpu.release(self._owner(runner), late)
        self._returned = time.monotonic() + late

    async def _recovery(self) -> None:
        """Wait until the memory of those that went is back."""
        await asyncio.sleep(max(0.0, min(self._returned - time.monotonic(), RECOVERY_SECONDS)))

    def _owner(self, runner: Runner) -> str:
        return f"{self._server}/{runner.model.name}"

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self, timeout: float | None) -> None:
        """Something about the runners changed, or the time is up."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return

    async def _send_away(self, runner: Runner) -> None:
        """Unload it when it is idle, and wait until its memory is back."""
        runner.keep_alive = 0.0
        await self._departure(runner)
        await self._recovery()

    async def _departure(self, runner: Runner) -> None:
        self._notify()
        while not runner.gone:
            await self._change(None)
