"""LM Studio's own REST API beside the OpenAI one: v1 (0.4.0 and later) loads and unloads, v0 only tells."""

from collections.abc import Mapping, Sequence
from typing import Any

from llmrouter_tui.backends.flavours import Plain, forgiving
from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.reading import count, mapping, objects, parameters, text
from llmrouter_tui.backends.unspoken import without
from llmrouter_tui.core.domain import Capability, ModelInfo, Resident
from llmrouter_tui.core.hosting import is_hosted, is_local

LOAD_SECONDS = 900.0
TTL = "ttl"
"""In a request, the seconds after which the model is unloaded: how long models stay is the router's to say."""


class LmStudio(Plain):
    """LM Studio with its v1 API. Models are known by key; loaded ones have instances with ids of their own."""

    label = "LM Studio"
    leaves_out = True
    manages_memory = True
    sets_context = True

    def to_send(self, body: bytes) -> bytes:
        return without(body, TTL)

    async def models(self, link: Link, prefix: str) -> Sequence[ModelInfo]:
        return [self.describe(link, entry) for entry in await _known(link)]

    def describe(self, link: Link, entry: Mapping[str, Any]) -> ModelInfo:
        told = mapping(entry.get("capabilities"))
        found: set[Capability] = {"embedding"} if entry.get("type") == "embedding" else {"completion", "json"}
        found |= {"vision"} if told.get("vision") is True else set()
        found |= {"tools"} if told.get("trained_for_tool_use") is True else set()
        found |= {"thinking"} if told.get("reasoning") else set()
        return ModelInfo(
            backend=link.backend,
            name=text(entry["key"]),
            parameters=parameters(entry.get("params_string")),
            quantization=text(mapping(entry.get("quantization")).get("name")),
            family=text(entry.get("architecture")),
            context_length=count(entry.get("max_context_length")),
            capabilities=frozenset(found),
            capabilities_known="capabilities" in entry or entry.get("type") == "embedding",
            size_bytes=count(entry.get("size_bytes")),
            local=is_local(link.url),
            hosted=is_hosted(link.url),
            cuts=True,
        )

    async def residents(self, link: Link, prefix: str) -> Sequence[Resident]:
        return [
            Resident(text(entry["key"]), context_length=count(mapping(first.get("config")).get("context_length")))
            for entry in await _known(link)
            for first in _instances(entry)[:1]
        ]

    async def load(self, link: Link, model: ModelInfo, context_length: int | None) -> None:
        """Load unless an instance is there: loading twice would make a second one."""
        if await _instances_of(link, model):
            return
        wish: dict[str, object] = {"model": model.name}
        if context_length is not None:
            wish["context_length"] = context_length
        await link.post("/api/v1/models/load", wish, timeout=LOAD_SECONDS, model=model.name)

    async def unload(self, link: Link, model: ModelInfo) -> None:
        for instance in await _instances_of(link, model):
            wish = {"instance_id": text(instance.get("id"))}
            await forgiving(link.post("/api/v1/models/unload", wish, timeout=30, model=model.name))


class OldLmStudio(Plain):
    """LM Studio before 0.4.0: it loads a model when it is asked for, and cannot be told to."""

    label = "LM Studio"
    leaves_out = True

    def to_send(self, body: bytes) -> bytes:
        return without(body, TTL)

    async def models(self, link: Link, prefix: str) -> Sequence[ModelInfo]:
        body = mapping(await link.get("/api/v0/models"))
        return [self.describe(link, entry) for entry in objects(body.get("data")) if text(entry.get("id"))]

    def describe(self, link: Link, entry: Mapping[str, Any]) -> ModelInfo:
        kind, told = text(entry.get("type")), entry.get("capabilities")
        found: set[Capability] = {"embedding"} if kind == "embeddings" else {"completion", "json"}
        found |= {"vision"} if kind == "vlm" else set()
        found |= {"tools"} if isinstance(told, list) and "tool_use" in told else set()
        return ModelInfo(
            backend=link.backend,
            name=text(entry["id"]),
            quantization=text(entry.get("quantization")),
            family=text(entry.get("arch")),
            context_length=count(entry.get("loaded_context_length")) or count(entry.get("max_context_length")),
            capabilities=frozenset(found),
            capabilities_known=isinstance(told, list),
            local=is_local(link.url),
            hosted=is_hosted(link.url),
            cuts=True,
        )

    async def residents(self, link: Link, prefix: str) -> Sequence[Resident]:
        body = mapping(await link.get("/api/v0/models"))
        return [Resident(text(e.get("id"))) for e in objects(body.get("data")) if e.get("state") == "loaded"]


async def _known(link: Link) -> list[dict[str, Any]]:
    body = mapping(await link.get("/api/v1/models"))
    return [entry for entry in objects(body.get("models")) if text(entry.get("key"))]


def _instances(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects(entry.get("loaded_instances"))


async def _instances_of(link: Link, model: ModelInfo) -> list[dict[str, Any]]:
    return [i for entry in await _known(link) if entry["key"] == model.name for i in _instances(entry)]
