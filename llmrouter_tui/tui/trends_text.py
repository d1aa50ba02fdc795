"""How things went over time, as plots: filled areas for what all did together, a line for each model and card. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmrouter_tui.core.trends import DAY, SPANS, Curve, Trends, What
from llmrouter_tui.tui import text
from llmrouter_tui.tui.symbols import ASCII, BLOCK
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets.chart import graph, spark

AXIS, NAME, FIGURES = 10, 16, 21
"""Cells of a scale, of a name, and of the figures behind a line."""
HEIGHT = 3
"""Rows of an area."""
LABELS: dict[float, str] = dict(zip(SPANS, ("10 minutes", "hour", "6 hours", "day", "7 days", "30 days"), strict=True))
MOST = 8
"""Models that get a line of their own: those that were asked most."""

ABOUT = (
    "Each value is a mean of its step, of a minute at least where something is counted; now is the newest one, up "
    "to now. A request counts when it is over, at the time that it arrived. Lost to swaps is the sum of seconds "
    "that loading and unloading took. TTFT is the time from a request's arrival to the first token: its mean here, "
    "while the p50 of the status line is the median of the last ten minutes. Tokens/s of a model is how fast it "
    "writes, of all how much is written. Memory is what all programs hold. A gap means that nothing was measured "
    "then."
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a screen knows beside the curves."""

    name: Callable[[str], str]
    """How a model is called."""
    totals: Mapping[str, int]
    """Bytes of each memory pool."""


def tabs(chosen: float) -> list[tuple[str, str, str]]:
    """`` 10m [1h] 6h ``: the spans as pieces that can be clicked, with their places as targets."""
    return [
        (
            f"[{text.ago(span)}]" if span == chosen else f" {text.ago(span)} ",
            "strong" if span == chosen else "soft",
            str(at),
        )
        for at, span in enumerate(SPANS)
    ]


def lines(found: Trends, cells: int, look: Look, known: Known, first: str = "") -> list[Line]:
    """All plots. ``first`` is a model's id or a pool, whose own come before all others."""
    models, pools = _models(found), _pools(found)
    out: list[Line] = []
    if first in models:
        out += _areas(found, first, cells, look, ("requests", "ttft", "decode"), known.name(first))
    if first in pools:
        out += _memory(found, [first], cells, look, known)
    out += _areas(
        found, "", cells, look, ("requests", "failed", "tokens", "ttft", "swaps"), "all models" if out else ""
    )
    out += _rows("TOKENS/S, WHILE IT WRITES", found, "decode", models, cells, look, known.name)
    out += _rows("MEAN TTFT", found, "ttft", models, cells, look, known.name)
    out += _memory(found, [pool for pool in pools if pool != first], cells, look, known)
    out += [((part, "soft"),) for part in text.wrap(ABOUT, cells)]
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in out]


def _models(found: Trends) -> list[str]:
    """Those with something to tell, the busiest first."""
    asked = {curve.of: sum(filter(None, curve.values)) for curve in found.curves if curve.what == "requests"}
    return sorted((model for model, times in asked.items() if model and times), key=lambda model: -asked[model])[:MOST]


def _pools(found: Trends) -> list[str]:
    return [curve.of for curve in found.curves if curve.what == "memory"]


TITLES: dict[What, str] = {
    "requests": "requests a minute",
    "failed": "failed a minute",
    "tokens": "tokens/s of all",
    "ttft": "mean TTFT",
    "decode": "tokens/s",
    "swaps": "lost to swaps",
    "memory": "memory",
    "temperature": "temperature",
    "power": "power",
    "utilization": "busy",
}


def _areas(found: Trends, of: str, cells: int, look: Look, wanted: Sequence[What], whose: str) -> list[Line]:
    out: list[Line] = [((text.tame(whose), "title"),)] if whose else []
    drawn = 0
    for what in wanted:
        curve = found.curve(what, of)
        if curve is None or (what == "failed" and not any(curve.values)):
            continue
        out += _area(curve, cells, look, None)
        drawn += 1
    return [*out, *_axis(found, cells, look), ()] if drawn else []


def _area(curve: Curve, cells: int, look: Look, top: float | None) -> list[Line]:
    """A title with figures, and the area under the curve."""
    room = max(8, cells - AXIS)
    values = stretched(curve.values, room if look.symbols in (ASCII, BLOCK) else room * 2)
    highest = top or max((value for value in curve.values if value is not None), default=0.0)
    area = graph([value or 0.0 for value in values], room, HEIGHT, look.symbols, highest or None)
    scale = [said(curve.what, highest, look) if highest else "", *[""] * (HEIGHT - 2), "0"]
    head = text.spread(((TITLES[curve.what], "strong"),), _figures(curve, look), cells)
    return [
        head,
        *(((text.right(mark, AXIS - 1) + " ", "dim"), (row, "accent")) for mark, row in zip(scale, area, strict=True)),
    ]


