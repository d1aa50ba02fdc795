"""The ledger of memory as lines of text: for ``models --vram`` and ``--plan``, and for ``watch --plain``. Pure."""

from llmrouter_tui.core.domain import HOST_POOL
from llmrouter_tui.core.memory_words import (
    HELD,
    HELD_BRIEF,
    RELEASED_BY_COMMAND,
    circle,
    listed,
    pinned_held,
    time_text,
)
from llmrouter_tui.core.processes import strangers
from llmrouter_tui.core.vram import Holder, LoadProgress, Placement, PoolView, VramView

GIB = 1024**3
BAR = 40
FILLS = "#=+*%@"
OTHER, FREE, LIMIT = ":", ".", "|"
SMALLEST = 64 * 1024**2
"""Bytes of other programs that are worth a line."""


def vram_lines(view: VramView) -> list[str]:
    """Each pool with its holders, what would fit, what goes on and what today's swaps cost."""
    lines: list[str] = []
    for pool in view.pools:
        lines += [*pool_lines(pool), ""]
    if not view.pools:
        lines += ["no memory is measured here", ""]
    rest = [one for one in view.placements if one.verdict != "loaded"]
    if rest:
        lines += ["WHAT WOULD FIT", *(f"  {_row(one)}" for one in rest), ""]
    lines += [f"load {_progress(load, view)}" for load in view.loads]
    swaps = view.swaps
    lines.append(f"today {_many(swaps.loads, 'load')}, {_many(swaps.evictions, 'eviction')}, {swaps.seconds:.0f} s")
    lines += [f"! {line}" for line in _warnings(view)]
    return lines


def pool_lines(pool: PoolView) -> list[str]:
    """A line with a bar, then one for each holder, marked by what stands for it in the bar."""
    device = pool.device
    if device.problem:
        return [f"{device.pool}  {device.name}  {device.problem}"]
    figures = f"{_gib(device.used)} of {_gib(device.total)} GiB used, {_gib(pool.free)} free for models"
    lines = [f"{device.pool}  {device.name}", f"  [{bar(pool)}]  {figures}"]
    lines += [f"  {FILLS[n % len(FILLS)]} {_holder(holder)}" for n, holder in enumerate(pool.holders)]
    if pool.other >= SMALLEST:
        mine = {pid for holder in pool.holders for pid in holder.pids}
        named = ", ".join(f"{who} {_gib(size)}" for who, size in strangers(device, mine)[:3])
        lines.append(f"  {OTHER} {'not ours':36} {_gib(pool.other):>6} GiB  {named}".rstrip())
    return lines


def bar(pool: PoolView, cells: int = BAR) -> str:
    """Holders, what is not ours, what is free, and where models must stop."""
    total = max(1, pool.device.total)
    drawn, upto = "", 0
    parts = [(FILLS[n % len(FILLS)], holder.bytes) for n, holder in enumerate(pool.holders)]
    for fill, count in [*parts, (OTHER, pool.other)]:
        upto += count
        drawn += fill * (min(cells, round(upto / total * cells)) - len(drawn))
    drawn = drawn.ljust(cells, FREE)
    limit = min(cells - 1, int(pool.budget / total * cells))
    return drawn[:limit] + LIMIT + drawn[limit + 1 :] if drawn[limit] == FREE else drawn


def _holder(holder: Holder) -> str:
    said = [f"writes {_many(holder.leases, 'answer')}" if holder.leases else _idle(holder)]
    said += ["pinned"] if holder.pinned else []
    said += ["not loaded by the router"] if not holder.ours else []
    said += ["its GPU is guessed"] if holder.guessed else []
    said += [f"leaves {_nth(holder.rank)}"] if holder.rank else []
    said += [f"also {', '.join(holder.models[1:])}"] if holder.models[1:] else []
    name = holder.models[0] if holder.models else "not ours"
    return f"{name:36} {_gib(holder.bytes):>6} GiB  {holder.source:9}  {', '.join(said)}"


def _idle(holder: Holder) -> str:
    if holder.state != "resident":
        return holder.state
    return "not used yet" if holder.idle_seconds is None else f"idle {time_text(holder.idle_seconds)}"


# ── loads ──


