"""What was measured of each model as a table, and how far the run is as a bar. Pure.

Columns go by a fixed order when the terminal narrows: needs beyond text first, then memory, the last tasks and the
speed; the name, the first tasks and the state stay.
"""

from collections.abc import Sequence

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.profile import ProfileRun, TaskProgress
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import models_text, text
from llmrouter_tui.tui.bench import Benched
from llmrouter_tui.tui.format import Column, Placed
from llmrouter_tui.tui.heads import FACT, FIGURE, NAME, WORDS, Part
from llmrouter_tui.tui.roster import SHOWN_TASKS
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart
from llmrouter_tui.tui.work_text import doing, eta_text

NEED_HEADS = {"tools": "TOOL", "vision": "VISN", "json": "JSON", "context": "LONG", "thinking": "THNK"}
HEADS = {**models_text.HEADS, **NEED_HEADS}
TASK_CELLS, NARROW_TASK, WIDEST_TASK = 6, 4, 10
BAR_FROM = 8
"""Cells of a task's column from which the task in turn has a bar."""
NAME_CELLS = 24
SPEED = "speed"
"""What prompts tell of that are only timed."""
DROP_ORDER = (*NEED_HEADS, "vram", "translation", "extraction", "instruction", "creative", "factual", "speed", "chat")
SHORT_BAR, LONG_BAR = 12, 60


