"""What happened, as frozen facts. The bus wraps each in an ``Envelope``; screens, storage and watchers read them."""

from dataclasses import dataclass
from typing import get_args

from llmrouter_tui.core.decision import (
    Attempt,
    Decision,
    Effect,
    Exchange,
    Feedback,
    Setting,
)
from llmrouter_tui.core.domain import (
    BackendView,
    Device,
    ModelView,
    ResidencyEvent,
    ServiceView,
)
from llmrouter_tui.core.forgetting import Forget
from llmrouter_tui.core.grades import Grade, JudgeView
from llmrouter_tui.core.profile import ProfileRun
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncView
from llmrouter_tui.core.votes import Voted
from llmrouter_tui.core.vram import VramView


@dataclass(frozen=True, slots=True)
class ExchangeStarted:
    """A request arrived and passed the door."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Decided:
    """A model was chosen for an exchange."""

    exchange_id: str
    decision: Decision


FIRST_TOKEN = "first token"
"""Why an exchange waits whose model is there now: it reads the prompt."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An exchange waits for a model: queued behind others, for a load, or for its first token after that."""

    exchange_id: str
    model: str
    reason: str
    """``queue``, ``load`` or ``first token``."""
    expected_seconds: float | None = None
    position: int = 0
    """The place of its model in the queue of those that are to be loaded; 0: its load is under way."""
    why: str = ""
    """Why that does not begin yet: ``vllm/qwen answers 3 requests``."""


@dataclass(frozen=True, slots=True)
class FirstToken:
    """The first token of an answer left for the client."""

    exchange_id: str
    model: str
    ttft: float
    """Since the request arrived."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Tokens so far; folded at the source to one event per exchange per 250 ms."""

    exchange_id: str
    tokens: int


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """One try failed; ``next_model`` is what is tried now, empty when nothing is left."""

    exchange_id: str
    attempt: Attempt
    next_model: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeFinished:
    """The exchange is over; the record is complete."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating was stored (or cleared), and what it moved."""

    feedback: Feedback
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class TextsForgotten:
    """What was said in these exchanges is taken out of what is kept; who holds a copy drops it."""

    wanted: Forget


@dataclass(frozen=True, slots=True)
class BackendChanged:
    """A backend appeared, came up, went down or was removed."""

    backend: BackendView
    removed: bool = False


@dataclass(frozen=True, slots=True)
class ModelsChanged:
    """One or more models changed; ``removed`` lists ids that are gone."""

    models: tuple[ModelView, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResidencyChanged:
    """A load or unload finished or failed."""

    event: ResidencyEvent


@dataclass(frozen=True, slots=True)
class DevicesSampled:
    """Memory pools as just measured."""

    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class VramChanged:
    """The ledger of memory is another; at most once a second, and only while somebody listens."""

    vram: VramView


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """The proxy's own state or its problems changed."""

    service: ServiceView


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A setting has a new value."""

    setting: Setting


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """The starter model's download: ``done`` of ``total`` bytes; total 0 when unknown."""

    state: str
    """``fetching``, ``verifying``, ``done``, ``failed``, ``cancelled``"""
    done: int
    total: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log."""

    at: float
    level: str
    """``debug``, ``info``, ``warn``, ``error``"""
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class SyncChanged:
    """Fetching public figures began, went on, ended, or its schedule is another; folded to four a second."""

    sync: SyncView


@dataclass(frozen=True, slots=True)
class SpendChanged:
    """Something was paid for, a budget is another, or a new day began; at most once a second, and only while somebody
    listens."""

    spend: SpendView


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """Measuring models began, went on or ended; folded to four a second."""

    run: ProfileRun


@dataclass(frozen=True, slots=True)
class Graded:
    """A judge gave a grade or failed to, or the user overruled one; and what that moved."""

    grade: Grade
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeChanged:
    """The judge began, went on, stopped or is another; folded to four a second."""

    judge: JudgeView


Fact = (
    ExchangeStarted
    | Decided
    | Waiting
    | FirstToken
    | Progress
    | AttemptFailed
    | ExchangeFinished
    | Rated
    | Voted
    | TextsForgotten
    | BackendChanged
    | ModelsChanged
    | ResidencyChanged
    | DevicesSampled
    | VramChanged
    | ServiceChanged
    | SettingChanged
    | FetchProgress
    | LogLine
    | SyncChanged
    | SpendChanged
    | ProfileChanged
    | Graded
    | JudgeChanged
)

FACTS: dict[str, type] = {cls.__name__: cls for cls in get_args(Fact)}
"""Fact types by name, for reading a recorded or remote stream."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A fact with its place in the stream: ``seq`` counts from 1 without gaps, ``at`` is wall time."""

    seq: int
    at: float
    mono: float
    fact: Fact
