"""Memory pools and what would fit, as text at a given width. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device, ModelView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import models_text, panels, text
from llmrouter_tui.tui.fitting import HOST_SHARE, Fit, Limits, pool
from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part
from llmrouter_tui.tui.held import names
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets import chart

GIB = 1024**3
SHORTEST_NAME = 8
NAME_CELLS = 18
NO_GPU = "no GPU probe: models are counted against RAM"


def limits(store: Store) -> Limits:
    """What the settings keep free."""

    def number(key: str) -> float | None:
        setting = store.settings.get(key)
        return float(setting.value) if setting and isinstance(setting.value, (int, float)) and setting.value else None

    reserve, most = number("vram_reserve_gb"), number("vram_max_gb")
    return Limits(
        reserve=int(reserve * GIB) if reserve is not None else Limits().reserve,
        most=int(most * GIB) if most is not None else None,
        places={view.name: view.places for view in store.backends.values() if view.places is not None},
    )


# ── one pool ──────────────────────────────────────────────────────────────────────────────────────────────────────


def pool_parts(device: Device, look: Look) -> tuple[Part, ...]:
    """Label, device, temperature, power and load; where there is little room, the load stays longest."""
    parts = [
        Part(panels.pool_label(device), NAME),
        Part(panels.device_name(device, 24) if device.name != "RAM" else "", FACT),
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


def pool_note(device: Device, keep: Limits) -> str:
    """``3.7G left``: what a model may still take."""
    return f"{text.size(pool(device, keep).free)} left"


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


def bar(store: Store, device: Device, cells: int, look: Look, keep: Limits) -> Line:
    """Models by size, then what is not ours, what is free, and the line that loading does not pass."""
    most = HOST_SHARE if device.pool == HOST_POOL else pool(device, keep).budget / max(1, device.total)
    return chart.meter(panels.memory_parts(store, device), device.total, cells, look.symbols, most)


def legend(store: Store, device: Device, now: float, look: Look) -> list[Line]:
    """A line per model, and one for the rest."""
    inside = panels.residents(store, device.pool)
    models = [weights.model for weights in inside]
    lines: list[Line] = []
    for index, (weights, model) in enumerate(zip(inside, models, strict=True)):
        name = fmt.short_model(store.name(model.id), NAME_CELLS, look.symbols.ellipsis)
        size = models_text.memory_text(model, "?")
        lines.append(
            (
                (f"{fill(model, index, look)} ", panels.fill_role(index)),
                (text.left(name, NAME_CELLS), ""),
                (text.right(size, 7), "guess" if size.startswith("~") else "strong"),
                (f"  {doing(model, now)}", "run" if model.busy else "dim"),
                ("  pinned" if model.pinned else "", "key"),
                ("".join(f"  = {store.name(other)}" for other in weights.others), "soft"),
            )
        )
    other = panels.not_ours(store, device)
    if other > 64 * 1024**2:
        untold = any(model.footprint is None for model in models)
        said = "  the system, and models of untold size" if untold else "  the system and other programs"
        lines.append(
            (
                (f"{look.symbols.other} ", "other"),
                (text.left("not ours", NAME_CELLS), "dim"),
                (text.right(text.size(other), 7), "dim"),
                (said if device.pool == HOST_POOL or untold else "", "dim"),
            )
        )
    return lines or [(("nothing is loaded", "dim"),)]


def fill(model: ModelView, index: int, look: Look) -> str:
    """The pattern that a model has in the bar; ``?`` where its size is not told."""
    return look.symbols.fills[index % len(look.symbols.fills)] if model.footprint else "?"


def doing(model: ModelView, now: float) -> str:
    """``busy, 2 answers``, ``idle 4m``, ``loading``, ``size not told``."""
    if model.busy:
        said = f"busy, {model.leases} answer{'s' if model.leases > 1 else ''}"
    elif model.residency in ("loading", "unloading"):
        said = model.residency
    elif model.last_used is None:
        said = "not used yet"
    else:
        idle = now - model.last_used
        said = f"idle {text.ago(idle)}" if idle >= 60 else f"warm {text.ago(idle)}"
    return said if model.footprint is not None else f"{said}, size not told"


def pool_panel(store: Store, device: Device, now: float, cells: int, rows: int, look: Look) -> list[Line]:
    """A pool in a panel: scale, bar, legend, and the last ten minutes in the rows that are left."""
    if device.problem:
        return [((part, "warn"),) for part in text.wrap(f"! {text.tame(device.problem)}", cells)]
    keep = limits(store)
    figures = f"  {panels.used_text(device)}"
    length = cells - len(figures)
    bar_line = (*bar(store, device, length, look, keep), (figures, "strong"))
    lines: list[Line] = [axis(device.total, length), bar_line]
    lines += [text.clip_line(line, cells, look.symbols.ellipsis) for line in legend(store, device, now, look)]
    if device.pool == HOST_POOL and not has_gpu(store):
        lines.append(((NO_GPU, "warn"),))
    spare = rows - len(lines) - 2
    if spare >= 2:
        lines += [(), *history(store, device, now, cells, min(spare, 8) // 2 * 2, look)]
    return lines


def history(store: Store, device: Device, now: float, cells: int, rows: int, look: Look) -> list[Line]:
    """Memory used over the last ten minutes, with a scale at the left."""
    used = store.memory.series(device.pool, now)
    width = cells - 5
    points = width * 2 if look.symbols.name == "braille" else width
    drawn = chart.graph(stretch(used, points), width, rows, look.symbols, top=float(device.total))
    ascii_only = look.symbols.name == "ascii"
    edge, corner = ("| ", "+") if ascii_only else ("│ ", "└")
    lines: list[Line] = []
    for index, shown in enumerate(drawn):
        value = f"{device.total * (rows - index) / rows / GIB:.0f}" if index in (0, rows // 2) else ""
        lines.append(((text.right(value, 3), "dim"), (edge, "rule"), (shown, "fill0")))
    rule = look.symbols.rule
    first, last = " -10m ", " now"
    half = (width - len(first) - len(last) - 6) // 2
    foot = f"{rule}{first}{rule * half} -5m {rule * (width - half - len(first) - len(last) - 6)}{last}"
    return [*lines, (("   ", ""), (corner + foot, "rule"))]


def stretch(values: Sequence[float], points: int) -> list[float]:
    """Ten minutes of values (``memory.KEPT`` when complete) in ``points`` places; what is not known yet is 0."""
    whole = [0.0] * max(0, 120 - len(values)) + list(values)
    return [whole[min(len(whole) - 1, index * len(whole) // points)] for index in range(points)]


def pools_brief(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    """Every pool in three lines, and their last ten minutes in one: for where rows or columns are scarce."""
    pools = panels.pools(store)
    if not pools:
        return [(("Memory is not measured here.", "soft"),)]
    keep = limits(store)
    lines: list[Line] = []
    for device in pools:
        title: Line = ((pool_title(device, look), "title"),)
        if device.problem:
            lines += [title, text.clip_line(((f"! {text.tame(device.problem)}", "warn"),), cells)]
            continue
        figures = f"  {panels.used_text(device)}"
        lines.append(text.spread(title, ((pool_note(device, keep), "soft"),), cells))
        lines.append((*bar(store, device, cells - len(figures), look, keep), (figures, "strong")))
        lines.append(_legend_brief(store, device, now, cells, look))
    if not has_gpu(store):
        lines.append(((NO_GPU, "warn"),))
    return [*lines, _history_brief(store, pools, now, cells, look)]


def _legend_brief(store: Store, device: Device, now: float, cells: int, look: Look) -> Line:
    full = text.join(_entries(store, device, now, look, states=True), "   ")
    if text.line_width(full) <= cells:
        return full
    return panels.fitting(_entries(store, device, now, look, states=False), cells, "   ")


def _entries(store: Store, device: Device, now: float, look: Look, *, states: bool) -> list[Line]:
    """A pool's models, and what is not ours, each in a few words; ``states`` says what each model does."""
    inside = panels.residents(store, device.pool)
    models = [weights.model for weights in inside]
    entries: list[Line] = [
        (
            (f"{fill(model, index, look)} ", panels.fill_role(index)),
            (names(weights, lambda id_: fmt.short_model(store.name(id_), NAME_CELLS)), ""),
            (f" {models_text.memory_text(model, '?')}", "strong"),
            (f" {panels.model_state(model, now)}" if states else "", "run" if model.busy else "dim"),
        )
        for index, (weights, model) in enumerate(zip(inside, models, strict=True))
    ]
    other = panels.not_ours(store, device)
    if other > 64 * 1024**2:
        entries.append(((f"{look.symbols.other} ", "other"), (f"not ours {text.size(other)}", "dim")))
    return entries or [(("nothing is loaded", "dim"),)]


