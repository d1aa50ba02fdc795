"""What measuring models here found, and how far it is. Facts only; what follows from them is in ``core.measuring``.

Units as in ``core.domain``. A result is kept per model and prompt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.domain import Probed

PROMPTS_VERSION: Final = 1
"""Of ``core.prompt_set``: goes up when a prompt or its check changes in what is right; results of other versions are
stale."""
ANSWER: Final = 8_192
"""Characters of an answer that are kept: what a judge and a person need of the longest that a prompt asks for."""
SEEN: Final = 8
"""Answered prompts that a run shows."""

Outcome = Literal["checked", "ungraded", "unchecked", "failed", "timed"]
"""``checked`` by program; ``ungraded``: it waits for a judge; ``unchecked``: code that cannot be run here; ``failed``:
there is no answer; ``timed``: only its speed was asked for."""
Only = Literal["", "failed"]
"""What of the prompts is asked: all that are to be measured, or those that failed."""
Stale = Literal["quantization", "digest", "prompts", "age"]
"""Why a result is to be measured anew: other weights, as the quantization tells or only their digest; what is asked, or
what is right, is something else by now; it is older than the user wants."""
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
    """Of a failure: the stable code, ``prompt_timeout`` where it took too long. Of a probe: how (``domain.Probed``)."""
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
    version: int = PROMPTS_VERSION
    """Of the prompt set."""
    footprint: int | None = None
    """Bytes of memory that the model takes, of the result of its load."""
    footprint_source: str = ""
    """``measured`` around the load, or ``reported`` by its backend."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked to be measured."""

    started: float
    """Wall time; identifies it."""
    models: tuple[str, ...]
    quick: bool = True
    again: bool = False
    """Also what is fresh."""
    only: Only = ""
    note: str = ""
    """Why it was made, where nobody asked for it."""
    before: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Abilities when it was made: model to task to mean."""


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
    """Of this run, in the order of ``TASKS``, then needs, then ``speed``."""


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
    """Seconds until it is done if live traffic goes on as of late; None while nothing was measured."""
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


def right_words(right: float) -> str:
    """``2``, ``1.5``, ``0.1``: answers that were right, parts of them counted, to the tenth."""
    return f"{right:.1f}".removesuffix(".0")


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
    decode_long: float | None = None
    """Median after long prompts."""
    load_seconds: float | None = None
    """Median of its loads; None where none was seen since it was measured first."""
    footprint: int | None = None
    """Bytes of memory, weighed around its load or reported after it."""
    footprint_source: str = ""
    probes: tuple[Probed, ...] = ()
    """What was tried of it."""
    cut: int = 0
    """Answers that only ended where their room did, thinking models' left out."""
    stale_by: Mapping[Stale, int] = field(default_factory=dict)
    """What of ``stale`` is so by which cause."""

    @property
    def right(self) -> float:
        return sum(score.right for score in self.tasks)

    @property
    def checked(self) -> int:
        return sum(score.checked for score in self.tasks)

    @property
    def babbles(self) -> bool:
        """Whether it goes on and on: most of its answers had to be cut off, which those of a model that answers have
        not."""
        return 2 * self.cut > self.checked + self.ungraded + self.unchecked


STALE: Mapping[Stale, str] = {
    "quantization": "new quantization",
    "digest": "new digest",
    "prompts": "other prompts by now",
    "age": "too old",
}
"""Why results are to be measured anew, in words."""


def stale_words(profile: ModelProfile) -> str:
    """``20 answers to be asked anew (new digest)``; empty where there are none."""
    why = ", ".join(STALE[cause] for cause in STALE if cause in profile.stale_by)
    return f"{profile.stale} answer{'s' * (profile.stale > 1)} to be asked anew ({why})" if profile.stale else ""


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
    found: tuple[ModelProfile, ...] = ()
    """What was known of its models when it ended; nothing of runs of earlier versions."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Everything that measuring has to tell."""

    run: ProfileRun
    models: tuple[ModelProfile, ...] = ()
    history: tuple[PastRun, ...] = ()
    """Newest first."""
