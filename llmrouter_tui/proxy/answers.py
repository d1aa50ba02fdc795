"""What the dialects answer, as far as it is this router's doing: the shapes that its description tells of.

What a model's server says passes through, so more may be there than stands here.
"""

from typing import Any, Literal, NotRequired, TypedDict

from llmrouter_tui.proxy.meta import ModelEntry
from llmrouter_tui.proxy.replies import ErrorBody

Json = dict[str, Any]

# ── failures ──────────────────────────────────────────────────────────────────────────────────────────────────


class OpenAIError(TypedDict):
    """A failure as OpenAI tells it: ``code`` is stable, ``hint`` says what to do."""

    error: ErrorBody


class AnthropicFault(TypedDict):
    type: str
    message: str
    details: Json


class AnthropicError(TypedDict):
    """A failure as Anthropic tells it; the stable code is ``error_code`` in the details."""

    type: Literal["error"]
    error: AnthropicFault
    request_id: str | None


class OllamaError(TypedDict):
    """A failure as Ollama tells it."""

    error: str


# ── OpenAI ────────────────────────────────────────────────────────────────────────────────────────────────────


class ChatCompletion(TypedDict):
    """A chat completion as the model's server wrote it. Its id is known to ``/v1/feedback``."""

    choices: list[Json]
    id: NotRequired[str]
    object: NotRequired[str]
    created: NotRequired[float]
    model: NotRequired[str]
    usage: NotRequired[Json | None]


class CompletionChoice(TypedDict):
    text: str
    index: int
    logprobs: Json | None
    finish_reason: str | None


class CompletionUsage(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class TextCompletion(TypedDict):
    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: CompletionUsage


class Response(TypedDict):
    """A response; nothing of it is stored."""

    id: str
    object: Literal["response"]
    created_at: int
    model: str
    status: Literal["completed", "incomplete"]
    output: list[Json]
    usage: Json | None
    store: Literal[False]


class VectorUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class Vector(TypedDict):
    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class Vectors(TypedDict):
    object: Literal["list"]
    data: list[Vector]
    model: str
    usage: VectorUsage


class ModelList(TypedDict):
    object: Literal["list"]
    data: list[ModelEntry]


# ── Anthropic ─────────────────────────────────────────────────────────────────────────────────────────────────


class AnthropicMessage(TypedDict):
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[Json]
    stop_reason: str | None
    stop_sequence: str | None
    usage: Json


class AnthropicModel(TypedDict):
    type: Literal["model"]
    id: str
    display_name: str
    created_at: str
    max_input_tokens: int | None
    max_tokens: int | None
    lifecycle: str
    capabilities: Json


class AnthropicModels(TypedDict):
    """A page of models, for who sends ``anthropic-version``."""

    data: list[AnthropicModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


class TokensCounted(TypedDict):
    input_tokens: int
    estimated: Literal[True]
    estimated_for: str


# ── Ollama ────────────────────────────────────────────────────────────────────────────────────────────────────


class OllamaMessage(TypedDict):
    role: Literal["assistant"]
    content: str


class OllamaEnd(TypedDict):
    """How an answer of Ollama's ends. Its id, which Ollama has none of, is known to ``/v1/feedback``."""

    model: str
    created_at: str
    done: Literal[True]
    done_reason: str
    id: NotRequired[str]
    total_duration: NotRequired[int]
    prompt_eval_count: NotRequired[int]
    eval_count: NotRequired[int]


class OllamaChatAnswer(OllamaEnd):
    message: OllamaMessage


class OllamaGenerateAnswer(OllamaEnd):
    response: str


class OllamaEmbedAnswer(TypedDict):
    model: str
    embeddings: list[list[float]]


class OllamaEmbeddingsAnswer(TypedDict):
    embedding: list[float]


class OllamaTag(TypedDict):
    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: Json
    capabilities: list[str]


class OllamaTags(TypedDict):
    models: list[OllamaTag]


class OllamaHeld(TypedDict):
    name: str
    model: str
    size: int
    digest: str
    details: Json
    expires_at: str
    size_vram: int
    context_length: int


class OllamaRunning(TypedDict):
    models: list[OllamaHeld]


class OllamaModel(TypedDict):
    modelfile: str
    parameters: str
    template: str
    details: Json
    model_info: Json
    capabilities: list[str]
    modified_at: str


class OllamaVersion(TypedDict):
    version: str
    router: str
