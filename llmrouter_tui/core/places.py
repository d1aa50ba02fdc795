"""Where a name was said, and what that means for reading it: owner, name proper, tag, and the habit of the place."""

import enum
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from llmrouter_tui.core.words import word_set


class Way(enum.Enum):
    """How a name is to be read."""

    OLLAMA = enum.auto()
    """A tag of Ollama's library: ``family:size-variant-quantization``; short tags move to newer weights."""
    WEIGHTS = enum.auto()
    """Published weights: a repository or a file; a name without ``instruct`` often means base weights."""
    SERVED = enum.auto()
    """What a service calls a model; nearly always a chat model, shortened at will."""


_WAYS = {
    "ollama": Way.OLLAMA,
    "hf_ollama": Way.WEIGHTS,
    "hf": Way.WEIGHTS,
    "huggingface": Way.WEIGHTS,
    "gguf": Way.WEIGHTS,
    "llamacpp": Way.WEIGHTS,
    "embedded": Way.WEIGHTS,
    "mlx": Way.WEIGHTS,
    "vllm": Way.WEIGHTS,
    "lmstudio": Way.SERVED,
    "openrouter": Way.SERVED,
    "litellm": Way.SERVED,
    "bedrock": Way.SERVED,
    "api": Way.SERVED,
}
_LOCAL = word_set("ollama hf_ollama hf huggingface gguf llamacpp embedded mlx vllm lmstudio")
"""Kinds that run weights themselves: what they call ``gpt-4`` is something else."""
REQUANTIZERS = word_set(
    "bartowski unsloth lmstudio-community mradermacher thebloke maziyarpanahi ggml-org quantfactory mlx-community "
    "second-state nousresearch legraphista hugging-quants redhatai neuralmagic casperhansen cpatonn stelterlab"
)
"""Owners who publish the weights of others unchanged, in another format."""

_HOSTS = word_set("hf.co huggingface.co hf-mirror.com modelscope.cn")
_LIBRARY = word_set("library")
_SERVICE_TAGS = word_set("free nitro floor thinking extended beta online exacto batch")
"""OpenRouter's variants: how it is served, not what."""
_BEDROCK = re.compile(r"^(?:(?:us|eu|apac|ap|global|us-gov|jp|au|ca)\.)?([a-z][a-z0-9]*)\.(?=[a-z])")
_REVISION = re.compile(r"-(?:v([1-9]\d*)|(\d)):\d+$|-v0:(\d)$")
_REVISED_BUILD = re.compile(r"-v\d+(?=@20\d{6}$)")
_CACHED = re.compile(r"(?:^|/)models--([^/]+?)--([^/]+)")
_PATH = re.compile(r"^(?:[./~\\]|[a-z]:[/\\])(?!.*models--)")
_NO_NAME = re.compile(r"^(?:model|ggml-model|pytorch_model|consolidated|snapshots?|[0-9a-f]{40}|main)\b", re.I)
_SCHEME = re.compile(r"^https?://")
_FILE = re.compile(r"\.(?:gguf|bin|safetensors)(?::|$)", re.I)
_NO_VARIANT = re.compile(r"^latest$|-cloud$", re.I)
"""``:cloud`` alone is kept: it is not the default tag, often not even the same size."""
_EMBEDDING_PREFIX = re.compile(r"^text-embedding-")


