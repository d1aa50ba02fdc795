"""Servers and engines that host models."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, runtime_checkable

from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.domain import BackendView, ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.events import FetchProgress


class Reply(Protocol):
    """An answer under way. ``usage``, ``timings`` and ``finish_reason`` are complete once ``chunks`` is exhausted."""

    usage: Usage
    timings: Timings
    finish_reason: str

    def chunks(self) -> AsyncIterator[bytes]:
        """Canonical bytes. A stream yields whole SSE events (one or more per chunk) and always ends with
        ``[DONE]`` or raises ``BackendError``; a non-stream yields one JSON object.

        If the client did not ask for usage, the usage event is taken out of the stream (and read).
        """
        ...

    async def close(self) -> None:
        """Release the connection; before the end this aborts generation upstream. Idempotent, never raises."""
        ...


@runtime_checkable
class Backend(Protocol):
    """A server or engine that hosts models. Every failure is a ``BackendError``; nothing here loads a model
    except ``load``, ``chat`` and ``embed``."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def manages_memory(self) -> bool:
        """Whether models can be loaded and unloaded here; False where they are simply always there."""
        ...

    @property
    def sets_context(self) -> bool:
        """Whether ``load`` decides with which context a model is loaded; False where its server does."""
        ...

    @property
    def places(self) -> int | None:
        """How many models it holds at the same time, whatever their size; None where it does not count them."""
        ...

    async def probe(self) -> str:
        """Check health without waking anything; the version or a word on what answered."""
        ...

    async def models(self) -> Sequence[ModelInfo]: ...

    async def residents(self) -> Sequence[Resident]: ...

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        """Load and return when the model is ready. Loading a loaded model only refreshes ``keep_alive``."""
        ...

    async def unload(self, model: ModelInfo) -> None:
        """Unload and return when the backend no longer holds it (bounded wait). Unknown or absent is no error."""
        ...

    async def chat(self, call: ChatCall) -> Reply:
        """Send the request; returns when the backend accepted it (its response headers are here)."""
        ...

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        """A vector for each input (at least one). ``context_length``: as in ``ChatCall``. Whether ``dimensions`` were
        heeded, the vectors tell; ``truncate`` is for backends that would cut what is too long if they were let."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Aimed(Protocol):
    """A backend that can be told which GPUs to load a model to."""

    def aim(self, model: ModelInfo, gpus: Sequence[str]) -> bool:
        """Load it there from now on: GPUs by their drivers' names (``Device.uuid``, empty where it has none). Whether
        it will do so; where not, it goes where the server puts it."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """A backend that knows what its server cannot be asked."""

    def refuse(self, call: ChatCall) -> None:
        """Raise ``BackendError`` for such a request, so that no model is loaded for it."""
        ...


@runtime_checkable
class Continuing(Protocol):
    """A backend that may be asked to go on with an answer that another one began (``ChatCall.resumes``)."""

    @property
    def continues(self) -> bool:
        """Whether its server goes on where the last turn, an assistant's, ends, instead of answering anew."""
        ...


Discover = Callable[[], Awaitable[Sequence[Backend]]]
"""Looks around on loopback and returns a backend for each server that answers."""


class Starter(Protocol):
    """Gets the starter model's weights."""

    async def fetch(self, report: Callable[[FetchProgress], None]) -> str:
        """The path of the checked file. Raises ``RouterError`` in words that a person can act on."""
        ...


class BackendControl(Protocol):
    """What can be asked of the servers of models; a part of ``Control``."""

    async def retry_backend(self, name: str) -> None: ...
    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        """Use a server from now on, and keep it as a setting. Without a ``kind`` the server is asked which it is;
        without a ``name`` it is named after what it is."""
        ...

    async def remove_backend(self, name: str) -> None:
        """Forget a server; one that the file names, or that answers on this machine, stays away until it is added."""
        ...

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        """Use a server again, or use it no more until then; it stays listed. What is under way there goes on."""
        ...

    async def fetch_starter(self) -> None:
        """Start (or start again) getting the starter model for the embedded engine."""
        ...

    async def cancel_fetch(self) -> None: ...
