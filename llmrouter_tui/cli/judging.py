"""The judge as the command line tells of it: a bar while it grades, then what it is worth and what it said."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from llmrouter_tui.cli.profiling import eta_words
from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.grades import (
    Agreement,
    Comparison,
    Concord,
    Grade,
    GradeFilter,
    GradePage,
    JudgeView,
    Overruled,
)
from llmrouter_tui.core.grades import moved as moved_by
from llmrouter_tui.core.ports.control import Control

POLL: Final = 0.5
"""Seconds between two looks at a router whose judge is at work."""
BEGINS: Final = 6
"""Looks after which a judge that has nothing to do is not waited for: it may not have looked itself yet."""


async def watched(control: Control, pause: float = POLL) -> JudgeView:
    """Wait until the judge has nothing left to do, or cannot go on by itself."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[eta]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=None, eta="")
        idle = 0
        while True:
            view = await control.judge_view()
            if view.state in ("off", "paused", "failed"):
                return view
            idle = idle + 1 if view.state == "idle" and not view.queued else 0
            if idle and (view.done or view.failed or idle >= BEGINS):
                return view
            done = view.done + view.failed
            progress.update(
                bar, description=doing(view), completed=done, total=done + view.queued or None, eta=eta_words(view.eta)
            )
            await asyncio.sleep(pause)


async def state(control: Control, model: str, task: str, limit: int) -> tuple[JudgeView, GradePage]:
    """How the judge is, and the newest grades."""
    view = await control.judge_view()
    if not limit:
        return view, GradePage(())
    return view, await control.grades(GradeFilter(model=model, task=task), limit=limit)


def doing(view: JudgeView) -> str:
    """What goes on now: ``ollama/phi4 grades ollama/qwen3:8b creative-letter``."""
    if view.state == "grading" and view.current:
        return f"{view.judge} grades {view.current}"
    return f"waits: {view.message}" if view.message else "waits"


def told(view: JudgeView, page: GradePage) -> list[str]:
    """How the judge is, how it agrees, and the grades."""
    return [*_state(view), *agreement(view.agreement), *[line for grade in page.items for line in graded(grade)]]


def _state(view: JudgeView) -> list[str]:
    who = view.judge or "nobody"
    where = " (elsewhere: what it grades leaves this machine)" if view.hosted else ""
    budget = f" of {view.budget}" if view.budget else ""
    parts = [f"{view.queued} wait", f"{view.today}{budget} calls today"]
    parts += [f"{view.done} graded"] if view.done else []
    parts += [f"{view.failed} failed"] if view.failed else []
    parts += [f"mean {view.mean:.1f}"] if view.mean is not None else []
    parts += [f"{view.disagree} in dispute"] if view.disagree else []
    parts += [f"{view.share:.0%} of clients' chats"] if view.share else []
    return [f"judge: {who}{where}, {view.state}{f': {view.message}' if view.message else ''}", f"  {', '.join(parts)}"]


def agreement(found: Agreement) -> list[str]:
    """How it stands beside those who know better, and what its grades count for."""
    lines = [f"  a grade counts as {found.weight:.2f} of a checked answer"]
    for name, concord in (("checks", found.checks), ("you", found.user)):
        if concord.count:
            lines.append(f"  beside {name}: {concordance(concord)}")
    for bias in found.biases:
        itself = ", itself" if bias.about == found.judge else ""
        lines.append(f"  {'kind' if bias.by > 0 else 'harsh'} to {bias.about}{itself}: {bias.by:+.1f} marks")
    return lines


def concordance(concord: Concord) -> str:
    """``agrees on 20 of 24, kappa .67; kind 3, harsh 1``."""
    same = concord.both_good + concord.both_bad
    kappa = "" if concord.kappa is None else f", kappa {concord.kappa:.2f}"
    return f"agrees on {same} of {concord.count}{kappa}; kind {concord.kind}, harsh {concord.harsh}"


def graded(grade: Grade) -> list[str]:
    """One grade: whose answer to what, the mark, the reason."""
    at = datetime.fromtimestamp(grade.at).strftime("%m-%d %H:%M")
    mark = "?" if grade.mark is None else f"{grade.mark:.3g}"
    notes = [f"yours; {grade.judge} said {grade.score or '?'}"] if grade.overruled is not None else []
    notes += ["its own answer"] if grade.own else []
    notes += [f"!! {grade.known_by} says {'good' if (grade.known or 0) >= 0.5 else 'bad'}"] if grade.disagrees else []
    notes += [grade.code] if grade.code else []
    note = f"  ({', '.join(notes)})" if notes else ""
    return [f"{at}  {mark:>4}  {grade.model} {grade.ref}{note}  [{grade.id}]", f"             {grade.reason}"]


def compared(found: Sequence[Comparison]) -> list[str]:
    """Each comparison, then how often who was preferred, and what that moved."""
    lines = [f"{one.prompt}: {_preferred(one)}  {one.reason}" for one in found]
    counts = Counter(one.preferred or "failed" for one in found)
    first, second = found[0].first, found[0].second
    swayed = sum(one.swayed for one in found)
    ties = f"{counts['tie']} ties{f' ({swayed} of them only by the order)' if swayed else ''}"
    failed = f", {counts['failed']} failed" if counts["failed"] else ""
    total = f"{first} {counts['first']}, {second} {counts['second']}, {ties}{failed}, by {found[0].judge}"
    return [*lines, total, f"  {_effects(moved_by(found)) or 'no ability moved'}"]


def _preferred(one: Comparison) -> str:
    if one.preferred is None:
        return f"no verdict ({one.code})"
    if one.preferred == "tie":
        return "a tie, for the order decided" if one.swayed else "a tie"
    return one.first if one.preferred == "first" else one.second


def moved(done: Overruled) -> str:
    """``coding .62 → .60 of ollama/qwen3:8b``."""
    return _effects(done.effects) or f"no ability moved: {done.why}"


def _effects(effects: Sequence[Effect]) -> str:
    return ", ".join(f"{e.task} {e.before:.3f} → {e.after:.3f} of {e.model}" for e in effects)
