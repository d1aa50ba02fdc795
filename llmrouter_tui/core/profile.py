"""What measuring models here found, and how far it is. Facts, and what follows from them without asking anybody.

Units as in ``core.domain``. A result is kept per model and prompt: it is stale when the weights are others, when the
prompt set says something else is right, or when it is old.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.domain import NEEDS, TASKS, ModelInfo
from llmrouter_tui.core.prompt_set import QUICK, VERSION, prompt, suited
from llmrouter_tui.core.prompts import Prompt

MAX_AGE: Final = 30 * 86_400.0
"""Seconds after which a result is measured anew: backends, drivers and templates change under a model."""
ANSWER: Final = 8_192
"""Characters of an answer that are kept: what a judge and a person need of the longest that a prompt asks for."""
LONG_PROMPT: Final = 1_500
"""Tokens from which a prompt tells how fast long ones are read."""
READ_PROMPT: Final = 32
"""Prompts of fewer tokens say nothing of how fast they are read."""
SEEN: Final = 8
"""Answered prompts that a run shows."""
LONGEST_READ: Final = 240.0
"""Seconds to which reading a long prompt may be expected to take; longer ones are not asked."""

Outcome = Literal["checked", "ungraded", "unchecked", "failed"]
"""``checked`` by program; ``ungraded``: it waits for a judge; ``unchecked``: code that cannot be run here; ``failed``:
there is no answer."""
State = Literal["queued", "waiting", "loading", "asking", "done", "failed", "stopped"]
"""How far a model is; ``waiting``: live traffic comes first."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one prompt put to one model."""

    model: str
    prompt: str
    task: str
    at: float
    outcome: Outcome
    passed: float | None = None
    """0..1, of what was ``checked``."""
    reason: str = ""
    """Why it passed or not; of what has no verdict, why not."""
    code: str = ""
    """Of a failure: the stable code, ``prompt_timeout`` where it took too long."""
    ttft: float | None = None
    prefill: float | None = None
    decode: float | None = None
    """Tokens per second: the backend's own counters where it has them, else by the clock."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Thinking included."""
    reasoning_tokens: int | None = None
    thought_seconds: float | None = None
    """From the first token to the first of the answer; None where it did not think."""
    seconds: float = 0.0
    """All turns, without waiting for others or for a load."""
    answer: str = ""
    digest: str = ""
    quantization: str = ""
    version: int = VERSION
    """Of the prompt set."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked to be measured."""

    started: float
    """Wall time; identifies it."""
    models: tuple[str, ...]
    quick: bool = True
    again: bool = False
    """Also what is fresh."""


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far one task (or need) of one model is."""

    task: str
    done: int = 0
    total: int = 0
    right: float = 0.0
    """Sum of the shares passed of what was checked."""
    checked: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """One prompt that was answered in this run, for the line of what came before."""

    prompt: str
    task: str
    outcome: Outcome
    passed: float | None = None
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """How far one model of a run is."""

    model: str
    state: State = "queued"
    done: int = 0
    total: int = 0
    """Prompts of this run; what was fresh is not in it."""
    fresh: int = 0
    """Prompts whose results are fresh and were left."""
    right: int = 0
    failed: int = 0
    message: str = ""
    """What it waits for, or why it ended before its time."""
    seconds: float = 0.0
    """Spent on its prompts."""
    moved: tuple[Effect, ...] = ()
    """Abilities, before and after."""
    tasks: tuple[TaskProgress, ...] = ()
    """In the order of ``TASKS``, then needs."""


@dataclass(frozen=True, slots=True)
class ProfileRun:
    """Where measuring stands; the last run once it is over."""

    running: bool = False
    started: float = 0.0
    quick: bool = True
    models: tuple[ModelProgress, ...] = ()
    prompt: str = ""
    """The prompt that is being answered."""
    task: str = ""
    eta: float | None = None
    """Seconds until it is done if nothing else is asked meanwhile; None while nothing was measured."""
    code: str = ""
    """Why the code of answers is not run here; empty where it is, or where that was not looked at yet."""
    question: str = ""
    """The text of that prompt's turn, its beginning."""
    answer: str = ""
    """What the model said to it so far, its end; folded with the rest."""
    seen: tuple[Seen, ...] = ()
    """The newest prompts of the model whose turn it is, oldest first, at most ``SEEN``."""

    @property
    def done(self) -> int:
        return sum(model.done for model in self.models)

    @property
    def total(self) -> int:
        return sum(model.total for model in self.models)


