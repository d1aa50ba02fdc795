"""Which context each model is given, and what it was seen to take with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from llmrouter_tui.core.domain import HOST_POOL, Device, Footprint, ModelInfo, Resident
from llmrouter_tui.core.footprint import expected, largest_context
from llmrouter_tui.core.probing import believed
from llmrouter_tui.engine.record import ModelRecord

NOTICED = 0.01
"""Smaller changes of what a model takes are no news: a process gains and loses some pages all the time."""

Room = Callable[[str], int | None]
"""Bytes that models may take of a pool beside those that are always there; None where that is not measured."""


# ── context ─────────────────────────────────────────────────────────────────────────────────────────────────────


def inform(record: ModelRecord, configured: int | None, room: Room) -> bool:
    """Bring what is told of a model in line with the context that it is loaded with, or would be, and with what was
    tried of it: whether that is news.

    A context that was chosen stays while the model is in memory, and after that as long as it fits; only another word
    of the backend's, or another room, chooses anew.
    """
    rooms = {pool: room(pool) for pool in record.reach}
    grounds = (record.told, record.home, record.aim, configured, tuple(rooms.values()))
    if record.residency in ("absent", "unknown") or record.grounds is None:
        choice = _chosen(record, configured, rooms)
        if record.grounds != grounds or (choice or 0) < (record.context or 0):
            record.context, record.grounds = choice, grounds
    told, context = record.told, _loaded(record) or record.context
    served = replace(told, context_length=context, longest_context=told.longest_context or told.context_length)
    fresh = believed(served, record.info.probed, sets_context=record.backend.sets_context)
    if fresh == record.info:
        return False
    record.info = fresh
    return True


def _chosen(record: ModelRecord, configured: int | None, rooms: Mapping[str, int | None]) -> int | None:
    """Of several pools that of the one that it goes to; before that is known, the largest that it can have."""
    if not record.roams or record.layout == "all":
        known = [most for most in rooms.values() if most is not None]
        return _choice(record, configured, sum(known) if known else None)
    choices = {pool: _choice(record, configured, most) for pool, most in rooms.items()}
    record.contexts = choices
    if len(record.aim) == 1:
        return choices[record.aim[0]]
    return max((c for c in choices.values() if c is not None), default=None)


def _choice(record: ModelRecord, configured: int | None, most: int | None) -> int | None:
    """The user's, else the largest that fits; where its server decides, that of the server, unless the user gave
    less."""
    told = record.told
    if not record.backend.sets_context:
        served = told.context_length
        return served if served is None or configured is None else min(served, configured)
    if configured is not None:
        return min(configured, told.longest_context or told.context_length or configured)
    return largest_context(told, record.home, most, record.seen)


def _loaded(record: ModelRecord) -> int | None:
    """The context that a model in memory was loaded with, if it is used so. In Ollama one that somebody loaded with
    less than was chosen is loaded anew (``ModelRecord.cramped``)."""
    loaded = record.loaded_context
    if loaded is None or not record.backend.sets_context or record.residency not in ("resident", "unloading"):
        return None
    return None if record.backend.kind == "ollama" and loaded < (record.context or 0) else loaded


# ── what was seen ───────────────────────────────────────────────────────────────────────────────────────────────


def notice(record: ModelRecord, resident: Resident) -> bool:
    """Keep what a backend says of a model in memory: whether that is news."""
    old, new = record.seen, _told(record, resident)
    if new is None or (
        old is not None and replace(old, bytes=new.bytes) == new and abs(new.bytes - old.bytes) <= NOTICED * old.bytes
    ):
        return False
    record.seen = new
    return True


def other_weights(before: ModelInfo, now: ModelInfo) -> bool:
    """Whether a name stands for other weights than before; that a server tells a size at last is no sign of it."""
    resized = before.size_bytes is not None and now.size_bytes not in (None, before.size_bytes)
    return before.digest != now.digest or resized


def _told(record: ModelRecord, resident: Resident) -> Footprint | None:
    """Bytes and context, or the context alone of what was weighed as it was loaded."""
    if resident.footprint:
        return Footprint(resident.footprint, resident.footprint_source, resident.context_length)
    weighed = record.seen if record.ours else None
    return replace(weighed, context_length=weighed.context_length or resident.context_length) if weighed else None


def bound(records: Iterable[ModelRecord], devices: Iterable[Device]) -> list[ModelRecord]:
    """Cut the estimates of models in memory, of which nobody tells what they take, to what their GPU has in use beyond
    the others; the models of which that is news. While anything moves there, all stays as it is."""
    changed: list[ModelRecord] = []
    everyone = [record for record in records if record.home]
    for device in devices:
        inside = [record for record in everyone if record.home == device.pool or device.pool in record.pools]
        if device.pool == HOST_POOL or device.problem or any(record.moving for record in inside):
            continue
        limits = _limits(inside, device.pool, device.used)
        for record in inside:
            most, before = limits.get(record.id), record.most
            if (most is None) != (before is None) or abs((most or 0) - (before or 0)) > NOTICED * (before or 0):
                record.most = most
                changed.append(record)
    return changed


def _limits(inside: Iterable[ModelRecord], pool: str, used: int) -> dict[str, int]:
    """By model; those that take less than estimated share what there is."""
    held = [record for record in inside if record.residency == "resident" and not record.shares]
    found = {r.id: expected(r.info, r.home, r.info.context_length, r.seen) for r in held}
    whole = {record.id for record in held if not record.parts}
    guesses = {
        id_: one.bytes for id_, one in found.items() if one is not None and one.source == "estimated" and id_ in whole
    }
    rest = used - sum(record.held_in(pool) for record in held if record.id not in guesses)
    total = sum(guesses.values())
    return {id_: int(guess * rest / total) for id_, guess in guesses.items()} if 0 < rest < total else {}
