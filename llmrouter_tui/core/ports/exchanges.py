"""The door from the proxy to the engine, and what comes in by it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision, Usage
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.queueing import Place


class Underway(Protocol):
    """What can be told of an exchange while it is under way."""

    id: str
    decision: Decision | None
    requested: str

    @property
    def model(self) -> str:
        """The model that answers (or is tried now)."""
        ...

    @property
    def attempts(self) -> int: ...

    @property
    def tokens(self) -> int:
        """Of the prompt and of the answer so far: as the backend counted them, else by our estimate and by the pieces
        that came."""
        ...

    @property
    def status_text(self) -> str:
        """What it waits for, for keep-alive comments: ``loading ollama/qwen3:32b, about 6 s``."""
        ...

    @property
    def wait(self) -> Place | None:
        """Where it stands in the queue while its model must be waited for; None when it need not be."""
        ...

    def fail(self, error: RouterError) -> None:
        """The proxy could not deliver; recorded as the outcome."""
        ...

    def close(self) -> None:
        """The end: releases the model, stops generation if the client left, publishes the record. Idempotent."""
        ...


class ExchangeRun(Underway, Protocol):
    """One exchange under way, driven by the proxy: ``open``, then ``body`` to its end, and ``close`` in any case.
    ``begin`` has already decided, so headers are known before ``open``."""

    async def open(self) -> None:
        """Get a model and its first token, falling back as needed. Raises ``RouterError`` when nothing is left."""
        ...

    def body(self) -> AsyncIterator[bytes]:
        """Canonical bytes (see ``core.chat``). A failure after the first token raises ``RouterError``."""
        ...


class EmbedRun(Underway, Protocol):
    """A request for embeddings under way, driven by the proxy: ``vectors`` to their end, and ``close`` in any case."""

    @property
    def usage(self) -> Usage:
        """Tokens so far; ``prompt_tokens`` is None where a backend does not count them."""
        ...

    def vectors(self) -> AsyncIterator[Sequence[Sequence[float]]]:
        """A vector for each input, in their order, some at a time. Raises ``RouterError`` when no replica is left."""
        ...


class Exchanges(Protocol):
    """The door from the proxy to the engine."""

    def begin(self, request: ChatRequest) -> ExchangeRun:
        """Analyse and decide. Raises ``RouterError``; the refused exchange is recorded all the same."""
        ...

    def embed(self, request: EmbedRequest) -> EmbedRun:
        """The same for embeddings."""
        ...

    def refused(self, *, client: str, requested: str, code: str, message: str, prompt: str = "", key: str = "") -> str:
        """Record a request that the door turned away (bad JSON, too large); its exchange id."""
        ...
