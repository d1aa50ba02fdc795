"""What a llama.cpp server's own file says of its model, where that is on this machine: the server tells size and
context only of what is loaded, and of the cache nothing."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from llmrouter_tui.backends.gguf import GgufModel, read_model
from llmrouter_tui.backends.gguf_files import parts_of
from llmrouter_tui.backends.gguf_memory import with_cache
from llmrouter_tui.core.domain import ModelInfo


@dataclass(frozen=True, slots=True)
class Launch:
    """How a router starts a model's server."""

    path: str = ""
    context: int | None = None
    """Tokens of each slot."""
    slots: int = 1


def launch_of(args: object) -> Launch:
    """Read of a command line, of which nothing else is looked at: it may hold keys."""
    words = [word for word in args if isinstance(word, str)] if isinstance(args, list) else []
    told = dict(pairwise(words))
    path = told.get("--model") or told.get("-m") or ""
    context = _number(told.get("--ctx-size") or told.get("-c"))
    slots = _number(told.get("--parallel") or told.get("-np"))
    if not slots or "--kv-unified" in words or "-kvu" in words:
        return Launch(path, context or None)
    return Launch(path, context // slots if context else None, slots)


def _number(word: str | None) -> int:
    return int(word) if word is not None and word.isdecimal() and len(word) < 12 else 0


class ModelFiles:
    """The files that servers name, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[GgufModel, int] | None] = {}

    async def read(self, paths: Iterable[str]) -> None:
        """Read those that are new; what cannot be read is left out."""
        fresh = {path for path in paths if path and path not in self._read}
        if fresh:
            self._read |= await asyncio.to_thread(_read_all, fresh)

    def fill(self, info: ModelInfo, path: str) -> ModelInfo:
        """The model with what the file adds to what its server told, the same whether it is loaded or not."""
        known = self._read.get(path)
        if known is None:
            return info
        model, size = known
        filled = replace(
            info,
            parameters=info.parameters or model.parameters,
            active_parameters=model.active_parameters,
            quantization=model.quantization or info.quantization,
            family=info.family or model.architecture,
            size_bytes=size,
            longest_context=info.longest_context or model.context_length,
        )
        return with_cache(filled, model.kv)


def _read_all(paths: Iterable[str]) -> Mapping[str, tuple[GgufModel, int] | None]:
    return {path: _read(Path(path)) for path in paths}


def _read(path: Path) -> tuple[GgufModel, int] | None:
    try:
        if not path.is_file():
            return None
        files = parts_of(path) or (path,)
        return read_model(files), sum(file.stat().st_size for file in files)
    except (OSError, ValueError):
        return None
