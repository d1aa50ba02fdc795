"""What a GGUF file says of the model in it: size, context, memory per token, and what its chat template can do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from llmrouter_tui.backends.gguf_header import Header, read_header
from llmrouter_tui.backends.gguf_memory import KvCache, kv_cache

Use = Literal["generate", "embed", "rerank", "none"]

FILE_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4", 40: "Q1_0",
}  # fmt: skip
"""``general.file_type`` by name: ``enum llama_ftype`` in llama.cpp's include/llama.h."""

_GUESSED: Final = 1024
"""Flag on a file type that the writer was not sure of (``LLAMA_FTYPE_GUESSED``)."""

_POOLED: Final[dict[int, Use]] = {1: "embed", 2: "embed", 3: "embed", 4: "rerank"}
"""By ``<arch>.pooling_type`` (``enum llama_pooling_type``): mean, cls and last give embeddings, rank gives scores."""

_TOOLS = re.compile(r"\btools\b")
_THINKING = re.compile(r"<think>|enable_thinking|reasoning_effort|reasoning_content|thinking_budget")


@dataclass(frozen=True, slots=True)
class GgufModel:
    """A model as its files describe it. None where they do not say."""

    architecture: str
    name: str = ""
    parameters: int | None = None
    active_parameters: int | None = None
    """Parameters used per token, of a mixture of experts; None for a dense model."""
    context_length: int | None = None
    """Tokens it was trained for."""
    quantization: str = ""
    layers: int | None = None
    vocabulary: int | None = None
    kv: KvCache | None = None
    template: bool = False
    template_tools: bool = False
    template_thinking: bool = False
    use: Use = "generate"
    """``none`` for files that hold no model to run alone: projectors, adapters, parts of image models."""


def read_model(paths: Sequence[Path]) -> GgufModel:
    """Describe the model in ``paths``: one file, or all parts of a split one in order (metadata is in the first).

    Raises ``ValueError`` in words for a broken file, ``OSError`` for one that cannot be read.
    """
    headers = [read_header(path) for path in paths]
    return describe(headers)


def describe(headers: Sequence[Header]) -> GgufModel:
    """The model that these headers (of one file, or of all parts of a split one) describe."""
    first = headers[0]
    arch = first.text("general.architecture")
    template = _template(first)
    parameters, active = _parameters(headers, arch)
    return GgufModel(
        architecture=arch,
        name=first.text("general.name"),
        parameters=parameters,
        active_parameters=active,
        context_length=_positive(first, f"{arch}.context_length"),
        quantization=_quantization(first),
        layers=_positive(first, f"{arch}.block_count"),
        vocabulary=first.lengths.get("tokenizer.ggml.tokens") or _positive(first, f"{arch}.vocab_size"),
        kv=kv_cache(first),
        template=bool(template),
        template_tools=_TOOLS.search(template) is not None,
        template_thinking=_THINKING.search(template) is not None,
        use=_use(first, arch),
    )


def _positive(header: Header, key: str) -> int | None:
    value = header.whole(key)
    return value if value is not None and value > 0 else None


def _quantization(header: Header) -> str:
    number = header.whole("general.file_type")
    return "" if number is None else FILE_TYPES.get(number & ~_GUESSED, "")


def _template(header: Header) -> str:
    """The chat templates that requests can use: the default one and the one for tools."""
    return header.text("tokenizer.chat_template") + header.text("tokenizer.chat_template.tool_use")


def _use(header: Header, arch: str) -> Use:
    kind = header.text("general.type")
    if kind not in ("", "model") or arch in ("", "clip") or header.whole(f"{arch}.block_count") is None:
        return "none"
    if not header.text("tokenizer.ggml.model"):
        return "none"
    return _POOLED.get(header.whole(f"{arch}.pooling_type") or 0, "generate")


def _parameters(headers: Sequence[Header], arch: str) -> tuple[int | None, int | None]:
    """(all, active) parameters. Of the experts' tensors a token uses ``expert_used_count`` in ``expert_count``."""
    tensors = [tensor for header in headers for tensor in header.tensors]
    total = _positive(headers[0], "general.parameter_count") or sum(tensor.elements for tensor in tensors) or None
    experts = headers[0].whole(f"{arch}.expert_count") or 0
    used = headers[0].whole(f"{arch}.expert_used_count") or 0
    if total is None or not 0 < used < experts:
        return total, None
    routed = sum(tensor.elements for tensor in tensors if "_exps." in tensor.name)
    return total, total - routed + routed * used // experts
