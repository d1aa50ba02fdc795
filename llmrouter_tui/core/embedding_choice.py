"""Which model embeds. Pure.

``auto`` means one model for good: vectors of two models do not compare, so what chose among them as it does for chats
would mix two spaces in one index. The model is chosen once and kept by name; only its replicas take its place. A name
means that model and its replicas.
"""

from collections.abc import Mapping, Sequence

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.decision import Analysis, Breakdown, Candidate, Decision, Seconds
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.filters import Bar, lacks, refuse_named
from llmrouter_tui.core.language import tokens_of
from llmrouter_tui.core.resolving import named, resolve
from llmrouter_tui.core.scoring import NO_WAIT, Wait

TASK = "embedding"
"""What exchanges of this kind are told to be: a need, and none of the tasks that models are graded on."""


def choose(models: Sequence[ModelView]) -> str:
    """The name of the model that ``auto`` is to mean from now on: pinned before others, on this machine before
    elsewhere, the largest. Raises ``RouterError`` where no model is known to embed."""
    able = [view for view in models if view.enabled and not view.withheld and _embeds(view)]
    if not able:
        raise RouterError(
            "no_capable_model",
            "No model here is known to embed.",
            hint="Serve one that does (nomic-embed-text, embeddinggemma, bge-m3), or name the model that is to.",
            param="model",
        )
    best = min(able, key=_preferred)
    return best.info.name


def _preferred(view: ModelView) -> tuple[bool, bool, bool, int, str]:
    info = view.info
    away = not info.local or info.price_in is not None
    return not view.healthy, away, not view.pinned, -(info.parameters or info.size_bytes or 0), info.name


def _embeds(view: ModelView) -> bool:
    return "embedding" in view.info.capabilities or (is_embedding(view.info) and not lacks(view.info, TASK))


def decide(
    request: EmbedRequest,
    models: Sequence[ModelView],
    *,
    kept: str,
    waits: Mapping[str, Wait],
    in_flight: Mapping[str, int],
    preference: float = 0.5,
) -> Decision:
    """Replicas that can embed now, the one that answers soonest first. ``kept``: what ``auto`` means; ``in_flight``:
    the requests that models have right now, by id.

    Raises ``RouterError``: ``model_not_found``, ``invalid_request`` where the model only chats, and the reason where it
    cannot serve now.
    """
    auto = is_auto(request.model, models)
    replicas = _kept(kept, models) if auto else resolve(request.model, models).models
    analysis = analysis_of(request)
    if mute := [(view, reason) for view in replicas if (reason := lacks(view.info, TASK))]:
        replicas = tuple(view for view in replicas if not lacks(view.info, TASK))
        if not replicas:
            raise _only_chats(mute[0][0])
    bars = [(view, bar) for view in replicas if (bar := _bar(view, waits.get(view.id, NO_WAIT)))]
    out = {view.id for view, _ in bars}
    able = [view for view in replicas if view.id not in out]
    if not able:
        refuse_named(analysis, bars)
    ranked = [_candidate(view, analysis, waits.get(view.id, NO_WAIT), in_flight.get(view.id, 0)) for view in able]
    ranked.sort(key=lambda candidate: (-candidate.score, candidate.model))
    filtered = [*((view.id, bar.reason) for view, bar in bars), *((view.id, reason) for view, reason in mute)]
    return Decision(
        analysis,
        ranked,
        tuple(sorted(filtered)),
        ranked[0].model,
        ranked[0].score - ranked[1].score if len(ranked) > 1 else 0.0,
        _why(request.model if not auto else "", kept, len(able)),
        preference,
        request.model,
    )


def is_auto(requested: str, models: Sequence[ModelView]) -> bool:
    """Whether the router chooses. ``auto:fast``, ``auto:best`` and the tasks mean the same here as ``auto``."""
    wanted = requested.strip().lower().removesuffix(":latest")
    return wanted in ("", "auto") or (wanted.startswith("auto:") and not named(requested, models))


def _kept(kept: str, models: Sequence[ModelView]) -> tuple[ModelView, ...]:
    found = tuple(view for view in named(kept, models) if view.enabled)
    if not found:
        raise RouterError(
            "model_not_found",
            f"Here auto embeds with {kept!r}, and no backend has it now.",
            hint="Bring it back, name a model, or set embedding_model to another one: its vectors do not compare with"
            " those that were made before.",
            param="model",
        )
    return found


def _only_chats(view: ModelView) -> RouterError:
    return RouterError(
        "invalid_request",
        f"{view.id} does not embed ({lacks(view.info, TASK)}).",
        hint="Name a model that does, or ask for auto.",
        param="model",
    )


def _bar(view: ModelView, wait: Wait) -> Bar | None:
    if view.withheld:
        return Bar("withheld", view.withheld)
    if not view.healthy:
        return Bar("down", "backend down")
    if view.problem:
        return Bar("problem", view.problem)
    if wait.blocked:
        return Bar("held" if wait.held else "size" if wait.never else "memory", wait.blocked)
    return None


def analysis_of(request: EmbedRequest) -> Analysis:
    if request.tokens:
        tokens = sum(map(len, request.inputs))
    else:
        tokens = sum(tokens_of(len(text), 0, "en") for text in request.inputs)
    return Analysis({}, TASK, 0.0, "easy", frozenset({TASK}), prompt_tokens=tokens, expected_tokens=0)


def _candidate(view: ModelView, analysis: Analysis, wait: Wait, in_flight: int) -> Candidate:
    """Its score is how soon it can answer, each request in flight taken for a second, and nothing else: replicas give
    the same vectors."""
    warm = view.residency == "resident" or not view.info.local
    load = wait.load or (0.0 if warm else view.speed.load_seconds)
    soon = 1.0 / (1.0 + wait.queue + load + in_flight)
    seconds = Seconds(wait.queue, load, analysis.prompt_tokens / max(1.0, view.speed.prefill))
    note = f"{in_flight} in flight" if in_flight else "warm" if warm else f"load {load:.0f}s"
    return Candidate(view.id, soon, Breakdown(0.0, soon, 0.0, 0.0, 0.0), 0.0, seconds, warm, view.footprint, note)


def _why(name: str, kept: str, replicas: int) -> str:
    what = f"{name} was asked for" if name else f"auto embeds with {kept}"
    return f"{what}, fewest requests of {replicas} replicas" if replicas > 1 else what
