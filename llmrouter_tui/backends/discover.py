"""Finding the model servers of this machine, and building backends by kind. Nothing here loads or wakes a model."""

import asyncio
import os
from collections.abc import Mapping, Sequence

import aiohttp

from llmrouter_tui.backends.anthropic import KEY, AnthropicBackend, is_anthropics
from llmrouter_tui.backends.http import READ_TIMEOUT, Link
from llmrouter_tui.backends.llamacpp import LlamaCppBackend
from llmrouter_tui.backends.ollama import OllamaBackend
from llmrouter_tui.backends.openai import OpenAIBackend, detect
from llmrouter_tui.backends.reading import mapping, objects, split_api, text
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.ports.backend import Backend

DEFAULTS: tuple[tuple[str, str], ...] = (
    ("ollama", "http://127.0.0.1:11434"),
    ("llamacpp", "http://127.0.0.1:8080"),
    ("lmstudio", "http://127.0.0.1:1234"),
    ("vllm", "http://127.0.0.1:8000"),
)
"""What to look for where: (name, address). Which server really answers is read from its answers."""

SECONDS = 1.0
"""For all addresses together. A server on this machine that needs longer is not well."""

ASKING_SECONDS = 5.0
"""For an address that a person gave, which may be far away."""

LLMROUTER = "llmrouter"
"""The name of another router of this kind."""

_LOOKING = 0.7
"""The share of the time to find out what answers; the rest is for probing it."""

_NAMES = {"vLLM": "vllm", "llama-swap": "llamaswap", "LM Studio": "lmstudio"}
"""Names for servers of the OpenAI dialect that show which they are."""


def build(
    kind: str,
    name: str,
    url: str,
    session: aiohttp.ClientSession,
    *,
    api_key_env: str = "",
    read_timeout: float = READ_TIMEOUT,
) -> Backend:
    """A backend of a kind, ``ollama``, ``llamacpp``, ``openai`` or ``anthropic``. The key is read from the environment
    variable ``api_key_env``; for Anthropic's own address from its usual one where none is named. Raises ``ValueError``
    for another kind."""
    if kind == "anthropic" and not api_key_env and is_anthropics(url):
        api_key_env = KEY
    key = os.environ.get(api_key_env, "") if api_key_env else ""
    if kind == "ollama":
        return OllamaBackend(name, url, session, api_key=key, api_key_env=api_key_env, read_timeout=read_timeout)
    if kind == "llamacpp":
        return LlamaCppBackend(name, url, session, api_key=key, api_key_env=api_key_env, read_timeout=read_timeout)
    if kind == "openai":
        return OpenAIBackend(name, url, session, api_key=key, api_key_env=api_key_env, read_timeout=read_timeout)
    if kind == "anthropic":
        return AnthropicBackend(name, url, session, api_key=key, api_key_env=api_key_env, read_timeout=read_timeout)
    raise ValueError(f"unknown kind of backend {kind!r}: use ollama, llamacpp, openai or anthropic")


async def discover(
    session: aiohttp.ClientSession, candidates: Sequence[tuple[str, str]] = DEFAULTS, *, seconds: float = SECONDS
) -> list[Backend]:
    """A probed backend for each address where a model server answers in time. The second server of a name gets a
    number."""
    found = await asyncio.gather(*(_look(session, url, seconds * _LOOKING) for _, url in candidates))
    backends: list[Backend] = []
    for (_, url), identity in zip(candidates, found, strict=True):
        if identity:
            kind, name = identity
            taken = {backend.name for backend in backends}
            free = next(n for n in (name, *(f"{name}{i}" for i in range(2, len(candidates) + 2))) if n not in taken)
            backends.append(build(kind, free, url, session))
    well = await asyncio.gather(*(_well(backend, seconds * (1 - _LOOKING)) for backend in backends))
    return [backend for backend, is_well in zip(backends, well, strict=True) if is_well]


async def _look(session: aiohttp.ClientSession, url: str, seconds: float) -> tuple[str, str] | None:
    """(kind, name) of the server at an address; None if there is none, or none that answers in time."""
    try:
        async with asyncio.timeout(seconds):
            return await identify(Link(session, url, split_api(url)[0]))
    except (BackendError, TimeoutError):
        return None


async def recognise(session: aiohttp.ClientSession, url: str) -> tuple[str, str]:
    """(kind, name) of the model server at an address that a person gave; another llmrouter counts as one. Raises
    ``RouterError`` in words when nothing answers there, or nothing that can be used."""
    if is_anthropics(url):
        return "anthropic", "anthropic"  # it says nothing to those without a key
    root = split_api(url)[0]
    link = Link(session, "the server", root)
    try:
        async with asyncio.timeout(ASKING_SECONDS):
            return await identify(link) or _kin(mapping(await link.get("/v1/models")), root)
    except TimeoutError:
        raise RouterError("backend_unreachable", f"{root} did not answer within {ASKING_SECONDS:g} s") from None
    except BackendError as error:
        if error.unhealthy or error.hint:
            raise
        raise _no_server(root, error.message) from error
    finally:
        link.close()


def _kin(models: Mapping[str, object], root: str) -> tuple[str, str]:
    """What answers the list of models and is none of the servers known: a router like this one, or nothing of use."""
    if any(text(entry.get("owned_by")).startswith("llmrouter") for entry in objects(models.get("data"))):
        return "openai", LLMROUTER
    raise _no_server(root, "it answers without a list of models")


def _no_server(root: str, why: str) -> RouterError:
    hint = "give the address of an Ollama, a llama.cpp server, an OpenAI-compatible server or Anthropic"
    return RouterError("invalid_request", f"{root} is no model server: {why}", hint=hint, param="url")


async def identify(link: Link) -> tuple[str, str] | None:
    """(kind, name) of the model server at an address, by what it answers; None for anything that is none, and for
    another llmrouter, which is used only where it is configured."""
    try:
        listed = mapping(await link.get("/v1/models"))
        entries = listed.get("data")
        if _is_messages(listed):
            return "anthropic", "anthropic"
    except BackendError as error:
        if error.code == "model_loading":
            return "llamacpp", "llamacpp"
        if error.unhealthy:
            return None
        entries = None
    if any(text(entry.get("owned_by")).startswith("llmrouter") for entry in objects(entries)):
        return None
    if await _answers(link, "/api/version", "version") and await _answers(link, "/api/tags", "models"):
        return "ollama", "ollama"
    if not isinstance(entries, list):
        return None
    if await _answers(link, "/props", "build_info") or await _answers(link, "/props", "role"):
        return "llamacpp", "llamacpp"
    return "openai", _NAMES.get((await detect(link, "/v1")).label, "openai")


def _is_messages(listed: Mapping[str, object]) -> bool:
    """Whether a list of models is in Anthropic's shape, so that its server speaks nothing else."""
    entries = objects(listed.get("data"))
    return "has_more" in listed and bool(entries) and all(entry.get("type") == "model" for entry in entries)


async def _answers(link: Link, path: str, key: str) -> bool:
    """Whether a path answers an object with a key."""
    try:
        return key in mapping(await link.get(path))
    except BackendError:
        return False


async def _well(backend: Backend, seconds: float) -> bool:
    """Probe what was found, so that it knows its mode; one that is loading counts."""
    try:
        async with asyncio.timeout(seconds):
            await backend.probe()
    except TimeoutError:
        return False
    except BackendError as error:
        return error.code == "model_loading"
    return True
