"""What is publicly known of a model, as lines: its figures per task, and the choice of which model it is. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from llmrouter_tui.core.domain import AUTOMATIC, CatalogMatch
from llmrouter_tui.core.dossier import OWN, Dossier, Listed, Told
from llmrouter_tui.tui import closeness, text
from llmrouter_tui.tui.text import Line, Look

RESULT, COUNTS, DATE = 9, 5, 13


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def figures(known: Dossier, cells: int, look: Look) -> list[Line]:
    """Each figure behind the scores with its source and date, by task."""
    title = max(16, (cells - RESULT - COUNTS - DATE) // 2)
    head = text.left("PUBLIC FIGURES", title) + text.right("RESULT", RESULT) + text.right("IS", COUNTS)
    lines: list[Line] = [((text.clip(f"{head}  {text.left('OF', DATE - 2)}SOURCE", cells), "head"),)]
    lines += [((part, "soft"),) for part in text.wrap(f"{known.id}: {known.about}", cells)]
    for task in known.tasks:
        lines.append(((task.task, "title"), (f"  {text.fraction(task.mean)}  strength {task.strength:.1f}", "dim")))
        lines += [_figure(told, title, text.fraction(told.share), cells, look) for told in task.figures]
    if known.own:
        lines.append(((OWN, "title"),))
        lines += [_figure(told, title, look.symbols.none, cells, look) for told in known.own]
    return lines if known.tasks or known.own else [*lines, (("no figures of it are known", "soft"),)]


def _figure(told: Told, title: int, share: str, cells: int, look: Look) -> Line:
    dots = look.symbols.ellipsis
    line: Line = (
        (text.left(f"  {told.title}", title, dots), "soft"),
        (text.right(told.result, RESULT), "strong"),
        (text.right(share, COUNTS), ""),
        (f"  {text.left(told.as_of, DATE - 2)}", ""),
        (text.tame(told.source), "dim"),
    )
    return text.clip_line(line, cells, dots)


# ── which one it is ───────────────────────────────────────────────────────────────────────────────────────────────


class Choice(NamedTuple):
    """One answer to the question which entry of the catalog a model is."""

    entry: str
    """As ``Control.match`` takes it."""
    label: str
    about: str


def choices(typed: str, model: str, match: CatalogMatch | None, catalog: Sequence[Listed]) -> list[Choice]:
    """The answers that fit what was typed, the closest first, base models behind the others, then that its name decides
    and that it is none; while nothing is typed those two first, and then the entries that are called most like it."""
    rest = [Choice(AUTOMATIC, "by its name", _automatic(match)), Choice("", "no match", "it is none of these")]

    def name(one: Listed) -> str:
        return one.id

    if wanted := typed.strip():
        found = closeness.ranked(wanted, catalog, name)
        found.sort(key=lambda one: (one.id != wanted, one.kind == "base"))  # what people run is tuned, as a rule
        return [*map(_entry, found), *rest]
    return [*rest, *map(_entry, closeness.likely(model, catalog, name))]


def _entry(one: Listed) -> Choice:
    return Choice(one.id, one.id, one.about)


def _automatic(match: CatalogMatch | None) -> str:
    if match is None:
        return "not looked up yet"
    if match.kind == "near":
        return f"none, near {match.id}"
    return match.id or "none"


def holds(choice: Choice, match: CatalogMatch | None) -> bool:
    """Whether this is how it is now."""
    if match is None or not match.by_user:
        return choice.entry == AUTOMATIC
    return choice.entry == match.chosen


def choice_line(choice: Choice, *, marked: bool, now: bool, cells: int, look: Look) -> Line:
    """A row of the list: the cursor, the id, what is known of it, and whether it holds now."""
    cursor = look.symbols.cursor if marked else " "
    tail = f"{choice.about}{f' {look.symbols.ok}' if now else '  '}"
    special = choice.entry in ("", AUTOMATIC)
    room = cells - 3 - text.width(tail)
    label = text.left(choice.label, max(room, 12), look.symbols.ellipsis)
    line: Line = ((f"{cursor} ", "key"), (label, "strong" if marked else "accent" if special else ""), (" ", ""))
    return text.clip_line((*line, (tail, "dim")), cells, look.symbols.ellipsis)
