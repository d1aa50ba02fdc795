"""The queue for memory: whose turn it is to be loaded, and how long it will take. Pure: facts in, verdict out.

One queue per pool, of models; all requests for one model share its place. The first one begins at once where nobody
must leave for it. Where somebody must, those in memory may go on taking requests for a bounded time: as many answers
then come of one load, where two models take turns. A wait counts as overtaken only while it is that which holds the
queue up; while others are unloaded and loaded nobody passes, so a model that was just loaded has its own time before it
must leave again, and nobody is passed for longer than the bounds, or by more requests, however many wait before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmrouter_tui.core.memory_words import listed

OVERTAKE_SECONDS = 10.0
OVERTAKE_REQUESTS = 8
LINGER_SHARE, LINGER_SECONDS = 0.1, 1.0
"""How long a model that just answered is left in memory for who asked it, who often asks again at once: this share of
what the swap and the way back take, and never longer."""
SLACK = 0.001
"""Seconds that a clock may wake somebody too early."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far requests for models in memory may pass a model that waits for their place."""

    seconds: float = OVERTAKE_SECONDS
    requests: int = OVERTAKE_REQUESTS


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Waiter:
    """A model that waits to be loaded."""

    model: str
    evict: tuple[str, ...] = ()
    """Who must leave for it, as things are."""
    overtaken_seconds: float = 0.0
    """How long the queue was held up since it came."""
    overtaken: int = 0
    """Requests for those who must leave that were taken meanwhile."""
    load_seconds: float = 0.0
    urgent: bool = False
    """Somebody asked for the load itself: nobody may pass it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A model in memory that must leave for another."""

    busy: bool = False
    idle_seconds: float = 0.0
    load_seconds: float = 0.0
    """What bringing it back would take."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do now. Without a ``model`` nobody begins yet; unless something changes, ask again in ``again`` seconds
    (None: nobody waits)."""

    model: str = ""
    again: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request stands that waits for a model, for whoever waits."""

    position: int = 0
    """0: its model is being loaded; else the place of its model in the queue."""
    seconds: float = 0.0
    """Expected, until it is answered."""
    reason: str = ""
    """What its model waits for: ``vllm/qwen answers 3 requests``, or ``a/x is being loaded, then b/y; 5 requests
    before it``."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A load that comes before another one."""

    model: str
    requests: int = 0
    """That wait for it."""
    loading: bool = False
    """Whether it is under way; else room is made for it, or it waits too."""


NAMED = 2
"""Loads, and models that answer, that are named; more are counted."""


def obstacle(ahead: Sequence[Ahead], answering: Sequence[tuple[str, int]]) -> str:
    """What a load waits for: those ``ahead`` of it, in their order, and who must answer so many requests yet before
    the first of them, or where it is the first itself, can begin. Empty where it waits for nobody."""
    drain = _some([f"{model} answers {_requests(count)}" for model, count in answering])
    if not ahead:
        return drain
    said = f"{ahead[0].model} is {'being loaded' if ahead[0].loading else 'loaded first'}"
    said += f" ({drain})" if drain else ""
    said += f", then {_some([load.model for load in ahead[1:]])}" if ahead[1:] else ""
    count = sum(load.requests for load in ahead)
    return f"{said}; {_requests(count)} before it" if count else said


def _some(said: Sequence[str]) -> str:
    return listed([*said[:NAMED], *([f"{len(said) - NAMED} more"] if len(said) > NAMED else [])])


def _requests(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"


def waiting_text(model: str, queue: str, place: Place) -> str:
    """What a request waits for, in one line."""
    about = f", about {place.seconds:.0f} s" if place.seconds >= 1 else ""
    if not place.position:
        return f"loading {model}{about}{f': {place.reason}' if place.reason else ''}"
    where = f"place {place.position} in the queue of {queue}"
    return f"waiting to load {model}, {where}{about}{f': {place.reason}' if place.reason else ''}"


def turn(queue: Sequence[Waiter], holders: Mapping[str, Holder], bounds: Bounds = BOUNDS) -> Turn:
    """Whose turn it is, of those who wait in this order while no load is under way. ``holders`` are those in memory;
    who is named as leaving and is not among them is no obstacle."""
    if not queue:
        return Turn()
    first = queue[0]
    leaving = [holders[model] for model in first.evict if model in holders]
    left = bounds.seconds - first.overtaken_seconds
    if first.urgent or left <= SLACK or first.overtaken >= bounds.requests or not leaving:
        return Turn(first.model)
    if any(holder.busy for holder in leaving):
        return Turn(again=left)
    swap = first.load_seconds + sum(holder.load_seconds for holder in leaving)
    linger = min(LINGER_SECONDS, LINGER_SHARE * swap) - min(holder.idle_seconds for holder in leaving)
    return Turn(first.model) if linger <= SLACK else Turn(again=min(left, linger))


@dataclass(frozen=True, slots=True)
class Stop:
    """A load in the queue, the one under way first."""

    model: str
    hold: float = 0.0
    """Seconds until those who must leave have answered and are out."""
    load: float = 0.0
    """Seconds that loading takes, or goes on."""
    batch: float = 0.0
    """Seconds that answering those who wait for it takes."""
    displaces: bool = False
    """Whether others must leave for it: then the batch of the one before is answered first."""


def timeline(stops: Sequence[Stop]) -> dict[str, float]:
    """When each of these loads begins, in seconds from now; under the empty name when another one could, that displaces
    nobody."""
    begins: dict[str, float] = {}
    now, batch = 0.0, 0.0
    for stop in stops:
        begins[stop.model] = now + max(stop.hold, batch if stop.displaces else 0.0)
        now = begins[stop.model] + stop.load
        batch = stop.batch
    begins[""] = now
    return begins