@dataclass(frozen=True, slots=True)
class Place:
    """A name taken apart. ``whole`` is all of it in lower case."""

    whole: str
    way: Way
    owner: str
    stem: str
    tag: str
    local: bool = False
    """Whether the weights run on the user's side."""
    foreign: bool = False
    """In a user's own namespace, where a familiar name says nothing of the weights."""

    def exact(self) -> Iterator[str]:
        """Texts that may be an alias as they stand."""
        yield self.whole
        if self.way is Way.OLLAMA and not self.foreign:
            yield f"{self.stem}:{self.tag or 'latest'}".lower()

    def readings(self, owners: Container[str]) -> Iterator[tuple[str, str]]:
        """Name and tag, in the ways that its place allows. ``owners`` are known publishers, in lower case."""
        yield self.stem, self.tag
        owner, found, rest = self.stem.partition("_")
        if found and owner.lower() in owners:  # files repeat the owner: Qwen_Qwen3-8B
            yield rest, self.tag
        if self.way is Way.SERVED and _EMBEDDING_PREFIX.match(self.stem):
            yield _EMBEDDING_PREFIX.sub("", self.stem), self.tag
        if self.way is Way.SERVED and self.owner:  # Bedrock: deepseek.r1
            yield f"{self.owner}-{self.stem}", self.tag


def place_of(name: str, kind: str, *, local: bool = False) -> Place:
    """Take a name apart as a server of ``kind`` writes it; an unknown kind is judged by the name's form."""
    text = name.strip().replace("\\", "/")
    text = _SCHEME.sub("", text).rstrip("/")
    whole = text.lower()
    if cached := _CACHED.search(text):
        text, kind = f"{cached[1]}/{cached[2]}", kind or "hf"
    local = local or kind in _LOCAL
    parts = [p for p in text.split("/") if p not in ("", ".", "..")] or [""]
    if parts[0].lower() in _HOSTS:
        return _weights(whole, parts[1:] or [""], local=True)
    if "ollama" in parts[0].lower() and len(parts) > 1:  # registry.ollama.ai/library/…, LiteLLM's ollama/…
        return _ollama(whole, parts[1:])
    match _way(kind, parts):
        case Way.OLLAMA:
            return _ollama(whole, parts)
        case Way.WEIGHTS if kind != "vllm" or len(parts) > 1 or parts[0] != parts[0].lower():
            return _weights(whole, parts, local=local)
    return _served(whole, parts, local=local)


def _way(kind: str, parts: list[str]) -> Way:
    if way := _WAYS.get(kind.lower()):
        return way
    last = parts[-1]
    if _FILE.search(last):
        return Way.WEIGHTS
    if ":" in last and not _REVISION.search(last) and last.rpartition(":")[2].lower() not in _SERVICE_TAGS:
        return Way.OLLAMA
    if len(parts) > 1 and last != last.lower():
        return Way.WEIGHTS
    return Way.SERVED


def _ollama(whole: str, parts: list[str]) -> Place:
    stem, _, tag = parts[-1].partition(":")
    owners = [p for p in parts[:-1] if p.lower() not in _LIBRARY and "." not in p]
    tag = _NO_VARIANT.sub("", tag)
    return Place(whole, Way.OLLAMA, owners[-1].lower() if owners else "", stem, tag, local=True, foreign=bool(owners))


def _weights(whole: str, parts: list[str], *, local: bool) -> Place:
    while len(parts) > 1 and _NO_NAME.match(parts[-1]):
        parts = parts[:-1]
    stem, _, tag = parts[-1].partition(":")
    owner = parts[-2].lower() if len(parts) > 1 and not _PATH.match(whole) else ""
    if tag.lower() == "latest" or tag.lower().endswith(".gguf"):
        tag = ""
    return Place(whole, Way.WEIGHTS, owner, stem, tag, local)


def _served(whole: str, parts: list[str], *, local: bool) -> Place:
    last, owner = parts[-1], parts[-2].lower() if len(parts) > 1 else ""
    owner = "" if owner == "models" else owner
    if found := _BEDROCK.match(last):
        owner, last = found[1], last[found.end() :]
    last = _REVISED_BUILD.sub("", last)  # Vertex: claude-3-5-sonnet-v2@20241022
    last = _REVISION.sub(lambda m: f"-v0.{m[3]}" if m[3] else "", last)
    stem, _, tag = last.partition("@")
    stem, _, variant = stem.partition(":")
    if variant.lower() not in _SERVICE_TAGS:
        tag = f"{variant}-{tag}"
    return Place(whole, Way.SERVED, owner, stem, tag, local)
