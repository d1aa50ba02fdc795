"""Two runs of measuring beside each other, and what changed since the last one, as text. Pure."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.profile import ModelProfile, PastRun
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import runs, text
from llmrouter_tui.tui.models_text import speed_text
from llmrouter_tui.tui.prose import soft
from llmrouter_tui.tui.runs import Checked, Figure
from llmrouter_tui.tui.text import Line, Look, Span

Name = Callable[[str], str]
WHEN = 16
TASK, NUMBER, MOVED = 19, 13, 13
PACE = " tok/s"
NO_FIGURES = "No run left figures yet that could be put beside another: those of earlier versions did not."


def day(run: PastRun, look: Look) -> str:
    """``2026-11-23 12:05``"""
    return text.moment(run.started, look)[:WHEN]


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def head(cells: int) -> Line:
    """Titles of the list of runs."""
    titles = f"{text.left('  BEGAN', WHEN + 2)}{text.right('MODELS', 7)}{text.right('FAILED', 7)}  WHICH"
    return ((text.clip(titles, cells), "head"),)


def row(run: PastRun, cells: int, look: Look, name: Name, *, marked: bool) -> Line:
    """One run."""
    mark = f"{look.symbols.up} " if marked else "  "
    names = ", ".join(name(one.model) for one in run.found)
    note = f" ({text.tame(run.note)})" if run.note else ""
    line: Line = (
        (mark, "key"),
        (text.left(day(run, look), WHEN), ""),
        (text.right(str(len(run.found)), 7), "soft"),
        (text.right(str(run.failed), 7), "bad" if run.failed else "dim"),
        (f"  {'quick' if run.quick else 'full'}: {names}{note}", "soft"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


# ── two of them ───────────────────────────────────────────────────────────────────────────────────────────────────


def beside(
    run: PastRun | None, base: PastRun | None, history: Sequence[PastRun], cells: int, look: Look, name: Name
) -> list[Line]:
    """Model for model what a run found otherwise than ``base``, or than the last run of that model where no other one
    is given: per task, and in speed."""
    if run is None:
        return soft(NO_FIGURES, cells)
    if base is not None and base.started > run.started:
        base, run = run, base
    lines: list[Line] = []
    for profile in run.found:
        past = base or runs.last(profile.model, history, run.started)
        old = runs.of(past, profile.model) if past else None
        lines += [()] if lines else []
        if past is None or old is None:
            said = "not in that run" if past else "measured for the first time, as far as figures are kept"
            lines.append(text.clip_line(((name(profile.model), "title"), (f"  {said}", "soft")), cells))
        else:
            lines += _model(old, profile, (day(past, look), day(run, look)), cells, look, name)
    gone = [name(one.model) for one in (base.found if base else ()) if runs.of(run, one.model) is None]
    return [*lines, *([(), *soft(f"Only in the earlier one: {', '.join(gone)}.", cells)] if gone else [])]


def _model(
    old: ModelProfile, new: ModelProfile, days: tuple[str, str], cells: int, look: Look, name: Name
) -> list[Line]:
    room = max(8, cells - 2 * NUMBER - MOVED)
    label = min(TASK, room)
    titles = "".join(text.right(one[5:], NUMBER) for one in days)
    called = fmt.short_model(name(new.model), label - 1, look.symbols.ellipsis)
    lines: list[Line] = [((text.left(called, label), "title"), (titles, "head"), (text.right("MOVED", MOVED), "head"))]
    lines += [_task(one, label, look) for one in runs.tasks(old, new)]
    lines += [_figure(one, label, look) for one in runs.figures(old, new)]
    if old.failed or new.failed:
        lines.append(_failed(old.failed, new.failed, label))
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in lines]


def _task(one: Checked, label: int, look: Look) -> Line:
    moved = abs(one.moved) >= runs.SEEN
    return (
        (text.left(one.task, label), ""),
        (text.right(_share(one.before, one.count_before, look), NUMBER), "soft"),
        (text.right(_share(one.after, one.count_after, look), NUMBER), "strong"),
        (text.right(text.signed(one.moved) if moved else "", MOVED), "good" if one.moved > 0 else "bad"),
    )


def _share(share: float | None, count: int, look: Look) -> str:
    """``.58 of 12``"""
    return f"{text.fraction(share)} of {count}" if share is not None else look.symbols.none


def _figure(one: Figure, label: int, look: Look) -> Line:
    return (
        (text.left(one.label, label), ""),
        (text.right(_said(one.kind, one.before, look), NUMBER), "soft"),
        (text.right(_said(one.kind, one.after, look), NUMBER), "strong"),
        (text.right(_by(one), MOVED), "good" if one.better else "bad"),
    )


def _said(kind: str, value: float | None, look: Look) -> str:
    if value is None:
        return look.symbols.none
    return {"rate": f"{speed_text(value)}{PACE}", "seconds": text.seconds(value), "bytes": text.size(int(value))}[kind]


def _by(one: Figure) -> str:
    """``12% faster``, ``8% more``; nothing where it is about the same."""
    if not one.before or not one.after or not one.moved:
        return ""
    words = ("less", "more") if one.kind == "bytes" else ("faster", "slower")
    return f"{text.percent(abs(one.after / one.before - 1))} {words[not one.better]}"


def _failed(old: int, new: int, label: int) -> Line:
    moved = f"{new - old:+d}" if new != old else ""
    return (
        (text.left("failed", label), ""),
        (text.right(str(old), NUMBER), "soft"),
        (text.right(str(new), NUMBER), "strong"),
        (text.right(moved, MOVED), "bad" if new > old else "good"),
    )


# ── since the last one ────────────────────────────────────────────────────────────────────────────────────────────


def since(profile: ModelProfile, history: Sequence[PastRun], started: float, look: Look) -> list[Span]:
    """What of the speeds is other than after the last run of that model: ``writes 36 → 41 tok/s``."""
    last = runs.last(profile.model, history, started)
    old = runs.of(last, profile.model) if last else None
    if old is None:
        return []
    return [
        (_moved(one, look), "good" if one.better else "bad")
        for one in runs.figures(old, profile)
        if one.moved and one.before is not None and one.after is not None
    ]


def _moved(one: Figure, look: Look) -> str:
    before = _said(one.kind, one.before, look).removesuffix(PACE)
    return f"{one.label} {before} {look.symbols.arrow} {_said(one.kind, one.after, look)}"
