"""Fetching public figures in words: the job in the tab line, and the whole of it for the dialog. Pure."""

from llmrouter_tui.core.sync import SourceView, SyncView, outcome, so_far, title
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Look

LABEL = 23
INDENT = 2


def job(view: SyncView, cells: int, look: Look) -> str:
    """``▶ figures: LMArena 3 of 16`` while a run is under way, in at most so many cells; else empty. Where there is
    little room the word goes first."""
    if not view.running:
        return ""
    now = view.now
    part = _part(now) if now else title(view.asking[0])
    said = f"{look.symbols.run} figures: {part}"
    if text.width(said) > cells:
        said = f"{look.symbols.run} {part}"
    return text.clip(said, cells, look.symbols.ellipsis) if cells >= len("figures: LMArena") else ""


def _part(source: SourceView) -> str:
    progress = source.progress
    if progress is None:
        return source.title
    if progress.state == "waiting":
        return f"{source.title} waits"
    return f"{source.title} {progress.pages} of {progress.of}" if progress.of else source.title


def lines(view: SyncView, now: float, cells: int, look: Look) -> list[Line]:
    """What they are, whom fetching newer ones contacts, and how each source is."""
    said = "Public figures say how good models were found to be elsewhere. The shipped ones serve without a network. "
    if view.refused:
        return _soft(f"{said}Newer ones are not fetched here: {text.tame(view.refused)}.", cells)
    asked = "Newer ones are asked for at the addresses below, only when you say so; these servers get the question"
    out = [*_soft(f"{said}{asked} and nothing of yours: no prompts, no names of your models.", cells), ()]
    for source in view.sources:
        out += _source(view, source, now, cells, look)
    return [*out, (), _schedule(view, now, look)]


def _soft(said: str, cells: int) -> list[Line]:
    return [((part, "soft"),) for part in text.wrap(said, cells)]


def _source(view: SyncView, source: SourceView, now: float, cells: int, look: Look) -> list[Line]:
    glyph, role, said = _state(view, source, now, look)
    head: Line = ((f"{glyph} ", role), (text.left(source.title, LABEL - INDENT), "strong"), (source.host, "accent"))
    tail: Line = (
        (" " * INDENT, ""),
        (text.clip(text.tame(said), cells - INDENT, look.symbols.ellipsis), "bad" if role == "bad" else "soft"),
    )
    return [text.clip_line(head, cells, look.symbols.ellipsis), tail]


def _state(view: SyncView, source: SourceView, now: float, look: Look) -> tuple[str, str, str]:
    """Glyph, role and words of a source."""
    symbols, progress, last = look.symbols, source.progress, source.last
    if progress is not None and progress.state != "done":
        return symbols.run, "run", so_far(progress)
    if source.name in view.asking and progress is None:
        return symbols.off, "dim", "waits for its turn"
    if source.why_not:
        return symbols.dot, "dim", f"not asked: {source.why_not}"
    if last is None:
        return symbols.dot, "dim", "not asked yet"
    ago = f"{text.ago(now - last.finished)} ago"
    if last.good:
        return symbols.ok, "good", f"{ago}: {outcome(last)}"
    stay = f"; those of {source.good.as_of} stay in use" if source.good else ""
    glyph, role = (symbols.fail, "bad") if last.status == "failed" else (symbols.dot, "dim")
    return glyph, role, f"{ago} {last.status}: {outcome(last)}{stay}"


def _schedule(view: SyncView, now: float, look: Look) -> Line:
    if not view.daily:
        return (("By itself: ", "head"), ("never", "strong"), (", only when you ask", "soft"))
    next_at = view.next_at
    soon = "in some minutes" if next_at is None or next_at <= now else f"in {text.span(next_at - now)}"
    when = "" if view.running else f", next {soon}"
    return (("By itself: ", "head"), ("daily", "strong"), (when, "soft"))
