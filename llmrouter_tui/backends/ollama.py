"""Ollama, by its native API: ``options``, keep-alive, context, thinking, tools, images and timings are ours to set
and read there. Listing, ``/api/show`` and ``/api/ps`` load nothing."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from llmrouter_tui.backends.gguf_memory import cache_of_file, kv_cache, shown_header, with_cache
from llmrouter_tui.backends.http import READ_TIMEOUT, Link
from llmrouter_tui.backends.ollama_reply import OllamaReply
from llmrouter_tui.backends.ollama_wire import LAUNCH, call_rules, request_body
from llmrouter_tui.backends.ollama_wire import keep_alive as wire_keep_alive
from llmrouter_tui.backends.reading import count, mapping, objects, parameters, text
from llmrouter_tui.backends.stream import WHOLE_ANSWER
from llmrouter_tui.backends.vectors import ask, checked
from llmrouter_tui.backends.waiting import until
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import Capability, ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_hosted, is_local
from llmrouter_tui.core.openai import Writer
from llmrouter_tui.core.ports.backend import Reply

LOAD_SECONDS = 900.0
UNLOAD_SECONDS = 30.0
SHOWN_AT_ONCE = 4
"""How many ``/api/show`` calls run side by side."""
SHOW_SECONDS = 15.0

_CAPABILITIES: Mapping[str, Capability] = {
    "completion": "completion",
    "tools": "tools",
    "vision": "vision",
    "embedding": "embedding",
    "thinking": "thinking",
}


class _Embedded(msgspec.Struct):
    embeddings: list[list[float]] = []
    prompt_eval_count: Any = None
    error: Any = None


_EMBEDDED = msgspec.json.Decoder(_Embedded)


class OllamaBackend:
    """An Ollama server (``core.ports.backend.Backend``)."""

    kind = "ollama"
    manages_memory = True
    sets_context = True
    places = None
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
        root = url.rstrip("/").removesuffix("/v1").removesuffix("/api")
        self._link = Link(session, name, root, api_key=api_key, api_key_env=api_key_env)
        self._read_timeout = read_timeout
        self._shown: dict[str, Mapping[str, Any]] = {}
        self._remote: frozenset[str] = frozenset()
        self._files: dict[str, tuple[str, ...]] = {}

    @property
    def url(self) -> str:
        return self._link.url

    async def probe(self) -> str:
        version = text(mapping(await self._link.get("/api/version")).get("version"))
        if not version:
            raise self._link.broken("answered /api/version without a version")
        return f"Ollama {version}"

    async def models(self) -> Sequence[ModelInfo]:
        """All models, with what ``/api/show`` tells of each (asked once per digest)."""
        tags = [t for t in objects(mapping(await self._link.get("/api/tags")).get("models")) if text(t.get("name"))]
        await self._show([tag for tag in tags if _key(tag) not in self._shown])
        self._shown = {_key(tag): self._shown[_key(tag)] for tag in tags if _key(tag) in self._shown}
        self._remote = frozenset(tag["name"] for tag in tags if _remote(tag))
        self._files = {tag["name"]: self._files_of(tag) for tag in tags}
        return [self._describe(tag, self._shown.get(_key(tag), {})) for tag in tags]

    async def residents(self) -> Sequence[Resident]:
        """What ``/api/ps`` lists, and the models that run elsewhere, which are always there.

        Ollama runs all names of the same weights by one process, and lists only the name that came first.
        """
        found = [Resident(name) for name in sorted(self._remote)]
        for entry in await self._held():
            first = _resident(entry)
            found += [first, *(replace(first, name=other, shares=first.name) for other in self._other_names(entry))]
        return found

    async def _held(self) -> list[dict[str, Any]]:
        listed = objects(mapping(await self._link.get("/api/ps")).get("models"))
        return [entry for entry in listed if text(entry.get("name"))]

    def _files_of(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        """The files of a model that ``/api/tags`` or ``/api/ps`` lists, as far as it was shown."""
        files: tuple[str, ...] = self._shown.get(_key(entry), {}).get("files", ())
        return files

    def _other_names(self, entry: Mapping[str, Any]) -> list[str]:
        files = self._files_of(entry)
        return [name for name, own in self._files.items() if files and own == files and name != entry["name"]]

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        """An empty prompt loads and answers when the model is ready."""
        if model.name in self._remote:
            return
        wish: dict[str, Any] = {"model": model.name}
        if keep_alive is not None:
            wish["keep_alive"] = wire_keep_alive(keep_alive)
        if context_length is not None:
            wish["options"] = {"num_ctx": context_length}
        if "completion" not in model.capabilities and "embedding" in model.capabilities:
            await self._link.post("/api/embed", wish | {"input": ""}, timeout=LOAD_SECONDS, model=model.name)
            return
        wish |= {"stream": False, **LAUNCH}
        answer = await self._link.post("/api/generate", wish, timeout=LOAD_SECONDS, model=model.name)
        if mapping(answer).get("error"):
            raise self._link.said_no(mapping(answer)["error"], model.name)

    async def unload(self, model: ModelInfo) -> None:
        """Ollama answers at once and unloads when the last answer in flight is done: wait until it is gone."""
        if model.name in self._remote:
            return
        wish = {"model": model.name, "keep_alive": 0, "stream": False}
        try:
            await self._link.post("/api/generate", wish, timeout=UNLOAD_SECONDS, model=model.name)
        except BackendError as error:
            if error.code == "model_not_found":
                return
            raise

        async def gone() -> bool:
            return not any(model.name in (e["name"], *self._other_names(e)) for e in await self._held())

        if not await until(gone, UNLOAD_SECONDS):
            raise self._link.broken(f"still holds {model.name} {UNLOAD_SECONDS:g} s after it was told to unload it")

    def refuse(self, call: ChatCall) -> None:
        """See ``core.ports.backend.Refusing``: what cannot be said in its dialect."""
        request_body(call)

    async def chat(self, call: ChatCall) -> Reply:
        body = request_body(call)
        request, name = call.request, call.model.name
        patience = self._read_timeout if request.stream else self._read_timeout * WHOLE_ANSWER
        answer = await self._link.open("/api/chat", body, model=name, read_timeout=patience)
        return OllamaReply(
            answer,
            self._link,
            Writer(f"chatcmpl-{call.exchange_id}", int(time.time()), name),
            exchange_id=call.exchange_id,
            stream=request.stream,
            wants_usage=request.wants_usage,
            opening=all(message.role != "assistant" for message in request.messages),
            rules=call_rules(request),
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
        """Only texts; without ``truncate`` Ollama refuses what is too long, with it, it cuts it."""
        if not isinstance(inputs[0], str):
            words = f"{self.name} ({model.name}) takes texts, not lists of tokens: Ollama has no way to be given them."
            raise BackendError(
                "invalid_request",
                words,
                backend=self.name,
                model=model.name,
                fallback=True,
                retryable=False,
                param="input",
                hint="Send the texts themselves.",
            )
        wish: dict[str, Any] = {"model": model.name, "input": list(inputs), "truncate": truncate}
        if context_length is not None:
            wish["options"] = {"num_ctx": context_length}
        if dimensions is not None:
            wish["dimensions"] = dimensions
        answer = await ask(self._link, "/api/embed", wish, model.name, _EMBEDDED)
        if answer.error:
            raise self._link.said_no(answer.error, model.name)
        told = Embedded(answer.embeddings, count(answer.prompt_eval_count))
        return checked(self._link, told, len(inputs), model.name)

    async def close(self) -> None:
        """Close idle connections; the session is shared."""
        self._link.close()

    async def _show(self, tags: Sequence[Mapping[str, Any]]) -> None:
        """Ask for the details of models not seen yet. A model whose manifest is broken is listed without them."""
        few = asyncio.Semaphore(SHOWN_AT_ONCE)

        async def show(tag: Mapping[str, Any]) -> None:
            async with few:
                try:
                    told = await self._link.post("/api/show", {"model": tag["name"]}, timeout=SHOW_SECONDS)
                except BackendError as error:
                    if error.unhealthy:
                        raise
                    return
            kept = _kept(mapping(told))
            if kept["cache"] is None and kept["files"] and is_local(self.url):
                kept["cache"] = await asyncio.to_thread(cache_of_file, Path(kept["files"][0]))
            self._shown[_key(tag)] = kept

        await asyncio.gather(*(show(tag) for tag in tags))

    def _describe(self, tag: Mapping[str, Any], shown: Mapping[str, Any]) -> ModelInfo:
        details, info = mapping(tag.get("details")), mapping(shown.get("model_info"))
        told = shown.get("capabilities") or tag.get("capabilities")
        arch = text(info.get("general.architecture"))
        context = count(info.get(f"{arch}.context_length")) or count(details.get("context_length"))
        described = ModelInfo(
            backend=self.name,
            name=tag["name"],
            parameters=count(info.get("general.parameter_count")) or parameters(details.get("parameter_size")),
            quantization=text(details.get("quantization_level")),
            family=text(details.get("family")) or arch,
            context_length=context,
            capabilities=_capabilities(told),
            capabilities_known=isinstance(told, list),
            size_bytes=count(tag.get("size")),
            digest=text(tag.get("digest")),
            local=is_local(self.url) and tag["name"] not in self._remote,
            hosted=is_hosted(self.url) or tag["name"] in self._remote,
        )
        return with_cache(described, shown.get("cache"))


def _key(tag: Mapping[str, Any]) -> str:
    return text(tag.get("digest")) or f"{tag['name']} {tag.get('modified_at')}"


def _kept(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are read; licence, template and the rest can be large."""
    info = mapping(shown.get("model_info"))
    return {
        "capabilities": shown.get("capabilities"),
        "model_info": info,
        "cache": kv_cache(shown_header(info)),
        "files": model_files(text(shown.get("modelfile"))),
    }


