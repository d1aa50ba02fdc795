"""What a request says of thinking, and what that makes of each model. Pure.

Servers know three switches: Ollama's ``think``, ``chat_template_kwargs.enable_thinking`` of vLLM and llama.cpp, and
OpenAI's ``reasoning_effort``. Each is told to every server in its own way. A model that heeds one is for that request
what its figures of that mode say, and writes as much before its answer as that mode does; all others stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from llmrouter_tui.core.ability import abilities, is_reasoner, logit, sigmoid, thinks
from llmrouter_tui.core.catalog import NOT_THINKING, THINKING, Known
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.domain import TASKS, CatalogMatch, ModelInfo, Switched
from llmrouter_tui.core.fluency import NAMED, VISIBLE

_EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh", "max")

SWITCHES: Final[Mapping[str, str]] = {
    "think false": NOT_THINKING,
    "think true": THINKING,
    **{f"think {effort}": effort for effort in _EFFORTS},
    "enable_thinking false": NOT_THINKING,
    "enable_thinking true": THINKING,
    "reasoning_effort none": NOT_THINKING,
    **{f"reasoning_effort {effort}": effort for effort in _EFFORTS},
}
"""All that can be said, as field and value, and the mode that it asks for."""

_HIDDEN: Final[Mapping[str, float]] = {
    NOT_THINKING: 0.0,
    "minimal": 0.1,
    "low": 0.3,
    "medium": 0.6,
    "xhigh": 1.5,
    "max": 2.0,
}
"""Tokens written before an answer, against a model that thinks as usual (``scoring.HIDDEN_MOST``). By judgement until
measured: makers of models with efforts show each step up to cost about twice the tokens."""
_NOTHING: Final = (0.0,) * len(TASKS)


def wants_thought(switch: str) -> bool:
    """Whether a request that says this asks for thinking: a need, where next to none is no wish for it."""
    return bool(switch) and SWITCHES[switch] not in (NOT_THINKING, "minimal")


def heeded(switch: str, info: ModelInfo, kind: str, known: Known | None) -> str | None:
    """The mode that a model on a backend of ``kind`` is put in by a switch; None where it goes on as usual. Backends
    tell their servers each switch in the way that these know (``backends.thinking``)."""
    field, mode = switch.split()[0], SWITCHES[switch]
    bare = mode if mode == NOT_THINKING else THINKING
    tried = info.tried("thinking")
    if tried is not None and (not tried.can or (tried.how == "always" and mode == NOT_THINKING)):
        return None
    graded = _is_gpt_oss(info)
    if graded and mode in (NOT_THINKING, THINKING):
        return None  # it has levels only
    both = tried.how in ("default", "asked") if tried is not None else known is not None and known.switchable
    said = "thinking" in info.capabilities
    if kind == "ollama":  # which reads all three, and only for models that it says can think
        return (mode if graded else bare) if said else None
    if not info.hosted and kind != "anthropic":  # by its template
        return mode if graded else bare if both or (said and not is_reasoner(info)) else None
    if field == "enable_thinking" and kind != "anthropic":
        return None
    able = said or tried is not None
    if field == "reasoning_effort":
        able = able or (known is not None and known.thinks is not None)
    elif not able:
        return None
    return mode if (both if mode == NOT_THINKING else able) else None


def switches(
    info: ModelInfo, kind: str, match: CatalogMatch | None = None, known: Known | None = None
) -> Mapping[str, Switched]:
    """For every switch that a model heeds and that is not its usual way: what it is then. ``known`` is what the catalog
    says of it as it is usually run."""
    usual = float(thinks(info, match))
    moves: dict[str, tuple[float, ...]] = {}
    found = {}
    for switch in SWITCHES:
        mode = heeded(switch, info, kind, known)
        if mode is None:
            continue
        if mode not in moves:
            moves[mode] = _shifts(info, known, known.modes.get(mode) if known else None)
        become = Switched(moves[mode], _HIDDEN.get(mode, 1.0))
        if become != Switched(_NOTHING, usual):
            found[switch] = become
    return found


def _shifts(info: ModelInfo, usual: Known | None, other: Known | None) -> tuple[float, ...]:
    """Logits by which the figures of another mode put its abilities higher; nothing where there are none."""
    if other is None:
        return _NOTHING
    before, after = abilities(info, known=usual), abilities(info, known=other)
    return tuple([round(logit(after[task].mean) - logit(before[task].mean), 3) for task in TASKS])


def _is_gpt_oss(info: ModelInfo) -> bool:
    return any("gptoss" in told.replace("-", "").lower() for told in (info.family, info.name))


class Heeded(NamedTuple):
    """What the switch of a request did to a choice."""

    switch: str
    moves: tuple[tuple[str, float, float], ...]
    """Models that heed it, the share of thinking that they keep, and the quality that each gained or lost; the chosen
    one first, then by how much."""


def heeding(decision: Decision, known: Mapping[str, Mapping[str, Switched]]) -> Heeded | None:
    """What the request's switch did, from what is known by model; None where it said nothing. The quality is exact but
    for rounding where the request is of one task and no need is in doubt."""
    switch, task = decision.analysis.switch, decision.analysis.task
    if not switch:
        return None
    moves = []
    for candidate in decision.candidates:
        if become := known.get(candidate.model, {}).get(switch):
            now = min(0.999, max(0.001, candidate.predicted_quality))
            gain = now - sigmoid(logit(now) - become.shifts[TASKS.index(task)])
            moves.append((candidate.model, become.hidden, gain))
    moves.sort(key=lambda move: (move[0] != decision.chosen, -abs(move[2])))
    return Heeded(switch, tuple(moves))


def heeding_words(found: Heeded, name: Callable[[str], str], signed: Callable[[float], str]) -> str:
    """``think false: qwen3:8b answers at once -.08; all others as usual``"""
    told = [f"{name(model)} {_manner(hidden)}{_worth(gain, signed)}" for model, hidden, gain in found.moves[:NAMED]]
    more = len(found.moves) - NAMED
    return f"{found.switch}: {_joined(told, more)}" if told else f"{found.switch}: no model here heeds it"


def _joined(told: Iterable[str], more: int) -> str:
    return f"{', '.join(told)}{f', {more} more' if more > 0 else ''}; all others as usual"


def _manner(hidden: float) -> str:
    if not hidden:
        return "answers at once"
    return "thinks" if hidden == 1 else "thinks less" if hidden < 1 else "thinks more"


def _worth(gain: float, signed: Callable[[float], str]) -> str:
    return f", quality {signed(gain)}" if abs(gain) >= VISIBLE else ""
