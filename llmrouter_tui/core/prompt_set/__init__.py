"""The prompts by which models are measured: our own, in nine tasks and from easy to hard. Where what is right changes,
``core.profile.PROMPTS_VERSION`` goes up."""

from functools import cache

from llmrouter_tui.core.prompt_set import (
    chat,
    coding,
    creative,
    extraction,
    factual,
    instruction,
    math,
    needles,
    reasoning,
    speed,
    tools,
    translation,
)
from llmrouter_tui.core.prompts import Prompt

PROMPTS: tuple[Prompt, ...] = (
    *chat.PROMPTS,
    *factual.PROMPTS,
    *reasoning.PROMPTS,
    *math.PROMPTS,
    *coding.PROMPTS,
    *creative.PROMPTS,
    *instruction.PROMPTS,
    *extraction.PROMPTS,
    *translation.PROMPTS,
    *tools.PROMPTS,
)
"""All but the needles (``needles.needle``) and what is only timed (``speed.speed``), which are made when needed."""

QUICK = tuple(prompt for prompt in PROMPTS if prompt.quick)
"""The quick profile: two for each task."""


@cache
def _index() -> dict[str, Prompt]:
    return {prompt.id: prompt for prompt in PROMPTS}


def prompt(identity: str) -> Prompt | None:
    """The prompt of this id, a needle or a timed one included; None for an id that there is not (any more)."""
    for context in needles.CONTEXTS:
        if identity == f"needle-{context // 1024}k":
            return needles.needle(context)
    if identity.startswith(speed.TASK):
        return next((one for one in speed.speed() if one.id == identity), None)
    return _index().get(identity)


def suited(needs: frozenset[str], context: int) -> tuple[Prompt, ...]:
    """The prompts, needles included, that a model with these capabilities and a context of so many tokens can be
    asked."""
    fixed = (one for one in PROMPTS if one.needs <= needs | {"context"})
    return (*fixed, *(needles.needle(length) for length in needles.CONTEXTS if length <= context))
