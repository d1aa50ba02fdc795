"""The composition root: storage, backends, gpu, engine and proxy put together, run and taken apart.

``Service`` implements ``core.ports.Host``: the screen runs it in a worker thread, ``serve`` on the main one.
"""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import platformdirs

from llmrouter_tui import __version__
from llmrouter_tui.backends.discover import build, discover
from llmrouter_tui.backends.embedded import EmbeddedBackend, available
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.backends.starter import StarterModel
from llmrouter_tui.config import Config, usable
from llmrouter_tui.core.domain import ServiceView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.ports import Backend, Control, Discover, Probe, Repo, Subscriptions
from llmrouter_tui.engine.bus import Bus, Ring
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.control import EngineControl, Parts
from llmrouter_tui.engine.exchange import Router
from llmrouter_tui.engine.fetching import Fetching
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.journal import Journal, LogLines
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.sampling import Sampling
from llmrouter_tui.engine.status import Status
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.gpu.probe import open_probe
from llmrouter_tui.live import LiveSettings
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.server import ProxyServer
from llmrouter_tui.storage.repo import open_repo

log = logging.getLogger(__name__)
T = TypeVar("T")
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Mode:
    """How the service was asked to run."""

    demo: bool = False
    fetch_starter: bool = False
    """Get the starter model without asking when the embedded engine has no model."""
    screen: bool = False
    """A screen drains ``feed``; without one nothing is kept for it."""
    listen: bool = True
    """Serve HTTP; off when only a question is to be answered."""
    port_required: bool = False
    """A taken port is an error (``serve``); on screen it is a state."""


