"""The embedded engine: llama.cpp out of the package ``xllamacpp``, one child process per loaded model.

A model's memory is its process's memory, so an unload that ends the process really frees it, and an engine that
crashes takes nothing else along. Each child is a llama.cpp server on a private loopback port with a key of its own;
requests go to it as to any other llama.cpp server. ``xllamacpp`` itself is never imported here.
"""

import asyncio
import importlib.util
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from llmrouter_tui.backends.engine_child import Order
from llmrouter_tui.backends.engine_process import EngineError, EngineProcess, describe_build, start_engine
from llmrouter_tui.backends.gguf_memory import with_cache
from llmrouter_tui.backends.gguf_shelf import Shelf, Shelved
from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.stream import open_chat
from llmrouter_tui.backends.unspoken import refuse_unread
from llmrouter_tui.backends.vectors import embed
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import HOST_POOL, ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.ports.backend import Reply

INSTALL_HINT: Final = 'Install it with: pip install "llmrouter-tui[embedded]"'
SLOTS: Final = 2
"""Requests that one model answers at once; each has the whole context, so the KV cache is that many times larger."""
BUILD_TIMEOUT: Final = 30.0
VISIBLE: Final = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
"""Variables by which a user, or a container, chooses GPUs."""
NOTICE_SECONDS: Final = 0.5
"""Seconds to see why a connection broke: nearly always because its process ended."""

WHO = "The embedded engine"
"""What people call it."""


def available() -> bool:
    """Whether the engine is installed. It is not imported: its 106 MB of native code stay out of this process."""
    return importlib.util.find_spec("xllamacpp") is not None


class _EngineLink(Link):
    """The way to one child, by a connection per request: llama.cpp's server promises to keep a connection after a
    streamed answer and closes it, so that the next request on it would fail now and then."""

    keeps = False

    def __init__(self, session: aiohttp.ClientSession, backend: str, port: int, key: str) -> None:
        super().__init__(session, backend, f"http://127.0.0.1:{port}", api_key=key)


@dataclass(frozen=True, slots=True)
class _Engine:
    """A child that serves."""

    process: EngineProcess
    link: Link
    context: int
    device_bytes: int


class _Start:
    """A start under way, shared by everyone who waits for it; given up when the last of them is."""

    def __init__(self, task: asyncio.Task[_Engine]) -> None:
        self.task = task
        self.waiting = 0
        self.given_up = False

    async def wait(self) -> _Engine | None:
        """The engine, or None if an unload ended the start."""
        self.waiting += 1
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            us = asyncio.current_task()
            if us is not None and us.cancelling():
                raise
            return None
        finally:
            self.waiting -= 1
            if not self.waiting:
                self.give_up()

    def give_up(self) -> None:
        if not self.task.done():
            self.given_up = True
            self.task.cancel()


