"""What is asked now, what a model's measurements say, what changed, and the runs before, as text. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.footprint import estimated
from llmrouter_tui.core.profile import (
    ModelProfile,
    ModelProgress,
    PastRun,
    ProfileRun,
    Profiles,
    Seen,
    right_words,
    stale_words,
)
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.bench import Benched
from llmrouter_tui.tui.heads import FACT, NAME, Part
from llmrouter_tui.tui.models_text import speed_text
from llmrouter_tui.tui.prose import LABEL, LEAST, beside, block, labelled, soft
from llmrouter_tui.tui.runs import last
from llmrouter_tui.tui.runs_text import day, since
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.work_text import in_turn

QUESTION_ROWS = 2
ROOMY = 8
"""Rows from which what would be cut has a second line."""
NAME_CELLS = 20
WHEN_CELLS, FAILED_CELLS = 17, 8
WHY = {
    "prompt_timeout": "took too long",
    "load_timeout": "was not loaded in time",
    "backend_unreachable": "its backend was not reached",
    "backend_error": "its backend failed",
    "out_of_memory": "no memory",
    "upstream_interrupted": "broke off",
}
"""Codes of failures in words."""


# ── now ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def now_title(store: Store, row: Benched | None, look: Look) -> tuple[Part, ...]:
    """``Now  qwen3:32b  coding 7/12``, or the selected model."""
    run = store.profile
    now = in_turn(run)
    if now is None:
        return (Part(fmt.short_model(store.name(row.id), 30), NAME),) if row else (Part("Measuring", NAME),)
    done = f"{now.done + 1} of {now.total}" if now.total else ""
    name = fmt.short_model(store.name(now.model), 30)
    return Part(f"Now: {name}", NAME), Part(run.prompt, FACT), Part(done, FACT)


def now_lines(store: Store, now: float, cells: int, rows: int, look: Look) -> list[Line]:
    """The question, the end of the answer so far, what it takes, and the verdicts before it."""
    run = store.profile
    most = 2 if rows >= ROOMY else 1
    tail = [*_timing(store, now, cells, look, most), *_before(run, cells, look, most)]
    asked = labelled("PROMPT", run.question or run.prompt or "none yet", cells, "" if run.question else "dim")
    asked = asked[: max(1, min(QUESTION_ROWS, rows - len(tail) - 1))]
    return [*asked, *_answer(run, cells, rows - len(asked) - len(tail)), *tail]


def _answer(run: ProfileRun, cells: int, rows: int) -> list[Line]:
    """The newest lines of the answer, so that it is seen to grow."""
    if rows <= 0:
        return []
    grown = block(run.answer, max(LEAST, cells - LABEL), "accent")[-rows:] or [()]
    lines = beside("ANSWER", grown)
    return [*lines, *[()] * (rows - len(lines))]


def _timing(store: Store, now: float, cells: int, look: Look, most: int) -> list[Line]:
    run = store.profile
    turn = in_turn(run)
    view = store.models.get(turn.model) if turn else None
    parts = [f"{text.span(max(0.0, now - store.prompted_at))} so far"] if run.prompt else []
    if view is not None and view.speed.samples:
        speed = view.speed
        parts.append(f"writes {speed_text(speed.decode)} tok/s, reads {speed_text(speed.prefill)} tok/s")
        parts += [f"TTFT {text.seconds(speed.ttft)}"] if speed.ttft is not None else []
    return labelled("TIMING", "   ".join(parts) or look.symbols.none, cells, "soft", most)


def _before(run: ProfileRun, cells: int, look: Look, most: int) -> list[Line]:
    """The last verdict with its reason, and the marks of those before it: below it where it would be cut."""
    if not run.seen:
        return labelled("BEFORE", "nothing answered yet", cells, "dim", 1)
    last = run.seen[-1]
    glyph, role = verdict(last, look)
    said = text.tame(last.reason) or last.outcome
    took = f" {text.seconds(last.seconds)}"
    newest: Line = ((glyph, role), (f" {last.prompt}", ""), (took, "dim"), (f" {said}", "soft"))
    marks: list[Span] = []
    for seen in reversed(run.seen[:-1]):
        shown, ink = verdict(seen, look)
        marks.append((f" {shown}", ink))
    room = cells - LABEL - text.line_width(tuple(marks)) - 1
    if most > 1 and text.line_width(newest) > room:
        both: list[Line] = [newest, (("and before it", "dim"), *marks)]
        return beside("BEFORE", [text.clip_line(line, cells - LABEL, look.symbols.ellipsis) for line in both])
    line = text.clip_line(newest, room, look.symbols.ellipsis)
    return beside("BEFORE", [text.spread(line, tuple(marks), cells - LABEL)])


def verdict(seen: Seen, look: Look) -> Span:
    """``✓`` right, ``✗`` wrong, ``.50`` partly, ``○`` without a verdict, ``✗ failed``."""
    if seen.outcome == "failed":
        return f"{look.symbols.fail} failed", "bad"
    if seen.outcome != "checked" or seen.passed is None:
        return look.symbols.off, "soft"
    if seen.passed >= 1:
        return look.symbols.ok, "good"
    return (look.symbols.fail, "bad") if seen.passed <= 0 else (text.fraction(seen.passed), "warn")


# ── a model's measurements ────────────────────────────────────────────────────────────────────────────────────────


def about(row: Benched | None, found: Profiles | None, now: float, cells: int, look: Look) -> list[Line]:
    """What was measured of a model so far, in a few lines."""
    if row is None:
        return soft("There is no model here that could be measured.", cells)
    profile = row.profile
    if profile is None:
        if found is None:
            return soft("Reading what was measured before.", cells)
        return soft(
            "It was not measured yet. Prompts of our own are put to it and its answers are checked by program; "
            "requests of clients come first.",
            cells,
        )
    return [
        *labelled("MEASURED", f"{text.ago(now - profile.at)} ago{_stale(profile)}", cells),
        *labelled("RIGHT", _right(profile), cells),
        *labelled("SPEED", _speeds(profile), cells),
        *labelled("OPEN", _open(profile), cells, "soft"),
        *(labelled("FAILED", failures(profile), cells, "bad") if profile.failed else []),
    ]


def _stale(profile: ModelProfile) -> str:
    return f", {stale_words(profile)}" if profile.stale else ""


def _right(profile: ModelProfile) -> str:
    if profile.checked:
        told = f"{right_words(profile.right)} of {profile.checked} checked answers"
    elif profile.ungraded or profile.unchecked:
        told = "no answer could be checked"
    else:
        told = "no whole answer to check" if profile.failed else "nothing was asked yet that is checked"
    return told + (f"; it babbles: {profile.cut} ended only where they were cut off" if profile.babbles else "")


def _speeds(profile: ModelProfile) -> str:
    told = [f"TTFT {text.seconds(profile.ttft)}"] if profile.ttft is not None else []
    told += [f"writes {speed_text(profile.decode)} tok/s"] if profile.decode is not None else []
    told += [f"reads {speed_text(profile.prefill)} tok/s"] if profile.prefill is not None else []
    told += [f"long prompts {speed_text(profile.prefill_long)} tok/s"] if profile.prefill_long is not None else []
    told += [f"thinks {text.seconds(profile.thought_seconds)}"] if profile.thought_seconds is not None else []
    return ", ".join(told) or "not measured"


def _open(profile: ModelProfile) -> str:
    parts = [f"{profile.ungraded} for a judge"] if profile.ungraded else []
    parts += [f"{profile.unchecked} of code that is not run here"] if profile.unchecked else []
    return ", ".join(parts) or "none: every answer has its verdict"


def failures(profile: ModelProfile) -> str:
    """``2 took too long, 1 broke off``"""
    told = [f"{many} {WHY.get(code, code.replace('_', ' '))}" for code, many in sorted(profile.failures.items())]
    return ", ".join(told) or f"{profile.failed} failed"


# ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def changes(store: Store, found: Profiles | None, cells: int, look: Look, *, readonly: bool = False) -> list[Line]:
    """What the last run moved, what failed and how to try it again, and memory measured against its estimate."""
    run = store.profile
    lines: list[Line] = []
    for model in run.models:
        faster = _faster(model, found, run.started, look) if found else []
        lines += moved(model.model, model.moved, store, cells, look, faster)
    if not run.models and found is not None and found.history:
        for name in found.history[0].models:
            effects = [effect for effect in found.history[0].moved if effect.model == name]
            lines += moved(name, effects, store, cells, look)
    if not lines:
        lines = _unmoved(run, found)
    problems = _problems(store, found, cells, readonly=readonly)
    memory = [line for model in run.models for line in _memory(store.models.get(model.model), store, cells)]
    return [*lines, *([()] if problems else []), *problems, *([()] if memory else []), *memory]


def _unmoved(run: ProfileRun, found: Profiles | None) -> list[Line]:
    if run.running:
        return [(("No ability moved yet: they are told as models are done.", "dim"),)]
    ran = bool(run.models) or (found is not None and bool(found.history))
    said = "No ability moved in the last run." if ran else "Nothing was measured yet, so nothing changed."
    return [((said, "dim"),)]


def changes_title(store: Store, found: Profiles | None, look: Look, *, alone: bool) -> tuple[Part, ...]:
    """``Changes  since 2026-11-20 03:00``: since the last run of what was measured now."""
    history, run = found.history if found else (), store.profile
    models = [model.model for model in run.models] or [model for past in history[:1] for model in past.models]
    started = run.started if run.models else history[0].started if history else 0.0
    before = [past for model in models if (past := last(model, history, started))]
    when = f"since {day(max(before, key=lambda past: past.started), look)}" if before else ""
    return Part("Changes" if alone else "Changes and history", NAME), Part(when, FACT)


def _faster(model: ModelProgress, found: Profiles, started: float, look: Look) -> list[Span]:
    """How its speeds differ from those after the last run of it, once its turn is over."""
    profile = next((one for one in found.models if one.model == model.model), None)
    over = profile is not None and model.done > 0 and model.state in ("done", "stopped")
    return since(profile, found.history, started, look) if profile and over else []


def moved(
    model: str, effects: Sequence[Effect], store: Store, cells: int, look: Look, more: Sequence[Span] = ()
) -> list[Line]:
    """``llama3.1:8b  coding .58 → .60  chat .80 → .78``, the largest first, then ``more``, in as many lines as they
    need."""
    words = [_moved(effect, look) for effect in sorted(effects, key=lambda one: -abs(one.after - one.before))]
    if not words and not more:
        return []
    name = text.left(fmt.short_model(store.name(model), NAME_CELLS - 1), NAME_CELLS)
    lines: list[list[Span]] = [[(name, "strong")]]
    for said, role in (*words, *more):
        line = lines[-1]
        if len(line) > 1 and text.line_width(tuple(line)) + 2 + text.width(said) > cells:
            line = [(" " * NAME_CELLS, "")]
            lines.append(line)
        line.append((said if len(line) == 1 else f"  {said}", role))
    return [text.clip_line(tuple(line), cells, look.symbols.ellipsis) for line in lines]


def _moved(effect: Effect, look: Look) -> Span:
    said = f"{effect.task} {text.fraction(effect.before)} {look.symbols.arrow} {text.fraction(effect.after)}"
    return said, "good" if effect.after > effect.before else "bad"


def _problems(store: Store, found: Profiles | None, cells: int, *, readonly: bool) -> list[Line]:
    run = store.profile
    lines: list[Line] = []
    for model in run.models:
        if model.state == "failed":
            lines += _warned(f"{store.name(model.model)}: {text.tame(model.message) or 'failed'}", cells)
    for profile in found.models if found else ():
        if profile.failed and profile.model in store.models:
            lines += _warned(f"{store.name(profile.model)}: {failures(profile)}", cells)
    if lines and not readonly:
        lines.append((("  r ", "key"), ("asks again what failed", "soft")))
    if run.code:
        lines += _warned(f"The code of answers is not run here: {text.tame(run.code)}", cells)
    return lines


def _warned(said: str, cells: int) -> list[Line]:
    parts = text.wrap(said, max(8, cells - 2))
    return [(("  " if i else "! ", "bad"), (part, "")) for i, part in enumerate(parts)]


def _memory(view: ModelView | None, store: Store, cells: int) -> list[Line]:
    """The memory that it was measured to take, against what its weights and context let expect."""
    if view is None or view.footprint is None or view.footprint_source != "measured":
        return []
    guess = estimated(view.info, view.pool, view.info.context_length)
    beside = f", estimated {text.size(guess)}" if guess is not None else ""
    name = text.left(fmt.short_model(store.name(view.id), NAME_CELLS - 1), NAME_CELLS)
    return [text.clip_line(((name, ""), (f"memory {text.size(view.footprint)}{beside}", "soft")), cells)]


# ── history ───────────────────────────────────────────────────────────────────────────────────────────────────────


def history(found: Profiles | None, cells: int, look: Look, store: Store) -> list[Line]:
    """The runs before, newest first, a line each."""
    if found is None:
        return [(("Reading the runs before.", "dim"),)]
    if not found.history:
        return [(("No run yet.", "dim"),)]
    titles = text.left("BEGAN", WHEN_CELLS) + _columns("MODELS", "PROMPTS", "TIME") + text.right("FAILED", FAILED_CELLS)
    lines: list[Line] = [((text.clip(f"{titles}  NOTE", cells), "head"),)]
    return [*lines, *[_past(run, cells, look, store) for run in found.history]]


def _columns(models: str, prompts: str, seconds: str) -> str:
    return text.right(models, 7) + text.right(prompts, 9) + text.right(seconds, 8)


def _past(run: PastRun, cells: int, look: Look, store: Store) -> Line:
    line: Line = (
        (text.left(text.moment(run.started, look)[:-3], WHEN_CELLS), ""),
        (_columns(str(len(run.models)), str(run.prompts), text.span(run.seconds)), "soft"),
        (text.right(str(run.failed), FAILED_CELLS), "bad" if run.failed else "dim"),
        (f"  {_note(run, store)}", "soft"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


def _note(run: PastRun, store: Store) -> str:
    parts = ["quick" if run.quick else "full"]
    parts += [text.tame(run.note)] if run.note else []
    parts += ["under way or cut off"] if run.ended is None and not run.note else []
    parts += [store.name(run.models[0])] if len(run.models) == 1 else []
    parts += [f"{len(run.moved)} abilities moved"] if len(run.moved) > 1 else []
    return ", ".join(parts)
