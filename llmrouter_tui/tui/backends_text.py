"""Backends as text: a line each, and all of one. Pure."""

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Look

NAME, STATE, KIND, MODELS = 18, 14, 11, 7
NONE = "No backend yet. A adds one by its address; servers on this machine are found by themselves."


def _roomy(cells: int) -> bool:
    return cells >= 76


def head(cells: int) -> Line:
    """The titles of the list."""
    kind = text.left("KIND", KIND) if _roomy(cells) else ""
    titles = f"  {text.left('NAME', NAME)}{text.left('STATE', STATE)}{kind}{text.right('MODELS', MODELS)}  ADDRESS"
    return ((text.clip(titles, cells), "head"),)


def row(view: BackendView, now: float, cells: int, look: Look, *, asked: bool = False) -> Line:
    """``● ollama  up 2d  ollama  6  http://127.0.0.1:11434``"""
    symbols = look.symbols
    mark, said, role = state(view, now, look)
    line: Line = (
        (f"{mark} ", role),
        (f"{text.left(text.tame(view.name), NAME - 1, symbols.ellipsis)} ", "" if view.enabled else "dim"),
        (text.left(symbols.ellipsis if asked else said, STATE), "run" if asked else role),
        (text.left(view.kind, KIND) if _roomy(cells) else "", "soft"),
        (text.right(str(view.models) if view.enabled else symbols.none, MODELS), ""),
        (f"  {text.tame(view.url) or 'in this program'}", "soft"),
    )
    return text.clip_line(line, cells, symbols.ellipsis)


def state(view: BackendView, now: float, look: Look) -> tuple[str, str, str]:
    """Its mark, its state in words and the role of both."""
    if not view.enabled:
        return look.symbols.off, "switched off", "dim"
    since = f" {text.ago(now - view.since)}" if view.since else ""
    if view.health == "up":
        return look.symbols.up, f"up{since}", "good"
    if view.health == "down":
        return look.symbols.down, f"down{since}", "bad"
    return look.symbols.off, "starting", "warn"


def about(view: BackendView | None, now: float, cells: int, look: Look) -> list[Line]:
    """One backend in sentences."""
    if view is None:
        return [((part, "soft"),) for part in text.wrap(NONE, cells)]
    how = "Named by you" if view.configured else "Found by looking around on this machine"
    said = [(f"{how}: {view.kind}{f' at {text.tame(view.url)}' if view.url else ' in this program'}.", "")]
    if not view.enabled:
        said.append(("Neither asked nor looked at until it is switched on; that stays so over restarts.", "soft"))
    elif view.health == "down":
        said.append((f"{look.symbols.down} {text.tame(view.detail)}. It is tried again by itself.", "bad"))
    else:
        places = f", {view.places} in memory at once" if view.places else ""
        detail = f"{text.tame(view.detail)}; " if view.detail else ""
        said.append((f"{detail}{view.models} model{'s' if view.models != 1 else ''}{places}.", "soft"))
    return [((part, role),) for words, role in said for part in text.wrap(words, cells)]
