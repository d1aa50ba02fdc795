"""The panels of the Dash as text at a given width: memory, throughput, attention. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device, ModelView
from llmrouter_tui.tui import text
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.held import Held, held, in_memory, names
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart

LABEL = 9
"""Cells of a figure's name in the throughput panel."""


def pools(store: Store) -> list[Device]:
    """Memory pools worth showing: GPUs, and the host's RAM where there is no GPU or a model lives in it."""
    gpus = [device for device in store.devices if device.pool != HOST_POOL]
    inhabited = any(model.pool == HOST_POOL and in_memory(model) for model in store.models.values())
    return [d for d in store.devices if d.pool != HOST_POOL or not gpus or inhabited]


def residents(store: Store, pool: str) -> list[Held]:
    """What is in a pool, largest first."""
    inside = held(model for model in store.models.values() if model.pool == pool)
    return sorted(inside, key=lambda weights: (-(weights.model.footprint or 0), weights.model.id))


def loaded_text(store: Store) -> str:
    """``3 models loaded``; names of the same weights are one."""
    count = len(held(store.models.values()))
    return f"{count} model{'s' if count != 1 else ''} loaded"


def pool_label(device: Device) -> str:
    """``GPU0``, or ``RAM`` for the host."""
    return "RAM" if device.pool == HOST_POOL else device.pool.upper()


def device_name(device: Device, cells: int) -> str:
    """The device's name without its maker."""
    name = text.tame(device.name)
    for maker in ("NVIDIA GeForce ", "NVIDIA ", "GeForce ", "AMD Radeon ", "AMD ", "Apple "):
        name = name.removeprefix(maker)
    return text.clip(name, cells) if name != pool_label(device) else ""


def fill_role(index: int) -> str:
    """The role of the n-th model in a memory bar."""
    return f"fill{index % 4}"


def memory_bar(store: Store, device: Device, cells: int, look: Look) -> Line:
    """Models by size, what is not ours, what is free; the figures are beside it."""
    return chart.meter(memory_parts(store, device), device.total, cells, look.symbols)


def memory_parts(store: Store, device: Device) -> list[tuple[float, str]]:
    """Bytes and role of each model in a pool, largest first, and of what is not ours."""
    models = [weights.model for weights in residents(store, device.pool)]
    whole = sum(model.footprint or 0 for model in models if model.residency == "resident")
    parts: list[tuple[float, str]] = []
    for index, model in enumerate(models):
        amount = model.footprint or 0
        if model.residency != "resident":  # under way: only what is there already
            amount = max(0, min(amount, device.used - whole))
        parts.append((float(amount), fill_role(index)))
    return [*parts, (float(not_ours(store, device)), "other")]


def not_ours(store: Store, device: Device) -> int:
    """Bytes used beyond the footprints that are known; all of a model that loads counts as there."""
    return max(0, device.used - sum(weights.model.footprint or 0 for weights in residents(store, device.pool)))


def used_text(device: Device) -> str:
    """``19.8/24.0G``"""
    return f"{text.gib(device.used)}/{text.gib(device.total)}G"


def model_state(model: ModelView, now: float) -> str:
    """``busy``, ``loading``, ``pinned``, ``idle 4m``: what a resident model does, in a word or two."""
    if model.residency in ("loading", "unloading"):
        return model.residency
    if model.busy:
        return "busy"
    if model.pinned:
        return "pinned"
    if model.last_used is None:
        return "idle"
    idle = now - model.last_used
    return f"idle {text.ago(idle)}" if idle >= 60 else "warm"


