"""What a model takes in memory with a context: weights, cache of keys and values, buffers; and which context to give.

    footprint = weights · 1.02 + slots · cache(context) + buffers
    cache(context) = per token · context + per token with a window · min(context, window + batch) + state

as llama.cpp allocates it (``src/llama-kv-cache.cpp``, ``llama-kv-cache-iswa.cpp``), which runs inside Ollama and LM
Studio too. Seen figures beat all this: what a model took with one context is exact there, and corrects the estimate for
every other context.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from llmrouter_tui.core.domain import HOST_POOL, Footprint, FootprintSource, ModelInfo
from llmrouter_tui.core.estimate import weight_bytes
from llmrouter_tui.core.naming import parse_name

GPU_OVERHEAD = 400 * 1024**2
"""Compute buffers and driver context of one loaded model; llama.cpp on CUDA takes 300 to 600 MiB."""
HOST_OVERHEAD = 75 * 1024**2
"""The same in RAM, where there is no driver: 54 to 75 MiB were measured for models of 0.1 to 0.3 GB, at any context."""
ROUNDING = 1.02
"""Weights in memory against their file: tensors are padded, and some are kept twice."""
PADDING = 256
"""llama.cpp rounds a cache up to so many tokens."""
BATCH = 512
"""Tokens that are read at once (``n_ubatch``): a window has room for so many more."""
USUAL_KV, USUAL_PARAMETERS, USUAL_POWER = 128 * 1024, 8e9, 0.4
"""Cache bytes of a token where only the parameters are known: within a factor of two of Llama 3 (1B to 70B), Qwen 2.5
and 3, Mistral and SmolLM2."""
UNKNOWN_CONTEXT = 4096
"""Tokens to count with where nobody tells the context: Ollama's default on small cards."""

WHENCE: Mapping[FootprintSource, str] = {
    "reported": "its backend says so",
    "measured": "measured when it was loaded",
    "estimated": "estimated from its size and context",
}
"""How a footprint is known, in words."""

FLOOR = 4096
"""Less context than this is not worth a model's place."""
USUAL = 8192
"""Context that is always aimed for: a chat with some pages of text."""
GPU_SHARE, HOST_SHARE = 0.25, 0.125
"""How much of a pool the cache may take for context above the usual: the rest is for weights, which make models warm.
Less in RAM, where long prompts take minutes to read. By judgement."""


def cache_bytes(info: ModelInfo, context: int) -> int:
    """Bytes of the cache for ``context`` tokens in every slot."""
    tokens = _padded(context)
    near = min(tokens, _padded(info.kv_window + BATCH))
    per_token = _usual_cache(info) if info.kv_bytes_per_token is None else info.kv_bytes_per_token
    return info.slots * (per_token * tokens + info.kv_window_bytes * near + info.kv_state_bytes)


def estimated(info: ModelInfo, pool: str, context: int | None) -> int | None:
    """Bytes that a model would take, by what is told of it alone. None if its size is unknown."""
    weights = weight_bytes(info)
    if weights is None:
        return None
    buffers = HOST_OVERHEAD if pool == HOST_POOL else GPU_OVERHEAD
    return int(weights * ROUNDING) + cache_bytes(info, context or UNKNOWN_CONTEXT) + buffers


class Correction(NamedTuple):
    """What was seen of a model against what would have been estimated.

    What is missing may be missing anywhere, so all of an estimate shrinks. What is too much is put down to the cache:
    weights are known from their files, but a server may keep several conversations (``OLLAMA_NUM_PARALLEL``).
    """

    whole: float = 1.0
    """What an estimate is to be multiplied by."""
    cache: float = 1.0
    """What its cache is to be multiplied by; at least 1."""


def correction(info: ModelInfo, pool: str, seen: Footprint | None) -> Correction:
    """None of either where nothing was seen with a context that is known."""
    told = estimated(info, pool, seen.context_length) if seen is not None and seen.context_length else None
    if seen is None or not told:
        return Correction()
    if seen.bytes <= told:
        return Correction(whole=seen.bytes / told)
    cache = cache_bytes(info, seen.context_length or 0)
    return Correction(cache=1 + (seen.bytes - told) / cache) if cache else Correction(whole=seen.bytes / told)


def expected(info: ModelInfo, pool: str, context: int | None, seen: Footprint | None = None) -> Footprint | None:
    """What a model would take with a context: as seen with that context, else estimated and corrected by what was
    seen. None if nothing is known."""
    if seen is not None and (context is None or seen.context_length in (None, context)):
        return seen
    told = estimated(info, pool, context)
    if told is None:
        return seen
    whole, cache = correction(info, pool, seen)
    more = (cache - 1) * cache_bytes(info, context or UNKNOWN_CONTEXT)
    return Footprint(int(told * whole + more), "estimated", context)


def for_context(info: ModelInfo, pool: str, context: int | None, seen: Footprint | None = None) -> int | None:
    """What of that its context takes, corrected alike. None where what a token takes is not told."""
    if info.kv_bytes_per_token is None or context is None:
        return None
    whole, cache = correction(info, pool, seen)
    return int(cache_bytes(info, context) * cache * whole)


def largest_context(info: ModelInfo, pool: str, room: int | None, seen: Footprint | None = None) -> int | None:
    """The context to load a model with where nobody chose one: up to the usual one whatever fits ``room`` (bytes that
    all models may take of the pool), and more as long as the cache stays within its share of it. In powers of two and
    the model's own longest, so that it does not change with every byte. None where that is not told.

    What does not even fit with the least context gets the usual one: it is split, or refused.
    """
    longest = info.longest_context or info.context_length
    if longest is None:
        return None
    usual = min(USUAL, longest)
    if room is None or expected(info, pool, usual, seen) is None:
        return usual
    share = room * (HOST_SHARE if pool == HOST_POOL else GPU_SHARE) / correction(info, pool, seen).cache
    best: int | None = None
    for context in _steps(longest):
        found = expected(info, pool, context, seen)
        if found is None or found.bytes > room or (context > usual and cache_bytes(info, context) > share):
            break
        best = context
    return best or usual


def _steps(longest: int) -> Iterator[int]:
    context = FLOOR
    while context < longest:
        yield context
        context *= 2
    yield longest


def _padded(tokens: int) -> int:
    return -(-tokens // PADDING) * PADDING


def _usual_cache(info: ModelInfo) -> int:
    if "embedding" in info.capabilities and "completion" not in info.capabilities:
        return 0
    parameters = info.parameters or parse_name(info.name).size or USUAL_PARAMETERS
    return int(USUAL_KV * (parameters / USUAL_PARAMETERS) ** USUAL_POWER)
