"""Memory pools on VRAM: bar, who holds what, the last ten minutes, as text at a given width. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.processes import strangers
from llmrouter_tui.core.vram import Holder, PoolView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import models_text, panels, text
from llmrouter_tui.tui import pools_text as pt
from llmrouter_tui.tui.heads import FACT, FIGURE, NAME, WORDS, Part
from llmrouter_tui.tui.memory import KEPT
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets import chart

GIB = 1024**3
TIGHT, ROOMY = 50, 84
"""Cells from which a model's line has its context, and from which it spells out where its size is known from."""
TALLEST = 12
"""Rows that the chart of memory takes at most."""
OTHERS = "other programs"
NAMED = 16
"""Cells of another program's name at most."""
NO_GPU = "no GPU probe: models are counted against RAM"


# ── heads ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def pool_parts(device: Device, look: Look) -> tuple[Part, ...]:
    """Label, device, temperature, power and load; where there is little room, the load stays longest."""
    parts = [
        Part(pt.place_name(device.pool), NAME),
        Part(pt.device_name(device, 24) if device.name != "RAM" else "", FACT),
    ]
    if device.temperature is not None:
        parts.append(Part(f"{device.temperature:.0f}{look.symbols.degree}C"))
    if device.power is not None:
        most = f"/{device.power_limit:.0f}" if device.power_limit else ""
        parts.append(Part(f"{device.power:.0f}{most}W", WORDS))
    if device.utilization is not None:
        busy = text.percent(device.utilization)
        parts.append(Part(f"CPU {busy}" if device.pool == HOST_POOL else busy, NAME))
    return tuple(part for part in parts if part.said)


def pool_title(device: Device, look: Look) -> str:
    """``GPU0  RTX 4090  62°C  311/450W  94%``"""
    return "  ".join(part.said for part in pool_parts(device, look))


def pool_notes(pool: PoolView, look: Look) -> tuple[Part, ...]:
    """``│ 23.5G`` is where models stop, ``3.7G left`` what one may still take."""
    mark = f"{look.symbols.reserve} {text.size(pool.budget)}" if pool.budget else ""
    return Part(mark, WORDS), Part(left_text(pool), FIGURE if pool.device.problem else NAME)


def left_text(pool: PoolView) -> str:
    """``3.7G left``"""
    return "" if pool.device.problem else f"{text.size(pool.free)} left"


# ── one pool in a panel ───────────────────────────────────────────────────────────────────────────────────────────


def pool_panel(store: Store, pool: PoolView, now: float, cells: int, rows: int, look: Look) -> list[Line]:
    """Scale, bar, legend, and the last ten minutes in the rows that are left."""
    device = pool.device
    if device.problem:
        return [((part, "warn"),) for part in text.wrap(f"! {text.tame(device.problem)}", cells)]
    figures = f"  {pt.used_text(device)}"
    length = cells - len(figures)
    lines: list[Line] = [axis(device.total, length), (*pt.bar(pool, length, look), (figures, "strong"))]
    lines += legend(store, pool, now, cells, look)
    if device.pool == HOST_POOL and not pt.has_gpu(store.vram):
        lines.append(((NO_GPU, "warn"),))
    spare = rows - len(lines) - 1
    if spare < 3:
        return lines
    drawn = history(store, device, now, cells, spare, look)
    return [*lines, *[()] * (rows - len(lines) - len(drawn)), *drawn]  # charts side by side stand on one line


