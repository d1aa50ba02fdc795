"""What differs between servers that speak the OpenAI dialect: how they list, load and unload, and how to tell them
apart. One object per server."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import quote

from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.reading import count, mapping, number, objects, text
from llmrouter_tui.backends.thinking import Way
from llmrouter_tui.backends.waiting import until
from llmrouter_tui.core.domain import Capability, ModelInfo, Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_hosted, is_local

CAPABILITIES: tuple[Capability, ...] = ("completion", "tools", "vision", "json", "embedding", "thinking")


class Flavour(Protocol):
    """How one kind of server does what the common dialect has no words for."""

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    @property
    def manages_memory(self) -> bool: ...

    @property
    def sets_context(self) -> bool:
        """Whether a load says which context it is with."""
        ...

    @property
    def drops_streams(self) -> bool:
        """Whether it closes the connection after every stream, although it promises to keep it."""
        ...

    @property
    def leaves_out(self) -> bool:
        """Whether it leaves out, without a word, what only OpenAI's own servers heed (``unspoken``)."""
        ...

    @property
    def continues(self) -> bool:
        """Whether it goes on with an assistant's turn that is the last one, and does not answer it."""
        ...

    async def version(self, link: Link) -> str:
        """Its version, empty if it does not tell; raises ``BackendError`` when it is not well."""
        ...

    async def models(self, link: Link, prefix: str) -> Sequence[ModelInfo]: ...
    async def residents(self, link: Link, prefix: str) -> Sequence[Resident]: ...
    async def load(self, link: Link, model: ModelInfo, context_length: int | None) -> None: ...
    async def unload(self, link: Link, model: ModelInfo) -> None: ...

    def to_send(self, body: bytes) -> bytes:
        """A request without what only the router may say there."""
        ...

    def to_resume(self, body: bytes) -> bytes:
        """A request whose last turn is to be gone on with."""
        ...

    def thinks_by(self, model: ModelInfo) -> Way:
        """How it is told whether to think."""
        ...


