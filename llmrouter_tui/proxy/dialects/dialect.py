"""What a dialect is: requests of its own shape in, answers of its own shape out, one exchange between them."""

from typing import Protocol

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.limiting import Meter


class NothingAskedError(Exception):
    """A request without a word to be answered: Ollama's clients load a model so, or unload it. No exchange is begun."""

    def __init__(self, model: str, *, unload: bool, answer: bytes) -> None:
        super().__init__(model)
        self.model = model
        self.unload = unload
        self.answer = answer
        """What is said when it is done."""
        self.allowed: tuple[str, ...] = ()
        """What the key of whoever asks may ask for, as ``keys.permits`` reads it; empty for every model."""
        self.meter: Meter | None = None
        """What it counts on."""


class Voice(Protocol):
    """One answer in a dialect; keeps what it must remember between the chunks of a stream.

    Ids of answers are those of the canonical chunks, so that feedback finds the exchange by them.
    """

    @property
    def content_type(self) -> str:
        """Of a stream: ``text/event-stream`` or ``application/x-ndjson``."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Whole canonical events in (one or more, ``[DONE]`` too), the dialect's own out; may be empty."""
        ...

    def whole(self, body: bytes) -> bytes:
        """A complete canonical answer as the dialect's JSON object."""
        ...

    def waiting(self, status: str) -> bytes:
        """What keeps a stream alive while its model is not ready; empty where the dialect has no such thing."""
        ...

    def failed(self, error: RouterError) -> bytes:
        """How a stream whose headers are out ends in failure."""
        ...


class Dialect(Protocol):
    """One way to ask: a path's request format. Holds no state."""

    @property
    def takes(self) -> type[msgspec.Struct]:
        """The body of a request, as far as it is read: what its description tells."""
        ...

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, Voice]:
        """The canonical request (its ``body`` is canonical too) and the voice that answers it.

        Raises ``RouterError`` ``invalid_request`` naming the field as the client wrote it, and ``NothingAskedError``.
        """
        ...

    def refusal(self, error: RouterError) -> bytes:
        """An error's body, where no headers are out yet; its status goes with it."""
        ...