class EmbeddedBackend:
    """``core.ports.backend.Backend`` over the GGUF files of this machine.

    ``folders`` are searched besides the usual places; ``context_length`` (tokens per request) is what models are
    loaded with where nobody says another, less where they were trained for less. ``keep_alive`` is not its business:
    what is loaded stays until ``unload``. Every child belongs to the loop and thread that loaded it.
    """

    kind: Final = "embedded"
    url: Final = ""
    manages_memory: Final = True
    sets_context: Final = True
    places: Final = None
    continues: Final = True

    def __init__(
        self,
        name: str,
        session: aiohttp.ClientSession,
        folders: Sequence[Path],
        data_dir: Path,
        *,
        context_length: int = 8192,
        load_timeout: float = 600.0,
    ) -> None:
        self._name = name
        self._session = session
        self._shelf = Shelf(folders, data_dir)
        self._context = context_length
        self._load_timeout = load_timeout
        self._models: Mapping[str, Shelved] = {}
        self._engines: dict[str, _Engine] = {}
        self._starts: dict[str, _Start] = {}
        self._build: tuple[str, tuple[str, ...]] | None = None
        self._closed = False
        self._gpus: dict[str, str] = {}
        """Where models are to be loaded, by name."""

    @property
    def name(self) -> str:
        return self._name

    # ── what is here ──

    async def probe(self) -> str:
        version, devices = await self._describe()
        return f"llama.cpp (xllamacpp {version}) on {', '.join(devices) or 'the CPU'}"

    async def pool(self) -> str:
        """The memory pool models are loaded to: the host's for a build without GPU support (whatever GPUs there
        are), empty for one that uses a GPU."""
        _, devices = await self._describe()
        return "" if devices else HOST_POOL

    async def _describe(self) -> tuple[str, tuple[str, ...]]:
        """(version, GPUs) of the installed engine, asked of a short-lived child once."""
        if not available():
            raise self._error("backend_unreachable", "The embedded engine is not installed.", hint=INSTALL_HINT)
        if self._build is None:
            try:
                answer = await describe_build(BUILD_TIMEOUT)
            except (EngineError, TimeoutError) as error:
                why = str(error) or f"it said nothing within {BUILD_TIMEOUT:g} s"
                raise self._error("backend_unreachable", f"The embedded engine cannot be used: {why}.") from error
            self._build = (answer["version"], tuple(device["description"] for device in answer["devices"]))
        return self._build

    async def models(self) -> Sequence[ModelInfo]:
        self._models = await asyncio.to_thread(self._shelf.scan)
        return [self._info(shelved) for shelved in self._models.values()]

    def _info(self, shelved: Shelved) -> ModelInfo:
        file, model = shelved.file, shelved.model
        info = ModelInfo(
            backend=self._name,
            name=file.name,
            parameters=model.parameters,
            active_parameters=model.active_parameters,
            quantization=model.quantization,
            family=model.architecture,
            context_length=model.context_length or self._context,
            capabilities=shelved.capabilities,
            capabilities_known=True,
            size_bytes=file.size,
            slots=SLOTS,
        )
        return with_cache(info, model.kv)

    async def residents(self) -> Sequence[Resident]:
        held = [self._resident(name, engine) for name, engine in self._engines.items()]
        return [resident for resident in held if resident] + [Resident(name, state="loading") for name in self._starts]

    def _resident(self, name: str, engine: _Engine) -> Resident | None:
        """The model as its process is now; None if the process is gone, even if nobody noticed yet."""
        held = _rss(engine.process.pid) if engine.process.alive else 0
        if not held:
            return None
        footprint = engine.device_bytes or held
        return Resident(name, footprint, "measured", context_length=engine.context, pid=engine.process.pid)

    # ── loading ──

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        await self._engine(model.name, context_length)

    async def unload(self, model: ModelInfo) -> None:
        if start := self._starts.get(model.name):
            start.give_up()
            await asyncio.wait([start.task])
        engine = self._engines.get(model.name)
        if engine is None:
            return
        gone = await engine.process.stop()
        if self._engines.get(model.name) is engine:
            del self._engines[model.name]
        if not gone:
            text = f"The process {engine.process.pid} of {self._name} ({model.name}) does not end."
            raise self._error("backend_error", text, model.name)

    async def close(self) -> None:
        """End every child, all at once, within the bounds of ``EngineProcess.stop``."""
        self._closed = True
        starts = [start.task for start in self._starts.values()]
        for start in self._starts.values():
            start.give_up()
        await asyncio.gather(*(engine.process.stop() for engine in self._engines.values()))
        if starts:
            await asyncio.wait(starts)
        self._engines.clear()

    async def _engine(self, name: str, context_length: int | None) -> _Engine:
        """The engine that serves a model, started if need be; everyone who wants it waits for one start."""
        while True:
            engine = self._engines.get(name)
            if engine and engine.process.alive:
                return engine
            start = self._starts.get(name)
            if start and start.given_up:
                await asyncio.wait([start.task])
                continue
            if start is None:
                start = self._begin(name, context_length)
            engine = await start.wait()
            if engine is None:
                raise self._error("backend_error", f"{self._name} ({name}) was unloaded while it was loading.", name)
            return engine

    def _begin(self, name: str, context_length: int | None) -> _Start:
        if self._closed:
            raise self._error("shutting_down", f"{self._name} is closing.", name)
        task = asyncio.get_running_loop().create_task(self._start(name, context_length))
        start = self._starts[name] = _Start(task)
        task.add_done_callback(lambda _: self._starts.pop(name, None))
        return start

    async def _start(self, name: str, context_length: int | None) -> _Engine:
        if not available():
            raise self._error("backend_error", "The embedded engine is not installed.", name, hint=INSTALL_HINT)
        order = self._order(name, await self._known(name), context_length or self._context)
        try:
            process, answer = await start_engine(order, self._load_timeout)
        except (EngineError, TimeoutError) as error:
            raise self._load_failed(name, error) from None
        link = _EngineLink(self._session, self._name, int(answer["port"]), order.key)
        engine = self._engines[name] = _Engine(process, link, order.context, int(answer["device_bytes"]))
        return engine

    def aim(self, model: ModelInfo, gpus: Sequence[str]) -> bool:
        """Only CUDA builds can be told, by UUID; what the user's environment says of GPUs is left as it is."""
        told = bool(gpus) and all(gpus) and not any(name in os.environ for name in VISIBLE)
        self._gpus[model.name] = ",".join(gpus) if told else ""
        return told

    def _order(self, name: str, shelved: Shelved, context: int) -> Order:
        return Order(
            model=str(shelved.file.paths[0]),
            alias=name,
            context=min(context, shelved.model.context_length or context),
            slots=SLOTS,
            threads=threads(),
            key=secrets.token_urlsafe(32),
            projector=str(shelved.file.projector or ""),
            embedding=shelved.model.use == "embed",
            gpus=self._gpus.get(name, ""),
        )

    async def _known(self, name: str) -> Shelved:
        if name not in self._models:
            await self.models()
        if name not in self._models:
            text = f"{self._name} finds no file for the model {name}."
            raise self._error("model_not_found", text, name)
        return self._models[name]

    def _load_failed(self, name: str, error: EngineError | TimeoutError) -> BackendError:
        who = f"{self._name} ({name})"
        if isinstance(error, TimeoutError):
            return self._error("load_timeout", f"{who} was not loaded within {self._load_timeout:g} s.", name)
        if error.memory:
            hint = "Unload other models, or use a smaller model or context."
            return self._error("out_of_memory", f"{who} does not fit into memory: {error}", name, hint=hint)
        return self._error("backend_error", f"{who} could not be loaded: {error}", name)

    # ── answering ──

    def refuse(self, call: ChatCall) -> None:
        """See ``core.ports.backend.Refusing``."""
        refuse_unread(call, WHO)

    async def chat(self, call: ChatCall) -> Reply:
        name = call.model.name
        engine = await self._engine(name, call.context_length)
        try:
            return await open_chat(engine.link, call, leaves_out=WHO, thinks_by="template")
        except BackendError as error:
            if not error.unhealthy:
                raise
            raise await self._lost(name, engine) from error

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        """Only a model that is made for it does: the others are started without."""
        engine = await self._engine(model.name, context_length)
        try:
            return await embed(engine.link, "/v1/embeddings", model.name, inputs, dimensions=dimensions)
        except BackendError as error:
            if not error.unhealthy:
                raise
            raise await self._lost(model.name, engine) from error

    async def _lost(self, name: str, engine: _Engine) -> BackendError:
        """Why a request did not reach its process."""
        await engine.process.ends_within(NOTICE_SECONDS)
        what = "did not take the request" if engine.process.alive else "ended before it answered"
        text = f"The engine process of {self._name} ({name}) {what}."
        return self._error("backend_error", text, name, retryable=True)

    def _error(self, code: str, text: str, model: str = "", *, hint: str = "", retryable: bool = False) -> BackendError:
        return BackendError(
            code,  # type: ignore[arg-type]
            text,
            backend=self._name,
            model=model,
            fallback=True,
            hint=hint,
            retryable=retryable,
            unhealthy=code == "backend_unreachable",
        )


def threads() -> int:
    """Threads for one engine: the cores less one, for the router and the screen.

    An engine that finds a core taken by others waits for it at every layer: measured on a busy 2-core machine, two
    threads gave 4 to 26 tokens/s where one gave 50 to 70.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = psutil.cpu_count(logical=False) or usable
    return max(1, min(usable, cores) - 1)


def _rss(pid: int) -> int:
    """Bytes of RAM that a process holds, the weights it has mapped included; 0 for one that is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
