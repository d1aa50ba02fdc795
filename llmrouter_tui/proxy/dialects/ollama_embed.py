"""``POST /api/embed`` and its older form ``/api/embeddings``: Ollama's way to ask for embeddings."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import decode
from llmrouter_tui.proxy.dialects.embedding import Vectors, checked_dimensions, checked_inputs
from llmrouter_tui.proxy.dialects.ollama import nothing_asked, refusal
from llmrouter_tui.proxy.parse import checked_model


class OllamaEmbedBody(msgspec.Struct):
    model: str
    input: Any = None
    truncate: bool | None = None
    dimensions: int | None = None
    keep_alive: Any = None


class OllamaEmbeddingsBody(msgspec.Struct):
    model: str
    prompt: str | None = None
    keep_alive: Any = None


_EMBED: Final = msgspec.json.Decoder(OllamaEmbedBody)
_EMBEDDINGS: Final = msgspec.json.Decoder(OllamaEmbeddingsBody)
_encode: Final = msgspec.json.Encoder().encode


class OllamaEmbed:
    """As Ollama does, an input that is too long may be cut unless ``truncate`` is false: where the model's backend can
    cut at all, which only Ollama does; others refuse it."""

    takes: Final = OllamaEmbedBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[EmbedRequest, "OllamaVectors"]:
        asked = decode(body, _EMBED)
        if asked.input in ("", []):
            raise nothing_asked(asked.model, asked.keep_alive, {"embeddings": []})
        request = EmbedRequest(
            checked_model(asked.model),
            checked_inputs(asked.input),
            checked_dimensions(asked.dimensions),
            truncate=asked.truncate is not False,
            session=session,
            client=client,
        )
        return request, OllamaVectors()

    def refusal(self, error: RouterError) -> bytes:
        return refusal(error)


class OllamaEmbeddings:
    """One prompt, one vector."""

    takes: Final = OllamaEmbeddingsBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[EmbedRequest, "OllamaVector"]:
        asked = decode(body, _EMBEDDINGS)
        if asked.prompt == "":
            raise nothing_asked(asked.model, asked.keep_alive, {"embedding": []})
        inputs = checked_inputs(asked.prompt, "prompt")
        request = EmbedRequest(checked_model(asked.model), inputs, truncate=True, session=session, client=client)
        return request, OllamaVector()

    def refusal(self, error: RouterError) -> bytes:
        return refusal(error)


class OllamaVectors:
    """The answer of ``/api/embed``."""

    def __init__(self, nanoseconds: Callable[[], int] = time.monotonic_ns) -> None:
        self._nanoseconds = nanoseconds
        self._started = nanoseconds()

    def some(self, vectors: Vectors) -> bytes:
        return _encode(vectors)[1:-1]

    def whole(self, parts: Sequence[bytes], model: str, usage: Usage) -> bytes:
        total = self._nanoseconds() - self._started
        tokens = usage.prompt_tokens or 0
        told = _encode({"total_duration": total, "load_duration": 0, "prompt_eval_count": tokens})
        head = _encode({"model": model})[:-1]
        return head + b',"embeddings":[' + b",".join(parts) + b"]," + told[1:]


class OllamaVector:
    """The answer of ``/api/embeddings``."""

    def some(self, vectors: Vectors) -> bytes:
        return _encode(vectors[0])

    def whole(self, parts: Sequence[bytes], model: str, usage: Usage) -> bytes:
        return b'{"embedding":' + parts[0] + b"}"
