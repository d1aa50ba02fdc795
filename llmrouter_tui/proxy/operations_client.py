"""What is served for clients: three dialects, lists, counting, feedback, health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from llmrouter_tui.core.embedding import MAX_INPUTS
from llmrouter_tui.proxy import answers
from llmrouter_tui.proxy.dialects.anthropic_asked import MessagesBody
from llmrouter_tui.proxy.dialects.anthropic_count import TokenCount
from llmrouter_tui.proxy.dialects.anthropic_models import MAX_PAGE
from llmrouter_tui.proxy.dialects.embedding import MAX_DIMENSIONS
from llmrouter_tui.proxy.dialects.spoken import EMBEDDED, SPOKEN
from llmrouter_tui.proxy.meta import FeedbackBody, FeedbackTaken, Health, Meta, ModelEntry
from llmrouter_tui.proxy.metrics import Metrics
from llmrouter_tui.proxy.ollama import NamedBody, Ollama
from llmrouter_tui.proxy.operation import EVENTS, LINES, ONE_RATING, TEXT, Handler, Json, Operation, Parameter, needed
from llmrouter_tui.proxy.parse import MAX_CHOICES, MAX_MODEL, MAX_TOKENS, ROLES, ChatBody

# ── what models answer ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Said:
    """What is told of a path that models answer."""

    about: str
    answer: Any
    needs: Json
    example: Json
    streams: str = ""


_MODEL: Final[Json] = {"type": "string", "minLength": 1, "maxLength": MAX_MODEL, "examples": ["auto", "auto:fast"]}
_WORDS: Final[Json] = {"type": "string", "minLength": 1}
_HELLO: Final[Json] = {"role": "user", "content": "Why is the sky blue?"}


def _needs(*required: str, **properties: Json) -> Json:
    return {"required": ["model", *required], "properties": {"model": _MODEL, **properties}}


def _turns(*roles: str) -> Json:
    return {"type": "array", "minItems": 1, "items": {"properties": {"role": {"enum": sorted(roles)}}}}


_TOKENS: Final[Json] = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
}
_INPUT: Final[Json] = {
    "anyOf": [
        _WORDS,
        _TOKENS,
        {"type": "array", "minItems": 1, "maxItems": MAX_INPUTS, "items": _WORDS},
        {"type": "array", "minItems": 1, "maxItems": MAX_INPUTS, "items": _TOKENS},
    ]
}
_DIMENSIONS: Final[Json] = {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_DIMENSIONS}
_STREAM: Final[Json] = {"type": ["boolean", "null"]}
_BOUND: Final[Json] = {"type": ["integer", "null"], "maximum": MAX_TOKENS}
_COUNT: Final[Json] = {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_CHOICES}

_SAID: Final[Mapping[str, _Said]] = {
    "/v1/chat/completions": _Said(
        "OpenAI's chat completions. Fields that the router does not read pass through to the model's server.",
        answers.ChatCompletion,
        _needs("messages", messages=_turns(*ROLES), n=_COUNT, max_tokens=_BOUND, max_completion_tokens=_BOUND),
        {"model": "auto", "messages": [_HELLO]},
        EVENTS,
    ),
    "/v1/completions": _Said(
        "OpenAI's older completions: one text, answered as a chat of one turn.",
        answers.TextCompletion,
        _needs("prompt", prompt=_WORDS, n=_COUNT, stream=_STREAM, max_tokens=_BOUND),
        {"model": "auto", "prompt": "Why is the sky blue?"},
        EVENTS,
    ),
    "/v1/responses": _Said(
        "OpenAI's responses, without a store: the whole conversation is sent in input.",
        answers.Response,
        _needs("input", input={"anyOf": [_WORDS, {"type": "array", "minItems": 1}]}),
        {"model": "auto", "input": "Why is the sky blue?"},
        EVENTS,
    ),
    "/v1/messages": _Said(
        "Anthropic's messages.",
        answers.AnthropicMessage,
        _needs(
            "messages",
            "max_tokens",
            messages=_turns("user", "assistant", "system"),
            max_tokens={"type": "integer", "minimum": 1, "maximum": MAX_TOKENS},
        ),
        {"model": "auto", "max_tokens": 500, "messages": [_HELLO]},
        EVENTS,
    ),
    "/api/chat": _Said(
        "Ollama's chats; streamed unless stream is false. Without messages the model is loaded, or unloaded.",
        answers.OllamaChatAnswer,
        _needs(),
        {"model": "auto", "messages": [_HELLO], "stream": False},
        LINES,
    ),
    "/api/generate": _Said(
        "Ollama's completions; streamed unless stream is false. Without a prompt the model is loaded, or unloaded.",
        answers.OllamaGenerateAnswer,
        _needs(),
        {"model": "auto", "prompt": "Why is the sky blue?", "stream": False},
        LINES,
    ),
    "/v1/embeddings": _Said(
        "OpenAI's embeddings.",
        answers.Vectors,
        _needs("input", input=_INPUT, dimensions=_DIMENSIONS, encoding_format={"enum": ["float", "base64", None]}),
        {"model": "auto", "input": ["blue sky"]},
    ),
    "/api/embed": _Said(
        "Ollama's embeddings.",
        answers.OllamaEmbedAnswer,
        _needs("input", input=_INPUT, dimensions=_DIMENSIONS),
        {"model": "auto", "input": "blue sky"},
    ),
    "/api/embeddings": _Said(
        "Ollama's older embeddings: one prompt, one vector.",
        answers.OllamaEmbeddingsAnswer,
        _needs("prompt", prompt=_WORDS),
        {"model": "auto", "prompt": "blue sky"},
    ),
}


def answered_operations(doors: Mapping[str, Handler]) -> Sequence[Operation]:
    """A door for each path that models answer. What a model's server refuses comes with the status that it gave."""
    takes = {way.path: way.dialect.takes for way in SPOKEN} | {path: way.takes for path, way in EMBEDDED.items()}
    statuses = {way.path: tuple(map(str, way.statuses.values())) for way in SPOKEN}
    return [
        Operation(
            "POST",
            path,
            door,
            _SAID[path].about,
            (_SAID[path].answer,),
            takes=(takes[path],),
            needs=_SAID[path].needs,
            faults=("4XX", "502", "503", "504", *statuses.get(path, ())),
            also=_SAID[path].streams,
            decides=True,
            example=_SAID[path].example,
        )
        for path, door in doors.items()
    ]


