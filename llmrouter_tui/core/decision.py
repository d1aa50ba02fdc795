"""Facts about one exchange: what was asked, what was decided and why, what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from llmrouter_tui.core.forms import Form, Origin

Level = Literal["easy", "medium", "hard"]
Outcome = Literal["running", "ok", "failed", "cancelled"]
Rating = Literal["up", "down"]

REASONS = (
    "not correct",
    "ignored instructions",
    "model too weak",
    "too big for this",
    "too slow",
    "refused",
)
"""What can be wrong with a response; asked for after a thumb down, never required."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a request needs, read from its text and fields."""

    tasks: Mapping[str, float]
    """Probability per task; sums to 1."""
    task: str
    difficulty: float
    """0 easy .. 1 hard"""
    level: Level
    needs: frozenset[str] = frozenset()
    language: str = "en"
    prompt_tokens: int = 0
    expected_tokens: int = 256
    background: bool = False
    """A chat client's own housekeeping (titles, tags, follow-ups)."""
    kinds: Mapping[str, float] | None = None
    """Probability per kind of prompt within the tasks, those that matter: what grades are counted by."""
    switch: str = ""
    """What the request says of thinking (``think false``); empty for nothing."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """What a model would take for a request, by part."""

    queue: float = 0.0
    load: float = 0.0
    """Unloading others and loading this one; 0 when resident."""
    prefill: float = 0.0
    decode: float = 0.0

    @property
    def total(self) -> float:
        return self.queue + self.load + self.prefill + self.decode


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The five terms of a score, each already weighted: they add up to ``score`` exactly as shown."""

    quality: float
    speed: float
    continuity: float
    pinned: float
    cost: float

    @property
    def score(self) -> float:
        return self.quality + self.speed + self.continuity + self.pinned + self.cost


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model that could serve, and what it would be worth."""

    model: str
    score: float
    breakdown: Breakdown
    predicted_quality: float
    """0..1, before weighting."""
    seconds: Seconds
    resident: bool
    footprint: int | None = None
    note: str = ""
    """One or two words on its state: ``busy``, ``load 6s``."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A ranked choice. ``candidates[0]`` is the best score; ``chosen`` is what was taken first."""

    analysis: Analysis
    candidates: Sequence[Candidate]
    """Where it was just made, a ``Ranking``, whose candidates come to be when they are looked at."""
    filtered: tuple[tuple[str, str], ...]
    """(model, reason) of every model that a hard filter removed."""
    chosen: str
    margin: float
    """Score of the chosen less the best other; 0 when it stood alone."""
    why: str
    """One short clause made from the numbers, never by a model."""
    preference: float
    requested: str = "auto"
    seconds: float = 0.0
    """Time the analysis and the decision took."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the backend counted them; None where it did not."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """The backend's own counters; None where it has none and the clock must do."""

    prefill_per_second: float | None = None
    decode_per_second: float | None = None
    load_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try on one model."""

    model: str
    outcome: Outcome
    wait_seconds: float = 0.0
    """Queue and load before the request was sent."""
    ttft: float | None = None
    """The model's own, from when the request was sent to it: what is learned of it."""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the user said of one response."""

    exchange_id: str
    rating: Rating | None
    """None clears an earlier rating."""
    at: float
    score: float = 0.0
    """-1..1; up is 1 and down is -1 unless stars or a score were given."""
    reasons: tuple[str, ...] = ()
    comment: str = ""
    model: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rating moved."""

    model: str
    task: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """One client request from arrival to last byte: the row of the ledger and of the audit log."""

    id: str
    at: float
    """Arrival, wall clock."""
    outcome: Outcome = "running"
    requested: str = "auto"
    model: str = ""
    """The model that answered, or that was tried last."""
    session: str = ""
    client: str = ""
    stream: bool = False
    decision: Decision | None = None
    attempts: tuple[Attempt, ...] = ()
    ttft: float | None = None
    """Arrival to first token, as the client has it: with the wait and with attempts that failed. None for an answer
    that was not streamed."""
    seconds: float | None = None
    """Arrival to last byte."""
    usage: Usage = Usage()
    decode_per_second: float | None = None
    finish_reason: str = ""
    code: str = ""
    """Error code when it failed."""
    message: str = ""
    prompt: str = ""
    """By the privacy policy: empty, a preview, or the whole text of the last user turn."""
    answer: str = ""
    response_id: str = ""
    """The id the client saw in the answer's body."""
    rating: Feedback | None = None
    key: str = ""
    """The name of the key that it came with; empty for a key without a name, or none."""
    cost: float | None = None
    """Dollars of all attempts together; None where none costs money, or nobody knows the price."""


def place(exchange: Exchange) -> str:
    """Of an exchange in the history, as pages are asked for: ``AT:ID``. ``AT:`` is a time."""
    return f"{exchange.at!r}:{exchange.id}"


def placed(said: str) -> tuple[float, str]:
    """Time and id of a place, by which all exchanges are in order. Raises ``ValueError``."""
    at, colon, exchange_id = said.partition(":")
    if not colon:
        raise ValueError(f"{said!r} is no place in the history.")
    return float(at), exchange_id


@dataclass(frozen=True, slots=True)
class ExchangePage:
    """A page of history, newest first; ``before`` asks for the next one, None at the end."""

    items: tuple[Exchange, ...]
    before: str | None = None
    total: int = 0
    searched: float | None = None
    """How far back a filter was followed when it took too long to fill the page; None for a full page and at the end.
    """
    after: str | None = None
    """Of a page that was asked for with ``after``: asks for the next newer one, None at the newest."""
    older: int | None = None
    """How many are stored that are older than the last one here, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's value and where it comes from."""

    key: str
    value: object
    """That in force."""
    origin: Origin
    secret: bool = False
    form: Form | None = None
    held: str = ""
    """What fixes it as long as the router runs: ``--port``, ``ROUTER_PORT``; empty where nothing does."""
    waits: bool = False
    """Whether another value is kept for the next start: ``kept``."""
    kept: object = None
    otherwise: object = None
    """What it would be had it not been set while the router ran."""
    otherwise_from: Origin = "default"


@dataclass(frozen=True, slots=True)
class Rates:
    """Traffic over the last minutes, for the status line."""

    in_flight: int = 0
    per_minute: float = 0.0
    ttft_p50: float | None = None
    ok: int = 0
    failed: int = 0
    retried: int = 0
    samples: tuple[tuple[float, float, float, float], ...] = field(default_factory=tuple)
    """(at, requests, tokens, mean TTFT) per 10 s, oldest first, for charts."""
