"""Whether the router was right, as lines: the whole of it for the dialog, one model's part for its detail. Pure."""

from collections.abc import Callable

from llmrouter_tui.core.review import Review, Reviewed
from llmrouter_tui.core.review_words import calibration, caveats, headline, note, period, unrated
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Look

TASK, RATED, NUMBER = 12, 11, 9
INDENT = 2
INLINE = 64
"""Cells from which a row says behind its numbers what it comes to."""


def lines(found: Review, cells: int, look: Look, name: Callable[[str], str]) -> list[Line]:
    """A sentence, a table with the surprises first, and how to read it."""
    out = [*_wrapped(headline(found, name), cells, "strong"), *_wrapped(calibration(found), cells, "soft")]
    rated = [row for row in found.rows if row.rated]
    if rated:
        longest = max(text.width(name(row.model)) for row in rated)
        wide = max(8, min(longest + 1, cells - TASK - RATED - 3 * NUMBER))
        out += [(), ((text.left("TASK", TASK) + text.left("MODEL", wide) + _HEADS, "head"),)]
        for row in rated:
            start: Line = (
                (text.left(row.task or look.symbols.none, TASK), ""),
                (text.left(text.clip(text.tame(name(row.model)), wide - 1, look.symbols.ellipsis), wide), "strong"),
            )
            out += [(*start, *_numbers(row, look)), *_comes_to(row, cells, name)]
    for said in (unrated(found) if rated else "", caveats(found)):
        out += [(), *_wrapped(said, cells, "soft")] if said else []
    return out


def of_model(found: Review, model: str, cells: int, look: Look, name: Callable[[str], str]) -> list[Line]:
    """What was expected of one model and seen, per task; nothing where it answered nothing."""
    rows = found.of(model)
    if not rows:
        return []
    rated = [row for row in rows if row.rated]
    if not rated:
        answers = sum(row.answered for row in rows)
        said = f"none of its {answers:,} answers in {period(found.span)} is rated; u and d on Routes rate one"
        if answers == 1:
            said = f"its one answer in {period(found.span)} is not rated; u and d on Routes rate it"
        return _labelled(said, cells)
    when = f"  {period(found.span)}" if cells >= INLINE else ""
    out: list[Line] = [((text.left("REVIEW", TASK) + _HEADS, "head"), (when, "dim"))]
    for row in rated:
        start: Line = ((text.left(row.task or look.symbols.none, TASK), ""), *_numbers(row, look))
        if cells >= INLINE and not row.regrets:
            out.append((*start, (f"  {note(row, name)}", _role(row))))
        else:
            out += [start, *_comes_to(row, cells, name)]
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in out]


def unknown(problem: str, cells: int) -> list[Line]:
    """The same where the router did not tell."""
    return _labelled(f"not known: {text.tame(problem)}", cells)


_HEADS = text.left("RATED", RATED) + text.right("EXPECTED", NUMBER) + text.right("SEEN", 7) + text.right("±", 5)


def _numbers(row: Reviewed, look: Look) -> Line:
    """Rated of answered, expected, seen, and what chance may do."""
    compared, none = row.compared, look.symbols.none
    expected = text.fraction(compared.expected) if compared.count else none
    margin = text.fraction(compared.margin) if compared.count else none
    seen = text.fraction(row.seen) if row.seen is not None else none
    return (
        (text.left(f"{row.rated:,} of {row.answered:,}", RATED), "soft"),
        (text.right(expected, NUMBER), ""),
        (text.right(seen, 7), _role(row) or "strong"),
        (text.right(margin, 5), "dim"),
    )


def _role(row: Reviewed) -> str:
    return {"worse": "bad", "better": "good", "too few to tell": "dim"}.get(row.verdict, "")


def _comes_to(row: Reviewed, cells: int, name: Callable[[str], str]) -> list[Line]:
    """What a row comes to on lines of its own, where there is something to say."""
    if row.verdict not in ("worse", "better") and not row.regrets:
        return []
    parts = text.wrap(text.tame(note(row, name)), max(8, cells - INDENT))
    return [((" " * INDENT, ""), (part, _role(row) or "soft")) for part in parts]


def _wrapped(said: str, cells: int, role: str) -> list[Line]:
    return [((part, role),) for part in text.wrap(text.tame(said), cells)] if said else []


def _labelled(said: str, cells: int) -> list[Line]:
    """As the facts of a model are told."""
    parts = text.wrap(said, max(8, cells - 9))
    return [((text.left("" if at else "REVIEW", 9), "head"), (part, "soft")) for at, part in enumerate(parts)]
