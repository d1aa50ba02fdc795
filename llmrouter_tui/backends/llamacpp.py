"""llama.cpp's ``llama-server``: one model per server, or router mode, which manages many.

Only calls that neither load nor wake a model are made for monitoring: ``/health``, ``/props`` without a model,
``/v1/models`` and ``/models``. ``/slots``, ``/metrics`` and ``/props?model=`` are never asked. Of what the router tells
of its children's command lines only file, context and slots are read, and nothing is repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import aiohttp

from llmrouter_tui.backends.http import READ_TIMEOUT, Link
from llmrouter_tui.backends.llamacpp_files import Launch, ModelFiles, launch_of
from llmrouter_tui.backends.reading import count, mapping, objects, text
from llmrouter_tui.backends.stream import open_chat
from llmrouter_tui.backends.unspoken import refuse_unread
from llmrouter_tui.backends.vectors import embed
from llmrouter_tui.backends.waiting import until
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import Capability, ModelInfo, ResidencyState, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_hosted, is_local
from llmrouter_tui.core.ports.backend import Reply

LOAD_SECONDS = 900.0
UNLOAD_SECONDS = 30.0

_STATES: dict[str, ResidencyState] = {"loaded": "resident", "loading": "loading"}
"""A sleeping model has freed its weights and its KV cache: it is absent until a request wakes it."""


class LlamaCppBackend:
    """A ``llama-server`` (``core.ports.backend.Backend``). Its mode is read by ``probe``."""

    kind = "llamacpp"
    sets_context = False
    continues = True

    def __init__(
        self,
        name: str,
        url: str,
        session: aiohttp.ClientSession,
        *,
        api_key: str = "",
        api_key_env: str = "",
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        """The session stays the caller's to close; ``read_timeout`` bounds the pauses of an answer, in seconds."""
        self.name = name
        self._link = Link(session, name, url.removesuffix("/v1"), api_key=api_key, api_key_env=api_key_env)
        self._read_timeout = read_timeout
        self._router = False
        self._places: int | None = None
        self._wire_names: dict[str, str] = {}
        self._meta: dict[str, Mapping[str, Any]] = {}
        self._files = ModelFiles()

    @property
    def url(self) -> str:
        return self._link.url

    @property
    def manages_memory(self) -> bool:
        """True in router mode; a single-model server holds its model as long as it runs."""
        return self._router

    @property
    def places(self) -> int | None:
        """Router mode counts models (``--models-max``, where 0 is no limit)."""
        return self._places if self._router else None

    async def probe(self) -> str:
        """Version and mode. A server that still loads its only model raises ``model_loading``."""
        await self._link.get("/health")
        props = mapping(await self._link.get("/props"))
        self._router = props.get("role") == "router"
        self._places = count(props.get("max_instances"))
        build = text(props.get("build_info"))
        return " ".join(filter(None, ("llama.cpp", build, "router" if self._router else "")))

    async def models(self) -> Sequence[ModelInfo]:
        if self._router:
            entries = objects(mapping(await self._link.get("/models")).get("data"))
            launched = [(entry, _launch(entry)) for entry in entries if text(entry.get("id"))]
            await self._read_files(launch.path for _, launch in launched)
            return [self._routed(entry, launch) for entry, launch in launched]
        listed = mapping(await self._link.get("/v1/models"))
        props = mapping(await self._link.get("/props"))
        told = objects(listed.get("models"))
        words = told[0].get("capabilities") if told else None
        data = [entry for entry in objects(listed.get("data")) if text(entry.get("id"))]
        await self._read_files([text(props.get("model_path"))])
        return [self._single(entry, props, words if isinstance(words, list) else []) for entry in data[:1]]

    async def residents(self) -> Sequence[Resident]:
        if self._router:
            listed = mapping(await self._link.get("/models"))
            return [
                Resident(text(entry.get("id")), state=_STATES[_status(entry)], context_length=_context(entry))
                for entry in objects(listed.get("data"))
                if _status(entry) in _STATES
            ]
        sleeping = mapping(await self._link.get("/props")).get("is_sleeping") is True
        state: ResidencyState = "absent" if sleeping else "resident"
        return [Resident(info.name, state=state, context_length=info.context_length) for info in await self.models()]

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        """Router mode: ask for the load, as soon as the router has a place for it, and wait for its end. The router
        has no keep-alive and its own context; it counts models, and only an idle one leaves for another."""
        if not self._router:
            return
        status = _status(await self._entry(model))
        if status == "loaded":
            return
        if status == "sleeping":
            await self._link.post("/tokenize", {"model": model.name, "content": "a"}, timeout=LOAD_SECONDS)
            return
        if status != "loading" and not await until(lambda: self._accepts(model), LOAD_SECONDS):
            raise self._too_slow(model)

        async def loaded() -> bool:
            entry = await self._entry(model)
            if _status(entry) in ("loaded", "sleeping"):
                return True
            if _failed(entry):
                raise self._load_failed(model, entry)
            return False

        if not await until(loaded, LOAD_SECONDS):
            raise self._too_slow(model)

    async def unload(self, model: ModelInfo) -> None:
        """Router mode: unload and wait until it is gone. It stops an answer in flight: drain first."""
        if not self._router:
            return
        try:
            await self._call("/models/unload", model, meanwhile="not")
        except BackendError as error:
            if error.code == "model_not_found":
                return
            raise

        async def gone() -> bool:
            return _status(await self._entry(model)) not in ("loaded", "loading", "sleeping")

        if not await until(gone, UNLOAD_SECONDS):
            raise self._link.broken(f"still holds {model.name} {UNLOAD_SECONDS:g} s after it was told to unload it")

    def refuse(self, call: ChatCall) -> None:
        """See ``core.ports.backend.Refusing``."""
        refuse_unread(call, "llama.cpp")

    async def chat(self, call: ChatCall) -> Reply:
        wire = self._wire_names.get(call.model.name, "")
        return await open_chat(
            self._link,
            call,
            wire_name=wire,
            read_timeout=self._read_timeout,
            drops_streams=True,
            leaves_out="llama.cpp",
            thinks_by="template",
        )

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        """Only a server that was started for it does."""
        wire = self._wire_names.get(model.name, "")
        return await embed(self._link, "/v1/embeddings", model.name, inputs, dimensions=dimensions, wire_name=wire)

    async def close(self) -> None:
        """Close idle connections; the session is shared."""
        self._link.close()

    # ── router mode ──

    async def _entry(self, model: ModelInfo) -> Mapping[str, Any]:
        listed = mapping(await self._link.get("/models"))
        for entry in objects(listed.get("data")):
            if entry.get("id") == model.name:
                return entry
        words = f"{self.name} no longer has the model {model.name}."
        raise BackendError(
            "model_not_found", words, backend=self.name, model=model.name, fallback=True, retryable=False
        )

    async def _accepts(self, model: ModelInfo) -> bool:
        """Ask for a load; whether it has begun. No while every place is taken by a model that answers."""
        try:
            await self._call("/models/load", model, meanwhile="running")
        except BackendError as error:
            if error.code != "queue_full":
                raise
            return False
        return True

    def _too_slow(self, model: ModelInfo) -> BackendError:
        words = f"{self.name} did not load {model.name} within {LOAD_SECONDS:g} s."
        return BackendError("load_timeout", words, backend=self.name, model=model.name, fallback=True)

    async def _call(self, path: str, model: ModelInfo, *, meanwhile: str) -> None:
        """Ask for a change; a 400 that says that it has come about meanwhile is as good as success."""
        try:
            await self._link.post(path, {"model": model.name}, model=model.name)
        except BackendError as error:
            if not (error.code == "invalid_request" and meanwhile in error.message):
                raise

    def _load_failed(self, model: ModelInfo, entry: Mapping[str, Any]) -> BackendError:
        code = mapping(entry.get("status")).get("exit_code")
        what = f"could not load the model: its process ended with exit code {code}"
        return self._link.broken(what if code is not None else "could not load the model", model.name)

    def _routed(self, entry: Mapping[str, Any], launch: Launch) -> ModelInfo:
        """A model of a router. Whether it can use tools is only known to its own server. Size and context are told
        while it is loaded, and hold as long as the router runs; before that by its file and command line."""
        name = text(entry["id"])
        meta = self._meta[name] = mapping(entry.get("meta")) or self._meta.get(name, {})
        info = ModelInfo(
            backend=self.name,
            name=name,
            parameters=count(meta.get("n_params")),
            quantization=text(meta.get("ftype")),
            context_length=count(meta.get("n_ctx")) or launch.context,
            capabilities=frozenset[Capability]({"completion", "json", *_sees(entry)}),
            size_bytes=count(meta.get("size")),
            local=is_local(self.url),
            hosted=is_hosted(self.url),
            aliases=_aliases(entry, name),
            slots=launch.slots,
            longest_context=count(meta.get("n_ctx_train")),
        )
        return self._files.fill(info, launch.path)

    async def _read_files(self, paths: Iterable[str]) -> None:
        if is_local(self.url):
            await self._files.read(paths)

    # ── single model ──

    def _single(self, entry: Mapping[str, Any], props: Mapping[str, Any], words: list[object]) -> ModelInfo:
        wire = text(entry["id"])
        name = _short(wire)
        self._wire_names[name] = wire
        meta = mapping(entry.get("meta"))
        context = count(mapping(props.get("default_generation_settings")).get("n_ctx"))
        info = ModelInfo(
            backend=self.name,
            name=name,
            parameters=count(meta.get("n_params")),
            quantization=text(meta.get("ftype")) or text(props.get("model_ftype")),
            context_length=context or count(meta.get("n_ctx")),
            capabilities=_capabilities(entry, props, words),
            capabilities_known=True,
            size_bytes=count(meta.get("size")),
            local=is_local(self.url),
            hosted=is_hosted(self.url),
            aliases=_aliases(entry, name),
            longest_context=count(meta.get("n_ctx_train")),
        )
        return self._files.fill(info, text(props.get("model_path")))


