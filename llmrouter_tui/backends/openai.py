"""Servers that speak the OpenAI dialect: vLLM, LM Studio, llama-swap, OpenAI, OpenRouter, another llmrouter."""

import time
from collections.abc import Sequence
from dataclasses import replace

import aiohttp

from llmrouter_tui.backends.flavours import Flavour, LlamaCpp, LlamaSwap, Plain, Router, Vllm, listed
from llmrouter_tui.backends.http import READ_TIMEOUT, Link
from llmrouter_tui.backends.lmstudio import LmStudio, OldLmStudio
from llmrouter_tui.backends.reading import mapping, objects, split_api, text
from llmrouter_tui.backends.stream import open_chat
from llmrouter_tui.backends.unspoken import refuse_unread
from llmrouter_tui.backends.vectors import embed
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_local
from llmrouter_tui.core.ports.backend import Reply

HOSTED_SECONDS = 300.0
"""How long the list of a server that is not on this machine is believed: it is long (hundreds of models) and their
network."""


class OpenAIBackend:
    """A server behind the OpenAI dialect (``core.ports.backend.Backend``). What kind it is, is found out at the first
    use and again after a failure, since another server may have taken the address."""

    kind = "openai"
    places = None
    """llama-swap has groups of models that run together, but tells nobody of them."""

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
        """``url`` with or without ``/v1``. The session stays the caller's to close; ``read_timeout`` bounds the
        pauses of an answer, in seconds."""
        root, self._prefix = split_api(url)
        self.name = name
        self._link = Link(session, name, root, api_key=api_key, api_key_env=api_key_env)
        self._read_timeout = read_timeout
        self._flavour: Flavour | None = None
        self._listed: tuple[float, Sequence[ModelInfo]] = (0.0, ())

    @property
    def url(self) -> str:
        return self._link.url

    @property
    def manages_memory(self) -> bool:
        return self._flavour is not None and self._flavour.manages_memory

    @property
    def continues(self) -> bool:
        return self._flavour is not None and self._flavour.continues

    @property
    def sets_context(self) -> bool:
        return self._flavour is not None and self._flavour.sets_context

    async def probe(self) -> str:
        """Health, and which server answers with which version."""
        try:
            flavour = await self._known()
            await self.models()
            return f"{flavour.label} {await flavour.version(self._link)}".strip()
        except BackendError:
            self._flavour, self._listed = None, (0.0, ())
            raise

    async def models(self) -> Sequence[ModelInfo]:
        read, infos = self._listed
        if infos and not is_local(self.url) and time.monotonic() - read < HOSTED_SECONDS:
            return infos
        infos = await (await self._known()).models(self._link, self._prefix)
        self._listed = (time.monotonic(), infos)
        return infos

    async def residents(self) -> Sequence[Resident]:
        return await (await self._known()).residents(self._link, self._prefix)

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        """Where the server can be told to. None of them has a keep-alive that we could set."""
        await (await self._known()).load(self._link, model, context_length)

    async def unload(self, model: ModelInfo) -> None:
        await (await self._known()).unload(self._link, model)

    def refuse(self, call: ChatCall) -> None:
        """See ``core.ports.backend.Refusing``."""
        if self._flavour is not None and self._flavour.leaves_out:
            refuse_unread(call, self._flavour.label)

    async def chat(self, call: ChatCall) -> Reply:
        path, flavour = f"{self._prefix}/chat/completions", self._flavour
        if flavour is not None:
            body = flavour.to_send(call.request.body)
            if call.resumes:
                body = flavour.to_resume(body)
            if body is not call.request.body:
                call = replace(call, request=replace(call.request, body=body))
        return await open_chat(
            self._link,
            call,
            path=path,
            read_timeout=self._read_timeout,
            drops_streams=flavour is not None and flavour.drops_streams,
            leaves_out=flavour.label if flavour is not None and flavour.leaves_out else "",
            thinks_by=flavour.thinks_by(call.model) if flavour is not None else "",
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
        return await embed(self._link, f"{self._prefix}/embeddings", model.name, inputs, dimensions=dimensions)

    async def close(self) -> None:
        """Close idle connections; the session is shared."""
        self._link.close()

    async def _known(self) -> Flavour:
        if self._flavour is None:
            self._flavour = await detect(self._link, self._prefix)
            self._link.tells_hops |= isinstance(self._flavour, Router)
        return self._flavour


async def detect(link: Link, prefix: str) -> Flavour:
    """Which kind of server this is, by what its list of models says and what else it answers."""
    owners = {text(entry.get("owned_by")).lower() for entry in await listed(link, prefix)}
    if "vllm" in owners:
        return Vllm()
    if "llama-swap" in owners:
        return LlamaSwap()
    if "llamacpp" in owners:
        return LlamaCpp()
    if any(owner.startswith("llmrouter") for owner in owners):
        return Router()
    if owners <= {"organization_owner", "organization-owner", ""}:
        return await _lm_studio(link) or Plain()
    return Plain()


async def _lm_studio(link: Link) -> Flavour | None:
    """LM Studio with its newest API, or its older one; None for anything else."""
    try:
        body = mapping(await link.get("/api/v1/models"))
        if isinstance(body.get("models"), list) and all("key" in e for e in objects(body["models"])):
            return LmStudio()
    except BackendError as error:
        if error.unhealthy:
            raise
    try:
        entries = objects(mapping(await link.get("/api/v0/models")).get("data"))
        return OldLmStudio() if entries and all("state" in e for e in entries) else None
    except BackendError as error:
        if error.unhealthy:
            raise
        return None
