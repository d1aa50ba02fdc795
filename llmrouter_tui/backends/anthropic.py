"""Anthropic by its native Messages API, and gateways that speak it.

Its layer for clients of OpenAI's dialect is meant for tests: it knows no caching, returns no thinking, and ignores
schemas. Models are always there; what they cost and how fast they are is not told.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from llmrouter_tui.backends.anthropic_reply import AnthropicReply
from llmrouter_tui.backends.anthropic_wire import VERSION, Ways, request_body, supported, ways_of
from llmrouter_tui.backends.http import READ_TIMEOUT, Link
from llmrouter_tui.backends.reading import count, mapping, objects, text
from llmrouter_tui.backends.stream import WHOLE_ANSWER
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import Capability, ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_hosted, is_local
from llmrouter_tui.core.ports.backend import Reply

KEY: Final = "ANTHROPIC_API_KEY"
"""Where its own clients look for the key: also here, where no other variable is named, for its own address only."""
HOSTED_SECONDS: Final = 300.0
"""How long the list of models is believed."""
PAGE: Final = 1000
PAGES: Final = 10
"""Pages of the list that are read at most."""

_CAPABILITIES: Final[tuple[tuple[str, Capability], ...]] = (
    ("image_input", "vision"),
    ("structured_outputs", "json"),
    ("thinking", "thinking"),
)


class AnthropicBackend:
    """A server behind the Messages API (``core.ports.backend.Backend``)."""

    kind = "anthropic"
    manages_memory = False
    sets_context = False
    places = None

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
        """``url`` with or without ``/v1``. The session stays the caller's to close; ``read_timeout`` bounds the pauses
        of an answer, in seconds. The key goes out in both headers that there are for it: gateways know one of them."""
        self.name = name
        fields = {"anthropic-version": VERSION} | ({"x-api-key": api_key} if api_key else {})
        root = url.strip().rstrip("/").removesuffix("/v1")
        self._link = Link(session, name, root, api_key=api_key, api_key_env=api_key_env, fields=fields)
        self._read_timeout = read_timeout
        self._listed: tuple[float, Sequence[ModelInfo]] = (0.0, ())
        self._ways: dict[str, Ways] = {}

    @property
    def url(self) -> str:
        return self._link.url

    async def probe(self) -> str:
        """Whether it answers and takes the key."""
        try:
            await self.models()
        except BackendError:
            self._listed = (0.0, ())
            raise
        return f"Anthropic API {VERSION}"

    async def models(self) -> Sequence[ModelInfo]:
        """All models that are not retired, with what the list tells of each."""
        read, infos = self._listed
        if infos and not is_local(self.url) and time.monotonic() - read < HOSTED_SECONDS:
            return infos
        entries = [entry for entry in await self._entries() if text(entry.get("id"))]
        self._ways = {entry["id"]: ways_of(entry) for entry in entries}
        infos = [self._describe(entry) for entry in entries if entry.get("lifecycle") != "retired"]
        self._listed = (time.monotonic(), infos)
        return infos

    async def residents(self) -> Sequence[Resident]:
        """None in this machine's memory."""
        return []

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        """Nothing to do: its models are always there."""

    async def unload(self, model: ModelInfo) -> None:
        """Nothing to do."""

    async def chat(self, call: ChatCall) -> Reply:
        request, name = call.request, call.model.name
        body = request_body(call, self._ways.get(name, Ways()))
        patience = self._read_timeout if request.stream else self._read_timeout * WHOLE_ANSWER
        answer = await self._link.open("/v1/messages", body, model=name, read_timeout=patience)
        return AnthropicReply(answer, self._link, name, stream=request.stream, wants_usage=request.wants_usage)

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        raise BackendError(
            "invalid_request",
            f"{self.name} ({model.name}) does not support embeddings: Anthropic has none.",
            backend=self.name,
            model=model.name,
            fallback=True,
            retryable=False,
        )

    async def close(self) -> None:
        """Close idle connections; the session is shared."""
        self._link.close()

    async def _entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        for _ in range(PAGES):
            page = mapping(await self._link.get(f"/v1/models?limit={PAGE}{after}"))
            if not isinstance(page.get("data"), list):
                raise self._link.broken("answered /v1/models without a list")
            found += objects(page["data"])
            if page.get("has_more") is not True or not text(page.get("last_id")):
                break
            after = f"&after_id={page['last_id']}"
        return found

    def _describe(self, entry: Mapping[str, Any]) -> ModelInfo:
        """Every model that it lists answers in words and calls tools."""
        told = mapping(entry.get("capabilities"))
        able: set[Capability] = {"completion", "tools"}
        able |= {ours for theirs, ours in _CAPABILITIES if supported(told, theirs)}
        return ModelInfo(
            backend=self.name,
            name=entry["id"],
            context_length=count(entry.get("max_input_tokens")),
            capabilities=frozenset(able),
            capabilities_known=bool(told),
            local=is_local(self.url),
            hosted=is_hosted(self.url),
        )


def is_anthropics(url: str) -> bool:
    """Whether an address is Anthropic's own, and safely reached."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    return parts.scheme == "https" and (host == "anthropic.com" or host.endswith(".anthropic.com"))