def place_columns(cells: int, longest: int, needs: Sequence[str] = ()) -> tuple[Placed, ...]:
    """The columns that fit into ``cells`` and how wide each is: the name takes what its longest needs, then the tasks
    get room for bars."""
    wide = cells >= fmt.WIDE
    tasks = [Column(task, HEADS[task], TASK_CELLS, NARROW_TASK, gap=1) for task in (*SHOWN_TASKS, *needs)]
    shown = [
        Column("model", "MODEL", 14, 12, gap=0),
        *tasks,
        Column("speed", "TOK/S", 5, 5, right=True, gap=1),
        Column("vram", "VRAM", 6, 6, right=True, gap=1),
        Column("state", "STATE", 15, 13, gap=2 if wide else 1),
    ]

    def need() -> int:
        return sum((c.cells if wide else c.narrow) + c.gap for c in shown)

    for drop in DROP_ORDER:
        if need() <= cells:
            break
        shown = [column for column in shown if column.id != drop]
    spare = max(0, cells - need())
    name = min(spare, max(0, min(longest, NAME_CELLS) - (14 if wide else 12)))
    many = sum(1 for column in shown if column.id in HEADS)
    each = min((spare - name) // many, WIDEST_TASK - TASK_CELLS) if wide and many else 0
    extra = {"model": name, **dict.fromkeys(HEADS, each)}
    return tuple((c, (c.cells if wide else c.narrow) + extra.get(c.id, 0)) for c in shown)


def head(placed: Sequence[Placed]) -> Line:
    """The line of column titles."""
    spans: list[Span] = []
    for column, size in placed:
        spans.append((" " * column.gap, ""))
        spans.append((text.right(column.head, size) if column.right else text.left(column.head, size), "head"))
    return tuple(spans)


def row(one: Benched, placed: Sequence[Placed], now: float, look: Look, name: str, marked: bool = False) -> Line:
    """One model as a line of exactly the columns placed."""
    spans: list[Span] = []
    for column, size in placed:
        spans.append((" " * column.gap, ""))
        line = _cell(one, column.id, size, now, look, name, marked)
        spans += [*line, (" " * (size - text.line_width(line)), "")]
    return tuple(spans)


def _cell(one: Benched, column: str, size: int, now: float, look: Look, name: str, marked: bool) -> Line:
    if column in HEADS:
        return task_cell(one, column, size, look)
    if column == "model":
        mark = f"{look.symbols.up} " if marked else ""
        shown = fmt.short_model(name, size - len(mark), look.symbols.ellipsis)
        return ((mark, "key"), (shown, "strong" if one.active else "" if one.view else "dim"))
    if column == "state":
        said, role = state_text(one, size, now, look)
        return ((text.clip(said, size, look.symbols.ellipsis), role),)
    said, role = speed_text(one, look) if column == "speed" else memory_text(one.view, look)
    return ((text.right(said, size), role),)


# ── one cell ──────────────────────────────────────────────────────────────────────────────────────────────────────


def task_cell(one: Benched, task: str, size: int, look: Look) -> Line:
    """``✓ .60`` measured (see ``score_text``), ``▓▓░░ 7/12`` in turn, ``·`` queued, ``○ 2`` answered without a verdict,
    ``—`` not asked."""
    progress = one.task(task)
    if progress is not None and progress.done < progress.total and (one.active or one.turn):
        if progress.done or one.about == task:
            return _bar(progress, size, look, here=one.about == task)
        return ((f"{look.symbols.dot}{' queued' if size >= BAR_FROM else ''}", "dim"),)
    score = one.score(task) if progress is None or not one.active else None
    if score is not None:
        return (score_text(score.right / score.checked, size, look),)
    if progress is None or not progress.done:
        return ((look.symbols.none if one.progress or one.profile else "", "dim"),)
    if progress.checked:
        return (score_text(progress.right / progress.checked, size, look),)
    return ((f"{look.symbols.off}{' ' if size > NARROW_TASK else ''}{progress.done}", "soft"),)


def score_text(share: float, size: int, look: Look) -> Span:
    """``✓ .60``, in four cells ``✓.60`` and ``✓1.0``; ``≈ .30`` where most was wrong, ``✗ .00`` where all was."""
    symbols, said = look.symbols, text.fraction(share)
    mark = symbols.ok if share >= 0.5 else symbols.fail if said == ".00" else symbols.close
    role = "strong" if share >= 0.8 else "bad" if said == ".00" else ""
    return (f"{mark} {said}" if size > NARROW_TASK else f"{mark}{said[:3]}"), role


def _bar(progress: TaskProgress, size: int, look: Look, *, here: bool) -> Line:
    said, role = f"{progress.done}/{progress.total}", "run" if here else "soft"
    room = size - len(said) - 1
    if here and room >= 3:
        return (*chart.progress(progress.done / progress.total, room, look.symbols), (f" {said}", role))
    mark = f"{look.symbols.run} " if here and room >= 1 else ""
    return ((mark + said, role),)


def speed_text(one: Benched, look: Look) -> Span:
    """Tokens a second that it wrote when it was measured; else as Models tells it."""
    timed = one.task(SPEED)
    if one.active and one.about == SPEED and timed is not None:
        return f"{timed.done}/{timed.total}", "run"
    if one.profile is not None and one.profile.decode is not None:
        return models_text.speed_text(one.profile.decode), ""
    return models_text.speed_cell(one.view) if one.view else (look.symbols.none, "dim")


def memory_text(view: ModelView | None, look: Look) -> Span:
    """What it takes in memory."""
    if view is None:
        return look.symbols.none, "dim"
    return models_text.memory_text(view, look.symbols.none), "guess" if view.footprint_source == "estimated" else ""


def state_text(one: Benched, size: int, now: float, look: Look) -> Span:
    """``▶ 6m02s``, ``▶ waits``, ``2nd``, ``✓ done 4m10s``, ``✗ failed``; of a model that is in no run how long ago it
    was measured, ``old`` where it is to be done anew."""
    symbols, progress = look.symbols, one.progress
    if progress is None:
        return _age(one, now, size)
    if progress.state == "queued":
        return (place(one.turn), "soft") if one.turn else _age(one, now, size)
    spent = text.span(progress.seconds)
    if progress.state == "done":
        word = "" if size < 14 and len(spent) > 4 else "done "
        return (f"{symbols.ok} {word}{spent}" if progress.total else f"{symbols.ok} all fresh"), "good"
    if progress.state == "failed":
        return f"{symbols.fail} failed", "bad"
    if progress.state == "stopped":
        return f"{symbols.left} stopped {progress.done}/{progress.total}", "dim"
    word = {"waiting": "waits", "loading": "loads", "asking": "asks"}[progress.state]
    return f"{symbols.run} {word} {spent}", "warn" if progress.state == "waiting" else "run"


def _age(one: Benched, now: float, size: int) -> Span:
    if one.profile is None or not one.profile.at:
        return "not measured", "dim"
    if one.view is None:
        return "not here now", "dim"
    since = text.ago(now - one.profile.at)
    if not one.profile.stale:
        return f"{since} ago", "soft"
    said = f"{since} ago, {one.profile.stale} old"
    return (said if text.width(said) <= size else f"{since}, {one.profile.stale} old"), "warn"


def place(turn: int) -> str:
    """``next``, ``2nd``, ``11th``: its place among those that wait."""
    if turn == 1:
        return "next"
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{turn}{'th' if turn % 100 in (11, 12, 13) else ends.get(turn % 10, 'th')}"


# ── the whole run ─────────────────────────────────────────────────────────────────────────────────────────────────


def title(run: ProfileRun, now: float, look: Look) -> tuple[Part, ...]:
    """``Profile  quick  started 20:52  ends 21:15``"""
    if not run.started:
        return (Part("Profile", NAME),)
    kind = f"{'quick' if run.quick else 'full'} run"
    parts = [Part("Profile", NAME), Part(kind, FACT), Part(f"started {text.when(run.started, look, full=False)}", FACT)]
    if run.running and run.eta is not None:
        parts.append(Part(f"ends about {text.when(now + run.eta, look, full=False)}"))
    return tuple(parts)


def notes(run: ProfileRun, marked: int, readonly: bool) -> tuple[Part, ...]:
    """What can be done with it."""
    chosen = Part(f"{marked} marked" if marked else "", FIGURE)
    return (
        chosen,
        Part("" if readonly else f"b {'stop' if run.running else 'start'}", WORDS),
        Part("⏎ answers", WORDS),
    )


def run_lines(store: Store, cells: int, look: Look) -> list[Line]:
    """The bar over the whole run with its ETA, and what it does or waits for; of a run that is over how it went."""
    run = store.profile
    if not run.models:
        return [((text.clip("Nothing was measured since the router started.", cells), "soft"),), ()]
    return [_whole(run, cells, look), doing(store, cells, look)]


def _whole(run: ProfileRun, cells: int, look: Look) -> Line:
    if not run.total:
        said = "is being planned" if run.running else "had nothing to ask: all was fresh"
        return ((f"The run {said}.", "soft"),)
    counted = f"{run.done} of {run.total}{' prompts' if cells >= fmt.WIDE else ''}"
    tail: Line = (
        (f"  {counted}", ""),
        (f"  {text.percent(run.done / run.total)}", "strong"),
        (f"  {eta_text(run)}", "run" if run.running else "dim"),
    )
    label = "whole run  " if cells >= fmt.WIDE else ""
    room = cells - text.line_width(tail) - len(label)
    bar = chart.progress(run.done / run.total, min(room, LONG_BAR), look.symbols) if room >= 4 else ()
    return text.clip_line(((label, "dim"), *bar, *tail), cells, look.symbols.ellipsis)
