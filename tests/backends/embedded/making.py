"""GGUF files made by hand, a few hundred bytes each."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

LLAMA: Mapping[str, object] = {
    "general.architecture": "llama",
    "general.type": "model",
    "llama.block_count": 2,
    "llama.context_length": 4096,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "general.file_type": 15,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a", "b", "c"],
}
"""The least that a language model's file says."""


def gguf(
    pairs: Mapping[str, object] = LLAMA,
    tensors: Sequence[tuple[str, Sequence[int]]] = (("token_embd.weight", (64, 3)),),
    *,
    version: int = 3,
    data: int = 4096,
) -> bytes:
    """A file's bytes: header, tensor list, and ``data`` bytes of zeros in place of the tensors."""
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    for key, value in pairs.items():
        out += _text(key) + _typed(value)
    for name, shape in tensors:
        out += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        out += struct.pack("<IQ", 0, 0)
    return out + bytes(data)


def write(path: Path, content: bytes | None = None) -> Path:
    """Put a file (a sound little model if nothing else is said) at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf() if content is None else content)
    return path


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: object) -> bytes:
    if isinstance(value, list):
        kind = struct.unpack("<I", _typed(value[0])[:4])[0]
        return struct.pack("<IIQ", 9, kind, len(value)) + b"".join(_typed(item)[4:] for item in value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<Iq", 11, value)
    if isinstance(value, float):
        return struct.pack("<Id", 12, value)
    assert isinstance(value, str)
    return struct.pack("<I", 8) + _text(value)
