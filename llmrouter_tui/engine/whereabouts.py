"""Which GPUs a model turned up on, where its server picks them: seen here, told by ``core.whereabouts``."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.placement import Plan
from llmrouter_tui.core.processes import Claim, claim, shares
from llmrouter_tui.core.whereabouts import Shares, by_growth, by_processes, by_use, shared
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord

DOUBT = 0.5
"""A guess that is off by more than this share of a model is made anew."""


@dataclass(frozen=True, slots=True)
class Before:
    """What each GPU had in use just before a load."""

    used: Mapping[str, int]
    neighbours: frozenset[tuple[str, int]]
    """Their other models, with what changes when one comes or goes."""


def look(record: ModelRecord, records: Collection[ModelRecord], devices: Sequence[Device]) -> Before | None:
    """To be asked just before a load; None where there is nothing to find out, or nothing would show it."""
    moving = any(m.in_motion for m in records if m is not record and any(pool in record.reach for pool in m.pools))
    if not record.roams or record.whence == "told" or moving:
        return None
    return Before(_used(record, devices), _neighbours(record, records))


def grown(
    record: ModelRecord, before: Before | None, records: Collection[ModelRecord], devices: Sequence[Device]
) -> None:
    """Say where a model is that was just loaded, by what its GPUs have more in use; where others moved there
    meanwhile that says nothing."""
    if before is None or _neighbours(record, records) != before.neighbours:
        return
    now = _used(record, devices)
    growth = {pool: now[pool] - used for pool, used in before.used.items() if pool in now}
    if found := by_growth(growth, record.needed_bytes()):
        record.where, record.whence = found, "growth"


def planned(record: ModelRecord, plan: Plan, *, told: bool) -> None:
    """Say where a model is being loaded to: as its backend is ``told``, or as it is thought to choose."""
    if not record.roams or not plan.pool:
        return
    record.where = shared(dict(plan.parts)) if plan.parts else ((plan.pool, 1.0),)
    record.whence = "told" if told else "guess"


def locate(records: Collection[ModelRecord], everyone: Collection[ModelRecord], devices: Sequence[Device]) -> None:
    """Say where the models of one server are of which that is not known, and of those where it is only thought: by the
    memory of its processes, else by what is in use that nobody else accounts for."""
    roaming = [m for m in records if m.roams and m.residency == "resident" and not m.shares and m.on_gpu != 0]
    vague = [m for m in roaming if m.whence not in ("told", "processes") or not m.where]
    if not vague:
        return
    for model, found in _owned(roaming, devices).items():
        record = next(m for m in roaming if m.id == model)
        if found and record.whence != "told":
            record.where, record.whence = found, "processes"
    _doubt(vague, everyone, devices)
    lost = [m for m in vague if not m.where]
    if lost:
        _guess(lost, everyone, devices)


def _owned(records: Sequence[ModelRecord], devices: Sequence[Device]) -> dict[str, Shares]:
    """By their processes: of each its own where its backend tells it, else those of the server."""
    gpus = [d for d in devices if d.pool != HOST_POOL and d.processes]
    if not gpus or not records:
        return {}
    backend = records[0].backend
    claims = [Claim(m.id, (m.pid,)) for m in records if m.pid is not None]
    server = claim(backend.name, backend.kind, backend.url)
    found = [(gpu, shares(gpu, [*claims, *([server] if server is not None else [])])) for gpu in gpus]
    placed = {
        m.id: shared({gpu.pool: owned[m.id].bytes for gpu, owned in found if m.id in owned})
        for m in records
        if m.pid is not None
    }
    sizes = {m.id: m.held_bytes() or 0 for m in records if m.id not in placed}
    processes: dict[int, dict[str, int]] = {}
    for gpu, owned in found:
        if backend.name in owned:
            held = dict(gpu.processes)
            for pid in owned[backend.name].pids:
                processes.setdefault(pid, {})[gpu.pool] = held[pid]
    return placed | by_processes(sizes, processes.values())


def _doubt(vague: Sequence[ModelRecord], everyone: Collection[ModelRecord], devices: Sequence[Device]) -> None:
    """A guess that puts more on a GPU than it has in use is none, if that was measured since anything moved."""
    moved = max((m.since for m in everyone if m.since is not None), default=0.0)
    if any(m.in_motion for m in everyone) or any(d.sampled_at < moved for d in devices):
        return
    for device in devices:
        guessed = [m for m in vague if m.whence == "guess" and device.pool in m.pools]
        held = sum(m.held_in(device.pool) for m in _holding(everyone))
        if guessed and not device.problem and held - device.used > DOUBT * max(m.held_in(device.pool) for m in guessed):
            for m in guessed:
                m.where = ()


def _holding(everyone: Iterable[ModelRecord]) -> list[ModelRecord]:
    return [m for m in everyone if m.residency in IN_MEMORY and m.healthy and not m.shares]


def _guess(lost: Sequence[ModelRecord], everyone: Collection[ModelRecord], devices: Sequence[Device]) -> None:
    held = [m for m in _holding(everyone) if m not in lost]
    for layout in dict.fromkeys(m.layout for m in lost):
        models = {m.id: m for m in lost if m.layout == layout}
        reach = next(iter(models.values())).reach
        free = {d.pool: d.used - sum(m.held_in(d.pool) for m in held) for d in devices if d.pool in reach}
        sizes = {id_: m.held_bytes() or 0 for id_, m in models.items()}
        for id_, found in by_use(sizes, free, over_all=layout == "all").items():
            models[id_].where, models[id_].whence = found, "guess"
        held += models.values()


def _used(record: ModelRecord, devices: Sequence[Device]) -> dict[str, int]:
    return {d.pool: d.used for d in devices if d.pool in record.reach and not d.problem}


def _neighbours(record: ModelRecord, records: Collection[ModelRecord]) -> frozenset[tuple[str, int]]:
    others = [m for m in records if m is not record and m.residency in IN_MEMORY]
    return frozenset((m.id, m.turns) for m in others if any(pool in record.reach for pool in m.pools))
