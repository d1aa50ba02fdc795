"""What measuring would ask of models and how long that may take, before it begins. Pure."""

from collections.abc import Iterable, Sequence, Set

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.measuring import prompts_for
from llmrouter_tui.core.pacing import expected_seconds
from llmrouter_tui.core.vram import Placement
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line

ABOUT = (
    "Prompts of our own are put to one model after the other, and its answers are checked by program.",
    "Requests of clients come first. What is fresh is not asked again. Models that were not loaded are unloaded again.",
)


def usual(models: Iterable[ModelView]) -> list[ModelView]:
    """What is measured where no model is named: all that are enabled, answer in words and cost no money."""
    return [
        model
        for model in models
        if model.enabled
        and model.healthy
        and not model.shares
        and not (model.info.price_in or model.info.price_out)
        and not is_embedding(model.info)
    ]


def unfit(placements: Iterable[Placement]) -> frozenset[str]:
    """The models for which there is no memory: they are not measured."""
    return frozenset(one.model for one in placements if one.verdict in ("full", "too big"))


def expectation(models: Sequence[ModelView], *, quick: bool, unfit: Set[str] = frozenset()) -> str:
    """``up to 23 prompts, ~2m10s; 1 does not fit``: what would be asked if nothing was fresh, at the speeds known
    now."""
    fitting = [model for model in models if model.id not in unfit]
    if not fitting:
        return "there is no memory for it now"
    many, seconds = 0, 0.0
    for model in fitting:
        asked = prompts_for(model.info, quick, model.speed.prefill)
        thinks = "thinking" in model.info.capabilities
        many += len(asked)
        seconds += sum(expected_seconds(prompt, model.speed, thinks) for prompt in asked)
        seconds += 0.0 if model.residency == "resident" or not model.loadable else model.speed.load_seconds
    left = len(models) - len(fitting)
    beside = f"; {left} do{'' if left > 1 else 'es'} not fit" if left else ""
    return f"up to {text.count(many)} prompts, ~{text.span(seconds)}{beside}"


def about(cells: int) -> list[Line]:
    """What measuring is, above the choices."""
    return [((part, "soft"),) for said in ABOUT for part in text.wrap(said, cells)]


def why_not(model: ModelView | None) -> str:
    """Why this model cannot be measured, in words; empty when it can."""
    if model is None:
        return "no model is selected"
    if is_embedding(model.info):
        return "it makes embeddings and no text: there is nothing to ask it"
    return ""
