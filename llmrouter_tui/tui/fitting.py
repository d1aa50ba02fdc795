"""What would fit: for each model, where it would go and what would have to leave. Pure.

The plan is ``core.placement.place``, the same function that loading uses; here it is only asked, never carried out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from llmrouter_tui.core.domain import HOST_POOL, Device, ModelView
from llmrouter_tui.core.placement import GIB, Occupant, Plan, Pool, place, with_place
from llmrouter_tui.tui.held import held, in_memory

Verdict = Literal["fits", "evicts", "full", "too big", "unknown", "loaded"]
ORDER: tuple[Verdict, ...] = ("fits", "evicts", "unknown", "full", "too big", "loaded")
"""Most useful first: what can be had now, at a price, maybe, not."""
UNLOAD_SECONDS = 1.0
"""What one eviction adds to a load, as the engine reckons."""
HOST_SHARE = 0.9
"""Share of RAM that models may fill."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What models may not take: bytes kept free per pool, and the most they may take of a GPU in all."""

    reserve: int = GIB // 2
    most: int | None = None
    places: Mapping[str, int] = field(default_factory=dict)
    """How many models the backends that count them hold at the same time."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One model and what loading it now would mean."""

    model: ModelView
    verdict: Verdict
    evicts: tuple[str, ...] = ()
    drains: tuple[str, ...] = ()
    """Those of ``evicts`` that still answer: they are waited for."""
    seconds: float | None = None
    """Unloading and loading; None where it cannot be loaded or is loaded already."""
    missing: int = 0
    """Bytes by which it is larger than its pool."""
    spilled: int = 0
    """Bytes of it that would go to RAM, beside its pool."""
    reason: str = ""


def pool(device: Device, limits: Limits) -> Pool:
    """A measured device as placement sees it."""
    budget = device.total - limits.reserve
    free = device.free - limits.reserve
    if device.pool == HOST_POOL:
        free = min(free, int(device.total * HOST_SHARE) - device.used)
    elif limits.most is not None:
        budget = min(budget, limits.most)
    return Pool(device.pool, max(0, free), max(0, budget))


def occupants(models: Iterable[ModelView], now: float) -> list[Occupant]:
    """What holds memory, as placement sees it."""
    return [_occupant(weights.model, now) for weights in held(model for model in models if model.pool)]


def _occupant(model: ModelView, now: float) -> Occupant:
    return Occupant(
        model=model.id,
        pool=model.pool,
        footprint=model.footprint or 0,
        leases=model.leases,
        pinned=model.pinned,
        loading=model.residency == "loading",
        evictable=model.loadable and model.healthy,
        idle_seconds=now - model.last_used if model.last_used else 3600.0,
        reload_seconds=model.speed.load_seconds,
    )


def fits(models: Sequence[ModelView], devices: Sequence[Device], now: float, limits: Limits) -> list[Fit]:
    """Every model of this machine's memory with what loading it would mean, the most useful first."""
    pools = [pool(device, limits) for device in devices if not device.problem]
    inside = occupants(models, now)
    found: list[Fit] = []
    for model in models:
        if in_memory(model) and model.pool:
            found.append(Fit(model, "loaded"))
        elif model.loadable and model.pool:
            beside = [_occupant(other.model, now) for other in held(m for m in models if _beside(m, model))]
            found.append(_fit(model, pools, inside, limits.places.get(model.info.backend), beside))
    return sorted(found, key=lambda fit: (ORDER.index(fit.verdict), -fit.model.used, fit.model.id))


def _beside(other: ModelView, model: ModelView) -> bool:
    """Whether ``other`` takes a place of the backend that would load ``model``."""
    return other.info.backend == model.info.backend and other.id != model.id


def _fit(
    model: ModelView, pools: Sequence[Pool], inside: Sequence[Occupant], places: int | None, beside: Sequence[Occupant]
) -> Fit:
    mine = [item for item in pools if item.name == model.pool]
    ram = next((item for item in pools if item.name == HOST_POOL), None) if model.splits else None
    plan = place(model.footprint, mine, [item for item in inside if item.model != model.id], ram=ram)
    if places is not None:
        plan = with_place(plan, places, beside)
    if not plan.fits:
        return _refused(model, mine, ram, plan)
    seconds = model.speed.load_seconds + UNLOAD_SECONDS * len(plan.evict)
    if model.footprint is None or not mine:
        return Fit(model, "unknown", seconds=seconds)
    return Fit(model, "evicts" if plan.evict else "fits", plan.evict, plan.drain, seconds, spilled=plan.spilled)


def _refused(model: ModelView, mine: Sequence[Pool], ram: Pool | None, plan: Plan) -> Fit:
    needed, most = model.footprint or 0, max((item.budget for item in mine), default=0)
    missing = needed - most - (ram.budget if ram else 0)
    if mine and missing > 0:
        return Fit(model, "too big", missing=missing)
    if ram and needed > most:
        return Fit(model, "full", reason="RAM cannot hold the rest")
    return Fit(model, "full", reason=plan.reason.partition("; ")[2] or plan.reason)