def vram_lines(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    """The memory panel: three lines a pool."""
    lines: list[Line] = []
    for device in pools(store):
        lines.append(_device_line(store, device, cells, look))
        if device.problem:
            lines.append(((f"! {text.tame(device.problem)}", "warn"),))
            continue
        figures = f"  {used_text(device):>10}"
        lines.append((*memory_bar(store, device, cells - len(figures), look), (figures, "strong")))
        lines.append(_legend(store, device, now, cells, look))
    return lines


def _device_line(store: Store, device: Device, cells: int, look: Look) -> Line:
    facts = []
    if device.temperature is not None:
        facts.append(f"{device.temperature:.0f}{look.symbols.degree}C")
    if device.power is not None:
        facts.append(f"{device.power:.0f}W")
    head = _device_head(device, facts)
    if device.utilization is None:
        return head
    label, busy = "CPU " if device.pool == HOST_POOL else "util ", f"{text.percent(device.utilization):>4}"
    while facts and text.line_width(head) + len(label) + len(busy) >= cells:
        facts.pop()
        head = _device_head(device, facts)
    spare = min(10, cells - text.line_width(head) - len(label) - len(busy) - 2)
    history = ""
    if spare >= 3:  # where there is little room the figure stays and its history shrinks
        history = chart.spark(store.device_history(device.pool), spare, look.symbols, top=1.0) + " "
    return text.spread(head, ((label, "dim"), (history, "accent"), (busy, "")), cells)


def _device_head(device: Device, facts: Sequence[str]) -> Line:
    tail = "   " + "  ".join(facts) if facts else ""
    return (f"{pool_label(device)} ", "strong"), (device_name(device, 24), ""), (tail, "dim")


def _legend(store: Store, device: Device, now: float, cells: int, look: Look) -> Line:
    full = _legend_entries(store, device, now, look, states=True)
    if text.line_width(text.join(full, "   ")) <= cells:
        return text.join(full, "   ")
    return fitting(_legend_entries(store, device, now, look, states=False), cells, "   ")


def _legend_entries(store: Store, device: Device, now: float, look: Look, *, states: bool) -> list[Line]:
    inside = residents(store, device.pool)
    entries: list[Line] = []
    for index, weights in enumerate(inside):
        model = weights.model
        fill = look.symbols.fills[index % len(look.symbols.fills)]
        guess = "~" if model.footprint_source == "estimated" else ""
        entry: Line = (
            (f"{fill} ", fill_role(index)),
            (f"{text.tame(names(weights, store.name))} ", ""),
            (f"{guess}{text.size(model.footprint)}", "strong"),
        )
        state: Line = ((f" {model_state(model, now)}", "run" if model.busy else "dim"),) if states else ()
        entries.append(entry + state)
    other = not_ours(store, device)
    if other > 64 * 1024**2:
        entries.append(((f"{look.symbols.other} ", "other"), ("other ", "dim"), (text.size(other), "dim")))
    if not inside:
        entries.append((("no model loaded", "dim"),))
    return entries


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
    for device in pools(store):
        model = device_name(device, 24).removeprefix("RTX ").removeprefix("GTX ").partition(" (")[0]
        kind = text.left(model, 8) + " " if cells >= 70 else ""
        head: Line = ((f"{pool_label(device)} ", "strong"), (kind, "dim"))
        if device.problem:
            lines.append(text.clip_line((*head, (f"! {text.tame(device.problem)}", "warn")), cells))
            continue
        used = f" {used_text(device):>10} "
        busy = f"{text.percent(device.utilization):>4}  " if device.utilization is not None else "      "
        busy = f"CPU {busy}" if device.pool == HOST_POOL and busy.strip() else busy
        called: list[Line] = [((text.tame(names(w, store.name)), ""),) for w in residents(store, device.pool)]
        bar = memory_bar(store, device, max(8, min(24, cells // 3 - (0 if kind else 4))), look)
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
    tall = 2 if rows >= 9 else 1
    lines: list[Line] = []
    for label, figure, values, role in figures:
        drawn = chart.graph(values, max(4, cells - LABEL - 8), tall, look.symbols)
        gap = (" " * (LABEL + 8), "")
        lines += [(gap, (upper, role)) for upper in drawn[:-1]]
        lines.append(((text.left(label, LABEL), "dim"), (f"{figure:>6}  ", "strong"), (drawn[-1], role)))
    rest = [outcome_line(store, now), rated_line(store), preference_line(store, cells, look, ghost)]
    spare = rows - len(lines) - len(rest)
    if spare > 0:
        rest.insert(0, ())
    return lines + rest[-(rows - len(lines)) :] if rows > len(lines) else lines[:rows]


def throughput_brief(store: Store, now: float, cells: int, look: Look) -> Line:
    """The throughput panel in one line."""
    requests, tokens, ttfts = store.rates.series(now)
    p50 = text.seconds(store.rates.ttft_p50(now), look.symbols.none)
    line: Line = ()
    for bars, digits in ((10, 1), (7, 1), (5, 1), (3, 1), (0, 1), (0, 0)):
        parts = [
            _brief("req/min", str(store.rates.per_minute(now)), requests, "fill0", bars, look),
            _brief("tok/s", f"{store.rates.tokens_per_second(now):.0f}", tokens, "fill1", bars, look),
            _brief("TTFT", p50, ttfts, "fill2", bars, look),
            outcome_line(store, now, brief=True, digits=digits),
        ]
        line = text.join(parts, "   " if bars else "  ")
        if text.line_width(line) <= cells:
            return line
    return text.clip_line(line, cells)


def _brief(label: str, figure: str, values: Sequence[float], role: str, bars: int, look: Look) -> Line:
    drawn = f" {chart.spark(values, bars, look.symbols)}" if bars else ""
    return ((f"{label} ", "dim"), (f"{figure:>4}", "strong"), (drawn, role))


def outcome_line(store: Store, now: float, *, brief: bool = False, digits: int = 1) -> Line:
    """``ok 97.6%  retried 1.9%  failed 0.5%``"""
    rates = store.rates.outcomes(now)
    total = rates.ok + rates.failed
    if not total:
        return (("no answers lately", "dim"),)
    spans: list[Span] = [("ok ", "dim"), (text.percent(rates.ok / total, digits), "good")]
    if not brief:
        spans += [
            ("   retried ", "dim"),
            (text.percent(rates.retried / total, digits), "warn" if rates.retried else ""),
        ]
    spans += [("  failed " if brief else "   failed ", "dim")]
    spans += [(text.percent(rates.failed / total, digits), "bad" if rates.failed else "")]
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
        counted = f" (x{cause.count})" if cause.count > 1 and cause.key.startswith(("problem:", "load:")) else ""
        role = "bad" if cause.severity == "bad" else "warn"
        todo = f" {text.tame(cause.hint)}" if cause.hint else ""
        entries.append((("! ", role), (text.tame(cause.message) + counted, ""), (todo, "dim")))
    return fitting(entries, cells, "   ")
