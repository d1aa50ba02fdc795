"""What a model's cache of keys and values takes, by the metadata of its GGUF file, wherever that comes from.

This is how llama.cpp sizes its memory (``src/llama-kv-cache.cpp``, ``llama-kv-cache-iswa.cpp``,
``llama-memory-recurrent.cpp``, ``llama-hparams.cpp``), which runs inside Ollama, LM Studio and the embedded engine too:

    a layer and token       KV heads · (key length + value length) · 2 bytes (f16, the default type)
    a layer with a window   the same, for the last tokens only
    a recurrent layer       (kernel − 1) · (inner + 2 · groups · state) + state · inner numbers of 4 bytes, in all
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from llmrouter_tui.backends.gguf_header import Header, read_header
from llmrouter_tui.core.domain import ModelInfo

KV_BYTES: Final = 2
STATE_BYTES: Final = 4
MOST_LAYERS: Final = 10_000

PERIODS: Final = {
    "afmoe": 4, "cohere2": 4, "cohere2moe": 4, "exaone-moe": 4, "exaone4": 4, "gemma2": 2, "gemma3": 6, "gemma3n": 5,
    "gpt-oss": 2, "llama4": 4, "mellum": 4, "olmo2": 4, "plamo3": 8, "smallthinker": 4,
}  # fmt: skip
"""Of so many layers one keeps every token, where the file has no pattern of its own (``load_swa_pattern`` in
llama.cpp's ``src/models``). A window that a file of another architecture names without a pattern is not used."""
WINDOWS: Final = {"gemma2": 4096, "exaone4": 4096, "llama4": 8192}
"""Windows that files may leave out."""
INTERVALS: Final = {"qwen3next": 4, "qwen35": 4, "qwen35moe": 4}
"""Of so many layers one has attention and the others are recurrent, where the file does not say."""
GEMMA3N_LAYERS: Final = 20
"""Its further layers use the cache of these."""


class KvCache(NamedTuple):
    """Bytes of one conversation."""

    per_token: int
    """Of a token, in the layers that keep every one."""
    windowed: int = 0
    """Of a token, in the layers that keep the last ``window``."""
    window: int = 0
    state: int = 0
    """Of the recurrent layers, however long the conversation is."""


NO_CACHE: Final = KvCache(0)
"""Of models that read everything at once: embeddings."""


def kv_cache(header: Header) -> KvCache | None:
    """None where the metadata says too little."""
    arch = header.text("general.architecture")
    if header.pairs.get(f"{arch}.attention.causal") is False:
        return NO_CACHE
    try:
        return _Layers(header, arch).cache()
    except _UntoldError:
        return None


def cache_of_file(path: Path) -> KvCache | None:
    """By a file of this machine; None for what is none, or is not ours to read. Blocking."""
    try:
        return kv_cache(read_header(path)) if path.is_file() else None
    except (OSError, ValueError):
        return None


def with_cache(info: ModelInfo, cache: KvCache | None) -> ModelInfo:
    """The model with these figures."""
    if cache is None:
        return info
    return replace(
        info,
        kv_bytes_per_token=cache.per_token,
        kv_window=cache.window,
        kv_window_bytes=cache.windowed,
        kv_state_bytes=cache.state,
    )


def shown_header(info: Mapping[str, Any]) -> Header:
    """Metadata that a server tells as JSON. Arrays that it left out (Ollama empties those of more than five values)
    are known to be there, and not kept."""
    pairs = {key: tuple(value) if isinstance(value, list) else value for key, value in info.items()}
    cut = {key: 0 for key, value in pairs.items() if value in (None, ())}
    return Header({key: value for key, value in pairs.items() if key not in cut}, cut, ())


class _UntoldError(Exception):
    """A figure is missing, or was cut out of the metadata."""


class _Layers:
    """Reads the figures of each layer. Everything raises ``_UntoldError``."""

    def __init__(self, header: Header, arch: str) -> None:
        self._header = header
        self._arch = arch
        self._count = self._one("block_count")
        if not 0 < self._count <= MOST_LAYERS:
            raise _UntoldError

    def cache(self) -> KvCache:
        recurrent, near = self._recurrent(), self._near()
        heads = self._kv_heads()
        cached = range(self._cached())
        full = sum(heads[i] for i in cached if not recurrent[i] and not near[i])
        windowed = sum(heads[i] for i in cached if not recurrent[i] and near[i])
        return KvCache(
            full * self._token_bytes("") if full else 0,
            windowed * self._token_bytes("_swa") if windowed else 0,
            self._window() if windowed else 0,
            self._state_bytes() * sum(r or not h for r, h in zip(recurrent, heads, strict=True)),
        )

    # ── what each layer is ──

    def _kv_heads(self) -> Sequence[int]:
        return self._each("attention.head_count_kv") or self._must(self._each("attention.head_count"))

    def _cached(self) -> int:
        """Layers with a cache of their own."""
        shared = self._one("attention.shared_kv_layers", 0)
        if self._arch == "gemma3n":
            shared = max(shared, self._count - GEMMA3N_LAYERS)
        return max(0, self._count - shared)

    def _window(self) -> int:
        return self._one("attention.sliding_window", WINDOWS.get(self._arch, 0))

    def _near(self) -> Sequence[int]:
        """Which layers have a window: by the file's pattern (one flag per layer, or a period), else by habit."""
        none = (0,) * self._count
        if not self._window():
            return none
        key = "attention.sliding_window_pattern"
        if self._has(key) and self._whole(key) is None:
            return self._must(self._each(key))
        period = self._one(key, PERIODS.get(self._arch, 1))
        return tuple(int(i % period < period - 1) for i in range(self._count)) if period else (1,) * self._count

    def _recurrent(self) -> Sequence[int]:
        """Which layers keep a state instead of tokens (those with no KV head are told by that)."""
        found = self._each("attention.recurrent_layers")
        if found is not None:
            return found
        interval = self._one("full_attention_interval", INTERVALS.get(self._arch, 1))
        return tuple(int((i + 1) % max(1, interval) != 0) for i in range(self._count))

    # ── bytes ──

    def _token_bytes(self, suffix: str) -> int:
        """Of a token, for one KV head of one layer. Layers with a window may have lengths of their own; a compressed
        cache keeps no values."""
        if suffix and not self._has(f"attention.key_length{suffix}"):
            suffix = ""
        heads = self._each("attention.head_count") or (0,)
        usual = self._one("embedding_length", 0) // max(heads) if max(heads) else None
        keys = self._one(f"attention.key_length{suffix}", usual)
        if self._has("attention.key_length_mla"):
            return keys * KV_BYTES
        return (keys + self._one(f"attention.value_length{suffix}", usual)) * KV_BYTES

    def _state_bytes(self) -> int:
        """Of one recurrent layer."""
        inner, state = self._one("ssm.inner_size", 0), self._one("ssm.state_size", 0)
        kept = max(0, self._one("ssm.conv_kernel", 0) - 1) * (inner + 2 * self._one("ssm.group_count", 0) * state)
        return (kept + state * inner) * STATE_BYTES

    # ── figures ──

    def _has(self, name: str) -> bool:
        key = f"{self._arch}.{name}"
        return key in self._header.pairs or key in self._header.lengths

    def _whole(self, name: str) -> int | None:
        return self._header.whole(f"{self._arch}.{name}")

    def _one(self, name: str, default: int | None = None) -> int:
        """One number for the whole model; ``default`` where there is no such key."""
        value = self._whole(name) if self._has(name) else default
        if value is None or value < 0:
            raise _UntoldError
        return value

    def _each(self, name: str) -> Sequence[int] | None:
        """A number per layer; None where there is no such key."""
        if not self._has(name):
            return None
        found = self._header.row(f"{self._arch}.{name}", self._count)
        if found is None or min(found) < 0:
            raise _UntoldError
        return found

    def _must(self, found: Sequence[int] | None) -> Sequence[int]:
        if found is None:
            raise _UntoldError
        return found
