"""Hard filters: which models cannot serve a request at all, and why."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, NoReturn

from llmrouter_tui.core.decision import Analysis
from llmrouter_tui.core.domain import ModelInfo, ModelView
from llmrouter_tui.core.errors import Code, RouterError
from llmrouter_tui.core.hosting import remedy
from llmrouter_tui.core.memory_words import RELEASED_BY
from llmrouter_tui.core.scoring import Wait
from llmrouter_tui.core.traits import MARGIN, Traits, token_ratio

Kind = Literal[
    "disabled", "withheld", "embedding", "vision", "tools", "context", "down", "problem", "memory", "size", "held"
]


class Bar(NamedTuple):
    """Why a model is out."""

    kind: Kind
    reason: str


def lacks(info: ModelInfo, need: str) -> str:
    """Why a model is not asked for what it takes this for, in words; empty where it may be asked."""
    if need in info.capabilities:
        return ""
    if info.tried(need) is not None:
        return f"no {need} (probed)"
    return f"no {need}" if info.capabilities_known else ""


LENIENT = 1 / MARGIN
"""What estimates of prompts are multiplied by where nobody else is left: a server that counts decides then."""


def context_needed(analysis: Analysis, context: int, ratio: float = 1.0, lenient: float = 1.0) -> int:
    """Tokens that must fit: the prompt, and the expected answer as far as it takes a quarter of the context (a
    longer answer is cut by the model, not refused). ``ratio``: tokens of the model for one of our estimate;
    ``lenient``: the share of the estimated prompt that counts."""
    expected = round(analysis.expected_tokens * ratio)
    return round(analysis.prompt_tokens * ratio * lenient) + (expected if expected < context // 4 else context // 4)


def barred(analysis: Analysis, model: ModelView, traits: Traits, wait: Wait, lenient: float = 1.0) -> Bar | None:
    """The first reason against a model, or None. The client's own reasons come before passing ones; context is
    the last of them, so that a model with this reason would do but for its length."""
    info = model.info
    if not model.enabled:
        return Bar("disabled", "disabled")
    if model.withheld:
        return Bar("withheld", model.withheld)
    if traits.embeds:
        return Bar("embedding", "embedding model")
    if analysis.needs:
        if "vision" in analysis.needs and (reason := lacks(info, "vision")):
            return Bar("vision", reason)
        if "tools" in analysis.needs and (reason := lacks(info, "tools")):
            return Bar("tools", reason)
    context = info.context_length
    if context:
        needed = context_needed(analysis, context, token_ratio(model), 1.0 if info.cuts else lenient)
        if needed > context:
            return Bar("context", f"context {context} < {needed} tokens")
    if not model.healthy:
        return Bar("down", "backend down")
    if model.problem:
        return Bar("problem", model.problem)
    if wait.blocked:
        return Bar("held" if wait.held else "size" if wait.never else "memory", wait.blocked)
    return None


_NAMED: dict[Kind, tuple[Code, str, str, str | None]] = {
    "vision": (
        "invalid_request",
        "cannot see images",
        "Send no image, name a vision model, or ask for auto.",
        "messages",
    ),
    "tools": (
        "invalid_request",
        "cannot call tools",
        "Send no tools, name a model that can, or ask for auto.",
        "tools",
    ),
    "embedding": ("invalid_request", "only embeds and cannot chat", "Name a chat model, or ask for auto.", "model"),
    "down": (
        "backend_unreachable",
        "cannot be reached: its backend is down",
        "Name another model or ask for auto.",
        None,
    ),
    "problem": ("backend_error", "cannot serve now", "Name another model or ask for auto.", None),
    "memory": ("out_of_memory", "does not fit in memory", "Unload something, or name a smaller model.", None),
    "size": (
        "out_of_memory",
        "is larger than the memory",
        "Name a smaller model, or serve it with less context.",
        None,
    ),
    "held": (
        "model_loading",
        "is not in memory",
        f"{RELEASED_BY}; or name a model that is in memory.",
        None,
    ),
    "disabled": ("model_not_found", "is disabled", "Enable it on the Models page.", "model"),
}
_TRANSIENT: frozenset[Kind] = frozenset({"down", "problem", "memory", "held"})
_LISTED = 6
"""Reasons named in one message; the rest are counted."""


def refuse_named(analysis: Analysis, bars: Sequence[tuple[ModelView, Bar]]) -> NoReturn:
    """The error for models asked for by name that cannot serve. With replicas, one that is only away for now
    decides, because trying again may help."""
    model, bar = next((b for b in bars if b[1].kind in _TRANSIENT), bars[0])
    if bar.kind == "context":
        raise _too_long(analysis, bars)
    if bar.kind == "withheld":
        raise forbidden(model.id, bar.reason)
    code, what, hint, param = _NAMED[bar.kind]
    detail = f": {bar.reason}" if bar.kind in ("problem", "memory", "size", "held") else ""
    raise RouterError(code, f"{model.id} {what}{detail}.", hint=hint, param=param, retryable=bar.kind in _TRANSIENT)


def forbidden(model: str, reason: str) -> RouterError:
    """The error for a model that no prompt may go to."""
    return RouterError("forbidden", f"{model} may not be asked ({reason}).", hint=remedy(reason), param="model")


def refuse_all(analysis: Analysis, bars: Sequence[tuple[ModelView, Bar]]) -> NoReturn:
    """The error when no model is left to choose from. A model that would do but is away for now decides, because
    trying again may help."""
    if not bars:
        raise RouterError(
            "no_capable_model",
            "No model is known yet.",
            hint="Start a model server, or see llmrouter-tui doctor.",
            retryable=True,
            status=503,
        )
    passing = {bar.kind for _, bar in bars} & _TRANSIENT
    if passing == {"down"}:
        raise _away(bars)
    if not passing and any(bar.kind == "context" for _, bar in bars):
        raise _too_long(analysis, bars)
    reason = next((bar.reason for _, bar in bars if bar.kind == "withheld"), "")
    withheld = bool(reason) and all(bar.kind in ("withheld", "disabled", "embedding") for _, bar in bars)
    named = "; ".join(f"{m.id}: {bar.reason}" for m, bar in bars[:_LISTED])
    more = f"; and {len(bars) - _LISTED} more" if len(bars) > _LISTED else ""
    raise RouterError(
        "forbidden" if withheld else "no_capable_model",
        f"No model can serve this request ({named}{more}).",
        hint=remedy(reason) if withheld else _advice({bar.kind for _, bar in bars}),
        retryable=bool(passing),
        status=503 if passing else None,
    )


def _away(bars: Sequence[tuple[ModelView, Bar]]) -> RouterError:
    """Only backends that are down stand between the request and an answer."""
    gone = sorted({m.info.backend for m, bar in bars if bar.kind == "down"})
    who = f"{', '.join(gone[:-1])} and {gone[-1]}" if len(gone) > 1 else gone[0]
    return RouterError(
        "backend_unreachable",
        f"No model that can serve this request can be reached: {who} {'are' if len(gone) > 1 else 'is'} down.",
        hint="Bring the backend up again; the Models page shows since when it is down, and why.",
        retryable=True,
        retry_after=5,
    )


def _too_long(analysis: Analysis, bars: Sequence[tuple[ModelView, Bar]]) -> RouterError:
    contexts = [(m.info.context_length or 0, m.id, token_ratio(m)) for m, bar in bars if bar.kind == "context"]
    largest, model, ratio = max(contexts)
    tokens = round(analysis.prompt_tokens * ratio)
    answer = ", and its answer needs room" if tokens <= largest else ""
    return RouterError(
        "context_length_exceeded",
        f"The prompt has about {tokens:,} tokens{answer}; the largest context here is {largest:,} ({model}).",
        hint="Shorten the conversation, or serve a model with a larger context.",
        param="messages",
    )


def _advice(kinds: set[Kind]) -> str:
    if "held" in kinds:
        return f"{RELEASED_BY}."
    if kinds & {"memory", "size"}:
        return "Free memory, or serve a smaller model."
    if "problem" in kinds:
        return "The Models page shows what is wrong with each."
    if "vision" in kinds:
        return "Serve a vision model, or send no image."
    if "tools" in kinds:
        return "Serve a model that calls tools, or send no tools."
    if "disabled" in kinds:
        return "Enable a model on the Models page."
    return "Serve a chat model."