def model_files(modelfile: str) -> tuple[str, ...]:
    """The files that a model is made of, by the head of its Modelfile: weights, adapters, projectors. Models of the
    same files share a process, whatever their templates and parameters."""
    files: list[str] = []
    for line in modelfile.splitlines():
        word, _, file = line.partition(" ")
        if word in ("FROM", "ADAPTER", "DRAFT"):
            files.append(file)
        elif line.strip() and not line.startswith("#"):
            break
    return tuple(files)


def _remote(tag: Mapping[str, Any]) -> bool:
    """Models that ollama.com runs."""
    return bool(tag.get("remote_host") or tag.get("remote_model")) or tag["name"].endswith((":cloud", "-cloud"))


def _capabilities(told: object) -> frozenset[Capability]:
    """Ollama's words as ours; it makes any model that completes write JSON (``format``)."""
    if not isinstance(told, list):
        return frozenset({"completion"})
    found = {_CAPABILITIES[word] for word in told if word in _CAPABILITIES}
    return frozenset(found | {"json"} if "completion" in found else found)


def _resident(entry: Mapping[str, Any]) -> Resident:
    """Its whole size, and how much of that is in VRAM: nothing where it runs on the CPU, a part where it is split."""
    footprint, vram = count(entry.get("size")), entry.get("size_vram")
    told = footprint is not None and isinstance(vram, int) and not isinstance(vram, bool)
    return Resident(
        name=text(entry["name"]),
        footprint=footprint,
        footprint_source="reported" if footprint else "unknown",
        expires_at=_unix(entry.get("expires_at")),
        context_length=count(entry.get("context_length")),
        on_gpu=(count(vram) or 0) if told else None,
    )


def _unix(value: object) -> float | None:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
