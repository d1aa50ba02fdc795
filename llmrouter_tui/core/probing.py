"""What probes are made of a model, what of them is kept, and how the router believes them. Pure.

A backend's word on what its models can do is where it starts; what was tried here decides.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import ModelInfo, Probed
from llmrouter_tui.core.pacing import KNOWN_FROM, LEAST_SECONDS, MOST_SECONDS, SLACK, SLACK_UNKNOWN
from llmrouter_tui.core.probes import SCRIPTS
from llmrouter_tui.core.probes.parts import Ask, Embed, Facts, Finding
from llmrouter_tui.core.probes.reading import FILLED, LONG, readable
from llmrouter_tui.core.profile import Order, Outcome, Result

VERSION: Final = 1
"""Goes up when a probe changes in what it shows; results of other versions are made anew."""
PREFIX: Final = "probe-"
PATIENCE_QUICK: Final = 10.0
PATIENCE_FULL: Final = 60.0
"""Seconds that reading a long context may be expected to take, in a quick profile and in a full one."""
GROWN: Final = 1.25
"""A context this much longer than the one that was read is tried anew."""
THINKING_ROOM: Final = 700
"""Tokens for a model that cannot but think."""


def is_probe(prompt: str) -> bool:
    """Whether a result of this id is a probe's."""
    return prompt.startswith(PREFIX)


def same_model(result: Result, info: ModelInfo) -> bool:
    """Whether a probe was of these weights, as far as backends tell."""
    digest = not result.digest or not info.digest or result.digest == info.digest
    return digest and result.quantization == info.quantization and result.version == VERSION


def wanted(
    info: ModelInfo, facts: Facts, results: Mapping[str, Result], now: float, order: Order, max_age: float
) -> tuple[str, ...]:
    """The capabilities that are to be tried: all that it may have, of a model that only embeds just that, without those
    of which a fresh answer is known. What this very order found counts in any case."""
    needs = [need for need in SCRIPTS if need != "embedding" or facts.embeds]

    def open_(need: str) -> bool:
        result = results.get(PREFIX + need)
        if order.only:
            return result is not None and result.outcome == "failed" and result.at < order.started
        if result is None or not same_model(result, info):
            return True
        if result.at >= order.started:
            return False
        if result.code == LONG and not order.again:  # with it the other probes tell first how fast it reads by now
            return readable(facts)
        return order.again or result.outcome == "failed" or now - result.at > max_age or _grown(result, need, info)

    return tuple(need for need in (("embedding",) if is_embedding(info) else needs) if open_(need))


def _grown(result: Result, need: str, info: ModelInfo) -> bool:
    """Whether a context that was read is by now much longer."""
    read = (result.prompt_tokens or 0) / FILLED
    return need == "context" and result.passed == 1.0 and 0 < GROWN * read < (info.context_length or 0)


def result_of(info: ModelInfo, need: str, finding: Finding, at: float, seconds: float, failed: bool) -> Result:
    """What is kept of a probe. ``failed``: there was no answer to tell from."""
    outcome: Outcome = "checked" if finding.can is not None else "failed" if failed else "unchecked"
    return Result(
        info.id,
        PREFIX + need,
        need,
        at,
        outcome,
        passed=None if finding.can is None else float(finding.can),
        reason=finding.reason,
        code=finding.how,
        prompt_tokens=finding.tokens,
        seconds=seconds,
        digest=info.digest,
        quantization=info.quantization,
        version=VERSION,
    )


def outweighs(fresh: Result, old: Result | None, info: ModelInfo) -> bool:
    """Whether it takes the place of what was known: a failure tells nothing against an answer."""
    return fresh.passed is not None or old is None or old.passed is None or not same_model(old, info)


def probed(results: Mapping[str, Result], info: ModelInfo | None) -> tuple[Probed, ...]:
    """What was decided of these weights. ``info``: as its backend tells it; None where it is not here now."""
    known = ((need, results.get(PREFIX + need)) for need in SCRIPTS)
    return tuple(
        Probed(
            need,
            one.passed >= 1.0,
            one.at,
            one.reason,
            one.code,
            one.prompt_tokens,
            need in info.capabilities if info and info.capabilities_known and need != "context" else None,
        )
        for need, one in known
        if one is not None and one.passed is not None and (info is None or same_model(one, info))
    )


def believed(info: ModelInfo, found: tuple[Probed, ...], *, sets_context: bool) -> ModelInfo:
    """What its backend tells of a model, as the router takes it. ``sets_context``: the context is what the router
    loads it with, and no word of its server's."""
    if not found:
        return info
    yes = {one.capability for one in found if one.can and one.capability != "context"}
    no = {one.capability for one in found if not one.can}
    read = next((one.tokens for one in found if one.how == "cut"), None)
    context = info.context_length
    if read is not None and context is not None and not sets_context:
        context = min(context, read)
    return replace(info, capabilities=(info.capabilities | yes) - no, context_length=context, probed=found)


def time_limit(ask: Ask | Embed, prefill: float, decode: float, samples: int, room: int) -> float:
    """Seconds that an answer may take: as for a prompt that is measured (``core.pacing``)."""
    needed = ask.tokens / prefill + (ask.max_tokens + room) / decode
    slack = SLACK if samples >= KNOWN_FROM else SLACK_UNKNOWN
    return min(MOST_SECONDS, LEAST_SECONDS + slack * needed)


def words(one: Probed) -> str:
    """What was found, shortly: ``tools``, ``no vision``, ``thinking when asked``."""
    if one.can:
        return one.capability + _HOW.get(one.how, "")
    return f"context is {one.how}" if one.capability == "context" and one.how else f"no {one.capability}"


_HOW: Final[Mapping[str, str]] = {
    "always": " always",
    "asked": " when asked",
    "schema": " with schemas",
    "object": " without schemas",
}


def shortly(found: Collection[Probed]) -> str:
    """All that was found, shortly."""
    return ", ".join(words(one) for one in found)


def against(found: Collection[Probed], backend: str) -> list[str]:
    """What the backend says otherwise, and why it is not believed: ``ollama says tools: no tool is called``."""
    other = [one for one in found if one.declared is not None and one.declared != one.can]
    return [f"{backend} says {'' if one.declared else 'no '}{one.capability}: {one.reason}" for one in other]
