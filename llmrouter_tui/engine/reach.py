"""Where a model can be: the pools that its backend has, how it lays models out there, how fast that is by size."""

from collections.abc import Mapping, Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device, ModelInfo, Speed
from llmrouter_tui.core.estimate import speed as estimate_speed
from llmrouter_tui.core.footprint import USUAL, estimated
from llmrouter_tui.core.placement import Layout
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.record import ModelRecord

LAYOUTS: Mapping[str, Layout] = {"ollama": "roomiest", "embedded": "either"}
"""How backends lay a model out over several GPUs; llama.cpp's servers, and LM Studio, do so over all. Ollama takes the
one with the most room where that is enough; the embedded engine does as it is told."""


def settle(model: ModelRecord, backend: BackendRecord, devices: Sequence[Device]) -> None:
    """Say where a model can be, and how it is laid out there."""
    model.reach = reach(model.info, backend, devices)
    model.usual = usual(model.reach, devices)
    model.layout = LAYOUTS.get(backend.backend.kind, "all") if backend.backend.manages_memory else "one"


def reach(info: ModelInfo, backend: BackendRecord, devices: Sequence[Device]) -> tuple[str, ...]:
    """The pools that a model may live in: the user's word, else the GPUs, else RAM; none if it is elsewhere."""
    if not info.local:
        return ()
    if backend.pool:
        return (backend.pool,)
    return tuple(d.pool for d in devices if d.pool != HOST_POOL) or (HOST_POOL,)


def usual(pools: Sequence[str], devices: Sequence[Device]) -> str:
    """The largest of them; empty where there is none."""
    totals = {d.pool: d.total for d in devices}
    return max(pools, key=lambda pool: totals.get(pool, 0)) if pools else ""


def guess(info: ModelInfo, backend: BackendRecord, pool: str, devices: Sequence[Device]) -> Speed:
    """Speed by size. A model of which a part would be in RAM counts as wholly there: each token waits for it."""
    total = next((d.total for d in devices if d.pool == pool), None)
    split = backend.backend.kind == "ollama" and total is not None and (estimated(info, pool, USUAL) or 0) > total
    return estimate_speed(info, HOST_POOL if split or not pool else pool)
