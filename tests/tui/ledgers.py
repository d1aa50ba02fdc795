"""The ledger of memory for the scripted machine, as a router would tell it: made from models and devices by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from llmrouter_tui.core.domain import HOST_POOL, Device, ModelView
from llmrouter_tui.core.vram import Holder, Placement, PoolView, VramView
from llmrouter_tui.tui.held import Held, held

GIB = 1024**3
RESERVE = GIB // 2


def ledger(models: Sequence[ModelView], devices: Iterable[Device], at: float, **more: Any) -> VramView:
    """Who holds what among these models, and what loading each of the others would mean."""
    pools = tuple(pool(device, models, at) for device in devices)
    placements = [placement(model, pools) for model in models if model.pool and model.loadable]
    order = ("fits", "evicts", "waits", "unknown", "full", "too big", "held", "loaded")
    placements.sort(key=lambda one: order.index(one.verdict))
    return VramView(at, pools, tuple(placements), **more)


def pool(device: Device, models: Iterable[ModelView], at: float) -> PoolView:
    """One pool: a half GiB is kept free of a GPU, a tenth of RAM."""
    most = device.total * 9 // 10 if device.pool == HOST_POOL else device.total - RESERVE
    inside = [weights for weights in held(models) if weights.model.pool == device.pool]
    inside.sort(key=lambda one: (-(one.model.footprint or 0), one.model.id))
    may_go = [weights for weights in inside if not weights.model.busy and not weights.model.pinned]
    may_go.sort(key=lambda one: one.model.last_used or 0)
    holders = tuple(_holder(weights, at, may_go) for weights in inside)
    other = max(0, device.used - sum(one.bytes for one in holders))
    return PoolView(device, most, max(0, most - device.used), holders, other)


def _holder(weights: Held, at: float, may_go: list[Held]) -> Holder:
    model = weights.model
    idle = at - model.last_used if model.last_used is not None and not model.busy else None
    return Holder(
        weights.ids,
        model.footprint or 0,
        model.footprint_source if model.footprint else "unknown",
        model.residency,
        pinned=model.pinned,
        leases=model.leases,
        waiting=model.waiting,
        ours=model.ours,
        context_length=model.info.context_length,
        idle_seconds=idle,
        rank=may_go.index(weights) + 1 if weights in may_go else None,
    )


def placement(model: ModelView, pools: Sequence[PoolView]) -> Placement:
    """What loading it means: there is room, or the first to go makes room."""
    asked = Placement(
        model.id, "fits", model.pool, model.footprint, model.footprint_source, model.info.context_length,
        seconds=model.speed.load_seconds,
    )  # fmt: skip
    where = next((one for one in pools if one.device.pool == model.pool), None)
    if model.residency in ("resident", "loading", "unloading"):
        return replace(asked, verdict="loaded", seconds=None)
    if where is None or model.footprint is None:
        return replace(asked, verdict="unknown")
    if model.footprint <= where.free:
        return asked
    if model.footprint > where.budget:
        reason = f"needs {model.footprint / GIB:.1f} GiB, {model.pool} gives models {where.budget / GIB:.1f} GiB"
        return replace(asked, verdict="too big", seconds=None, reason=reason)
    first = next((one for one in where.holders if one.rank == 1), None)
    if first is None:
        return replace(asked, verdict="full", seconds=None, reason=f"{_stays(where)} must stay in memory")
    return replace(asked, verdict="evicts", evict=first.models[:1], seconds=model.speed.load_seconds + 1.0)


def _stays(where: PoolView) -> str:
    return where.holders[0].models[0] if where.holders else "what other programs hold"


def told(models: Sequence[ModelView], like: VramView, at: float) -> VramView:
    """The ledger after models changed, in the same pools."""
    return replace(ledger(models, [one.device for one in like.pools], at), held=like.held, loads=like.loads)