AMONG: Final = Parameter("among", "A model that it may go to, by its id or name; may be given several times.")


def asked_operation(door: Handler) -> Operation:
    """What the owner asks from a screen elsewhere."""
    said = _SAID["/v1/chat/completions"]
    return Operation(
        "POST",
        "/admin/ask",
        door,
        "A chat completion asked with the owner's key, of any model or of those that are named. It is never signed.",
        (said.answer,),
        access="owner",
        takes=(ChatBody,),
        needs=said.needs,
        query=(AMONG,),
        faults=("4XX", "502", "503", "504"),
        also=said.streams,
        decides=True,
        example=said.example,
    )


# ── the rest ──────────────────────────────────────────────────────────────────────────────────────────────────


def listed_operations(meta: Meta, counter: TokenCount) -> Sequence[Operation]:
    most: Json = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}
    anthropic = (
        Parameter("limit", "Of a page, for who sends anthropic-version.", most),
        Parameter("after_id", "The page after this model, for who sends anthropic-version."),
        Parameter("before_id", "The page before this model, for who sends anthropic-version."),
    )
    listed = "The models that a request may name, and the names under which the router chooses."
    return (
        Operation(
            "GET", "/v1/models", meta.models, listed, (answers.ModelList, answers.AnthropicModels), query=anthropic
        ),
        Operation(
            "GET",
            "/v1/models/{id:(?s:.+)}",
            meta.model,
            "One of them, by its id, its plain name or an alias.",
            (ModelEntry, answers.AnthropicModel),
        ),
        Operation(
            "POST",
            "/v1/messages/count_tokens",
            counter.post,
            "How many tokens a request of Anthropic's has, by the router's estimate for the model that would answer.",
            (answers.TokensCounted,),
            takes=(MessagesBody,),
            needs=_needs("messages", messages=_turns("user", "assistant", "system")),
            faults=("404", "503"),
            decides=True,
            example={"model": "auto", "messages": [_HELLO]},
        ),
        Operation(
            "POST",
            "/v1/feedback",
            meta.feedback,
            "Rate an answer, by the id of its exchange or the answer's own.",
            (FeedbackTaken,),
            takes=(FeedbackBody,),
            needs=ONE_RATING,
            faults=("404", "503"),
            decides=True,
            example={"response_id": "chatcmpl-1", "rating": "down", "reasons": ["too slow"]},
        ),
    )


def ollama_operations(ollama: Ollama) -> Sequence[Operation]:
    """Ollama's API besides what its models answer."""
    tags = "The models that a request may name."
    refused = "Models are installed and deleted at their own servers, not here."
    shown = (
        Operation("GET", "/api/version", ollama.version, "Which Ollama this is like.", (answers.OllamaVersion,)),
        Operation("GET", "/api/tags", ollama.tags, tags, (answers.OllamaTags,)),
    )
    return (
        *shown,
        *(_head(operation) for operation in shown),
        Operation("GET", "/api/ps", ollama.ps, "The models that are in memory.", (answers.OllamaRunning,)),
        Operation(
            "POST",
            "/api/show",
            ollama.show,
            "One model.",
            (answers.OllamaModel,),
            takes=(NamedBody,),
            needs={"anyOf": [needed(name, type="string", minLength=1) for name in ("model", "name")]},
            faults=("404",),
            example={"model": "auto"},
        ),
        *(
            Operation(method, f"/api/{name}", ollama.refuse, refused, (answers.OllamaError,), status=403)
            for method, name in (
                ("POST", "pull"),
                ("POST", "push"),
                ("POST", "create"),
                ("POST", "copy"),
                ("DELETE", "delete"),
                ("POST", "blobs/{digest}"),
                ("HEAD", "blobs/{digest}"),
            )
        ),
    )


def public_operations(meta: Meta, ollama: Ollama, metrics: Metrics, description: Handler) -> Sequence[Operation]:
    """Signs of life, and what this is."""
    alive = "Whether requests can be served now. Asks no backend, wakes no model."
    health = Operation("GET", "/health", meta.health, alive, (Health,), access="everyone")
    hello = Operation("GET", "/", ollama.hello, "What clients take for a sign of life.", access="everyone", media=TEXT)
    page = "How the router does, as Prometheus reads it."
    return (
        health,
        _head(health),
        hello,
        _head(hello),
        Operation("GET", "/metrics", metrics.page, page, access="metrics", media=TEXT),
        Operation("GET", "/openapi.json", description, "This description.", (dict[str, Any],)),
    )


def _head(operation: Operation) -> Operation:
    return replace(operation, method="HEAD", answers=(), about=f"{operation.about} The headers alone.")