def _history_brief(store: Store, pools: Sequence[Device], now: float, cells: int, look: Look) -> Line:
    shown = pools[:4]
    each = max(8, (cells - 8) // len(shown) - 8)
    parts: list[Line] = []
    for device in shown:
        used = stretch(store.memory.series(device.pool, now), each)
        drawn = chart.spark(used, each, look.symbols, top=float(device.total) or None)
        parts.append(((f"{panels.pool_label(device)} ", "dim"), (drawn, "fill0")))
    return text.clip_line((("10 min  ", "head"), *text.join(parts, "  ")), cells)


def has_gpu(store: Store) -> bool:
    """Whether any pool is a GPU."""
    return any(device.pool != HOST_POOL for device in store.devices)


# ── what would fit ────────────────────────────────────────────────────────────────────────────────────────────────


def fit_head(cells: int) -> Line:
    """Titles of the list's columns."""
    name, _ = _fit_cells(cells)
    head = f"{text.left('MODEL', name)} {'NEEDS':>6}  {'WHERE':5} NOW"
    return ((text.left(head, cells - 6), "head"), (text.right("COST", 6), "head"))


def _fit_cells(cells: int) -> tuple[int, int]:
    """Cells of the name and of what loading would mean."""
    name = min(22, max(14, cells // 3 - 2))
    return name, cells - name - 1 - 6 - 2 - 5 - 1 - 7


def fit_row(fit: Fit, cells: int, shown: Shown) -> Line:
    """One model: what it needs, where, what loading it now would mean, seconds."""
    model, name, look = fit.model, shown.store.name, shown.look
    size, room = _fit_cells(cells)
    said, role = verdict(fit, shown, room)
    cost = text.seconds(fit.seconds, look.symbols.none if fit.verdict != "loaded" else "")
    if fit.seconds is not None and not model.speed.load_samples:
        cost = f"~{cost}"
    return (
        (text.left(fmt.short_model(name(model.id), size, look.symbols.ellipsis), size), "" if model.enabled else "dim"),
        (text.right(models_text.memory_text(model, "?"), 7), "guess" if model.footprint_source == "estimated" else ""),
        (f"  {text.left(models_text.place_name(model.pool), 5)} ", "soft"),
        (text.left(said, room, look.symbols.ellipsis), role),
        (text.right(cost, 7), "guess" if cost.startswith("~") else ""),
    )


def verdict(fit: Fit, shown: Shown, room: int = 80) -> tuple[str, str]:
    """What loading it now would mean, in a few words; where ``room`` is scarce, a name is cut and no count."""
    symbols, name = shown.look.symbols, shown.store.name
    if shown.asked:
        return models_text.state_cell(fit.model, shown)
    if fit.verdict == "loaded":
        said, role = models_text.state_cell(fit.model, shown)
        return f"{said}{' pinned' if fit.model.pinned else ''}", "dim" if role == "good" else role
    if not fit.model.healthy:
        return f"{symbols.down} {fit.model.info.backend} is down", "bad"
    if fit.verdict == "fits":
        return f"{symbols.ok} fits{_beyond(fit)}", "good"
    if fit.verdict == "evicts":
        more = f" +{len(fit.evicts) - 1}" if len(fit.evicts) > 1 else ""
        later = " when it is done" if fit.drains else _beyond(fit)
        if room - len(f"{symbols.retry} evicts {more}{later}") < SHORTEST_NAME:
            later = ""
        left = room - len(f"{symbols.retry} evicts {more}{later}")
        gone = fmt.short_model(name(fit.evicts[0]), max(SHORTEST_NAME, min(NAME_CELLS, left)), symbols.ellipsis)
        return f"{symbols.retry} evicts {gone}{more}{later}", "warn"
    if fit.verdict == "too big":
        return f"{symbols.fail} too big by {text.size(fit.missing)}", "dim"
    if fit.verdict == "full":
        return f"{symbols.fail} no room: {fit.reason}", "dim"
    return f"? {'size not told' if fit.model.footprint is None else 'memory not measured'}", "soft"


def _beyond(fit: Fit) -> str:
    """What of a model that is larger than its GPU goes elsewhere."""
    return f", {text.size(fit.spilled)} in RAM" if fit.spilled else ""


def fit_note(fitting: Sequence[Fit]) -> tuple[Part, ...]:
    """How many figures are guessed, and the key that loads."""
    guessed = sum(1 for fit in fitting if fit.model.footprint_source == "estimated")
    return (Part(f"~ estimated for {guessed}" if guessed else ""), Part("⏎ load", WORDS))