def axis(total: int, cells: int) -> Line:
    """A scale in GiB under which the bar stands."""
    gib = total / GIB
    step = next((s for s in (0.5, 1, 2, 4, 8, 16, 32, 64, 128) if gib / s <= max(2, cells // 8)), 256)
    out = [" "] * cells
    mark = 0.0
    while mark < gib - step * 0.6:
        label = f"{mark:g}"
        start = min(cells - len(label), round(mark / gib * cells))
        out[start : start + len(label)] = label
        mark += step
    end = f"{gib:.0f}G"
    out[cells - len(end) :] = end
    return (("".join(out), "dim"),)


def legend(store: Store, pool: PoolView, now: float, cells: int, look: Look) -> list[Line]:
    """A line per model, and one for other programs."""
    models = pt.tenants(pool)
    called = [store.name(holder.models[0]) for holder in models]
    name = max(len(OTHERS), min(panels.NAME_CELLS, max((text.width(one) for one in called), default=0)))
    turns = pt.turns(pool)
    lines: list[Line] = []
    for index, holder in enumerate(models):
        known: Line = (
            (f"{pt.fill(holder, index, look)} ", pt.fill_role(index)),
            (text.left(fmt.short_model(called[index], name, look.symbols.ellipsis), name), ""),
            (text.right(pt.size_text(holder), 7), "guess" if holder.source == "estimated" else "strong"),
            (_rests_on(holder, cells, look), "soft"),
        )
        words = _words(store, holder, now, turns.get(holder.models, ""))
        lines.append((*known, *_as_fit(words, cells - text.line_width(known), look)))
    if pool.other > pt.SMALLEST:
        lines.append(_other(pool, name, cells, look))
    return lines or [(("nothing is loaded", "dim"),)]


def _rests_on(holder: Holder, cells: int, look: Look) -> str:
    """Where its size is known from and its context, as two columns."""
    context = models_text.context_text(holder.context_length, "")
    cache = f" {text.size(holder.cache)}" if holder.cache and pt.SMALLEST <= holder.cache < holder.bytes else ""
    if cells < TIGHT:
        return ""
    if cells < ROOMY:
        return f" {text.right(context, 5)}"
    said = "" if holder.source == "unknown" else holder.source
    return f"  {text.left(said, 9)}  {text.left(f'{context} context{cache}' if context else '', 17)}"


def _words(store: Store, holder: Holder, now: float, turn: str) -> list[tuple[str, str, int]]:
    """What it does and why it stays or goes: (words, role, weight); the lightest go first where there is no room."""
    doing = pt.doing(holder, pt.idle(holder, store.vram, now))
    others = "".join(f"= {store.name(other)} " for other in holder.models[1:]).rstrip()
    pids = f"pid {' '.join(map(str, holder.pids))}" if holder.pids else ""
    return [
        (doing if holder.bytes else f"{doing}, size not told", "run" if holder.leases else "dim", 5),
        ("pinned" if holder.pinned else "", "key", 4),
        (turn, "warn" if turn.startswith("first") else "dim", 3),
        ("" if holder.ours else "not ours", "dim", 2),
        (pt.GUESSED if holder.guessed else "", "guess", 2),
        (text.tame(others), "soft", 1),
        (pids, "dim", 0),
    ]


def _as_fit(words: list[tuple[str, str, int]], room: int, look: Look) -> Line:
    """The words that fit, two cells apart, in their order."""
    shown = [word for word in words if word[0]]
    while len(shown) > 1 and sum(text.width(said) + 2 for said, _, _ in shown) > room:
        shown.remove(min(shown, key=lambda word: word[2]))
    return text.clip_line(tuple((f"  {said}", role) for said, role, _ in shown), room, look.symbols.ellipsis)


def _other(pool: PoolView, name: int, cells: int, look: Look) -> Line:
    """What no model here accounts for, with the processes that the driver shows."""
    mine = {pid for holder in pool.holders for pid in holder.pids}
    others = strangers(pool.device, mine)
    said = "  ".join(f"{text.clip(text.tame(who), NAMED)} {text.size(used)}" for who, used in others[:3])
    if not said and any(not holder.bytes for holder in pt.tenants(pool)):
        said = "the system, models of untold size"
    elif not said and pool.device.pool == HOST_POOL:
        said = "and the system"
    line: Line = (
        (f"{look.symbols.other} ", "other"),
        (text.left(OTHERS, name), "dim"),
        (text.right(text.size(pool.other), 7), "dim"),
        (f"  {said}" if said else "", "dim"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


# ── ten minutes ───────────────────────────────────────────────────────────────────────────────────────────────────


def history(store: Store, device: Device, now: float, cells: int, rows: int, look: Look) -> list[Line]:
    """The last ten minutes in at most ``rows`` lines: memory used with a scale at the left, and how busy it was."""
    width = cells - 5
    points = width * 2 if look.symbols.name == "braille" else width
    busy = store.memory.busy(device.pool, now)
    tall = max(1, min(TALLEST, (rows - 1 - bool(busy)) // 2 * 2 or 1))
    used = stretch(store.memory.series(device.pool, now), points)
    drawn = chart.graph(used, width, tall, look.symbols, top=float(device.total))
    ascii_only = look.symbols.name == "ascii"
    edge, corner = ("| ", "+") if ascii_only else ("│ ", "└")
    lines: list[Line] = []
    for index, shown in enumerate(drawn):
        value = f"{device.total * (tall - index) / tall / GIB:.0f}" if index in (0, tall // 2) else ""
        lines.append(((text.right(value, 3), "dim"), (edge, "rule"), (shown, "fill0")))
    if busy and rows > tall + 1:
        shown = chart.graph(stretch(busy, points), width, 1, look.symbols, top=1.0)[0]
        lines.append(((text.right("%", 3), "dim"), (edge, "rule"), (shown, "accent")))
    return [*lines, (("   ", ""), (corner, "rule"), *_times(width, look))]


def _times(width: int, look: Look) -> Line:
    """The axis of ten minutes: ``─ -10m ──── -5m ──── now``."""
    rule, first, middle, last = look.symbols.rule, " -10m ", " -5m ", " now"
    room = width - len(first) - len(middle) - len(last) - 1
    before, after = rule * (room // 2), rule * (room - room // 2)
    return ((rule, "rule"), (first, "dim"), (before, "rule"), (middle, "dim"), (after, "rule"), (last, "dim"))


def stretch(values: Sequence[float], points: int) -> list[float]:
    """Ten minutes of values (``KEPT`` when complete) in ``points`` places; what is not known yet is 0."""
    whole = [0.0] * max(0, KEPT - len(values)) + list(values)
    return [whole[min(len(whole) - 1, index * len(whole) // points)] for index in range(points)]


# ── all pools in few lines ────────────────────────────────────────────────────────────────────────────────────────


def pools_brief(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    """Every pool in three lines, and their last ten minutes in one: for where rows or columns are scarce."""
    pools = pt.pools(store.vram)
    if not pools:
        return [(("Memory is not measured here." if store.ready else "", "soft"),)]
    lines: list[Line] = []
    for pool in pools:
        device = pool.device
        if device.problem:
            lines.append(((pool_title(device, look), "title"),))
            lines.append(text.clip_line(((f"! {text.tame(device.problem)}", "warn"),), cells))
            continue
        figures = f"  {pt.used_text(device)}"
        lines.append(_title_brief(store, pool, now, cells, look))
        lines.append((*pt.bar(pool, cells - len(figures), look), (figures, "strong")))
        lines.append(panels.legend_line(store, pool, now, cells, look))
    if not pt.has_gpu(store.vram):
        lines.append(((NO_GPU, "warn"),))
    return [*lines, _history_brief(store, pools, now, cells, look)]


def _title_brief(store: Store, pool: PoolView, now: float, cells: int, look: Look) -> Line:
    """The title with how busy the last ten minutes were beside the load of now."""
    title, left = pool_title(pool.device, look), left_text(pool)
    room = min(24, cells - text.width(title) - text.width(left) - 4)
    busy = store.memory.busy(pool.device.pool, now)
    spark = chart.spark(stretch(busy, room), room, look.symbols, top=1.0) if busy and room >= 8 else ""
    return text.spread(((f"{title} ", "title"), (spark, "accent")), ((left, "soft"),), cells)


def _history_brief(store: Store, pools: Sequence[PoolView], now: float, cells: int, look: Look) -> Line:
    shown = pools[:4]
    each = max(8, (cells - 8) // len(shown) - 8)
    parts: list[Line] = []
    for pool in shown:
        used = stretch(store.memory.series(pool.device.pool, now), each)
        drawn = chart.spark(used, each, look.symbols, top=float(pool.device.total) or None)
        parts.append(((f"{pt.place_name(pool.device.pool)} ", "dim"), (drawn, "fill0")))
    return text.clip_line((("10 min  ", "head"), *text.join(parts, "  ")), cells)