def _capabilities(entry: Mapping[str, Any], props: Mapping[str, Any], words: list[object]) -> frozenset[Capability]:
    """From what the server says of its model and of its chat template. Any model writes JSON under a grammar."""
    caps = mapping(props.get("chat_template_caps"))
    template = text(props.get("chat_template"))
    found: set[Capability] = {"completion", "json", *_sees(entry)}
    if mapping(props.get("modalities")).get("vision", "multimodal" in words) is True:
        found.add("vision")
    if caps.get("supports_tools") is True or caps.get("supports_tool_calls") is True:
        found.add("tools")
    if "enable_thinking" in template or "<think>" in template or caps.get("supports_reasoning_effort") is True:
        found.add("thinking")
    if "embedding" in words:
        found.add("embedding")
    return frozenset(found)


def _sees(entry: Mapping[str, Any]) -> set[Capability]:
    inputs = mapping(entry.get("architecture")).get("input_modalities")
    return {"vision"} if isinstance(inputs, list) and "image" in inputs else set()


def _aliases(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    told = entry.get("aliases")
    return tuple(alias for alias in map(text, told) if alias and alias != name) if isinstance(told, list) else ()


def _context(entry: Mapping[str, Any]) -> int | None:
    return count(mapping(entry.get("meta")).get("n_ctx"))


def _launch(entry: Mapping[str, Any]) -> Launch:
    return launch_of(mapping(entry.get("status")).get("args"))


def _status(entry: Mapping[str, Any]) -> str:
    return text(mapping(entry.get("status")).get("value"))


def _failed(entry: Mapping[str, Any]) -> bool:
    """Not loading any more, and the last try ended badly."""
    return _status(entry) != "loading" and mapping(entry.get("status")).get("failed") is True


def _short(wire: str) -> str:
    """A server without an alias calls its model by the path of its file; people know it by the file's name."""
    return PurePath(wire).stem if wire.endswith(".gguf") else wire