class Plain:
    """Any server with ``/v1/models`` and chat: OpenAI, OpenRouter, Groq, a proxy. It manages its own memory."""

    label = "OpenAI-compatible"
    manages_memory = False
    sets_context = False
    drops_streams = False
    leaves_out = False
    continues = False
    always_held = False
    """Whether the models listed are in memory as long as the server runs."""

    async def version(self, link: Link) -> str:
        return ""

    async def models(self, link: Link, prefix: str) -> Sequence[ModelInfo]:
        return [self.describe(link, entry) for entry in await listed(link, prefix) if self.offers(entry)]

    def offers(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry of the list is a model that answers in words."""
        outputs = mapping(entry.get("architecture")).get("output_modalities")
        return not isinstance(outputs, list) or "text" in outputs

    def describe(self, link: Link, entry: Mapping[str, Any]) -> ModelInfo:
        """What the list says of one model; the common fields and those of OpenRouter and llama.cpp."""
        prices, meta = mapping(entry.get("pricing")), mapping(entry.get("meta"))
        capabilities, known = _told(entry)
        return ModelInfo(
            backend=link.backend,
            name=text(entry["id"]),
            parameters=count(meta.get("n_params")),
            quantization=text(meta.get("ftype")),
            size_bytes=count(meta.get("size")),
            context_length=_context(entry),
            capabilities=capabilities,
            capabilities_known=known,
            price_in=_per_million(prices.get("prompt")),
            price_out=_per_million(prices.get("completion")),
            local=is_local(link.url),
            hosted=is_hosted(link.url),
        )

    async def residents(self, link: Link, prefix: str) -> Sequence[Resident]:
        if not self.always_held:
            return []
        return [Resident(m.name, context_length=m.context_length) for m in await self.models(link, prefix)]

    async def load(self, link: Link, model: ModelInfo, context_length: int | None) -> None:
        """Nothing to do: the server has its models ready or loads them itself."""

    async def unload(self, link: Link, model: ModelInfo) -> None:
        """Nothing to do: the server decides what it holds."""

    def to_send(self, body: bytes) -> bytes:
        return body

    def to_resume(self, body: bytes) -> bytes:
        return body

    def thinks_by(self, model: ModelInfo) -> Way:
        """Servers of open models go by templates."""
        return "template" if self.leaves_out else "effort" if model.hosted else "unknown"


class LlamaCpp(Plain):
    """llama.cpp's own server, used as any other by the common dialect; the kind ``llamacpp`` knows more of it."""

    label = "llama.cpp"
    drops_streams = True
    leaves_out = True
    continues = True


class Router(Plain):
    """Another llmrouter: its real models are offered, its ``auto`` entries and aliases are not (a router behind a
    router would decide twice). It tells of each where it runs, what it costs, and the routers on the way to it."""

    label = "llmrouter"

    def thinks_by(self, model: ModelInfo) -> Way:
        """It understands all that is said here."""
        return ""

    def offers(self, entry: Mapping[str, Any]) -> bool:
        name = text(entry.get("id"))
        return name != "auto" and not name.startswith("auto:") and not entry.get("alias_of")

    def describe(self, link: Link, entry: Mapping[str, Any]) -> ModelInfo:
        told, via, short = entry.get("capabilities"), entry.get("via"), text(entry.get("name"))
        info = super().describe(link, entry)
        info = replace(
            info,
            aliases=(short,) if short not in ("", info.name) else (),
            via=tuple(map(text, via)) if isinstance(via, list) else (),
            local=info.local and entry.get("local") is not False,
            hosted=info.hosted or entry.get("hosted") is True,
        )
        if not isinstance(told, list):
            return info
        able = frozenset[Capability](word for word in CAPABILITIES if word in told)
        return replace(info, capabilities=able, capabilities_known=entry.get("capabilities_known") is not False)


_CROWD = (b"running", b"waiting")
_GAUGE = re.compile(
    rb"^vllm:num_requests_(running|waiting)(?:\{[^}]*\})? (\d+(?:\.\d+)?(?:e\+?\d{1,2})?)$", re.MULTILINE
)
"""vLLM 0.33: gauges, one line for each engine."""


class Vllm(Plain):
    """vLLM: the models it lists are in memory as long as it runs."""

    label = "vLLM"
    continues = True
    leaves_out = True
    always_held = True

    async def residents(self, link: Link, prefix: str) -> Sequence[Resident]:
        """With what its engine has to do: one for all models of the server (adapters of one model)."""
        told = await super().residents(link, prefix)
        crowd = await self._crowd(link)
        return [replace(resident, crowd=crowd) for resident in told] if crowd else told

    async def _crowd(self, link: Link) -> tuple[int, int] | None:
        """As its metrics say, summed over the ranks of data parallelism; None where it was started without them."""
        try:
            told = await link.text("GET", "/metrics")
        except BackendError:
            return None
        found = dict.fromkeys(_CROWD, -1.0)
        for name, value in _GAUGE.findall(told):
            found[name] = max(0.0, found[name]) + float(value)
        running, waiting = (int(found[name]) for name in _CROWD)
        return (running, max(0, waiting)) if running >= 0 else None

    def to_resume(self, body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "continue_final_message": True, "add_generation_prompt": False}).encode()

    async def version(self, link: Link) -> str:
        await link.text("GET", "/health")
        return text(mapping(await link.get("/version")).get("version"))

    def describe(self, link: Link, entry: Mapping[str, Any]) -> ModelInfo:
        return ModelInfo(
            backend=link.backend,
            name=text(entry["id"]),
            context_length=_context(entry),
            capabilities=frozenset({"completion", "json"}),
            local=is_local(link.url),
            hosted=is_hosted(link.url),
        )


