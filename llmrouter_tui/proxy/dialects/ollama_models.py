"""The models here as Ollama lists them. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from llmrouter_tui.core.domain import HOST_POOL, ModelInfo, ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.resolving import resolve
from llmrouter_tui.proxy.dialects.ollama_voice import timestamp

Json = dict[str, Any]

VERSION: Final = "0.33.0"
"""The Ollama whose API this is: clients look whether theirs is new enough for them."""
FOREVER: Final = "2318-01-01T00:00:00Z"
"""When a model that stays leaves, as Ollama says it (the largest duration of Go from now)."""
_CAPABILITIES: Final = ("completion", "tools", "vision", "embedding", "thinking")
"""Ollama's words that are ours too."""


def tagged(name: str) -> str:
    """A name as Ollama lists it, always with a tag: clients (Open WebUI) add ``:latest`` to one without, and then look
    for that in the list."""
    return name if ":" in name else f"{name}:latest"


def by_name(views: Sequence[ModelView]) -> dict[str, list[ModelView]]:
    """Enabled models under the names that clients may use: replicas under one."""
    found: dict[str, list[ModelView]] = {}
    for view in views:
        if view.enabled:
            found.setdefault(tagged(view.info.name), []).append(view)
    return found


def wanted(name: str, views: Sequence[ModelView]) -> list[ModelView]:
    """The enabled models of a name, none for a name under which the router chooses. Raises ``RouterError``
    ``model_not_found``."""
    resolved = resolve(name, views)
    return list(resolved.models) if resolved.named else []


def tags(
    views: Sequence[ModelView], auto: Sequence[str], modified: float, aliases: Sequence[tuple[str, str]] = ()
) -> Json:
    """``GET /api/tags``: the names under which the router chooses first, aliases with what they mean last."""
    found = by_name(views)
    told = [entry(tagged(name), None, views, modified) for name in auto]
    told += [entry(name, same[0].info, same, modified) for name, same in found.items()]
    for name, model in aliases:
        same = [] if model in auto else wanted(model, views)
        told.append(entry(tagged(name), same[0].info if same else None, same or views, modified))
    return {"models": told}


def entry(name: str, info: ModelInfo | None, views: Sequence[ModelView], modified: float) -> Json:
    """One model; without ``info`` a name under which the router chooses among ``views``."""
    return {
        "name": name,
        "model": name,
        "modified_at": timestamp(modified),
        "size": (info.size_bytes or 0) if info is not None else 0,
        "digest": info.digest if info is not None else "",
        "details": details(info, views),
        "capabilities": capabilities(views),
    }


def details(info: ModelInfo | None, views: Sequence[ModelView]) -> Json:
    family = info.family if info is not None else "llmrouter"
    told: Json = {
        "parent_model": "",
        "format": "gguf" if info is not None and info.quantization.upper().startswith(("Q", "IQ", "F")) else "",
        "family": family,
        "families": [family] if family else [],
        "parameter_size": size_words(info.parameters) if info is not None else "",
        "quantization_level": info.quantization if info is not None else "",
    }
    if context := _context(views):
        told["context_length"] = context
    return told


def capabilities(views: Sequence[ModelView]) -> list[str]:
    """What any of these can do."""
    able = {name for view in views if view.enabled for name in view.info.capabilities}
    return [name for name in _CAPABILITIES if name in able]


def running(views: Sequence[ModelView], keep_alive: float, now: float) -> Json:
    """``GET /api/ps``: what is in memory. ``keep_alive``: seconds that a model stays after its last answer; the router
    may need its memory earlier."""
    return {
        "models": [_held(name, view, keep_alive, now) for name, view in _shown(views) if view.residency == "resident"]
    }


def _shown(views: Sequence[ModelView]) -> list[tuple[str, ModelView]]:
    return [(name, view) for name, same in by_name(views).items() for view in same]


def _held(name: str, view: ModelView, keep_alive: float, now: float) -> Json:
    size = view.footprint or view.info.size_bytes or 0
    stays = view.pinned or keep_alive < 0 or not view.loadable
    leaves = (now if view.busy or view.last_used is None else view.last_used) + keep_alive
    return {
        "name": name,
        "model": name,
        "size": size,
        "digest": view.info.digest,
        "details": details(view.info, [view]),
        "expires_at": FOREVER if stays else timestamp(leaves),
        "size_vram": size if view.pool not in ("", HOST_POOL) else 0,
        "context_length": view.info.context_length or 0,
    }


def show(name: str, views: Sequence[ModelView], auto: Sequence[str], modified: float) -> Json:
    """``POST /api/show``. Raises ``RouterError`` ``model_not_found``."""
    same = wanted(name, views)
    info = same[0].info if same else None
    about = same or views
    family = (info.family if info is not None else "") or "llmrouter"
    told: Json = {"general.architecture": family}
    if info is not None and info.parameters:
        told["general.parameter_count"] = info.parameters
    if context := _context(about):
        told[f"{family}.context_length"] = context
    where = ", ".join(view.id for view in same) if same else f"chosen for each request ({', '.join(auto)})"
    return {
        "modelfile": f"# served by llmrouter-tui: {where}",
        "parameters": "",
        "template": "",
        "details": details(info, about),
        "model_info": told,
        "capabilities": capabilities(about),
        "modified_at": timestamp(modified),
    }


def _context(views: Sequence[ModelView]) -> int:
    return max((view.info.context_length or 0 for view in views if view.enabled), default=0)


def size_words(parameters: int | None) -> str:
    """As Ollama writes it: ``8.2B``, ``135M``."""
    if not parameters:
        return ""
    return f"{parameters / 1e9:.1f}B" if parameters >= 1e9 else f"{parameters / 1e6:.0f}M"


# ── loading and unloading ─────────────────────────────────────────────────────────────────────────────────────


def to_load(same: Sequence[ModelView]) -> ModelView | None:
    """Which of the replicas is to be loaded; None where one is in memory already. Raises ``RouterError``."""
    if any(view.residency == "resident" and view.healthy for view in same):
        return None
    able = [view for view in same if view.healthy and view.loadable and not view.problem]
    if not able:
        first = same[0]
        why = first.problem or "its backend is down"
        raise RouterError("backend_unreachable", f"{first.id} cannot be loaded: {why}.", retryable=True, retry_after=5)
    return min(able, key=lambda view: (view.residency != "loading", view.speed.load_seconds, view.id))


def to_unload(same: Sequence[ModelView]) -> list[ModelView]:
    """Which of the replicas are to be unloaded for whoever asks: those in memory that are idle. Raises ``RouterError``
    where one is pinned or answers somebody: that is for who may use the admin API."""
    held = [view for view in same if view.residency == "resident"]
    for view in held:
        if view.pinned:
            raise RouterError(
                "forbidden",
                f"{view.id} is pinned: it stays in memory.",
                hint="Unpin it first, on the Models page or by the admin API.",
            )
        if view.busy or view.waiting:
            raise RouterError(
                "invalid_request",
                f"{view.id} is answering others now, and is not taken away from them.",
                hint="Try again when it is idle, or unload it by the admin API, which waits for that.",
                status=409,
            )
    return held
