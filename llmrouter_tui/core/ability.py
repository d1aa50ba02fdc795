"""How good a model is at each task: a prior from its size and age, its name, public figures, what the user
said, and answers that were checked or graded here.

An ability is a Beta-like estimate: the weighted mean of its evidence, with the sum of weights as its strength.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from llmrouter_tui.core import checked
from llmrouter_tui.core.catalog import NOT_THINKING, Known
from llmrouter_tui.core.checked import NO_SHIFTS
from llmrouter_tui.core.decision import Feedback
from llmrouter_tui.core.domain import TASKS, Ability, CatalogMatch, Evidence, ModelInfo
from llmrouter_tui.core.figures import EVERYDAY, evidence
from llmrouter_tui.core.modes import split_mode
from llmrouter_tui.core.naming import ParsedName, parse_name
from llmrouter_tui.core.words import word_set
from llmrouter_tui.core.yardstick import Checked, Shifts


class SizeLine(NamedTuple):
    """Logit of a public figure for an 8B model, its growth per doubling of the total parameters, what each doubling
    adds to that below 4B (``KNEE``), and its growth per year."""

    at_8b: float
    per_doubling: float
    below_4b: float
    per_year: float


SIZE_LINES: Mapping[str, SizeLine] = {
    "chat": SizeLine(-0.26, 0.14, 0.57, 1.1),
    "factual": SizeLine(0.05, 0.3, 0.48, 1.1),
    "reasoning": SizeLine(-0.75, 0.27, 0.5, 1.2),
    "math": SizeLine(-0.68, 0.26, 0.2, 2.0),
    "coding": SizeLine(-0.58, 0.26, 0.33, 1.4),
    "creative": SizeLine(-0.46, 0.15, 0.48, 0.95),
    "instruction": SizeLine(0.1, 0.18, 0.4, 1.25),
    "extraction": SizeLine(0.08, 0.24, 0.44, 1.2),
    "translation": SizeLine(-0.37, 0.21, 0.62, 1.05),
}
"""Fitted together with the scale that public figures stand on and with what kinds of models are worth
(``tests/tools/equating.py``; 253 to 541 models and modes a task in the catalog of November 2026; the rest that they
leave is .4 to .6). Extraction is the mean of factual and instruction. Years count more than between anchors alone,
because newer models are reported on harder boards."""
MIDDLE = 2024.8
"""The mean date of these models; where a date is not known, it counts as this."""
EARLIEST, LATEST = 2022.0, 2026.6
"""Where the dates of the catalog end; the growth of years to come is not known."""

PRIOR_STRENGTH = 8.0
"""A Beta of this strength has about the residual that the regression left (.16)."""
DATED_STRENGTH = 12.0
"""The same where the release date is known too (.09 to .16)."""
UNKNOWN_STRENGTH = 3.0
"""Strength of the prior when the size is not known."""
UNKNOWN_SIZE = 8e9
HOSTED_SIZE = 900e9
"""Hosted models do not say their size; their figures lie where this size would (chat and creative somewhat above)."""
SMALLEST, LARGEST = 50e6, 2e12
KNEE = 4e9
"""Below this size every halving costs more. It foretells models of which nothing else is known 3 % better, those below
4B without the bias of .2 to .5 logits that a straight line has there; a knee at 2B does half of that."""

AFFINITY_WEIGHT = 8.0
"""As much as the prior: the shifts were measured beside size, so prior and affinity are halves of one guess.
``AFFINITY`` shifts are doubled to arrive at the measured shift in the mean of the two."""

AFFINITY: tuple[tuple[str, frozenset[str], Mapping[str, float]], ...] = (
    (
        "coder",
        word_set(
            "coder code coding codex codellama codegemma codestral codeqwen devstral starcoder starcoder2 opencoder swe"
        ),
        {
            "coding": 0.8,
            "factual": -0.7,
            "reasoning": -0.5,
            "math": -0.2,
            "instruction": -0.2,
            "creative": -0.2,
            "extraction": -0.45,
            "translation": -0.1,
        },
    ),
    (
        "math",
        word_set("math mathstral numina wizardmath"),
        {"math": 1.2, "factual": -0.3, "creative": -0.5, "instruction": -0.8, "extraction": -0.5, "chat": -0.3},
    ),
    (
        "reasoner",
        word_set(
            "r1 qwq thinking think reasoning reasoner reason magistral o1 o3 o4 openthinker phi4-reasoning deepscaler "
            "marco"
        ),
        {"math": 1.25, "reasoning": 0.7, "factual": 0.45, "coding": 0.4, "instruction": 0.25, "extraction": 0.35},
    ),
    (
        "base",
        word_set("base text pretrain pretrained pt"),
        {"chat": -1.0, "instruction": -1.2, "extraction": -0.6, "creative": -0.3, "math": -0.3, "coding": -0.3},
    ),
    (
        "roleplay",
        word_set("roleplay rp storywriter"),
        {"creative": 0.4, "coding": -0.3, "math": -0.3, "factual": -0.2},
    ),
)
"""(kind, words of a name that say it, shift of the logit per task). Coder and reasoner: fitted with the lines above, so
that they are not the size's or the generation's; math rests on five models and is shrunk by half, its chat and creative
parts are judgement, as are base and roleplay. A kind that the catalog knows of a model moves its prior by the shift."""

_BITS_PENALTY = {6: 0.01, 5: 0.02, 4: 0.05, 3: 0.25, 2: 0.7, 1: 1.3}
"""Logit lost by bits of the quantization: next to nothing down to 4 bits and steep below, the shape of every published
perplexity curve of llama.cpp quantizations."""
_BITS = re.compile(r"\d+")
_MONTH = re.compile(r"(\d{4})-(\d\d)")

HALF_LIFE = 60 * 86400.0
"""Seconds after which a rating weighs half: models, prompts and tastes change."""
RATING_WEIGHT = 1.0
SPILL = 0.2
"""Weight of a rating for the other tasks of the same model."""

_EMBEDDING = word_set("embed embedding embeddings embeddinggemma bge gte e5 minilm mpnet")
_NOT_CHAT = word_set("rerank reranker")
_THINKING = word_set("r1 qwq thinking think reasoning reasoner magistral o1 o3 o4")


def abilities(
    info: ModelInfo,
    *,
    ratings: Sequence[Feedback] = (),
    disliked: Sequence[Feedback] = (),
    now: float = 0.0,
    known: Known | None = None,
    answers: Sequence[Checked] = (),
    shifts: Shifts = NO_SHIFTS,
) -> Mapping[str, Ability]:
    """The ability per task of a model. ``ratings`` of other models are passed over; ``disliked`` are answers that a
    vote of the user found bad together with those beside them, which counts as a bad rating each; ``now`` is Unix
    seconds; ``known`` is what the catalog says of it; ``answers`` and ``shifts`` as in ``answered``. The name only
    counts where its own figures say nothing."""
    name = parse_name(_spoken(info.name))
    size = info.parameters or name.size or (known.parameters if known else None)
    penalty = quantization_penalty(info.quantization or name.quantization)
    ours = [(r, _rating_weight(r, now)) for r in ratings if _is_of(r, info)]
    bad = [(r, _rating_weight(r, now)) for r in disliked if _is_of(r, info)]
    result = {}
    for task in TASKS:
        prior = _prior(info, task, size, penalty, known)
        public = evidence(known, task, penalty) if known else ()
        told = known is not None and not known.related and public
        guesses = () if told else _affinities(name, known, task, prior.value)
        result[task] = _blend((prior, *public, *guesses, *_ratings(ours, task), *_dislikes(bad, task)))
    return answered(result, answers, shifts)


def answered(
    before: Mapping[str, Ability], answers: Sequence[Checked], shifts: Shifts = NO_SHIFTS
) -> Mapping[str, Ability]:
    """Abilities with what answers here say, those that a program checked and those that a judge graded. ``shifts``:
    what all models find easier or harder than it was said to be."""
    told = checked.evidence(before, answers, shifts)
    return {task: _blend((*old.evidence, *told[task])) if told else old for task, old in before.items()}


def size_of(info: ModelInfo) -> int | None:
    """Total parameters: as the backend says, else as the name says."""
    return info.parameters or parse_name(info.name).size


def thinks(info: ModelInfo, match: CatalogMatch | None = None) -> bool:
    """Whether it spends hidden tokens before it answers, as it is run here: as it was seen to, else by the catalog,
    else by what its name and its server say. A server tells that a model can, which for most is that it does."""
    if (tried := info.tried("thinking")) is not None:
        return tried.can and tried.how != "asked"
    if match and match.thinks is not None:
        return match.thinks
    if _spoken(info.name) != info.name:
        return False
    return "thinking" in info.capabilities or is_reasoner(info)


def is_reasoner(info: ModelInfo) -> bool:
    """Whether its name says that it was made to think, and may be unable not to."""
    return not _words(parse_name(info.name)).isdisjoint(_THINKING)


def is_embedding(info: ModelInfo) -> bool:
    """Whether it only embeds (or ranks) and cannot chat."""
    able, tried = info.capabilities, info.tried("embedding") is not None
    if info.capabilities_known:  # one that was seen not to embed after all is no chat model for that
        return "completion" not in able and ("embedding" in able or tried)
    guessed = "embedding" in able and not (tried and "completion" in able)
    return guessed or not _words(parse_name(info.name)).isdisjoint(_EMBEDDING | _NOT_CHAT)


def _spoken(name: str) -> str:
    """The name without its promise not to think, if it makes one."""
    rest, mode = split_mode(name)
    return rest if mode.startswith(NOT_THINKING) else name


def _words(name: ParsedName) -> frozenset[str]:
    """Words of the name; pairs too, because ``minicpm-v`` is one name."""
    parts = name.family.split("-")
    return name.words | frozenset("-".join(pair) for pair in zip(parts, (*parts[1:], *name.variants[:1]), strict=False))


def _prior(info: ModelInfo, task: str, size: int | None, penalty: float, known: Known | None) -> Evidence:
    line = SIZE_LINES[task]
    released = known.released if known else ""
    quantization = info.quantization or parse_name(info.name).quantization
    strength, parameters = PRIOR_STRENGTH, float(size or 0)
    if size:
        note = f"{_billions(size)} parameters"
    else:
        parameters, strength = (UNKNOWN_SIZE, UNKNOWN_STRENGTH) if info.local else (HOSTED_SIZE, UNKNOWN_STRENGTH)
        note = "size unknown" if info.local else "hosted, size unknown"
    bounded = min(LARGEST, max(SMALLEST, parameters))
    small = min(0.0, math.log2(bounded / KNEE))
    logit = line.at_8b + EVERYDAY + line.per_doubling * math.log2(bounded / 8e9) + line.below_4b * small - penalty
    if known and not known.related:
        logit += sum(shifts.get(task, 0.0) for kind, _, shifts in AFFINITY if kind in known.leanings)
    if year := year_of(released):
        logit += line.per_year * (year - MIDDLE)
        strength = DATED_STRENGTH if size and known and not known.related else strength
    return Evidence("prior", sigmoid(logit), strength, ", ".join(filter(None, (note, quantization, released))))


def year_of(released: str) -> float | None:
    """The middle of a month, in years; None for what is no date."""
    found = _MONTH.match(released)
    return min(LATEST, max(EARLIEST, int(found[1]) + (int(found[2]) - 0.5) / 12)) if found else None


def quantization_penalty(quantization: str) -> float:
    """Logit lost to quantization, by bits per weight; 0 where nothing or nothing readable is said."""
    bits = _BITS.search(quantization)
    return _BITS_PENALTY.get(int(bits[0]), 0.0) if bits else 0.0


def _affinities(name: ParsedName, known: Known | None, task: str, prior: float) -> Iterable[Evidence]:
    """Evidence from the name, relative to the prior so that a talent never lowers a large model."""
    words = _words(name) | ({"base"} if known and known.kind == "base" else frozenset())
    told = known.leanings if known and not known.related else frozenset()
    for kind, cues, shifts in AFFINITY:
        shift = 0.0 if kind in told else shifts.get(task, 0.0)
        if shift and not words.isdisjoint(cues):
            yield Evidence("affinity", sigmoid(logit(prior) + 2 * shift), AFFINITY_WEIGHT, f"named a {kind} model")


def _is_of(rating: Feedback, info: ModelInfo) -> bool:
    """A rating of this model or of a replica: the same name on any backend."""
    return rating.model == info.id or rating.model.partition("/")[2] == info.name


def _rating_weight(rating: Feedback, now: float) -> float:
    """Weight by strength of opinion and age; 0 for a cleared rating."""
    if rating.rating is None:
        return 0.0
    opinion = min(1.0, abs(rating.score)) or 1.0
    return float(RATING_WEIGHT * opinion * 0.5 ** (max(0.0, now - rating.at) / HALF_LIFE))


def _ratings(ours: Sequence[tuple[Feedback, float]], task: str) -> Iterable[Evidence]:
    """Ups pull to 1 and downs to 0 (never to something between: half an up would lower a good model)."""
    for own in (True, False):
        for mark, value in (("up", 1.0), ("down", 0.0)):
            weights = [w for r, w in ours if w and (r.task == task) is own and r.rating == mark]
            if weights:
                note = f"{len(weights)} {mark}" if own else f"{len(weights)} {mark} on other tasks"
                yield Evidence("rating", value, sum(weights) * (1.0 if own else SPILL), note, len(weights) * own)


def _dislikes(bad: Sequence[tuple[Feedback, float]], task: str) -> Iterable[Evidence]:
    """What votes say that found no answer good: as bad ratings."""
    for one in _ratings(bad, task):
        count, _, where = one.note.partition(" down")
        words = f"bad beside others in {count} of your votes{where}"
        yield Evidence("vote", one.value, one.weight, words, one.count)


def _blend(evidence: tuple[Evidence, ...]) -> Ability:
    strength = sum(e.weight for e in evidence)
    mean = sum(e.value * e.weight for e in evidence) / strength
    return Ability(mean, strength, math.sqrt(mean * (1 - mean) / (strength + 1)), evidence)


def _billions(size: float) -> str:
    return f"{size / 1e9:.3g}B" if size >= 1e9 else f"{size / 1e6:.3g}M"


def sigmoid(x: float) -> float:
    """The share that a logit is of."""
    return 1 / (1 + math.exp(-x))


def logit(p: float) -> float:
    """Of a share between 0 and 1, neither of them."""
    return math.log(p / (1 - p))
