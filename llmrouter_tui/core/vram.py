"""GPU memory as everyone is told of it: the pools, who holds what, and what each load would mean.

Made by the engine's ledger from ``core.placement``; screens, the admin API and the CLI show it and compute none of it.
Units: bytes, seconds; wall times are Unix seconds.
"""

from dataclasses import dataclass
from typing import Literal

from llmrouter_tui.core.domain import Device, FootprintSource, ResidencyState

Verdict = Literal["loaded", "fits", "evicts", "waits", "full", "too big", "unknown", "held"]
"""What asking for a model now would mean: it is there, there is room, others leave first, others that still answer are
waited for, nothing more can leave, it never fits, its size is not known so it is tried, or loads are held."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Weights in a pool, with all names that share them, or memory that is none of ours."""

    models: tuple[str, ...]
    """Ids, the one that was loaded first; empty for what is not a model's."""
    bytes: int
    source: FootprintSource
    state: ResidencyState = "resident"
    pinned: bool = False
    leases: int = 0
    waiting: int = 0
    ours: bool = True
    """Whether this router loaded it."""
    context_length: int | None = None
    idle_seconds: float | None = None
    """None while it answers or was not used yet."""
    rank: int | None = None
    """1 for who would leave first; None for who may not leave."""
    pids: tuple[int, ...] = ()
    """Its backend's processes that the driver shows in this pool."""
    guessed: bool = False
    """Whether it is only thought to be in this pool: its server picks the GPU and nothing shows which."""
    cache: int | None = None
    """The bytes of it that its context takes; None where that is not told, or where it lies in several pools."""


@dataclass(frozen=True, slots=True)
class PoolView:
    """One pool of memory and its holders, the largest first."""

    device: Device
    budget: int
    """The most that models may take in all."""
    free: int
    """What a model may take now without anyone leaving."""
    holders: tuple[Holder, ...] = ()
    other: int = 0
    """Bytes in use that no model here accounts for."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What loading one model now would mean."""

    model: str
    verdict: Verdict
    pool: str = ""
    needed: int | None = None
    source: FootprintSource = "unknown"
    context_length: int | None = None
    """Tokens that it would be loaded with."""
    evict: tuple[str, ...] = ()
    """Who would leave, in this order."""
    drain: tuple[str, ...] = ()
    """Those of them that still answer: they are waited for."""
    spilled: int = 0
    """Bytes that would go to RAM, beside its pool."""
    seconds: float | None = None
    """Until it would be ready: waiting, unloading and loading; None where it cannot be loaded."""
    reason: str = ""
    """Why it would not be loaded, with the arithmetic; empty otherwise."""
    parts: tuple[tuple[str, int], ...] = ()
    """The bytes in each GPU where it would be laid out over several; ``pool`` is the first."""
    largest: int | None = None
    """Where the context that was asked for does not fit, the largest one that would; None where none would."""
    cache: int | None = None
    """What of ``needed`` its context takes; None where that is not told."""


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """A load under way, or one that waits for its turn."""

    model: str
    pool: str
    started_at: float | None
    """None while it waits."""
    expected_seconds: float
    position: int = 0
    """0 for the load under way, else its place in the queue of its pool."""
    waiting: int = 0
    """Requests that wait for it."""
    waits_for: str = ""
    """What it waits for: ``vllm/qwen answers 3 requests``, ``a/x is being loaded, then b/y; 5 requests before it``."""


@dataclass(frozen=True, slots=True)
class Swaps:
    """What moving models cost since local midnight."""

    loads: int = 0
    evictions: int = 0
    seconds: float = 0.0
    """Spent loading and unloading."""


@dataclass(frozen=True, slots=True)
class Thrash:
    """Models that throw each other out again and again."""

    pool: str
    models: tuple[str, ...]
    times: int
    span: float
    """Seconds in which that happened."""
    remedy: str = ""
    """What to do about it, in words."""


@dataclass(frozen=True, slots=True)
class VramView:
    """The whole ledger at one moment."""

    at: float = 0.0
    pools: tuple[PoolView, ...] = ()
    placements: tuple[Placement, ...] = ()
    """One per model that lives in this machine's memory, the most useful first."""
    loads: tuple[LoadProgress, ...] = ()
    swaps: Swaps = Swaps()
    thrash: tuple[Thrash, ...] = ()
    held: bool = False
    """The card was cleared for other work: nothing is loaded until that is taken back."""
