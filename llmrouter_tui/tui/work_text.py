"""Long work in a few words: the job in the tab line, and the panels of the Dash for measuring and judging. Pure."""

from typing import Final

from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.profile import ModelProgress, ProfileRun, State
from llmrouter_tui.tui import agreement_text, sync_text, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.heads import FACT, NAME, Part
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart

IN_TURN: Final[tuple[State, ...]] = ("waiting", "loading", "asking")
NAME_CELLS, LONG_NAME = 16, 24
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
        said, page = _measuring(store.profile, cells - text.width(look.symbols.run) - 1), "profile"
    elif store.sync.running:
        return sync_text.job(store.sync, cells, look), "models"
    elif store.judge.state == "grading":
        all_of_it = store.judge.done + store.judge.queued
        said, page = f"judging {store.judge.done}/{all_of_it}", "judge"
    else:
        return "", ""
    return text.clip(f"{look.symbols.run} {said}", cells, look.symbols.ellipsis), page


def _measuring(run: ProfileRun, cells: int) -> str:
    """With the ETA where there is room for it whole."""
    said = "measuring" + (f" {text.percent(run.done / run.total)}" if run.total else "")
    longer = f"{said} eta {text.rough(run.eta)}" if run.eta is not None else said
    return longer if text.width(longer) <= cells else said


def asked_about(run: ProfileRun) -> str:
    """The task that the prompt in turn is counted in, or the need where it has one beyond text."""
    from llmrouter_tui.core.measuring import about_of  # with all the prompts: not for a screen that begins
    from llmrouter_tui.core.prompt_set import prompt

    asked = prompt(run.prompt) if run.prompt else None
    return about_of(asked) if asked else run.task


def in_turn(run: ProfileRun) -> ModelProgress | None:
    """The model whose turn it is."""
    return next((one for one in run.models if one.state in IN_TURN), None) if run.running else None


def eta_text(run: ProfileRun) -> str:
    """``eta 11m``; ``eta after the first answers`` while nothing was measured."""
    if not run.running:
        return "over"
    return f"eta {text.rough(run.eta)}" if run.eta is not None else "eta after the first answers"


def doing(store: Store, cells: int, look: Look) -> Line:
    """What the model in turn does or waits for, in a sentence."""
    run = store.profile
    now = in_turn(run)
    if now is None:
        return text.clip_line(_outcome(run), cells, look.symbols.ellipsis)
    name = fmt.short_model(store.name(now.model), LONG_NAME, look.symbols.ellipsis)
    said = {"waiting": "waits", "loading": "is loaded", "asking": "answers"}[now.state]
    why = f": {text.tame(now.message)}" if now.message else ""
    polite = "   requests of clients come first" if now.state == "asking" else ""
    line: Line = ((name, "strong"), (f" {said}{why}", "warn" if now.state == "waiting" else ""), (polite, "soft"))
    return text.clip_line(line, cells, look.symbols.ellipsis)


def _outcome(run: ProfileRun) -> Line:
    if run.running:
        return (("puts memory in order" if run.done else "begins", "soft"),)
    stopped = any(model.state == "stopped" for model in run.models)
    gone = sum(model.state == "failed" for model in run.models)
    failed = sum(model.failed for model in run.models)
    spent = text.span(sum(model.seconds for model in run.models))
    parts = [f"{'stopped' if stopped else 'over'}, {spent} of asking"]
    parts += [f"{gone} of {len(run.models)} models could not be measured"] if gone else []
    parts += [f"{failed} answer{'s' if failed > 1 else ''} failed"] if failed else []
    fresh = sum(model.fresh for model in run.models)
    parts += [f"{fresh} fresh ones left as they were"] if fresh else []
    return ((", ".join(parts), "soft"),)


# ── the panels ────────────────────────────────────────────────────────────────────────────────────────────────────


def profiling_notes(run: ProfileRun) -> tuple[Part, ...]:
    """``1 of 3 models``"""
    over = sum(model.state in ("done", "failed") for model in run.models)
    return (Part(f"{over} of {len(run.models)} models"), Part("b on 5 stops", FACT))


def profiling(store: Store, cells: int, look: Look) -> list[Line]:
    """The model in turn with its bar and its task, the whole run with its ETA, and the model before."""
    run = store.profile
    now = in_turn(run)
    lines = [_turn(store, now, cells, look) if now else doing(store, cells, look)]
    whole: Line = (
        (f"whole run {run.done} of {run.total}", ""),
        (f"  {eta_text(run)}", "run"),
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
    """Both in a line: how long it takes, the bar and how often the judge disagrees go first where there is no room."""
    line: Line = ()
    for spent in range(4):
        parts = []
        if measures(store.profile):
            parts.append(_measured(store, look, eta=spent < 1, bar=spent < 3))
        if judges(store.judge):
            parts.append(_judged(store.judge, look, disagree=spent < 2))
        line = text.join(parts, "   ")
        if text.line_width(line) <= cells:
            break
    return [text.clip_line(line, cells, look.symbols.ellipsis)]


def _measured(store: Store, look: Look, *, eta: bool, bar: bool) -> Line:
    run = store.profile
    now = in_turn(run)
    name = fmt.short_model(store.name(now.model), NAME_CELLS, look.symbols.ellipsis) if now else ""
    waits = " waits" if now and now.state == "waiting" else ""
    share = run.done / run.total if run.total else 0.0
    return (
        ("measuring ", "dim"),
        (f"{name}{waits} ", "warn" if waits else ""),
        *(chart.progress(share, SHORT_BAR, look.symbols) if bar else ()),
        (f"{' ' if bar else ''}{text.percent(share)}", "strong"),
        (f" {eta_text(run)}" if eta and run.eta is not None else "", "run"),
    )


def _judged(judge: JudgeView, look: Look, *, disagree: bool) -> Line:
    said, role = agreement_text.state(judge, look)
    counted = f" {judge.done}/{judge.done + judge.queued}"
    odd = f"  {judge.disagree} disagree" if judge.disagree and disagree else ""
    return (("judge ", "dim"), (said, role), (counted, "strong"), (odd, "warn"))