class Service:
    """One router. ``run`` blocks until ``stop``; ``control`` and ``submit`` may be used from any thread before that."""

    def __init__(self, config: Config, mode: Mode = Mode(), *, readonly: bool = False) -> None:
        self.config = config
        self.readonly = readonly
        self.mode = mode
        self.feed = Ring()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._lock = threading.Lock()
        self._early: list[Callable[[asyncio.AbstractEventLoop], None]] = []
        self._stopped = self._ended = False
        self._control: EngineControl | None = None
        self._ready: asyncio.Event | None = None

    # ── core.ports.Host ──

    @property
    def control(self) -> Control:
        return cast(Control, _WhenReady(self._when_ready))

    def run(self) -> None:
        with self._lock:
            self._ended = False
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            try:
                runner.run(self._main())
            finally:
                with self._lock:
                    self._loop, self._ended = None, True

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        done: Future[T] = Future()

        def start(loop: asyncio.AbstractEventLoop) -> None:
            asyncio.run_coroutine_threadsafe(coroutine, loop).add_done_callback(lambda f: _copy(f, done))

        with self._lock:
            if self._stopped or self._ended:
                coroutine.close()
                done.set_exception(RouterError("shutting_down", "the router has stopped"))
            elif self._loop is None:
                self._early.append(start)
            else:
                start(self._loop)
        return done

    async def _when_ready(self) -> EngineControl:
        assert self._ready is not None
        await self._ready.wait()
        assert self._control is not None
        return self._control

    # ── life ──

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            self._loop, self._stop, self._ready = loop, asyncio.Event(), asyncio.Event()
            early, self._early = self._early, []
            if self._stopped:
                self._stop.set()
        for start in early:
            start(loop)
        async with contextlib.AsyncExitStack() as stack:
            await self._assemble(stack)
            self._ready.set()
            _settle()
            await self._stop.wait()
            self._status.change(state="stopping")

    async def _assemble(self, stack: contextlib.AsyncExitStack) -> None:
        """Build everything in order; the stack takes it apart in reverse."""
        clock = SystemClock()
        bus = self._open_bus(stack, clock)
        tasks = Tasks()
        repo = await open_repo(self._database(), privacy=self.config.settings.privacy)
        stack.push_async_callback(repo.close)
        bus.tap(repo.record)
        stored, unusable = usable(await repo.settings())
        self.config = self.config.with_stored(stored)
        settings = self.config.settings
        self._session = new_session()
        stack.push_async_callback(self._session.close)

        probe: Probe = open_probe()
        find: Discover | None = None if settings.backends or self.mode.demo else self._find
        demo = await self._open_demo(stack) if self.mode.demo else None
        if demo is not None:
            probe = demo.probe
        sampling = Sampling(probe, bus)
        stack.callback(sampling.close)
        learning = Learning(repo, clock)
        await learning.start()
        fleet = sampling.fleet = Fleet(bus, clock, learning, tasks, find, settings.context_length)
        stack.push_async_callback(fleet.close)
        stack.push_async_callback(tasks.close)
        residency = Residency(
            fleet,
            learning,
            bus,
            clock,
            tasks,
            measure=sampling.measure,
            keep_alive=settings.keep_alive_minutes * 60,
            load_timeout=settings.load_timeout_seconds,
            reserve=int(settings.vram_reserve_gb * GIB),
            max_bytes=int(settings.vram_max_gb * GIB) if settings.vram_max_gb else None,
        )
        router = Router(fleet, residency, learning, bus, clock, tasks)
        view = ServiceView("starting", settings.host, settings.port, __version__, self.mode.demo, clock.wall())
        status = self._status = Status(bus, clock, view)
        for message in unusable:
            status.report("stored_setting", message, "the setting was left out; set it again to keep another value")
        live = LiveSettings(self.config, repo, bus)
        live.on_change("quality_preference", lambda value: setattr(router, "preference", value))
        self._fetching = Fetching(self._starter(), bus, tasks, self._fetched)
        self._fleet, self._sampling = fleet, sampling
        self._control = EngineControl(
            Parts(
                fleet=fleet,
                residency=residency,
                router=router,
                learning=learning,
                repo=repo,
                bus=bus,
                journal=self._journal,
                status=status,
                fetching=self._fetching,
                settings=live,
                tasks=tasks,
                clock=clock,
                build_backend=self._build,
                listen=self._listen,
                stop=self.stop,
                embedded_available=available(),
            )
        )
        self._proxy = ProxyServer(router, self._control, cast(Subscriptions, bus), self._proxy_options())
        stack.push_async_callback(self._proxy.stop)
        stack.callback(lambda: setattr(router, "draining", True))
        await self._populate(repo, demo)
        status.stored_exchanges = (await repo.exchanges(before=None, limit=1)).total
        tasks.spawn(sampling.run(), "memory sampling")
        tasks.spawn(self._watch_storage(repo), "storage watch")
        tasks.spawn(self._prune(repo), "pruning")
        tasks.spawn(residency.unload_idle(), "idle unloading")
        if self.mode.listen:
            await self._listen(settings.port)
        if demo is not None:
            tasks.spawn(demo.traffic(f"http://{settings.host}:{self._proxy.port}"), "demo traffic")

    def _open_bus(self, stack: contextlib.AsyncExitStack, clock: SystemClock) -> Bus:
        bus = Bus(clock)
        self._journal = Journal()
        if self.mode.screen:
            bus.tap(self.feed.put)
        bus.tap(self._journal.put)
        loop = asyncio.get_running_loop()

        def say(line: LogLine) -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be gone while threads still log
                loop.call_soon_threadsafe(bus.publish, line)

        handler = LogLines(say)
        root = logging.getLogger("llmrouter_tui")
        root.addHandler(handler)
        if root.level == logging.NOTSET:
            root.setLevel(logging.INFO)
        stack.callback(root.removeHandler, handler)
        return bus

    async def _populate(self, repo: Repo, demo: Any) -> None:
        """Sample memory, take in the backends, look at each once."""
        await self._sampling.measure()
        for name, kind, url, pool in demo.backends if demo is not None else ():
            limit = self._fleet.default_context(kind)
            self._fleet.add(self._build(kind, url, name), configured=True, pool=pool, context_limit=limit)
        if demo is None:
            await self._add_configured()
        await self._fleet.start(dict(await repo.memories()))
        await self._pin_configured()

    async def _add_configured(self) -> None:
        settings = self.config.settings
        for item in settings.backends:
            if item.enabled:
                backend = build(item.kind, item.name, item.url, self._session, api_key_env=item.api_key_env)
                limit = item.context_length or self._fleet.default_context(item.kind)
                self._fleet.add(backend, configured=True, pool=item.pool, context_limit=limit)
        if not settings.backends:
            for found in await self._find():
                limit = self._fleet.default_context(found.kind)
                self._fleet.add(found, configured=False, context_limit=limit)
        wanted = settings.embedded if settings.embedded is not None else not self._fleet.backends
        if wanted and available():
            engine = self._embedded()
            self._fleet.add(engine, configured=settings.embedded is True, pool=await engine.pool())
            if self.mode.fetch_starter and not await engine.models():
                self._fetching.start()
        elif wanted and settings.embedded:
            self._status.report(
                "no_embedded_engine",
                "the embedded engine was asked for but is not installed",
                "pip install 'llmrouter-tui[embedded]'",
            )

    async def _pin_configured(self) -> None:
        wanted = self.config.settings.pinned_model
        if not wanted:
            return
        assert self._control is not None
        for model in self._fleet.models.values():
            if wanted in (model.id, model.info.name):
                await self._control.pin(model.id, True)
                return
        self._status.report("pinned_model", f"pinned_model {wanted!r} is not hosted by any backend")

    # ── pieces ──

    def _database(self) -> Path | None:
        return None if self.mode.demo else self.config.settings.database

    async def _find(self) -> Sequence[Backend]:
        return await discover(self._session)

    def _build(self, kind: str, url: str, name: str) -> Backend:
        taken = self._fleet.backends
        free = name or next(n for n in (kind, *(f"{kind}{i}" for i in range(2, len(taken) + 3))) if n not in taken)
        try:
            return build(kind, free, url, self._session)
        except ValueError as error:
            raise RouterError("invalid_request", str(error), param="kind") from error

    def _data_dir(self) -> Path:
        database = self.config.settings.database
        return database.parent if database is not None else platformdirs.user_data_path("llmrouter-tui")

    def _starter(self) -> StarterModel | None:
        return StarterModel(self._data_dir()) if available() and not self.mode.demo else None

    def _embedded(self) -> EmbeddedBackend:
        settings = self.config.settings
        return EmbeddedBackend(
            "embedded",
            self._session,
            folders=settings.gguf_folders,
            data_dir=self._data_dir(),
            context_length=settings.context_length,
        )

    async def _fetched(self) -> None:
        """The starter model is here: let the embedded engine see it."""
        if "embedded" not in self._fleet.backends:
            engine = self._embedded()
            await self._fleet.join(engine, configured=False, pool=await engine.pool())
        self._fleet.look_again("embedded")

    async def _open_demo(self, stack: contextlib.AsyncExitStack) -> Any:
        from llmrouter_tui.demo.fleet import DemoFleet

        fleet = DemoFleet()
        await fleet.start()
        stack.push_async_callback(fleet.stop)
        return fleet

    def _proxy_options(self) -> ProxyOptions:
        s = self.config.settings
        return ProxyOptions(
            version=__version__,
            max_body=int(s.max_body_mb * 1024 * 1024),
            api_keys=s.api_keys,
            admin_key=s.admin_api_key,
            allowed_hosts=s.allowed_hosts,
            signature=(lambda model: s.signature_format.format(model=model)) if s.signature_enabled else None,
        )

    async def _listen(self, port: int) -> None:
        settings = self.config.settings
        try:
            await self._proxy.start(settings.host, port)
        except OSError as error:
            message = f"could not listen on {settings.host}:{port} ({error.strerror or error})"
            self._status.report("port_taken", message, "use another port, or stop what holds it", detail=str(error))
            self._status.change(state="failed", port=port)
            if self.mode.port_required:
                raise RouterError("invalid_request", message, hint="choose another with --port") from error
            return
        self._status.clear("port_taken")
        self._status.change(state="serving", host=settings.host, port=self._proxy.port)
        log.info("serving http://%s:%d/v1", settings.host, self._proxy.port)

    async def _watch_storage(self, repo: Repo) -> None:
        """Say on screen when writes do not reach the disk, and when they do again."""
        while True:
            if repo.problem:
                if repo.problem not in {p.message for p in self._status.view().problems}:
                    self._status.report("database", repo.problem, f"routing goes on; {repo.pending} rows wait")
            else:
                self._status.clear("database")
            await asyncio.sleep(1.0)

    async def _prune(self, repo: Repo) -> None:
        """Drop what is older than ``keep_days``, now and every hour."""
        while True:
            with contextlib.suppress(RouterError):  # a locked database is told by ``_watch_storage``
                await repo.prune(keep_days=self.config.settings.keep_days, now=time.time())
            await asyncio.sleep(3600.0)


class _WhenReady:
    """A control plane that waits for the service to be assembled, so that nobody else has to."""

    def __init__(self, ready: Callable[[], Coroutine[Any, Any, EngineControl]]) -> None:
        self._ready = ready

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            control = await self._ready()
            return await getattr(control, name)(*args, **kwargs)

        return call


def _settle() -> None:
    """Take what start-up made out of the garbage collector's sight: full collections stop every thread for tens of
    milliseconds, and a short switch interval lets the proxy's thread back in soon after it waited."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 1000)
    sys.setswitchinterval(1e-4)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)


def _copy(source: Future[T], target: Future[T]) -> None:
    if source.cancelled():
        target.cancel()
    elif (error := source.exception()) is not None:
        target.set_exception(error)
    else:
        target.set_result(source.result())
