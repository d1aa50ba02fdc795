"""What a dialect of embeddings is, and OpenAI's: ``POST /v1/embeddings``."""

import sys
from array import array
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.embedding import MAX_INPUTS, MAX_TOKENS, EmbedRequest, Inputs
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request, decode
from llmrouter_tui.proxy.parse import checked_model
from llmrouter_tui.proxy.replies import error_json

MAX_DIMENSIONS: Final = 65_536

Vectors = Sequence[Sequence[float]]


class EmbedVoice(Protocol):
    """One answer in a dialect. Vectors come some at a time, so that no step of encoding them holds up the loop."""

    def some(self, vectors: Vectors) -> bytes:
        """These and those before, as they stand in a list; without its brackets."""
        ...

    def whole(self, parts: Sequence[bytes], model: str, usage: Usage) -> bytes:
        """The complete answer of a model, by its name."""
        ...


class EmbedDialect(Protocol):
    """One way to ask for embeddings. Holds no state."""

    @property
    def takes(self) -> type[msgspec.Struct]:
        """As a ``Dialect`` has it."""
        ...

    def read(self, body: bytes, *, session: str, client: str) -> tuple[EmbedRequest, EmbedVoice]:
        """Raises ``RouterError`` ``invalid_request`` naming the field as the client wrote it."""
        ...

    def refusal(self, error: RouterError) -> bytes: ...


class EmbeddingsBody(msgspec.Struct):
    model: str
    input: Any = None
    encoding_format: str | None = None
    dimensions: int | None = None


_READ: Final = msgspec.json.Decoder(EmbeddingsBody)
_encode: Final = msgspec.json.Encoder().encode


class Embeddings:
    """OpenAI's embeddings."""

    takes: Final = EmbeddingsBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[EmbedRequest, "OpenAIVectors"]:
        asked = decode(body, _READ)
        if asked.encoding_format not in (None, "float", "base64"):
            raise bad_request(
                'The field \'encoding_format\' must be "float" or "base64".',
                param="encoding_format",
                hint="Correct its value.",
            )
        request = EmbedRequest(
            checked_model(asked.model),
            checked_inputs(asked.input),
            checked_dimensions(asked.dimensions),
            session=session,
            client=client,
        )
        return request, OpenAIVectors(packed=asked.encoding_format == "base64")

    def refusal(self, error: RouterError) -> bytes:
        return error_json(error)


class OpenAIVectors:
    """``packed``: vectors as the base64 text of 32-bit floats, least significant byte first."""

    def __init__(self, *, packed: bool) -> None:
        self._packed = packed
        self._count = 0

    def some(self, vectors: Vectors) -> bytes:
        first, self._count = self._count, self._count + len(vectors)
        entries = [
            {"object": "embedding", "index": first + at, "embedding": packed(vector) if self._packed else vector}
            for at, vector in enumerate(vectors)
        ]
        return _encode(entries)[1:-1]

    def whole(self, parts: Sequence[bytes], model: str, usage: Usage) -> bytes:
        tokens = usage.prompt_tokens or 0
        told = _encode({"model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
        return b'{"object":"list","data":[' + b",".join(parts) + b"]," + told[1:]


def packed(vector: Sequence[float]) -> str:
    """A vector as OpenAI packs it."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()


# ── checks that the dialects share ────────────────────────────────────────────────────────────────────────────


def checked_inputs(given: object, field: str = "input") -> Inputs:
    """A text, texts, a list of tokens, or lists of tokens, as a list of either. Raises ``RouterError``."""
    if given is None:
        raise bad_request(f"The field {field!r} is missing.", param=field, hint=f"Add {field!r} to the request.")
    if isinstance(given, str) or (isinstance(given, list) and given and _is_token(given[0])):
        given = [given]
    if not isinstance(given, list):
        raise _wrong(field)
    if not given:
        raise bad_request(f"The field {field!r} is empty.", param=field, hint="Send at least one text.")
    if len(given) > MAX_INPUTS:
        raise bad_request(
            f"The field {field!r} holds {len(given):,} inputs; the most is {MAX_INPUTS:,}.",
            param=field,
            hint="Send them in several requests.",
        )
    return _texts(given, field) if isinstance(given[0], str) else _tokens(given, field)


def _texts(given: list[Any], field: str) -> tuple[str, ...]:
    for at, text in enumerate(given):
        if not isinstance(text, str):
            raise _wrong(field, at)
        if not text:
            path = field if len(given) == 1 else f"{field}[{at}]"
            raise bad_request(f"The field {path!r} is an empty text.", param=path, hint="Leave it out.")
    return tuple(given)


def _tokens(given: list[Any], field: str) -> tuple[tuple[int, ...], ...]:
    for at, tokens in enumerate(given):
        if not isinstance(tokens, list) or not tokens or not all(map(_is_token, tokens)):
            raise _wrong(field, at)
    if sum(map(len, given)) > MAX_TOKENS:
        raise bad_request(
            f"The field {field!r} holds more than {MAX_TOKENS:,} tokens.",
            param=field,
            hint="Send them in several requests.",
        )
    return tuple(map(tuple, given))


def _is_token(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _wrong(field: str, at: int | None = None) -> RouterError:
    path = field if at is None else f"{field}[{at}]"
    return bad_request(
        f"The field {path!r} is neither text nor tokens: {field!r} must be a text, a list of texts, a list of tokens,"
        " or a list of those.",
        param=path,
        hint="Correct its type.",
    )


def checked_dimensions(given: int | None) -> int | None:
    if given is not None and not 1 <= given <= MAX_DIMENSIONS:
        raise bad_request(
            f"The field 'dimensions' must be between 1 and {MAX_DIMENSIONS:,}.",
            param="dimensions",
            hint="Leave it out for what the model gives.",
        )
    return given
