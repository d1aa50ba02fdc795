"""How it went with one model: its speeds over time, when it is chosen, to whom it loses, its newest exchanges. Pure."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.trends import Curve, Trends, What
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text, trends_text
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.rivals import Choices, evictions
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets.chart import graph

LABEL, SIDE = 9, 20
"""Cells of a label, and of what stands at the left of a plot."""
TASK, STATE = 9, 7
"""Cells of columns of its newest exchanges."""
LEADERS = 3
"""Tasks and rivals that are named."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a screen knows of how things went."""

    choices: Choices
    trends: Trends | None = None
    span: float = 0.0
    """Seconds that ``trends`` look back."""


def lines(model: ModelView, shown: Shown, course: Course, cells: int) -> list[Line]:
    """Plots, then a line or two each for what it is chosen for, whom it loses to, who makes it leave."""
    out = plots(model.id, course, cells, shown.look)
    for label, said in told(model, shown, course.choices):
        parts = text.wrap(text.tame(said), max(8, cells - LABEL)) if said else []
        out += [((text.left(label if i == 0 else "", LABEL), "head"), (part, "")) for i, part in enumerate(parts)]
    return out


def told(model: ModelView, shown: Shown, choices: Choices) -> tuple[tuple[str, str], ...]:
    """What there is to tell of choices and evictions, each behind its label; empty where there is nothing."""
    return (
        ("CHOSEN", chosen(model, choices)),
        ("LOSES TO", loses(model, shown, choices)),
        ("EVICTED", evicted(model, shown)),
    )


def plots(model: str, course: Course, cells: int, look: Look) -> list[Line]:
    """Tokens/s and TTFT, each as two rows beside its figure, and the time that they span."""
    if course.trends is None:
        return []
    wanted: tuple[What, ...] = ("decode", "ttft")
    curves = [curve for what in wanted if (curve := _told(course.trends, what, model))]
    if not curves:
        return []
    out = [line for curve in curves for line in _plot(curve, cells, look)]
    return [*out, _axis(course, cells)]


def _told(trends: Trends, what: What, model: str) -> Curve | None:
    curve = trends.curve(what, model)
    return curve if curve and any(value is not None for value in curve.values) else None


def _plot(curve: Curve, cells: int, look: Look) -> list[Line]:
    """Two rows: the most at the upper end of the scale, the mean below the name."""
    known = [value for value in curve.values if value is not None]
    most, mean = max(known), sum(known) / len(known)
    room = max(8, cells - SIDE)
    points = room if look.symbols.name != "braille" else room * 2
    values = [value or 0.0 for value in trends_text.stretched(curve.values, points)]
    upper, lower = graph(values, room, 2, look.symbols, most or None)
    name, ink = ("TTFT", "fill2") if curve.what == "ttft" else ("TOK/S", "fill1")  # those of the Dash
    return [
        (
            (text.left(name, LABEL), "head"),
            (text.left(f"max {_bare(curve, most)}", SIDE - LABEL), "dim"),
            (upper, ink),
        ),
        ((" " * LABEL, ""), (text.left(f"mean {_bare(curve, mean)}", SIDE - LABEL), "strong"), (lower, ink)),
    ]


def _bare(curve: Curve, value: float) -> str:
    if curve.what == "ttft":
        return text.seconds(value) if value >= 0.05 else f"{value * 1000:.0f}ms"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def _axis(course: Course, cells: int) -> Line:
    begin = f"{text.ago(course.span)} ago"
    return ((" " * SIDE, ""), *text.spread(((begin, "dim"),), (("now", "dim"),), max(8, cells - SIDE)))


def chosen(model: ModelView, choices: Choices) -> str:
    """``coding 12 of 14, math 2 of 9``: how often it was first, of the times that it could have been."""
    if not choices.looked_at:
        return ""
    taken = [(count, task) for (who, task), count in choices.chosen.items() if who == model.id]
    if not taken:
        return f"for none of the last {choices.looked_at}" if _could(model, choices) else ""
    named = [f"{task} {count} of {choices.could[model.id, task]}" for count, task in sorted(taken, reverse=True)]
    return f"{', '.join(named[:LEADERS])} (of the last {choices.looked_at})"


def _could(model: ModelView, choices: Choices) -> bool:
    return any(who == model.id for who, _ in choices.could)


def loses(model: ModelView, shown: Shown, choices: Choices) -> str:
    """``phi4:14b (math 9, chat 2), llama3.1:8b (chat 31)``: who was first where it was a candidate."""
    by_winner: dict[str, Counter[str]] = {}
    for (who, winner, task), count in choices.lost.items():
        if who == model.id:
            by_winner.setdefault(winner, Counter())[task] += count
    ranked = sorted(by_winner.items(), key=lambda pair: -pair[1].total())[:LEADERS]
    return ", ".join(
        f"{fmt.short_model(shown.store.name(winner), 24)}"
        f" ({', '.join(f'{task} {count}' for task, count in tasks.most_common(2))})"
        for winner, tasks in ranked
    )


def evicted(model: ModelView, shown: Shown) -> str:
    """``12 times for qwen2.5vl:7b``: of the loads and unloads that the screen holds."""
    gone = evictions(shown.store, model.id).most_common(LEADERS)
    return ", ".join(
        f"{'once' if count == 1 else f'{count} times'} for {fmt.short_model(shown.store.name(other), 24)}"
        for other, count in gone
    )


def latest(model: ModelView, store: Store, most: int) -> list[str]:
    """Ids of its newest exchanges, of those that the screen holds."""
    return list(islice((id_ for id_ in store.order if store.rows[id_].model == model.id), most))


def exchange_line(row: Row, cells: int, look: Look) -> Line:
    """``8f1f 21:04:01 reasoning  ✓ 640t   +  A farmer has to…``"""
    state, role = fmt.state(row, look)
    mark, mark_role = fmt.rating(row, look)
    task = row.exchange.decision.analysis.task if row.exchange.decision else ""
    line: Line = (
        (f"{row.id[-4:]} {text.when(row.exchange.at, look)} ", "dim"),
        (text.left(fmt.short_task(task, TASK), TASK + 1), ""),
        (text.left(state, STATE + 1), role),
        (text.left(mark, 4), mark_role),
        (text.tame(row.exchange.prompt, look.symbols.enter), "soft"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)
