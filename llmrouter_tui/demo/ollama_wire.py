"""The shapes of Ollama's JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.structured import Call


@dataclass(slots=True)
class Piece:
    """One token of an answer, or the tool calls at its end."""

    thinking: str = ""
    content: str = ""
    calls: tuple[Mapping[str, Any], ...] = ()


def listing(model: SimModel, since: datetime) -> dict[str, Any]:
    """The model in ``/api/tags``."""
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": stamp(since),
        "size": model.size,
        "digest": model.digest,
        "capabilities": list(model.capabilities),
        "details": details(model),
    }


def show(model: SimModel, since: datetime) -> dict[str, Any]:
    """The model in ``/api/show``."""
    arch = model.family
    info = {
        "general.architecture": arch,
        "general.file_type": 15,
        "general.parameter_count": model.parameters,
        f"{arch}.attention.head_count": model.embedding // model.key_length,
        f"{arch}.attention.head_count_kv": model.kv_heads,
        f"{arch}.attention.key_length": model.key_length,
        f"{arch}.attention.value_length": model.key_length,
        f"{arch}.block_count": model.blocks,
        f"{arch}.context_length": model.context,
        f"{arch}.embedding_length": model.embedding,
    }
    return {
        "modelfile": f"FROM {model.name}\n",
        "template": "{{ .Prompt }}",
        "details": details(model),
        "model_info": info,
        "capabilities": list(model.capabilities),
        "modified_at": stamp(since),
    }


def call(index: int, call: Call) -> dict[str, Any]:
    """A tool call; its arguments are an object, not text."""
    return {"id": call.id, "function": {"index": index, "name": call.name, "arguments": dict(call.arguments)}}


def chat_line(piece: Piece) -> dict[str, Any]:
    """What ``/api/chat`` says in one line."""
    message: dict[str, Any] = {"role": "assistant", "content": piece.content}
    if piece.thinking:
        message["thinking"] = piece.thinking
    if piece.calls:
        message["tool_calls"] = list(piece.calls)
    return {"message": message}


def generate_line(piece: Piece) -> dict[str, Any]:
    """What ``/api/generate`` says in one line."""
    line: dict[str, Any] = {"response": piece.content}
    return line | {"thinking": piece.thinking} if piece.thinking else line


def details(model: SimModel) -> dict[str, Any]:
    """The model in short."""
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": model.parameter_size,
        "quantization_level": model.quantization,
        "context_length": model.context,
        "embedding_length": model.embedding,
    }


def head(model: SimModel) -> dict[str, Any]:
    """What begins every line."""
    return {"model": model.name, "created_at": stamp(datetime.now(UTC))}


def stamp(moment: datetime) -> str:
    """RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z")


def ns(seconds: float) -> int:
    """Whole nanoseconds."""
    return int(seconds * 1e9)


def ndjson(value: Mapping[str, Any]) -> bytes:
    """One line of a stream."""
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
