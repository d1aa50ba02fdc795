"""Circuit breakers: who failed again and again is left alone for a while, then tried with one request.

Pure: a circuit is a fact, time is an argument (monotonic seconds). One belongs to a model, one to a whole backend.
"""

from dataclasses import dataclass, replace

from llmrouter_tui.core.errors import BackendError

TRIES = 3
"""Failures in a row that open the circuit of a model."""
BACKEND_TRIES = 5
"""The same for a backend, of two models or more: what one model does says little of the others."""
COOL_SECONDS = 10.0
"""The first rest; each trial that fails doubles it."""
LONGEST_SECONDS = 300.0
TRIAL_SECONDS = 120.0
"""How long a trial may keep others away: its request may wait for a load."""

_COUNTED = frozenset({"backend_error", "backend_unreachable", "upstream_interrupted", "load_timeout"})
"""Failures that say something of who failed. The request's own faults do not, nor does a lack of memory (residency
keeps that) or a queue that is full."""
BUSY = frozenset({"rate_limited", "queue_full"})
"""Refusals of who would like to answer, later."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """How somebody did of late."""

    failures: int = 0
    """In a row, that count."""
    models: frozenset[str] = frozenset()
    """Whose they were."""
    trips: int = 0
    """How often in a row it was opened."""
    until: float = 0.0
    """When its rest ends; 0 while it is closed."""
    trial: float | None = None
    """When the one request of a trial was let through."""
    why: str = ""
    """The last failure, in words."""

    @property
    def open(self) -> bool:
        """Whether it rests, or rested and has not answered since."""
        return self.until > 0.0


CLOSED = Circuit()


def counts(error: BackendError) -> bool:
    """Whether a failure says something of the model or backend that failed."""
    return error.fallback and error.blames and error.code in _COUNTED


def failed(circuit: Circuit, model: str, error: BackendError, now: float, *, backend: bool = False) -> Circuit:
    """After a failure of ``model``. One that says it is busy rests as long as it asks for, and is not blamed."""
    if error.code in BUSY and error.retry_after and not backend:
        rest = now + min(error.retry_after, LONGEST_SECONDS)
        return replace(circuit, until=max(circuit.until, rest), trial=None, why=error.message)
    if not counts(error):
        return replace(circuit, trial=None)
    failures, models = circuit.failures + 1, circuit.models | {model}
    enough = failures >= BACKEND_TRIES and len(models) > 1 if backend else failures >= TRIES
    known = replace(circuit, failures=failures, models=models, trial=None, why=error.message)
    if now < circuit.until or not (enough or circuit.trips):
        return known  # while it rests, what was under way may still fail: that is no news
    rest = min(COOL_SECONDS * 2.0**circuit.trips, LONGEST_SECONDS)
    return replace(known, trips=circuit.trips + 1, until=now + rest)


def rests(circuit: Circuit, now: float) -> float:
    """Seconds for which nobody should be sent there: those of its rest, then those of a trial under way; 0: it can be
    asked, and where its circuit is open that request is the trial."""
    if not circuit.open:
        return 0.0
    if now < circuit.until:
        return circuit.until - now
    if circuit.trial is not None:
        return max(0.0, circuit.trial + TRIAL_SECONDS - now)
    return 0.0


def asked(circuit: Circuit, now: float) -> Circuit:
    """A request is sent there: it is the trial where the rest is over."""
    if not circuit.open or circuit.trial is not None or now < circuit.until:
        return circuit
    return replace(circuit, trial=now)


def left(circuit: Circuit) -> Circuit:
    """A request ended without a word on how well it does (its client left): the next one may try."""
    return replace(circuit, trial=None) if circuit.trial is not None else circuit


def words(circuit: Circuit, now: float) -> str:
    """Why it is left alone and for how long."""
    seconds = max(1, round(rests(circuit, now)))
    cause = f"{circuit.failures} failures in a row" if circuit.trips else "it said that it is busy"
    if now >= circuit.until:
        return f"one request tries it again after {cause}"
    return f"left alone for {seconds} s after {cause}" if circuit.trips else f"left alone for {seconds} s: {cause}"