class LlamaSwap(Plain):
    """llama-swap: starts and stops a server per model. It has no call that loads; any request to a model does.

    Of what it lists, only its own models are offered, each with its aliases: where those are listed too, and
    selectors and pins, they are other names for the same, and what a peer has is that server's to load. Of a model it
    knows little more than the name; its server, which is asked after a load, knows size and context.
    """

    label = "llama-swap"
    leaves_out = True
    manages_memory = True
    load_seconds = 900.0
    unload_seconds = 30.0

    def __init__(self) -> None:
        self._seen: dict[str, ModelInfo] = {}

    def describe(self, link: Link, entry: Mapping[str, Any]) -> ModelInfo:
        told = super().describe(link, entry)
        seen = self._seen.get(told.name, told)
        names = _swap_meta(entry).get("aliases")
        return replace(
            seen,
            context_length=told.context_length or seen.context_length,
            capabilities=told.capabilities,
            capabilities_known=told.capabilities_known,
            aliases=tuple(name for name in map(text, names) if name) if isinstance(names, list) else (),
        )

    def offers(self, entry: Mapping[str, Any]) -> bool:
        return _swap_meta(entry).get("type", "model") == "model" and super().offers(entry)

    async def version(self, link: Link) -> str:
        await link.text("GET", "/health")
        return text(mapping(await link.get("/api/version")).get("version"))

    async def residents(self, link: Link, prefix: str) -> Sequence[Resident]:
        running = mapping(await link.get("/running"))
        return [
            Resident(text(entry["model"]), state=state)
            for entry in objects(running.get("running"))
            if text(entry.get("model")) and (state := _SWAP_STATES.get(text(entry.get("state"))))
        ]

    async def load(self, link: Link, model: ModelInfo, context_length: int | None) -> None:
        path = f"/upstream/{quote(model.name, safe='/')}"
        try:
            await link.text("GET", f"{path}/health", timeout=self.load_seconds, model=model.name)
        except BackendError:  # not every server that it starts has such a path
            if not any(r.name == model.name and r.state == "resident" for r in await self.residents(link, "")):
                raise
        await self._look_at(link, model.name, f"{path}/v1/models")

    async def _look_at(self, link: Link, name: str, path: str) -> None:
        """Note what the server of a loaded model says of it."""
        try:
            entries = objects(mapping(await link.get(path)).get("data"))
        except BackendError:
            return
        if entries and text(entries[0].get("id")):
            self._seen[name] = replace(super().describe(link, entries[0]), name=name)

    async def unload(self, link: Link, model: ModelInfo) -> None:
        path = f"/api/models/unload/{quote(model.name, safe='/')}"
        await forgiving(link.text("POST", path, data=b"{}", timeout=self.unload_seconds, model=model.name))

        async def gone() -> bool:
            return all(held.name != model.name for held in await self.residents(link, ""))

        if not await until(gone, self.unload_seconds):
            raise link.broken(f"still holds {model.name} {self.unload_seconds:g} s after it was told to unload it")


def _swap_meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What llama-swap says of an entry in its own words."""
    return mapping(mapping(entry.get("meta")).get("llamaswap"))


_SWAP_STATES: Mapping[str, Any] = {"ready": "resident", "starting": "loading", "stopping": "unloading"}


async def listed(link: Link, prefix: str) -> list[dict[str, Any]]:
    """The entries of ``/v1/models`` that have a name."""
    body = await link.get(f"{prefix}/models")
    entries = mapping(body).get("data")
    if not isinstance(entries, list):
        raise link.broken(f"answered {prefix}/models without a list of models")
    return [entry for entry in objects(entries) if text(entry.get("id"))]


async def forgiving(call: Any) -> None:
    """A model that is not there need not be unloaded."""
    try:
        await call
    except BackendError as error:
        if error.code != "model_not_found":
            raise


def _context(entry: Mapping[str, Any]) -> int | None:
    """vLLM, OpenRouter and llama-swap, Groq, and llama.cpp, each in its own word."""
    for key in ("max_model_len", "context_length", "context_window"):
        if (found := count(entry.get(key))) is not None:
            return found
    return count(mapping(entry.get("meta")).get("n_ctx"))


def _told(entry: Mapping[str, Any]) -> tuple[frozenset[Capability], bool]:
    """Capabilities where the list tells them (OpenRouter's ``supported_parameters``, llama-swap's ``capabilities``),
    and whether it did."""
    found: set[Capability] = {"completion"}
    supported, inputs = entry.get("supported_parameters"), mapping(entry.get("architecture")).get("input_modalities")
    flags = mapping(entry.get("capabilities"))
    if isinstance(inputs, list) and "image" in inputs:
        found.add("vision")
    if isinstance(supported, list):
        words: tuple[tuple[Capability, str], ...] = (
            ("tools", "tools"),
            ("json", "response_format"),
            ("json", "structured_outputs"),
            ("thinking", "reasoning"),
        )
        found |= {capability for capability, word in words if word in supported}
    if flags.get("vision") is True:
        found.add("vision")
    if flags.get("function_calling") is True:
        found.add("tools")
    return frozenset(found), isinstance(supported, list) and isinstance(inputs, list)


def _per_million(value: object) -> float | None:
    """OpenRouter gives dollars for one token, as text; a negative price stands for one that varies."""
    price = number(value)
    return None if price is None or price < 0 else price * 1e6
