"""The panels of the Dash as text at a given width: memory, throughput, attention. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.vram import PoolView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import pools_text as pt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.trends_text import stretched
from llmrouter_tui.tui.widgets import chart

LABEL = 9
"""Cells of a figure's name in the throughput panel."""
SPAN = 600.0
"""Seconds that the charts of the traffic look back."""
TALLEST = 8
"""Rows of one of them at most."""
NAME_CELLS = 18
"""The widest that a model's name gets in a legend."""


def vram_lines(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    """The memory panel: three lines a pool."""
    lines: list[Line] = []
    for pool in pt.pools(store.vram):
        lines.append(_device_line(store, pool.device, now, cells, look))
        if pool.device.problem:
            lines.append(((f"! {text.tame(pool.device.problem)}", "warn"),))
            continue
        figures = f"  {pt.used_text(pool.device):>10}"
        lines.append((*pt.bar(pool, cells - len(figures), look), (figures, "strong")))
        lines.append(legend_line(store, pool, now, cells, look))
    return lines


def _device_line(store: Store, device: Device, now: float, cells: int, look: Look) -> Line:
    facts = []
    if device.temperature is not None:
        facts.append(f"{device.temperature:.0f}{look.symbols.degree}C")
    if device.power is not None:
        facts.append(f"{device.power:.0f}W")
    head = _device_head(device, facts)
    if device.utilization is None:
        return head
    label, busy = f"{pt.busy_label(device)} ", f"{text.percent(device.utilization):>4}"
    while facts and text.line_width(head) + len(label) + len(busy) >= cells:
        facts.pop()
        head = _device_head(device, facts)
    spare = min(10, cells - text.line_width(head) - len(label) - len(busy) - 2)
    history = ""
    if spare >= 3:  # where there is little room the figure stays and its history shrinks
        history = chart.spark(store.memory.busy(device.pool, now), spare, look.symbols, top=1.0) + " "
    return text.spread(head, ((label, "dim"), (history, "accent"), (busy, "")), cells)


def _device_head(device: Device, facts: Sequence[str]) -> Line:
    tail = "   " + "  ".join(facts) if facts else ""
    return (f"{pt.place_name(device.pool)} ", "strong"), (pt.device_name(device, 24), ""), (tail, "dim")


def legend_line(store: Store, pool: PoolView, now: float, cells: int, look: Look) -> Line:
    """Who holds a pool, in one line: with what each does and who would go first, as far as there is room."""
    for detail in (2, 1):
        line = text.join(_entries(store, pool, now, look, detail), "   ")
        if text.line_width(line) <= cells:
            return line
    return fitting(_entries(store, pool, now, look, 0), cells, "   ")


def _entries(store: Store, pool: PoolView, now: float, look: Look, detail: int) -> list[Line]:
    """A pool's models and other programs, each in a few words; ``detail`` 1 says what each does, 2 who goes first."""
    entries: list[Line] = []
    turns = pt.turns(pool)
    for index, holder in enumerate(pt.tenants(pool)):
        state = pt.doing(holder, pt.idle(holder, store.vram, now), brief=True)
        state += " pinned" if holder.pinned else ""
        state += f", {pt.GUESSED}" if holder.guessed else ""
        if detail > 1 and holder.models in turns:
            state += f", {turns[holder.models]}"
        entries.append(
            (
                (f"{pt.fill(holder, index, look)} ", pt.fill_role(index)),
                (pt.names(holder.models, lambda id_: fmt.short_model(store.name(id_), NAME_CELLS)), ""),
                (f" {pt.size_text(holder)}", "strong"),
                (f" {state}" if detail else "", "run" if holder.leases else "dim"),
            )
        )
    if pool.other > pt.SMALLEST:
        entries.append(((f"{look.symbols.other} ", "other"), (f"other {text.size(pool.other)}", "dim")))
    return entries or [(("nothing is loaded", "dim"),)]


def fitting(entries: Sequence[Line], cells: int, gap: str) -> Line:
    """As many entries as fit, and how many did not."""
    for shown in range(len(entries), 0, -1):
        hidden = len(entries) - shown
        more: list[Line] = [((f"+{hidden} more", "dim"),)] if hidden else []
        line = text.join([*entries[:shown], *more], gap)
        if text.line_width(line) <= cells:
            return line
    return text.clip_line(entries[0], cells) if entries else ()


def vram_brief(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    """The memory panel where rows are scarce: one line a pool."""
    lines: list[Line] = []
    for pool in pt.pools(store.vram):
        device = pool.device
        model = pt.device_name(device, 24).removeprefix("RTX ").removeprefix("GTX ").partition(" (")[0]
        kind = text.left(model, 8) + " " if cells >= 70 else ""
        head: Line = ((f"{pt.place_name(device.pool)} ", "strong"), (kind, "dim"))
        if device.problem:
            lines.append(text.clip_line((*head, (f"! {text.tame(device.problem)}", "warn")), cells))
            continue
        used = f" {pt.used_text(device):>10} "
        busy = f"{text.percent(device.utilization):>4}  " if device.utilization is not None else "      "
        busy = f"CPU {busy}" if device.pool == HOST_POOL and busy.strip() else busy
        called: list[Line] = [((text.tame(pt.names(h.models, store.name)), ""),) for h in pt.tenants(pool)]
        bar = pt.bar(pool, max(8, min(24, cells // 3 - (0 if kind else 4))), look)
        line: Line = (*head, *bar, (used, "strong"), (busy, "dim"))
        lines.append(text.clip_line((*line, *fitting(called, cells - text.line_width(line), "  ")), cells))
    return lines


def throughput_lines(store: Store, now: float, cells: int, rows: int, look: Look, ghost: float | None) -> list[Line]:
    """Charts of the last ten minutes with the figure of now, then outcomes, ratings and the preference."""
    requests, tokens, ttfts = store.rates.series(now)
    p50 = store.rates.ttft_p50(now)
    figures = (
        ("req/min", f"{store.rates.per_minute(now)}", requests, "fill0"),
        ("tok/s", f"{store.rates.tokens_per_second(now):.0f}", tokens, "fill1"),
        ("TTFT p50", text.seconds(p50, look.symbols.none), ttfts, "fill2"),
    )
    tall = min(TALLEST, (rows - 5) // 3) if rows >= 14 else 2 if rows >= 9 else 1
    lines: list[Line] = []
    width = max(4, cells - LABEL - 8)
    points = width * 2 if look.symbols.name == "braille" else width
    for label, figure, values, role in figures:
        drawn = chart.graph([value or 0.0 for value in stretched(values, points)], width, tall, look.symbols)
        gap = (" " * (LABEL + 8), "")
        lines += [(gap, (upper, role)) for upper in drawn[:-1]]
        lines.append(((text.left(label, LABEL), "dim"), (f"{figure:>6}  ", "strong"), (drawn[-1], role)))
    rest = [outcome_line(store, now), rated_line(store), preference_line(store, cells, look, ghost)]
    spare = rows - len(lines) - len(rest)
    if spare > 0:
        rest.insert(0, swaps_line(store))
    if spare > 1:
        lines.append(_times(now, width, look))
    return lines + rest[-(rows - len(lines)) :] if rows > len(lines) else lines[:rows]


def _times(now: float, width: int, look: Look) -> Line:
    """When the charts begin and what is half way, to the minute."""
    begin, middle = (text.when(now - ago, look, full=False) for ago in (SPAN, SPAN / 2))
    half = max(0, width // 2 - text.width(begin) - text.width(middle) // 2)
    left: Line = ((" " * (LABEL + 8) + begin + " " * half + middle, "dim"),)
    return text.spread(left, (("now", "dim"),), LABEL + 8 + width)


def throughput_brief(store: Store, now: float, cells: int, look: Look) -> Line:
    """The throughput panel in one line. What failed says also how much did not: where room is scarce, that goes."""
    requests, tokens, ttfts = store.rates.series(now)
    p50 = text.seconds(store.rates.ttft_p50(now), look.symbols.none)
    line: Line = ()
    for bars, both in ((10, True), (7, True), (10, False), (8, False), (6, False), (4, False), (0, True), (0, False)):
        parts = [
            _brief("req/min", str(store.rates.per_minute(now)), requests, "fill0", bars, look),
            _brief("tok/s", f"{store.rates.tokens_per_second(now):.0f}", tokens, "fill1", bars, look),
            _brief("TTFT", p50, ttfts, "fill2", bars, look),
            outcome_line(store, now, brief=True, both=both),
        ]
        line = text.join(parts, "   " if bars else "  ")
        if text.line_width(line) <= cells:
            return line
    return text.clip_line(line, cells)


def _brief(label: str, figure: str, values: Sequence[float], role: str, bars: int, look: Look) -> Line:
    drawn = f" {chart.spark(values, bars, look.symbols)}" if bars else ""
    return ((f"{label} ", "dim"), (f"{figure:>4}", "strong"), (drawn, role))


def outcome_line(store: Store, now: float, *, brief: bool = False, both: bool = True) -> Line:
    """``ok 97.6%  retried 1.9%  failed 0.5%``; in brief without those retried, without ``both`` only what failed."""
    rates = store.rates.outcomes(now)
    total = rates.ok + rates.failed
    if not total:
        return (("no answers lately", "dim"),)
    spans: list[Span] = [("ok ", "dim"), (text.percent(rates.ok / total, 1), "good")] if both else []
    if not brief:
        spans += [
            ("   retried ", "dim"),
            (text.percent(rates.retried / total, 1), "warn" if rates.retried else ""),
        ]
    gap = "" if not both else "  " if brief else "   "
    spans += [(f"{gap}failed ", "dim")]
    spans += [(text.percent(rates.failed / total, 1), "bad" if rates.failed else "")]
    return tuple(spans)


def rated_line(store: Store) -> Line:
    """``you rated 61:  + 72%``"""
    up = sum(model.ratings_up for model in store.models.values())
    down = sum(model.ratings_down for model in store.models.values())
    if not up + down:
        return (("no ratings yet: ", "dim"), ("u", "key"), (" good  ", "dim"), ("d", "key"), (" bad", "dim"))
    return (
        (f"you rated {up + down}:  ", "dim"), ("+ ", "good"), (text.percent(up / (up + down)), ""),
        ("   - ", "bad"), (text.percent(down / (up + down)), ""),
    )  # fmt: skip


def swaps_line(store: Store) -> Line:
    """``swaps today: 31 loads, 4m12s``; nothing while no model moved."""
    swaps = store.vram.swaps
    if not swaps.loads:
        return ()
    loads = pt.counted(swaps.loads, "load")
    return (("swaps today: ", "dim"), (loads, ""), (", ", "dim"), (text.seconds(swaps.seconds), ""))


def preference_line(store: Store, cells: int, look: Look, ghost: float | None) -> Line:
    """``speed ◂────●────▸ quality .50``; a ghost knob shows what was asked for and is not confirmed yet."""
    symbols = look.symbols
    track = max(5, min(25, cells - 31))
    return (
        ("{ ", "key"), ("speed ", "dim"), (symbols.left_end, "dim"),
        *chart.slider(store.preference, track, symbols, ghost),
        (symbols.right_end, "dim"), (" quality ", "dim"), (text.fraction(store.preference), "strong"), (" }", "key"),
    )  # fmt: skip


def attention_line(causes: Sequence[Cause], cells: int, *, hint: bool = False) -> Line:
    """Causes in one line, worst first; ``hint`` adds the key that dismisses them."""
    if hint and causes:
        tail: Line = (("x", "key"), (" dismiss ", "soft"))
        return text.spread(attention_line(causes, cells - 12), tail, cells)
    if not causes:
        return (("all is well", "dim"),)
    entries: list[Line] = []
    for cause in causes:
        role = "bad" if cause.severity == "bad" else "warn"
        todo = f" {text.tame(cause.hint)}" if cause.hint else ""
        entries.append((("! ", role), (_counted(cause), ""), (todo, "dim")))
    return fitting(entries, cells, "   ")


def attention_lines(causes: Sequence[Cause], cells: int) -> list[Line]:
    """Each cause whole, worst first."""
    lines: list[Line] = []
    for cause in causes:
        role = "bad" if cause.severity == "bad" else "warn"
        said = f"{_counted(cause)} {text.tame(cause.hint)}".rstrip()
        parts = text.wrap(said, cells - 2)
        lines += [(("! " if at == 0 else "  ", role), (part, "")) for at, part in enumerate(parts)]
    return lines


def _counted(cause: Cause) -> str:
    often = cause.count > 1 and cause.key.startswith(("problem:", "load:"))
    return f"{text.tame(cause.message)}{f' (x{cause.count})' if often else ''}"