def _figures(curve: Curve, look: Look) -> Line:
    """The newest, the mean and the largest; of sums the sum."""
    values = [value for value in curve.values if value is not None]
    if not values:
        return (("nothing measured", "soft"),)
    most = ("most ", "soft"), (said(curve.what, max(values), look), "")
    if curve.what == "swaps":
        return (("in all ", "soft"), (said("swaps", sum(values), look), ""), ("  ", ""), *most)
    now = curve.values[-1]
    newest: Line = (("now ", "soft"), (said(curve.what, now, look), ""), ("  ", "")) if now is not None else ()
    return (*newest, ("mean ", "soft"), (said(curve.what, sum(values) / len(values), look), ""), ("  ", ""), *most)


def _rows(
    title: str, found: Trends, what: What, of: Iterable[str], cells: int, look: Look, name: Callable[[str], str]
) -> list[Line]:
    """One line for each, on a scale of its own."""
    curves = [
        curve for curve in (found.curve(what, one) for one in of) if curve and any(v is not None for v in curve.values)
    ]
    if not curves:
        return []
    room = max(8, cells - NAME - FIGURES)
    out: list[Line] = [text.spread(((title, "head"),), (("mean      most", "dim"),), cells)]
    for curve in curves:
        values = [value for value in curve.values if value is not None]
        mean, most = said(what, sum(values) / len(values), look), said(what, max(values), look)
        label = text.left(text.tame(name(curve.of)), NAME - 1, look.symbols.ellipsis) + " "
        figures = text.right(mean, FIGURES - 10) + text.right(most, 10)
        out.append(((label, "strong"), (line_of(curve, room, look), "accent"), (figures, "")))
    return [*out, ()]


def _memory(found: Trends, pools: Sequence[str], cells: int, look: Look, known: Known) -> list[Line]:
    out: list[Line] = []
    for pool in pools:
        memory = found.curve("memory", pool)
        if memory is None:
            continue
        total = known.totals.get(pool)
        out.append(((text.tame(pool), "title"), (f"  of {text.size(total)}" if total else "", "soft")))
        out += _area(memory, cells, look, float(total) if total else None)
        room = max(8, cells - NAME - FIGURES)
        for what in ("utilization", "temperature", "power"):
            curve = found.curve(what, pool)
            values = [value for value in curve.values if value is not None] if curve else []
            if curve is None or not values:
                continue
            figures = text.right(said(curve.what, sum(values) / len(values), look), FIGURES - 10)
            figures += text.right(said(curve.what, max(values), look), 10)
            out.append(
                ((text.left(TITLES[curve.what], NAME), "soft"), (line_of(curve, room, look), "accent"), (figures, ""))
            )
        out += [*_axis(found, cells, look), ()]
    return out


def line_of(curve: Curve, cells: int, look: Look) -> str:
    """The curve in one line; a blank where nothing was measured."""
    values = stretched(curve.values, cells)
    drawn = spark([value or 0.0 for value in values], cells, look.symbols)
    return "".join(" " if value is None else mark for mark, value in zip(drawn, values, strict=True))


def stretched(values: Sequence[float | None], points: int) -> list[float | None]:
    """The same curve in exactly so many points: means where it is pressed, repeats where it is drawn out."""
    out: list[float | None] = []
    for index in range(points):
        begin, end = index * len(values) // points, -(-(index + 1) * len(values) // points)
        known = [value for value in values[begin:end] if value is not None]
        out.append(sum(known) / len(known) if known else None)
    return out


def _axis(found: Trends, cells: int, look: Look) -> list[Line]:
    """When it began, the middle, and now."""
    count = max(len(curve.values) for curve in found.curves)
    span = count * found.step
    begin, middle = (_time(found.since + share * span, span, look) for share in (0, 0.5))
    room = max(8, cells - AXIS)
    if room < text.width(begin) + text.width(middle) + 12:
        return [((" " * AXIS, ""), *text.spread(((begin, "dim"),), (("now", "dim"),), room))]
    half = room // 2 - text.width(middle) // 2
    left = text.left(begin, half) + middle
    return [((" " * AXIS, ""), *text.spread(((left, "dim"),), (("now", "dim"),), room))]


def _time(at: float, span: float, look: Look) -> str:
    if span <= DAY:
        return text.when(at, look, full=False)
    return text.day_and_time(at, look) if span <= 8 * DAY else text.moment(at, look)[:10]


def said(what: What, value: float, look: Look) -> str:
    """A value with its unit."""
    if what == "memory":
        return text.size(round(value))
    if what in ("ttft", "swaps"):
        return text.seconds(value) if value >= 0.05 or value <= 0 else f"{value * 1000:.0f}ms"
    if what == "utilization":
        return f"{value * 100:.0f}%"
    unit = {
        "requests": "/min",
        "failed": "/min",
        "tokens": " tok/s",
        "decode": " tok/s",
        "temperature": f"{look.symbols.degree}C",
        "power": "W",
    }
    number = f"{value:.0f}" if value >= 10 or value <= 0 or what in ("temperature", "power") else f"{value:.1f}"
    return number + unit[what]
