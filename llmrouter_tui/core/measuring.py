"""What is asked of whom to measure it, what is stale, and what results say together. Pure.

A result is stale when the weights are others, when the prompt set says something else is right, or when it is old.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Final

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import NEEDS, TASKS, ModelInfo
from llmrouter_tui.core.probing import is_probe, probed
from llmrouter_tui.core.profile import PROMPTS_VERSION, ModelProfile, Order, Result, Stale, TaskProgress, TaskScore
from llmrouter_tui.core.prompt_set import QUICK, prompt, suited
from llmrouter_tui.core.prompt_set.speed import TASK as SPEED
from llmrouter_tui.core.prompt_set.speed import speed
from llmrouter_tui.core.prompts import Prompt

LOAD: Final = "load"
"""The id under which the load of a model is a result."""
ABOUT: Final = (*TASKS, *NEEDS, SPEED)
"""What results tell of, in the order in which it is shown."""

MAX_AGE: Final = 30 * 86_400.0
"""Seconds after which a result is measured anew, unless the user says otherwise: backends, drivers and templates change
under a model."""
LONG_PROMPT: Final = 1_500
"""Tokens from which a prompt tells how fast long ones are read."""
READ_PROMPT: Final = 32
"""Prompts of fewer tokens say nothing of how fast they are read."""
LONGEST_READ: Final = 240.0
"""Seconds to which reading a long prompt may be expected to take; longer ones are not asked."""


def same_weights(result: Result, info: ModelInfo) -> bool:
    """Whether a result is of these very weights, as far as backends tell; what is not told is not held against it."""
    return _otherwise(result, info) is None


def _otherwise(result: Result, info: ModelInfo) -> Stale | None:
    """What is not as it was. A new quantization has a new digest too, and says more."""
    if result.quantization != info.quantization:
        return "quantization"
    if result.digest and info.digest and result.digest != info.digest:
        return "digest"
    return "prompts" if result.version != PROMPTS_VERSION else None


def stale(result: Result, info: ModelInfo, now: float, max_age: float = MAX_AGE) -> Stale | None:
    """Why it is to be measured anew; None where it is not."""
    return _otherwise(result, info) or ("age" if now - result.at > max_age else None)


def prompts_for(info: ModelInfo, quick: bool, prefill: float, salt: int = 0) -> tuple[Prompt, ...]:
    """What a model is asked: short prompts that are only timed, then the tasks in turns, so that a run that is stopped
    has looked at all of them; the quick profile first, needles last. Without those that would take minutes to read, and
    nothing of what makes no text.
    ``prefill``: tokens per second; ``salt`` makes what is timed differ from run to run."""
    if is_embedding(info):
        return ()
    room = info.context_length or 0
    chosen = [one for one in speed(salt) if one.context <= room]
    chosen += [one for one in QUICK if one.needs <= info.capabilities]
    if not quick:
        chosen += [one for one in suited(frozenset(info.capabilities), room) if not one.quick]
    seen: dict[tuple[str, bool], int] = {}
    order: list[tuple[int, int, int, Prompt]] = []
    for one in chosen:
        if one.context <= LONGEST_READ * prefill:
            turn = seen[one.task, one.quick] = seen.get((one.task, one.quick), 0) + 1
            order.append((_stage(one), turn, _place(one.task), one))
    order.sort(key=lambda entry: entry[:3])
    return tuple(entry[-1] for entry in order)


def _stage(one: Prompt) -> int:
    if one.task == SPEED:
        return 2 if one.context else 0
    return 1 if one.quick else 4 if one.context else 3


def _place(about: str) -> int:
    return ABOUT.index(about)


def to_do(
    asked: Iterable[Prompt],
    results: Mapping[str, Result],
    info: ModelInfo,
    now: float,
    order: Order,
    max_age: float = MAX_AGE,
) -> tuple[Prompt, ...]:
    """Those whose result is missing, stale or a failure; of an order for ``only`` the failed ones just these. What this
    very order found counts in any case, so that it goes on where it stood; with ``again`` nothing else does."""

    def open_(one: Prompt) -> bool:
        result = results.get(one.id)
        if order.only:
            return result is not None and result.outcome == "failed" and result.at < order.started
        if result is None or not same_weights(result, info):
            return True
        if result.at >= order.started:
            return False
        return order.again or result.outcome == "failed" or now - result.at > max_age

    return tuple(one for one in asked if open_(one))


def progress(asked: Iterable[Prompt], found: Mapping[str, Result]) -> tuple[TaskProgress, ...]:
    """How far each task of these prompts is, of which some have been answered."""
    rows: dict[str, TaskProgress] = {}
    for one in asked:
        about = about_of(one)
        row = rows.get(about, TaskProgress(about))
        result = found.get(one.id)
        row = replace(row, total=row.total + 1)
        rows[about] = row if result is None else counted(row, result)
    return tuple(sorted(rows.values(), key=lambda row: _place(row.task)))


def counted(row: TaskProgress, result: Result) -> TaskProgress:
    """The same with one more result."""
    if result.outcome != "checked" or result.passed is None:
        return replace(row, done=row.done + 1)
    return replace(row, done=row.done + 1, right=row.right + result.passed, checked=row.checked + 1)


def summary(
    model: str, results: Sequence[Result], info: ModelInfo | None, now: float, max_age: float = MAX_AGE
) -> ModelProfile:
    """What the results of one model say together; ``info`` None where it is not here now. Of other weights only as
    long as these were not measured at all."""
    newest = max((one.at for one in results), default=0.0)
    probes = info.probed if info is not None else probed({one.prompt: one for one in results}, None)
    results = [one for one in results if not is_probe(one.prompt)]
    found = (stale(one, info, now, max_age) for one in results) if info is not None else ()
    old = Counter(cause for cause in found if cause is not None)
    own = [one for one in results if info is None or same_weights(one, info)]
    told = _speeds(_scores(model, own or results), own or results)
    return replace(told, at=newest, stale=old.total(), stale_by=dict(old), probes=probes)


def babbles(results: Iterable[Result], info: ModelInfo) -> bool:
    """Whether these weights go on and on, as far as they were measured; see ``ModelProfile.babbles``."""
    return _scores(info.id, [one for one in results if same_weights(one, info) and not is_probe(one.prompt)]).babbles


def _scores(model: str, results: Sequence[Result]) -> ModelProfile:
    scores: dict[str, tuple[int, float]] = {}
    failures: dict[str, int] = {}
    for one in results:
        if one.outcome == "checked" and one.passed is not None:
            about = need(one) or one.task
            count, right = scores.get(about, (0, 0.0))
            scores[about] = count + 1, right + one.passed
        if one.outcome == "failed":
            failures[one.code] = failures.get(one.code, 0) + 1
    return ModelProfile(
        model,
        0.0,
        tuple(TaskScore(about, *scores[about]) for about in ABOUT if about in scores),
        ungraded=sum(one.outcome == "ungraded" for one in results),
        unchecked=sum(one.outcome == "unchecked" for one in results),
        failed=sum(failures.values()),
        failures=failures,
        cut=sum(map(_cut, results)),
    )


def _speeds(profile: ModelProfile, results: Sequence[Result]) -> ModelProfile:
    """With medians of what was only timed, and of all other answers where that is missing. Failures have no speed."""
    answers = [one for one in results if one.outcome != "failed" and one.prompt != LOAD]
    short = [one for one in answers if not _long(one)]
    long = [one for one in answers if _long(one)]
    load = next((one for one in results if one.prompt == LOAD), None)
    return replace(
        profile,
        ttft=_middle(short, lambda one: one.ttft),
        decode=_middle(short, lambda one: one.decode) or _middle(long, lambda one: one.decode),
        prefill=_middle(short, _read),
        prefill_long=_middle(long, _read),
        decode_long=_middle(long, lambda one: one.decode),
        thought_seconds=_median(one.thought_seconds for one in answers),
        load_seconds=(load.seconds or None) if load is not None else None,
        footprint=load.footprint if load is not None else None,
        footprint_source=load.footprint_source if load is not None else "",
    )


def _cut(result: Result) -> bool:
    """Whether it wrote all that it was given room for, in every turn; of a model that thinks that is not known."""
    asked = prompt(result.prompt) if result.task != SPEED and result.thought_seconds is None else None
    return asked is not None and (result.completion_tokens or 0) >= len(asked.turns) * asked.max_tokens


def _long(result: Result) -> bool:
    return (result.prompt_tokens or 0) >= LONG_PROMPT or result.prompt.startswith("speed-long")


def _read(result: Result) -> float | None:
    return result.prefill if (result.prompt_tokens or 0) >= READ_PROMPT else None


def _middle(results: Sequence[Result], figure: Callable[[Result], float | None]) -> float | None:
    timed = _median(figure(one) for one in results if one.outcome == "timed")
    return timed if timed is not None else _median(map(figure, results))


def about_of(one: Prompt) -> str:
    """What it tells of: the need that it has beyond text, else its task."""
    return min(one.needs, default=one.task)


def need(result: Result) -> str:
    """What its prompt needs beyond text; empty for nothing."""
    if result.prompt.startswith("needle-"):
        return "context"  # a long one is not to be made for that
    asked = prompt(result.prompt) if result.task != SPEED else None
    return min(asked.needs, default="") if asked is not None else ""


def difficulty(result: Result) -> float | None:
    """Of its prompt; None where that is no more, or does not speak for its task: what a model without some capability
    is not asked must not count for or against those that have it."""
    asked = None if result.task == SPEED or need(result) else prompt(result.prompt)
    return asked.difficulty if asked is not None else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
