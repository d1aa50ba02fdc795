"""How a model's name is cut into what identifies it: words, sizes, and whether it says chat or base.

Everything that does not change which weights these are is left out: owner, host, quantization, file format, shard.
The rest is compared as a whole and never by substring, so one word too many (``uncensored``) makes another model.
"""

import re
from typing import Literal, NamedTuple

from llmrouter_tui.core.words import word_set

Role = Literal["", "chat", "base"]

_CHAT = word_set("instruct it chat inst instruction")
_BASE = word_set("base pt pretrained pretrain")
_SAME = {"β": "beta", "α": "alpha", "think": "thinking", "emb": "embedding"}
PACKAGING = word_set(
    "gguf ggml ggmlv3 mlx hf bnb dynamic quantized unquantized i1 imatrix imat nf4 dwq qat awq gptq exl2 exl3 hqq "
    "autoround torchao onnx ov openvino unsloth actorder marlin ud xl block kv dequantized mlc"
)
"""Words for how weights are stored."""
MAKERS = word_set(
    "meta nvidia c4ai ai21 amazon anthropic mistralai google microsoft openai moonshotai cohere cohereforai coherelabs "
    "ibm databricks zai thudm lgai snowflake liquidai tiiuae allenai nousresearch facebook alibaba bytedance arcee"
)
"""Makers that are put before a model's own name. Makers whose name is the model's (qwen, deepseek) are not here."""

_SHARD = re.compile(r"[-.]\d{5}-of-\d{5}$")
_EXTENSION = re.compile(r"(?:\.(?:gguf|bin|safetensors|ggmlv3|pth|mlpackage))+$")
_QUANT = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?:ud[-_])?(?:iq|tq|q)\d(?:[_-](?:k(?:[_-](?:xxl|xl|xs|s|m|l|p))?|nl|xxs|xs|s|m|l|\d(?:[_-]\d)*))*"
    r"|(?:bf|fp|f)(?:16|32|8|4)(?:[-_]kv)?|(?:nv|mx)fp[48](?:a16)?|int[348]|w\d+a\d+(?:[-_]g\d+)?"
    r"|exl[23][-_]\d(?:[_.]\d+)?|\d(?:\.\d+)?-?bit|4b-\d+g|\d(?:\.\d+)?bpw(?:[-_]h\d)?|\d+g|gs?\d{2,3}|dwq-\d{8}"
    r")(?![a-z0-9])"
)
_DAY = re.compile(r"(?<![\d.])(?:(20\d\d)-)?(\d\d)-(\d\d|20\d\d)(?!\d|\.\d)")
"""``2024-08-06``, ``05-20``, ``08-2024``: one word, since words are compared without their order."""
_SIZE = re.compile(r"[ae]?\d+(?:\.\d+)?[bmt]|\d+x\d+(?:\.\d+)?b")
_CONTEXT = re.compile(r"\d+k|[1-9]m")
"""``4k`` and ``1m`` are contexts; no model has a million parameters."""
_GLUED_SIZE = re.compile(r"([b-df-z]|[a-z]{2,})(\d+(?:\.\d+)?b)")
_DOT = re.compile(r"(?<=\d)[_p](?=\d)")
_SEPARATOR = re.compile(r"[-_\s/()\[\],@:~]+|(?<!\d)\.|\.(?!\d)")
_SHORT_ZERO = re.compile(r"0\d")
_ZEROS = re.compile(r"(?:\.0)+$")
_DIGIT = re.compile(r"\d")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_PIECE = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")


class Spelling(NamedTuple):
    """A name without its packaging. Two names mean the same weights if words and sizes agree, and roles fit."""

    words: tuple[str, ...]
    """Sorted, with repetitions; versions and dates are words too."""
    sizes: frozenset[str]
    """``8b``, ``a3b``, ``8x7b`` as written."""
    role: Role
    quantized: bool


def spell(stem: str, tag: str = "", *, ollama: bool = False) -> Spelling:
    """Cut a name (without owner and host) and its tag. With ``ollama``, ``text`` in the tag means base weights.

    Two single digits in a row are one version: hosts write ``claude-3-5-sonnet`` and ``llama3-1``.
    """
    head, packed = _unpack(stem)
    tail, tag_packed = _unpack(tag)
    head_tokens, tail_tokens = _tokens(head), _tokens(tail)
    while len(head_tokens) > 1 and head_tokens[0] in MAKERS:
        head_tokens = head_tokens[1:]
    words: list[str] = []
    sizes: set[str] = set()
    role: Role = ""
    follows = False  # whether a digit now would continue the version before it
    for token in (*head_tokens, *tail_tokens):
        pieces: list[str] = []
        if _SIZE.fullmatch(token) and not _CONTEXT.fullmatch(token):
            sizes.add(token)
        elif token in _BASE or (ollama and token == "text" and token in tail_tokens and not role):
            role = "base"
        elif token in _CHAT:
            role = role or "chat"
        else:
            pieces = _pieces(token)
        if follows and pieces == [token] and _DIGIT.fullmatch(token):
            words[-1] = _number(f"{words[-1]}.{token}")
            pieces = []
        words += pieces
        follows = bool(pieces) and bool(_DIGIT.fullmatch(pieces[-1]))
    return Spelling(tuple(sorted(words)), frozenset(sizes), role, packed or tag_packed)


def size_of(size: str) -> float:
    """Parameters that a size word tells, experts multiplied out; for comparing with a known number."""
    unit = {"m": 1e6, "b": 1e9, "t": 1e12}[size[-1]]
    count, times, each = size[:-1].lstrip("ae").partition("x")
    return float(count) * (float(each) if times else 1.0) * unit


def is_number(word: str) -> bool:
    """Whether a word is a version or a date."""
    return word[0].isdigit()


def _unpack(text: str) -> tuple[str, bool]:
    """In lower case, without extension, shard and quantization; whether a quantization was named."""
    if not text:
        return "", False
    text = _SHARD.sub("", _EXTENSION.sub("", text.lower()))
    bare, found = _QUANT.subn(" ", _DAY.sub(lambda m: "".join(filter(None, m.groups())), _EXTENSION.sub("", text)))
    return bare, found > 0


def _tokens(text: str) -> list[str]:
    """Parts between separators. ``_`` or ``p`` between digits is a dot; ``+`` is a word."""
    text = _DOT.sub(".", text.replace("+", "-plus-"))
    return [_SAME.get(t, t) for part in _SEPARATOR.split(text) if part for t in _unglued(part) if t not in PACKAGING]


def _unglued(part: str) -> list[str]:
    """``r7b`` is ``r`` and ``7b``; ``llama3.1`` stays, its number is cut off later."""
    glued = _GLUED_SIZE.fullmatch(part)
    return [glued[1], glued[2]] if glued else [part]


def _pieces(token: str) -> list[str]:
    """A token as words and numbers: ``qwen2.5vl`` is qwen, 2.5, vl; the v of a version falls away."""
    if _CONTEXT.fullmatch(token):
        return [token]
    if version := _VERSION.fullmatch(token):
        return [_number(version[1], versioned=token[0] == "v")]
    return [_number(p) if p[0].isdigit() else p for p in _PIECE.findall(token)]


def _number(text: str, *, versioned: bool = False) -> str:
    """``4.0`` is 4 and ``v01`` is 0.1; dates keep their zeros."""
    if versioned and _SHORT_ZERO.fullmatch(text):
        return f"0.{text[1]}"
    return _ZEROS.sub("", text)
