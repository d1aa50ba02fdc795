"""Loads under way and waiting, what came into memory and what went, and what that cost. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.memory_words import HELD_BRIEF, HELD_NOW, circle, listed
from llmrouter_tui.core.vram import LoadProgress, Thrash
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import pools_text as pt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.heads import FACT, FIGURE, WORDS, Part
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets import chart

WIDE = 56
"""Cells from which names get more room."""
ROOMY = 8
"""Lines from which a warning is told whole."""
BAR = (6, 24)
"""Fewest and most cells of a load's bar."""
QUESTION = 40
"""Cells of a line in a question."""
ALMOST = 0.97
"""How full the bar of a load is at most: only the router says that it is done."""


class Entry(NamedTuple):
    """One thing that is told, of what can be selected: a load, who throws whom out, what came or went."""

    lines: Sequence[Line]
    key: str = ""
    """Empty for what cannot be selected."""
    what: LoadProgress | ResidencyEvent | Thrash | None = None


def entries(store: Store, now: float, cells: int, rows: int, look: Look) -> list[Entry]:
    """What is under way and who waits, in half of ``rows``, then warnings, loads and evictions, newest first."""
    view = store.vram
    name = _name_cells(store, cells)
    found: list[Entry] = []
    if view.held:
        said = f"{HELD_NOW[:1].upper()}{HELD_NOW[1:]}."
        found.append(Entry([((part, "warn"),) for part in text.wrap(said, cells)]))
    shown = view.loads if len(view.loads) <= max(2, rows // 2) else view.loads[: max(1, rows // 2 - 1)]
    found += [
        Entry((progress_line(load, store, now, cells, name, look),), f"load {load.model}", load) for load in shown
    ]
    if len(shown) < len(view.loads):
        found.append(Entry((((f"      and {len(view.loads) - len(shown)} more wait for their turn", "soft"),),)))
    found += [Entry(_warning(one, store, cells, rows), f"circle {one.models}", one) for one in view.thrash]
    found += [Entry((event_line(one, store, cells, name, look),), _key(one), one) for one in store.residency]
    return found or [Entry(((("Nothing was loaded or unloaded yet.", "soft"),),))]


def _warning(thrash: Thrash, store: Store, cells: int, rows: int) -> list[Line]:
    """All of it, or where lines are scarce its beginning: the rest is told when it is opened."""
    parts = text.wrap(f"! {circling(thrash, store)}", cells)
    if rows < ROOMY and len(parts) > 1:
        parts = [text.clip(f"{parts[0]} {parts[1]}", cells)]
    return [((part, "warn"),) for part in parts]


def _key(event: ResidencyEvent) -> str:
    return f"{event.kind} {event.model} {event.at}"


def about(entry: Entry | None) -> str:
    """The id of the model that an entry is about; empty where it is about none, or about several."""
    return entry.what.model if entry is not None and isinstance(entry.what, LoadProgress | ResidencyEvent) else ""


def request(entry: Entry | None) -> str:
    """The id of the request for which a model came or went; empty where none is known."""
    return entry.what.exchange_id if entry is not None and isinstance(entry.what, ResidencyEvent) else ""


def why_no_model(entry: Entry | None, store: Store) -> str:
    """Why nothing can be done with the model of an entry; empty where it is known."""
    if entry is None or entry.what is None:
        return "no load or eviction is selected"
    if isinstance(entry.what, Thrash):
        return "this is about several models; choose one of them under What would fit"
    return "" if entry.what.model in store.models else f"no backend has {store.name(entry.what.model)} any more"


def notes(store: Store) -> tuple[Part, ...]:
    """``31 loads · 4m12s lost to swaps today``; nothing while no model moved."""
    swaps = store.vram.swaps
    if not swaps.loads + swaps.evictions:
        return ()
    return (
        Part(pt.counted(swaps.loads, "load"), FACT),
        Part(pt.counted(swaps.evictions, "eviction") if swaps.evictions else "", WORDS),
        Part(f"{text.seconds(swaps.seconds)} lost today", FIGURE),
    )


# ── under way ─────────────────────────────────────────────────────────────────────────────────────────────────────


def progress_line(load: LoadProgress, store: Store, now: float, cells: int, name: int, look: Look) -> Line:
    """``▶ phi4:14b  GPU1  ▓▓▓▓▓·····  3s of 4.9s  2 wait``, or ``2nd qwen3:32b  GPU1  phi4:14b loads  1 waits``."""
    called = fmt.short_model(store.name(load.model), name, look.symbols.ellipsis)
    place = text.left(pt.place_name(load.pool), 4)
    waiting = f"  {pt.waits(load.waiting)}" if load.waiting else ""
    if load.started_at is None:
        held = store.vram.held
        first: Line = (
            (f"{text.left('held' if held else _turn(load), 5)} ", "warn"),
            (text.left(called, name), ""),
            (f" {place}  ", "dim"),
            (HELD_BRIEF if held else pt.named(load.waits_for, store) or "waits for its turn", "soft"),
        )
        shown = text.clip_line(first, cells - text.width(waiting), look.symbols.ellipsis)
        return text.spread(shown, ((waiting.strip(), "run"),), cells) if waiting else shown
    gone = max(0.0, now - load.started_at)
    times = f"  {text.span(gone)} of ~{text.seconds(load.expected_seconds)}{waiting}"
    mark = text.left(look.symbols.run, 6)
    head: Line = ((mark, "run"), (text.left(called, name), "strong"), (f" {place}  ", "dim"))
    room = cells - text.line_width(head) - text.width(times)
    share = min(ALMOST, gone / load.expected_seconds) if load.expected_seconds > 0 else ALMOST
    bar = chart.progress(share, min(BAR[1], room), look.symbols) if room >= BAR[0] else ()
    return text.clip_line((*head, *bar, (times, "")), cells, look.symbols.ellipsis)


def _turn(load: LoadProgress) -> str:
    """``now`` for one for which room is made, else its place behind that."""
    return ("now", "next")[load.position] if load.position < 2 else pt.ordinal(load.position)


def _name_cells(store: Store, cells: int) -> int:
    """Cells of a model's name: what the longest takes, within bounds."""
    ids = {load.model for load in store.vram.loads} | {event.model for event in store.residency}
    longest = max((text.width(store.name(model)) for model in ids), default=0)
    return max(10, min(18 if cells >= WIDE else 14, longest))


# ── what was ──────────────────────────────────────────────────────────────────────────────────────────────────────


def event_line(event: ResidencyEvent, store: Store, cells: int, name: int, look: Look) -> Line:
    """``21:03:58 + qwen2.5vl:7b  GPU1  6.4s  for a vision request 8f1e``"""
    failed = event.kind.endswith("failed")
    sign, role = {"load": ("+", "good"), "unload": ("-", "soft")}.get(event.kind, (look.symbols.fail, "bad"))
    line: Line = (
        (f"{text.when(event.at, look, full=cells >= 48)} ", "dim"),
        (f"{sign} ", role),
        (text.left(fmt.short_model(store.name(event.model), name, look.symbols.ellipsis), name), ""),
        (f" {text.left(pt.place_name(event.pool), 4)} {text.right(text.seconds(event.seconds, ''), 5)}  ", "dim"),
        (f"failed: {cause(event, store)}" if failed else cause(event, store), role if failed else "soft"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


def cause(event: ResidencyEvent, store: Store) -> str:
    """Why it came or went: for which request or model, or that somebody else did it."""
    said = pt.named(event.reason, store)
    if event.evicted_for:
        other = store.name(event.evicted_for)
        said = f"evicted for {other}" if not said or other in said else f"evicted for {other}, {said}"
    if event.external:
        said = f"not ours{f', {said}' if said else ''}"
    if event.exchange_id and event.exchange_id[-4:] not in said:
        said = f"{said} {event.exchange_id[-4:]}"
    return said.strip()


def circling(thrash: Thrash, store: Store) -> str:
    """Models that throw each other out, what helps, and the keys for that."""
    return f"{circle(thrash, store.name, pt.place_name)} (P pins, e on Models switches off)"


def whole(entry: Entry, store: Store, now: float, look: Look) -> str:
    """All that there is to say of an entry, in lines of any length."""
    match entry.what:
        case LoadProgress():
            return "\n".join(_whole_load(entry.what, store, now))
        case ResidencyEvent():
            return "\n".join(_whole_event(entry.what, store, look))
        case Thrash():
            return circling(entry.what, store)
    return ""


def _whole_load(load: LoadProgress, store: Store, now: float) -> list[str]:
    where, count = pt.place_name(load.pool), pt.counted(load.waiting, "request")
    waits = f"{count} {'waits' if load.waiting == 1 else 'wait'} for it." if load.waiting else ""
    took = f"Loading it should take {text.seconds(load.expected_seconds)}."
    if load.started_at is not None:
        gone = text.span(max(0.0, now - load.started_at))
        return [f"It is being loaded into {where}, for {gone} now. {took}", waits]
    turns = f"It has its turn on {where}.", f"It is the next one on {where}."
    turn = (
        turns[load.position] if load.position < 2 else f"It is the {pt.ordinal(load.position)} in the queue of {where}."
    )
    if store.vram.held:
        return [f"It is not loaded into {where}: {HELD_NOW}.", "", waits, took]
    why = pt.named(load.waits_for, store)
    return [turn, f"It waits: {why}." if why else "", waits, took]


def _whole_event(event: ResidencyEvent, store: Store, look: Look) -> list[str]:
    did = {"load": "Loaded into", "unload": "Unloaded from"}.get(event.kind)
    tried = "Loading into" if event.kind == "load_failed" else "Unloading from"
    where = pt.place_name(event.pool) or "memory"
    took = f" in {text.seconds(event.seconds)}" if event.seconds is not None else ""
    said = f"{did} {where}{took}" if did else f"{tried} {where} failed"
    why = cause(event, store)
    if event.exchange_id and why == f"for {event.exchange_id[-4:]}":
        why = f"for the request {event.exchange_id[-4:]}"
    return [f"{text.moment(event.at, look)}  {said}.", "", f"Why: {why}" if why else ""]


def interrupted(store: Store) -> list[Line]:
    """What unloading all models would get in the way of, in sentences; empty for nothing."""
    holders = {holder.models: holder for pool in store.vram.pools for holder in pt.tenants(pool)}
    busy = [holder for holder in holders.values() if holder.leases]
    waiting = sum(load.waiting for load in store.vram.loads)
    loading = [load for load in store.vram.loads if load.started_at is not None]
    said = []
    if busy:
        who = ", ".join(pt.names(holder.models, store.name) for holder in busy)
        answers = sum(holder.leases for holder in busy)
        verb, end = "is" if len(busy) == 1 else "are", "it ends" if answers == 1 else "they end"
        said.append(f"{who} {verb} writing {pt.counted(answers, 'answer')}: {end} first.")
    if loading:
        said.append(f"{' and '.join(store.name(load.model) for load in loading)} is being loaded.")
    if waiting:
        said.append(f"{pt.counted(waiting, 'request')} {'waits' if waiting == 1 else 'wait'} for a model.")
    if said and (stays := staying(store)):
        said.append(stays)
    return [((part, "strong"),) for sentence in said for part in text.wrap(sentence, QUESTION)]


def staying(store: Store) -> str:
    """``mistral:7b stays in memory: its server cannot unload it.`` Empty where all can go."""
    fixed = [m for m in store.models.values() if not m.loadable and m.info.local and m.residency == "resident"]
    names = listed([store.name(model.id) for model in fixed])
    if len(fixed) > 1:
        return f"{names} stay in memory: their servers cannot unload them."
    return f"{names} stays in memory: its server cannot unload it." if fixed else ""
