"""Long work in a few words: the job in the tab line, and the panels of the Dash for measuring and judging. Pure."""

from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.profile import ModelProgress, ProfileRun
from llmrouter_tui.tui import agreement_text, bench_text, sync_text, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.bench import asked_about, in_turn
from llmrouter_tui.tui.heads import FACT, NAME, Part
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart

NAME_CELLS = 16
LEAST_JOB = 14
"""Cells below which no job is told in the tab line."""
SHORT_BAR = 8


def measures(run: ProfileRun) -> bool:
    """Whether there is a run to tell of."""
    return run.running


def judges(view: JudgeView) -> bool:
    """Whether the judge has work, or cannot do it."""
    return view.state in ("grading", "failed") or bool(view.queued)


def job(store: Store, cells: int, look: Look) -> tuple[str, str]:
    """The work under way in at most so many cells, and the page that tells more: measuring, else fetching figures, else
    grading; empty for none."""
    if cells < LEAST_JOB:
        return "", ""
    if measures(store.profile):
        said, page = _measuring(store.profile), "profile"
    elif store.sync.running:
        return sync_text.job(store.sync, cells, look), "models"
    elif store.judge.state == "grading":
        said, page = f"judging {store.judge.done} of {store.judge.done + store.judge.queued}", "judge"
    else:
        return "", ""
    return text.clip(f"{look.symbols.run} {said}", cells, look.symbols.ellipsis), page


def _measuring(run: ProfileRun) -> str:
    share = f" {text.percent(run.done / run.total)}" if run.total else ""
    eta = f" eta {text.rough(run.eta)}" if run.eta is not None else ""
    return f"measuring{share}{eta}"


# ── the panels ────────────────────────────────────────────────────────────────────────────────────────────────────


def profiling_notes(run: ProfileRun) -> tuple[Part, ...]:
    """``1 of 3 models``"""
    over = sum(model.state in ("done", "failed") for model in run.models)
    return (Part(f"{over} of {len(run.models)} models"), Part("b on 5 stops", FACT))


def profiling(store: Store, cells: int, look: Look) -> list[Line]:
    """The model in turn with its bar and its task, the whole run with its ETA, and the model before."""
    run = store.profile
    now = in_turn(run)
    lines = [_turn(store, now, cells, look) if now else bench_text.doing(store, cells, look)]
    whole: Line = (
        (f"whole run {run.done} of {run.total}", ""),
        (f"  {bench_text.eta_text(run)}", "run"),
        (f"   {_next(store)}", "soft"),
    )
    lines.append(whole)
    lines += [_last(store, look)]
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in lines]


def _turn(store: Store, now: ModelProgress, cells: int, look: Look) -> Line:
    run, name = store.profile, fmt.short_model(store.name(now.model), NAME_CELLS, look.symbols.ellipsis)
    about = asked_about(run)
    task = next((task for task in now.tasks if task.task == about), None)
    share = now.done / now.total if now.total else 0.0
    doing, role = (f"{about} {task.done}/{task.total}" if task else about), "soft"
    if now.state != "asking":
        doing = f"waits: {text.tame(now.message)}" if now.state == "waiting" else "is loaded"
        role = "warn" if now.state == "waiting" else "run"
    head: Line = ((text.left(name, NAME_CELLS), "strong"), (" ", ""))
    tail: Line = ((f" {text.percent(share):>4}", "strong"), (f"  {doing}", role))
    room = max(SHORT_BAR, min(24, cells - text.line_width(head) - text.line_width(tail)))
    return (*head, *chart.progress(share, room, look.symbols), *tail)


def _next(store: Store) -> str:
    waiting = [model.model for model in store.profile.models if model.state == "queued"]
    if not waiting:
        return ""
    more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return f"next {fmt.short_model(store.name(waiting[0]), NAME_CELLS)}{more}"


def _last(store: Store, look: Look) -> Line:
    over = [model for model in store.profile.models if model.state in ("done", "failed")]
    if not over:
        return (("requests of clients come first", "dim"),)
    last = over[-1]
    glyph: Span = (look.symbols.ok, "good") if last.state == "done" else (look.symbols.fail, "bad")
    said = text.span(last.seconds) if last.state == "done" else text.tame(last.message)
    name = fmt.short_model(store.name(last.model), NAME_CELLS)
    moved = f", {len(last.moved)} abilities moved" if last.moved else ""
    return (("last ", "dim"), glyph, (f" {name} ", ""), (f"{said}{moved}", "soft"))


def judge_notes(store: Store) -> tuple[Part, ...]:
    """Who judges."""
    judge = store.judge
    return (Part(fmt.short_model(store.name(judge.judge), NAME_CELLS) if judge.judge else "nobody", NAME),)


def judging(store: Store, cells: int, look: Look) -> list[Line]:
    """How far grading is, what it does or waits for, and what is worth a look."""
    judge = store.judge
    said, role = agreement_text.state(judge, look)
    why = f": {text.tame(judge.message)}" if judge.message else ""
    odd = [f"{judge.disagree} disagree with what is known"] if judge.disagree else []
    odd += [f"{judge.failed} failed"] if judge.failed else []
    worth: Line = ((f"{', '.join(odd)}   ", "warn"), ("6 ", "key"), ("shows them", "soft"))
    mean = f"   mean {judge.mean:.1f}" if judge.mean is not None else ""
    lines: list[Line] = [
        (*agreement_text.progress(judge, look, max(SHORT_BAR, min(24, cells - 34)), failed=False), (mean, "soft")),
        ((said, role), (why, "")),
        worth if odd else (("nothing disagrees with what is known", "dim"),),
    ]
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in lines]


def brief(store: Store, cells: int, look: Look) -> list[Line]:
    """Both in a line."""
    run, judge = store.profile, store.judge
    parts: list[Line] = []
    if measures(run):
        now = in_turn(run)
        name = fmt.short_model(store.name(now.model), NAME_CELLS, look.symbols.ellipsis) if now else ""
        waits = " waits" if now and now.state == "waiting" else ""
        share = run.done / run.total if run.total else 0.0
        parts.append(
            (
                ("measuring ", "dim"),
                (f"{name}{waits} ", "warn" if waits else ""),
                *chart.progress(share, SHORT_BAR, look.symbols),
                (f" {text.percent(share)}", "strong"),
                (f" {bench_text.eta_text(run)}" if run.eta is not None else "", "run"),
            )
        )
    if judges(judge):
        said, role = agreement_text.state(judge, look)
        counted = f" {judge.done}/{judge.done + judge.queued}"
        disagree = f"  {judge.disagree} disagree" if judge.disagree else ""
        parts.append((("judge ", "dim"), (said, role), (counted, "strong"), (disagree, "warn")))
    return [text.clip_line(text.join(parts, "   "), cells, look.symbols.ellipsis)]
