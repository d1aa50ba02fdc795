"""A grammar of model names: what a name says of family, version, size, variant and quantization.

Names are read token by token, never by substring, because substrings lie: ``llama3.1:70b`` is not an 8B, a version
is not a size, ``4k`` is a context and ``2507`` a date. What follows the colon is Ollama's tag and wins over what
stands before it. Which catalog entry a name means is told by ``core.matching``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from llmrouter_tui.core.words import word_set

EXPERT_SHARE = 0.82
"""Total parameters of an ``NxS`` mixture over N·S: experts share attention. Mixtral 8x7B has 46.7 of 56 (.83),
8x22B has 141 of 176 (.80), by their model cards."""
ACTIVE_EXPERTS = 2
"""Experts per token in those models; active parameters are then 2·S·.92 (12.9 of 14, 39 of 44)."""
ACTIVE_SHARE = 0.92

VARIANTS = word_set(
    "instruct it chat base text pretrain pretrained pt code coder coding codex math vl vlm vision visual omni audio "
    "thinking think reasoning reasoner reason distill distilled embed embedding embeddings rerank reranker guard "
    "reward preview mini small medium large nano micro tiny xl xxl pro plus flash turbo lite air max super ultra next "
    "exp abliterated uncensored roleplay rp storywriter moe dpo sft rlhf orpo simpo latest cloud free tools fc "
    "function maverick scout instant versatile"
)
"""Words that say which variant of a family this is; the first of them ends the family name."""

_SHARD = re.compile(r"[-.]\d{5}-of-\d{5}$")
_EXTENSION = re.compile(r"\.(?:gguf|bin|safetensors)$", re.I)
_QUANT = re.compile(
    r"(?<![a-z0-9])("
    r"(?:ud[-_])?i?q\d(?:[_-](?:k(?:[_-](?:xxl|xl|xs|s|m|l))?|nl|xxs|xs|s|m|l|\d(?:[_-]\d)*))*"
    r"|bf16|fp16|f16|fp32|f32|fp8|nvfp4|mxfp4|int[48]|w\dan?\d*|awq|gptq|exl2|hqq|\d(?:\.\d+)?-?bit|\dbpw"
    r")(?![a-z0-9])",
    re.I,
)
_SIZE = re.compile(r"([ae]?)(\d+(?:\.\d+)?)([bmt])")
_EXPERTS = re.compile(r"(\d+)x(\d+(?:\.\d+)?)b")
_GLUED = re.compile(r"([a-z]{2,})(\d+(?:\.\d+)?)([a-z]*)")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*|v\d+p\d+")
_UNIT = {"m": 1e6, "b": 1e9, "t": 1e12}
_PACKAGING = word_set("gguf ggml mlx hf bnb dynamic quantized i1 imatrix nf4 dwq qat w8a8 w4a16 k s m l")


@dataclass(frozen=True, slots=True)
class ParsedName:
    """What a model's name says. Sizes are in parameters; None where the name is silent."""

    owner: str
    family: str
    version: str
    size: int | None
    active: int | None
    variants: tuple[str, ...]
    quantization: str
    tag: str

    @property
    def words(self) -> frozenset[str]:
        """Every word of family and variants, for affinity by whole words."""
        return frozenset(self.family.split("-")) | frozenset(self.variants)


@lru_cache(maxsize=1024)
def parse_name(name: str) -> ParsedName:
    """Read a model name as Ollama, Hugging Face, LM Studio, vLLM or a GGUF file writes it. Never raises."""
    path, tag = _split_tag(name.strip())
    owner, stem = _split_owner(path)
    stem = _SHARD.sub("", _EXTENSION.sub("", stem))
    found = _QUANT.findall(tag) or _QUANT.findall(stem)
    head = _tokens(_QUANT.sub(" ", stem))
    tail = _tokens(_QUANT.sub(" ", tag))
    size, active = _sizes(tail)
    named_size, named_active = _sizes(head)
    if size is None:
        size, active = named_size, active or named_active
    family, version, variants = _family(head)
    variants += tuple(t for t in tail if t in VARIANTS and t not in variants and t != "latest")
    return ParsedName(owner, family, version, size, active, variants, found[-1].upper() if found else "", tag)


def _split_tag(name: str) -> tuple[str, str]:
    """Cut at the last colon (Ollama) or at ``@`` (LM Studio); a drive letter or a port is no tag."""
    for mark in (":", "@"):
        path, found, tag = name.rpartition(mark)
        if found and path and "/" not in tag and "\\" not in tag:
            return path, tag
    return name, ""


def _split_owner(path: str) -> tuple[str, str]:
    """The last folder and the last part of a path; a cache folder ``models--Org--Name`` counts as a path."""
    parts = [p for p in re.split(r"[/\\]|--", path) if p and p not in {".", "..", "models"}]
    if not parts:
        return "", ""
    owner = parts[-2] if len(parts) > 1 and "." not in parts[-2] and ":" not in parts[-2] else ""
    return owner, parts[-1]


def _tokens(text: str) -> list[str]:
    """Lower-case tokens; ``_`` between digits is a dot, a dot beside a letter separates."""
    text = re.sub(r"(?<=\d)_(?=\d)", ".", text.lower())
    text = re.sub(r"\bv(\d+)p(\d+)\b", r"v\1.\2", text)
    return [t for t in re.split(r"[-_\s]+|(?<!\d)\.|\.(?!\d)", text) if t]


def _sizes(tokens: list[str]) -> tuple[int | None, int | None]:
    """(total, active) parameters. ``e4b`` is an effective size and counts as the size; ``a3b`` is active."""
    size = active = None
    for token in tokens:
        if experts := _EXPERTS.fullmatch(token):
            count, each = int(experts[1]), float(experts[2]) * 1e9
            size = round(count * each * EXPERT_SHARE)
            active = round(min(ACTIVE_EXPERTS, count) * each * ACTIVE_SHARE)
        elif match := _SIZE.fullmatch(token):
            value = round(float(match[2]) * _UNIT[match[3]])
            if match[1] == "a":
                active = value
            elif size is None:
                size = value
    return size, active


def _family(tokens: list[str]) -> tuple[str, str, tuple[str, ...]]:
    """Leading words are the family until a version, a size or a variant; later words are variants."""
    family: list[str] = []
    variants: list[str] = []
    version = ""
    open_ = True
    for token in tokens:
        glued = _GLUED.fullmatch(token)
        if token in _PACKAGING and family:
            continue
        if _SIZE.fullmatch(token) or _EXPERTS.fullmatch(token):
            open_ = False
        elif _VERSION.fullmatch(token):
            version = version or token.removeprefix("v")
            open_ = False
        elif token in VARIANTS and family:
            variants.append(token)
            open_ = open_ and token in {"small", "large", "medium", "nano"}
        elif open_ and glued and not version:
            family.append(glued[1])
            version = glued[2]
            variants += [glued[3]] if glued[3] else []
            open_ = False
        elif open_:
            family.append(token)
        else:
            variants.append(token)
    if family[:2] == ["meta", "llama"]:
        family = family[1:]
    return "-".join(family), version, tuple(dict.fromkeys(variants))
