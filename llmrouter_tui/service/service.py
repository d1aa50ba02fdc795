"""A router as one thing to run: ``core.ports.host.Host`` for a screen's worker thread and ``serve``'s main thread."""

import asyncio
import contextlib
import gc
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llmrouter_tui.config import Config
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.engine.bus import Ring
from llmrouter_tui.service.mode import Mode

if TYPE_CHECKING:
    from llmrouter_tui.service.assembly import Assembly
    from llmrouter_tui.storage.restoring import Swap

__all__ = ["Mode", "Service"]

T = TypeVar("T")

MOST_FILES = 65_536
"""Open files at most."""


class Service:
    """One router. ``run`` blocks until ``stop``; ``control`` and ``submit`` may be used from any thread before that."""

    url = ""

    def __init__(self, config: Config, mode: Mode, *, readonly: bool = False) -> None:
        self.readonly = readonly
        self.feed = Ring()
        self._config = config
        self._mode = mode
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._lock = threading.RLock()  # a signal handler may call stop in the middle of submit
        self._early: list[Callable[[asyncio.AbstractEventLoop], None]] = []
        self._stopped = self._ended = self._at_once = False
        self._failure: RouterError | None = None
        self._control: Control | None = None
        self._ready: asyncio.Event | None = None
        self._swap: Swap | None = None
        """Of the database for a copy of it, which waits for an orderly end."""

    # ── core.ports.host.Host ──

    @property
    def control(self) -> Control:
        return cast(Control, _WhenReady(self._when_ready))

    def run(self) -> None:
        _open_many()
        from llmrouter_tui.service.assembly import Assembly  # a second of loading, while the screen is drawn already

        with self._lock:
            self._ended = False
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            try:
                runner.run(self._main(Assembly))
            except RouterError as error:
                self._failure = error
                raise
            finally:
                with self._lock:
                    self._loop, self._ended = None, True

    def stop(self, *, now: bool = False) -> None:
        with self._lock:
            self._stopped = True
            self._at_once = self._at_once or now
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        done: Future[T] = Future()

        def start(loop: asyncio.AbstractEventLoop) -> None:
            asyncio.run_coroutine_threadsafe(coroutine, loop).add_done_callback(lambda f: _copy(f, done))

        with self._lock:
            if self._stopped or self._ended:
                coroutine.close()
                done.set_exception(self._failure or RouterError("shutting_down", "the router has stopped"))
            elif self._loop is None:
                self._early.append(start)
            else:
                start(self._loop)
        return done

    async def _when_ready(self) -> Control:
        assert self._ready is not None
        await self._ready.wait()
        assert self._control is not None
        return self._control

    # ── life ──

    async def _main(self, assemble: "type[Assembly]") -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            self._loop, self._stop, self._ready = loop, asyncio.Event(), asyncio.Event()
            early, self._early = self._early, []
            if self._stopped:
                self._stop.set()
        for start in early:
            start(loop)
        from llmrouter_tui.service.restoring import carry_out

        config, port, restored = self._config, 0, None
        while True:
            assembly = assemble(config, self._mode, self.feed, self.stop, self._restart, port)
            async with contextlib.AsyncExitStack() as stack:
                await assembly.build(stack)
                if restored is not None:
                    restored.tell(assembly.status)
                self._control = assembly.control
                self._ready.set()
                _settle()
                await self._stop.wait()
                if self._at_once:
                    assembly.hurry()
                if self._swap is not None:
                    self._ready.clear()
                    config, port = assembly.config, assembly.port
                assembly.status.change(state="stopping")
            if self._swap is None:
                return
            restored = await asyncio.to_thread(carry_out, self._swap)
            with self._lock:
                self._swap = None
                if self._stopped:
                    return
                self._stop.clear()
            self.feed.cut()

    def _restart(self, swap: "Swap") -> None:
        """End what runs in an orderly way, exchange the database while nobody has it open, and begin anew."""
        assert self._stop is not None
        self._swap = swap
        self._stop.set()


class _WhenReady:
    """A control plane that waits for the service to be assembled, so that nobody else has to."""

    def __init__(self, ready: Callable[[], Coroutine[Any, Any, Control]]) -> None:
        self._ready = ready

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if not hasattr(Control, name):
            raise AttributeError(f"the control plane has no {name}")

        async def call(*args: Any, **kwargs: Any) -> Any:
            control = await self._ready()
            return await getattr(control, name)(*args, **kwargs)

        return call


def _settle() -> None:
    """Take what start-up made out of the garbage collector's sight: full collections stop every thread for tens of
    milliseconds, and a short switch interval lets the proxy's thread back in soon after it waited."""
    gc.unfreeze()  # what another start put there
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 1000)
    gc.enable()
    sys.setswitchinterval(1e-4)


def _open_many() -> None:
    """Ask for as many open files as this user may have: every connection is one, and the usual limit is 1,024."""
    if sys.platform == "win32":
        return
    import resource

    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a platform with a lower limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)


def _copy(source: Future[T], target: Future[T]) -> None:
    if source.cancelled():
        target.cancel()
    elif not target.set_running_or_notify_cancel():
        return  # who asked has left, as the screen does when a dialog closes
    elif (error := source.exception()) is not None:
        target.set_exception(error)
    else:
        target.set_result(source.result())
