"""What decisions ask of a model, read once per view and laid out flat: a decision walks over all models of every
request, and in a busy process it is not the sums that take time but the objects that have to be fetched for them."""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from llmrouter_tui.core.ability import is_embedding, thinks
from llmrouter_tui.core.domain import TASKS, Ability, CatalogMatch, Lesson, ModelInfo, ModelView, Switched
from llmrouter_tui.core.kinds import TASK_OF_KIND
from llmrouter_tui.core.scoring import SLOPE

UNKNOWN_ABILITY: Final = 0.4
"""For a task on which nothing at all is known of a model."""
SLOWEST_PREFILL: Final = 1.0
SLOWEST_DECODE: Final = 0.1
"""Tokens per second; rates that make no sense count as these."""
MARGIN: Final = 1.15
"""How far the estimate of a prompt's tokens may be off: what a model's own count leaves to chance is within that."""
_KEPT: Final = 4096
"""Models remembered, more than any fleet has."""


class Traits(NamedTuple):
    """What changes only with the backend's word (another info) or with what was learned (other abilities; neither
    changes in place)."""

    info: ModelInfo
    abilities: Mapping[str, Ability]
    id: str
    lesson: Lesson | None
    means: tuple[float, ...]
    """Ability per kind of prompt, in the order of ``KINDS``: as graded, else that of its task."""
    slope: float
    """How far easiness moves the logit of its quality."""
    match: CatalogMatch | None
    embeds: bool
    priced: bool
    """Whether running it costs money."""
    languages: Mapping[str, float]
    """Logits by which its abilities are others in a language."""
    spoken: dict[str, tuple[float, ...]]
    """``means`` in these languages, as far as somebody asked."""
    switches: Mapping[str, Switched]
    """By what a request can say of thinking, what that makes of it."""
    hidden: float
    """Tokens that it writes before it answers, as it is run here: 1 as much as models that think, 0 none."""


Facts = tuple[
    ModelView,
    Traits,
    str,  # id
    tuple[float, ...],  # ability per kind of prompt
    float,  # how far easiness moves the logit of its quality
    float,  # room: its context, in tokens of our estimate; -1 where something speaks against it, whatever is asked
    float,  # hidden: tokens before its answer, 1 as much as models that think
    bool,  # priced
    bool,  # pinned
    bool,  # warm: it can answer without a load
    bool,  # rests: warm, and nobody waits for it
    float,  # seconds to load it, 0 where it is warm
    float,  # prefill, the same tokens per second
    float,  # decode
    float,  # size, for ties: parameters or bytes
    float,  # footprint, -1 where it is not known
]
"""A plain tuple, because a loop takes those apart without a single look-up."""

_facts: dict[int, Facts] = {}
"""By the identity of the info, which each entry keeps alive."""
_last: tuple[tuple[ModelView, ...], list[Facts]] = ((), [])
"""The fleet that was asked for last: nearly always it is asked for again."""
_last_spoken: tuple[list[Facts], dict[str, list[Facts]]] = ([], {})
"""The same in other languages than English."""
_last_switched: tuple[list[Facts], dict[str, list[Facts]]] = ([], {})
"""The same in other modes of thinking."""


def token_ratio(model: ModelView) -> float:
    """Tokens to count with for one of our estimate: with a margin where a server would cut what is too long."""
    return model.speed.token_ratio * MARGIN if model.info.cuts else model.speed.token_ratio


def facts(models: tuple[ModelView, ...]) -> list[Facts]:
    """The facts of each model; views and what they hold do not change in place."""
    global _last
    last = _last
    if last[0] is not models:
        last = _last = models, [_of(model) for model in models]
    return last[1]


def facts_in(language: str, models: tuple[ModelView, ...]) -> list[Facts]:
    """The same for a request in a language other than English: its own abilities for each model that is known to be
    better or worse there, and nothing new of the others."""
    global _last_spoken
    rows, spoken = facts(models), _last_spoken
    if spoken[0] is not rows:
        spoken = _last_spoken = rows, {}
    if language not in spoken[1]:
        spoken[1][language] = [_in(language, row) if language in row[1].languages else row for row in rows]
    return spoken[1][language]


def facts_when(switch: str, rows: list[Facts]) -> list[Facts]:
    """The same for a request that says something of thinking: as it is then, each model that heeds it."""
    global _last_switched
    switched = _last_switched
    if switched[0] is not rows:
        switched = _last_switched = rows, {}
    if switch not in switched[1]:
        switched[1][switch] = [
            _switched(row, row[1].switches[switch]) if switch in row[1].switches else row for row in rows
        ]
    return switched[1][switch]


def _switched(row: Facts, become: Switched) -> Facts:
    odds = [math.exp(shift) for shift in become.shifts]
    means = tuple([m * odds[at] / (m * odds[at] + 1 - m) for m, at in zip(row[3], TASK_OF_KIND, strict=True)])
    return (*row[:3], means, *row[4:6], become.hidden, *row[7:])


def _in(language: str, row: Facts) -> Facts:
    traits = row[1]
    means = traits.spoken.get(language)
    if means is None:
        odds = math.exp(traits.languages[language])
        means = traits.spoken[language] = tuple([m * odds / (m * odds + 1 - m) for m in traits.means])
    return (*row[:3], means, *row[4:])


def _of(model: ModelView) -> Facts:
    known = _facts.get(id(model.info))
    if known is None or known[0] is not model:
        if known is None and len(_facts) >= _KEPT:
            _facts.clear()
        same = known is not None and _same(known[1], model)
        known = _facts[id(model.info)] = _read(model, known[1] if known and same else _traits(model))
    return known


def _same(traits: Traits, model: ModelView) -> bool:
    return (
        traits.abilities is model.abilities
        and traits.lesson is model.lesson
        and traits.languages is model.languages
        and traits.switches is model.switches
        and traits.match is model.match
    )


def _read(model: ModelView, traits: Traits) -> Facts:
    info, speed, ratio = model.info, model.speed, model.speed.token_ratio
    against = traits.embeds or model.problem or model.withheld or not model.enabled or not model.healthy
    warm = model.residency == "resident" or not info.local
    return (
        model,
        traits,
        traits.id,
        traits.means,
        traits.slope,
        -1 if against else (info.context_length or math.inf) / token_ratio(model),
        traits.hidden,
        traits.priced,
        model.pinned,
        warm,
        warm and not model.waiting,
        0.0 if warm else speed.load_seconds,
        max(SLOWEST_PREFILL, speed.prefill / ratio),
        max(SLOWEST_DECODE, speed.decode / ratio),
        info.parameters or model.footprint or info.size_bytes or math.inf,
        -1.0 if model.footprint is None else model.footprint,
    )


def _traits(model: ModelView) -> Traits:
    info, abilities, lesson = model.info, model.abilities, model.lesson
    tasks = [abilities[task].mean if task in abilities else UNKNOWN_ABILITY for task in TASKS]
    return Traits(
        info,
        abilities,
        info.id,
        lesson,
        lesson.means if lesson else tuple([tasks[at] for at in TASK_OF_KIND]),
        lesson.slope if lesson else SLOPE,
        model.match,
        is_embedding(info),
        info.price_in is not None or info.price_out is not None,
        model.languages,
        {},
        model.switches,
        float(thinks(info, model.match)),
    )