@dataclass(frozen=True, slots=True)
class TaskScore:
    """The checks of one task: ``right`` is the sum of the shares passed."""

    task: str
    """Or the need (``tools``, ``context``) that its prompts have beyond text."""
    checked: int
    right: float


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What was measured of one model so far."""

    model: str
    at: float
    """Of the newest result."""
    tasks: tuple[TaskScore, ...] = ()
    ungraded: int = 0
    unchecked: int = 0
    failed: int = 0
    stale: int = 0
    ttft: float | None = None
    decode: float | None = None
    prefill: float | None = None
    prefill_long: float | None = None
    """Medians; the last one of prompts from ``LONG_PROMPT`` tokens."""
    thought_seconds: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    """By code."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that is over, or was cut off."""

    started: float
    ended: float | None
    quick: bool
    models: tuple[str, ...]
    prompts: int = 0
    failed: int = 0
    seconds: float = 0.0
    """Spent on prompts."""
    note: str = ""
    """Why it was made or how it ended: ``stopped``, ``by itself, while idle``."""
    moved: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Profiles:
    """Everything that measuring has to tell."""

    run: ProfileRun
    models: tuple[ModelProfile, ...] = ()
    history: tuple[PastRun, ...] = ()
    """Newest first."""


def same_weights(result: Result, info: ModelInfo) -> bool:
    """Whether a result is of these very weights, as far as backends tell; what is not told is not held against it."""
    digest = not result.digest or not info.digest or result.digest == info.digest
    return digest and result.quantization == info.quantization and result.version == VERSION


def stale(result: Result, info: ModelInfo, now: float) -> bool:
    """Whether it is to be measured anew."""
    return not same_weights(result, info) or now - result.at > MAX_AGE


def prompts_for(info: ModelInfo, quick: bool, prefill: float) -> tuple[Prompt, ...]:
    """What a model is asked, the tasks in turns so that a run that is stopped has looked at all of them; long prompts
    last, without those that would take minutes to read. ``prefill``: tokens per second."""
    chosen = [one for one in QUICK if one.needs <= info.capabilities]
    if not quick:
        rest = suited(frozenset(info.capabilities), info.context_length or 0)
        chosen += [one for one in rest if not one.quick and one.context <= LONGEST_READ * prefill]
    seen: dict[tuple[str, bool], int] = {}
    order: list[tuple[bool, bool, int, int, Prompt]] = []
    for one in chosen:
        turn = seen[one.task, one.quick] = seen.get((one.task, one.quick), 0) + 1
        order.append((bool(one.context), not one.quick, turn, TASKS.index(one.task), one))
    order.sort(key=lambda entry: entry[:4])
    return tuple(entry[-1] for entry in order)


def to_do(
    asked: Iterable[Prompt], results: Mapping[str, Result], info: ModelInfo, now: float, order: Order
) -> tuple[Prompt, ...]:
    """Those whose result is missing, stale or a failure. What this very order found counts in any case, so that it goes
    on where it stood; with ``again`` nothing else does."""

    def open_(one: Prompt) -> bool:
        result = results.get(one.id)
        if result is None or not same_weights(result, info):
            return True
        if result.at >= order.started:
            return False
        return order.again or result.outcome == "failed" or now - result.at > MAX_AGE

    return tuple(one for one in asked if open_(one))


def summary(model: str, results: Sequence[Result], info: ModelInfo | None, now: float) -> ModelProfile:
    """What the results of one model say together; ``info`` None where it is not here now."""
    scores: dict[str, tuple[int, float]] = {}
    failures: dict[str, int] = {}
    for one in results:
        if one.outcome == "checked" and one.passed is not None:
            about = need(one) or one.task
            count, right = scores.get(about, (0, 0.0))
            scores[about] = count + 1, right + one.passed
        if one.outcome == "failed":
            failures[one.code] = failures.get(one.code, 0) + 1
    good = [one for one in results if one.outcome != "failed"]
    read = [one for one in good if (one.prompt_tokens or 0) >= READ_PROMPT]
    return ModelProfile(
        model,
        max((one.at for one in results), default=0.0),
        tuple(TaskScore(about, *scores[about]) for about in (*TASKS, *NEEDS) if about in scores),
        ungraded=sum(one.outcome == "ungraded" for one in results),
        unchecked=sum(one.outcome == "unchecked" for one in results),
        failed=sum(failures.values()),
        stale=sum(info is not None and stale(one, info, now) for one in results),
        ttft=_median(one.ttft for one in good if (one.prompt_tokens or 0) < LONG_PROMPT),
        decode=_median(one.decode for one in good),
        prefill=_median(one.prefill for one in read if (one.prompt_tokens or 0) < LONG_PROMPT),
        prefill_long=_median(one.prefill for one in read if (one.prompt_tokens or 0) >= LONG_PROMPT),
        thought_seconds=_median(one.thought_seconds for one in good),
        failures=failures,
    )


def need(result: Result) -> str:
    """What its prompt needs beyond text; empty for nothing."""
    if result.prompt.startswith("needle-"):
        return "context"  # a long one is not to be made for that
    asked = prompt(result.prompt)
    return min(asked.needs, default="") if asked is not None else ""


def difficulty(result: Result) -> float | None:
    """Of its prompt; None where that is no more, or does not speak for its task: what a model without some capability
    is not asked must not count for or against those that have it."""
    asked = None if need(result) else prompt(result.prompt)
    return asked.difficulty if asked is not None else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