def placement_line(one: Placement) -> str:
    """What loading a model would mean, in a sentence."""
    size = f": {_size(one)}" if one.needed else ""
    ready = f", ready in about {time_text(one.seconds)}" if one.seconds else ""
    match one.verdict:
        case "loaded":
            return f"{one.model} is in memory ({_place(one)}){size}"
        case "unknown":
            return f"{one.model} is of unknown size: its backend would be asked to load it{ready}"
        case "full":
            return f"{one.model} cannot be loaded now: {one.reason}{_largest(one)}"
        case "too big":
            return f"{one.model} never fits{_context(one)}: {one.reason}{_largest(one)}"
        case "held":
            return f"{one.model} is not loaded: {one.reason}"
    spilled = f", {_gib(one.spilled)} GiB of it in RAM" if one.spilled else ""
    idle = [model for model in one.evict if model not in one.drain]
    leave = f"; before it {listed(idle)} must leave" if idle else ""
    answer = f"; before it {listed(one.drain)} must finish answering and leave" if one.drain else ""
    parts = f", {_parts(one)}" if one.parts else spilled
    return f"{one.model} fits into {_place(one)}{size}{parts}{ready}{leave}{answer}"


def _context(one: Placement) -> str:
    return f" with {one.context_length} tokens" if one.largest is not None else ""


def _largest(one: Placement) -> str:
    return f"; with a context of {one.largest} tokens it would fit" if one.largest is not None else ""


def act_lines(act: str, model: str, plan: Placement | None) -> list[str]:
    """An order that the router has taken, and what it means."""
    held = plan is not None and plan.verdict == "held"
    done = {
        "clear": f"every model is unloaded once it has answered; {HELD}: {RELEASED_BY_COMMAND}",
        "release": "models are loaded again as needed",
        "load": "" if plan is not None and plan.verdict == "loaded" else f"{model} is being loaded",
        "unload": f"{model} is unloaded once nothing is being answered",
        "pin": f"{pinned_held(model)}: {RELEASED_BY_COMMAND}" if held else f"{model} is pinned",
        "unpin": f"{model} is pinned no more",
    }[act]
    means = "" if plan is None or held else placement_line(plan)
    return [line for line in (done, means) if line]


def _row(one: Placement) -> str:
    words = {
        "fits": "fits",
        "evicts": f"evicts {', '.join(one.evict)}",
        "waits": f"waits for {', '.join(one.drain)}" if one.drain else "waits its turn",
        "unknown": "size unknown, would be tried",
    }.get(one.verdict, one.reason or one.verdict)
    wait = time_text(one.seconds) if one.seconds is not None else ""
    size = f"{'~' if one.source == 'estimated' else ''}{_gib(one.needed)} GiB" if one.needed else "?"
    return f"{one.model:36} {size:>10}  {_place(one):6} {wait:>6}  {words}"


def _progress(load: LoadProgress, view: VramView) -> str:
    waiting = f", for {_many(load.waiting, 'request')}" if load.waiting else ""
    if load.started_at is None:
        if view.held:
            return f"{load.model} into {load.pool}{waiting}: {HELD_BRIEF}"
        why = f": {load.waits_for}" if load.waits_for else ""
        if not load.position:
            return f"{load.model} has its turn on {load.pool}{waiting}{why}"
        return f"{load.model} waits for its turn on {load.pool}{waiting}{why}"
    spent = max(0.0, view.at - load.started_at)
    return f"{load.model} into {load.pool}, {spent:.0f} of about {load.expected_seconds:.0f} s{waiting}"


# ── events ──


def vram_text(view: VramView) -> str:
    """The ledger in one line."""
    pools = [f"{pool.device.pool} {_gib(pool.free)} GiB free" for pool in view.pools if not pool.device.problem]
    loads = [f"load {_progress(load, view)}" for load in view.loads if load.started_at is None]
    return "; ".join(["memory " + ", ".join(pools), *loads, *_warnings(view)])


def _warnings(view: VramView) -> list[str]:
    lines = [f"{HELD}; {RELEASED_BY_COMMAND}"] if view.held else []
    return lines + [circle(thrash) for thrash in view.thrash]


# ── words ──


def _place(one: Placement) -> str:
    """``gpu1``, over several ``gpu0+gpu1``."""
    return "RAM" if one.pool == HOST_POOL else "+".join(pool for pool, _ in one.parts) or one.pool


def _parts(one: Placement) -> str:
    """How much of it lies where."""
    told = [f"{_gib(size)} GiB in {pool}" for pool, size in one.parts]
    return listed([*told, *([f"{_gib(one.spilled)} GiB in RAM"] if one.spilled else [])])


def _size(one: Placement) -> str:
    context = f" with {one.context_length} tokens of context" if one.context_length else ""
    if context and one.needed and SMALLEST <= (one.cache or 0) < one.needed:
        context += f" ({_gib(one.cache or 0)} GiB of it)"
    return f"{_gib(one.needed or 0)} GiB ({one.source}){context}"


def _gib(count: int) -> str:
    return f"{count / GIB:.1f}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _nth(rank: int) -> str:
    return "first" if rank == 1 else f"as number {rank}"
