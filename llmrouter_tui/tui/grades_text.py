"""Grades as a list, and one of them in full: question, answer, what the judge said and what else is known. Pure."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.decision import Effect, Exchange
from llmrouter_tui.core.grades import HIGHEST, Grade
from llmrouter_tui.core.prompt_set import prompt
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.grades_view import GradesView, you
from llmrouter_tui.tui.heads import FACT, FIGURE, NAME, WORDS, Part
from llmrouter_tui.tui.prose import LABEL, LEAST, beside, block, labelled
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets import chart

Name = Callable[[str], str]
TIME, TASK, MODEL, BAR, MARK = 5, 9, 14, 10, 4
SHORT_BAR = 6
BARS_FROM, ROOMY = 66, 76
"""Cells from which marks have bars, and from which they are long."""
WHY = {
    "malformed": "the judge's reply could not be read",
    "judge_timeout": "the judge took too long",
    "rate_limited": "the judge's server allowed no more calls",
    "backend_unreachable": "the judge was not reached",
    "backend_error": "the judge's server failed",
}
"""Codes of failed grades in words."""


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _bar_cells(cells: int) -> int:
    return BAR if cells >= ROOMY else SHORT_BAR if cells >= BARS_FROM else 0


def _model_cells(cells: int) -> int:
    return MODEL + max(0, min(8, (cells - 70) // 3))


def head(cells: int) -> Line:
    """Titles of the list's columns."""
    grade = text.left("GRADE", _bar_cells(cells) + MARK + 1)
    titles = f"{text.left('TIME', TIME)} {text.left('MODEL', _model_cells(cells))} {text.left('TASK', TASK)} {grade}"
    return ((text.clip(f"{titles} YOU    JUDGE SAID", cells, ""), "head"),)


def row(grade: Grade, cells: int, look: Look, name: Name) -> Line:
    """One grade in a line."""
    size = _model_cells(cells)
    model = fmt.short_model(name(grade.model), size, look.symbols.ellipsis)
    line: Line = (
        (text.left(text.when(grade.at, look, full=False), TIME), "dim"),
        (f" {text.left(model, size)}", "strong" if grade.disagrees else ""),
        (f" {text.left(fmt.short_task(grade.task, TASK), TASK)}", ""),
        (" ", ""),
        *mark_bar(grade, _bar_cells(cells), look),
        *known(grade, look),
        *flag(grade),
        (_said(grade), "soft"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


def mark_bar(grade: Grade, cells: int, look: Look) -> Line:
    """The mark that counts as a bar and a number; ``?`` where the judge gave none."""
    mark = grade.mark
    bar = chart.progress(mark / HIGHEST, cells, look.symbols) if mark is not None else ((" " * cells, ""),)
    return (*bar, (f"{text.right(mark_text(mark), MARK)} ", "warn" if mark is None else "strong"))


def mark_text(mark: float | None) -> str:
    """``8``, ``7.5``, ``?``"""
    return "?" if mark is None else f"{mark:.3g}"


def known(grade: Grade, look: Look) -> Line:
    """What else is known of the answer: ``+`` ``-`` the user's rating, ``✓`` ``✗`` a check by program."""
    if grade.truth is None:
        return ((f" {look.symbols.dot} ", "dim"),)
    if grade.truth_by == "user":
        return ((f" {you(grade)} ", "good" if grade.truth >= 0.5 else "bad"),)
    good = grade.truth >= 0.5
    return ((f" {look.symbols.ok if good else look.symbols.fail} ", "good" if good else "bad"),)


def flag(grade: Grade) -> Line:
    """``!!`` where judge and truth are on different sides, ``=`` where the user's mark stands, ``~`` its own answer."""
    if grade.overruled is not None:
        return ((" =  ", "key"),)
    if grade.disagrees:
        return ((" !! ", "bad"),)
    return ((" ~  ", "warn"),) if grade.own else (("    ", ""),)


def _said(grade: Grade) -> str:
    if grade.overruled is not None:
        return f"you: {mark_text(grade.overruled)}, judge {mark_text(grade.score)}: {text.tame(grade.reason)}"
    if grade.code:
        return WHY.get(grade.code, grade.code.replace("_", " "))
    return text.tame(grade.reason)


def notes(view: GradesView, total: int) -> tuple[Part, ...]:
    """How many are listed, and in which order."""
    shown = Part(f"{text.count(len(view.ids))} of {text.count(total)}")
    return Part(f"filter {view.query}" if view.filtered else "", FIGURE), shown, Part(view.order.label, WORDS)


# ── one grade ─────────────────────────────────────────────────────────────────────────────────────────────────────


def title(grade: Grade, look: Look, name: Name) -> tuple[Part, ...]:
    """``phi4:14b  math  21:02``"""
    model = Part(fmt.short_model(name(grade.model), 30), NAME)
    return model, Part(grade.task, FACT), Part(text.when(grade.at, look, full=False), FACT)


def brief(
    grade: Grade, exchange: Exchange | None, effects: Sequence[Effect], cells: int, look: Look, name: Name
) -> list[Line]:
    """The grade in five lines."""
    lines = [
        *labelled("PROMPT", _question(grade, exchange) or _kept(grade), cells, "", 1),
        *labelled("ANSWER", _answer(grade, exchange) or _kept(grade), cells, "", 1),
        *judged(grade, cells, name, 1),
        *truth(grade, exchange, cells, 1),
    ]
    return [*lines, *moved(effects, cells, look, name)]


def whole(
    grade: Grade, exchange: Exchange | None, effects: Sequence[Effect], cells: int, look: Look, name: Name
) -> list[Line]:
    """The grade with question and answer in full."""
    room = max(LEAST, cells - LABEL)
    question, answer = _question(grade, exchange), _answer(grade, exchange)
    return [
        *judged(grade, cells, name),
        *truth(grade, exchange, cells),
        *moved(effects, cells, look, name),
        *labelled("WEIGHT", weight(grade), cells, "soft"),
        *labelled("ABOUT", _about(grade), cells, "soft"),
        (),
        *beside("PROMPT", block(question, room) or [((_kept(grade), "dim"),)]),
        (),
        *beside("ANSWER", block(answer, room) or [((_kept(grade), "dim"),)]),
    ]


def _question(grade: Grade, exchange: Exchange | None) -> str:
    if grade.question:
        return grade.question
    if exchange is not None:
        return exchange.prompt
    asked = prompt(grade.ref) if grade.subject == "prompt" else None
    return "\n\n".join(asked.turns) if asked else ""


def _answer(grade: Grade, exchange: Exchange | None) -> str:
    return grade.answer or (exchange.answer if exchange is not None else "")


def _kept(grade: Grade) -> str:
    return "not kept (privacy policy)" if grade.subject == "exchange" else "not kept"


def _about(grade: Grade) -> str:
    what = f"prompt {grade.ref} of the set" if grade.subject == "prompt" else f"request {grade.ref[-4:]} of a client"
    return f"{what}, difficulty {text.fraction(grade.difficulty)}"


def judged(grade: Grade, cells: int, name: Name, rows: int = 0) -> list[Line]:
    """``phi4:14b 8/10  correct, concise   graded itself: counts half``"""
    who = text.tame(name(grade.judge))
    if grade.code:
        why = WHY.get(grade.code, grade.code.replace("_", " "))
        told = f": {grade.reason}" if grade.reason else ""
        return labelled("JUDGE", f"? {who}: {why}{told} (no number; J asks again)", cells, "warn", rows)
    own = "   its own answer: counts half" if grade.own else ""
    return labelled("JUDGE", f"{who} {mark_text(grade.score)}/10  {grade.reason}{own}", cells, "", rows)


def truth(grade: Grade, exchange: Exchange | None, cells: int, rows: int = 0) -> list[Line]:
    """What is known apart from the judge: the user's mark, the user's rating, a check by program."""
    parts: list[str] = []
    if grade.overruled is not None:
        parts.append(f"your mark {mark_text(grade.overruled)} stands in the place of the judge's")
    if grade.truth is not None and grade.truth_by == "user":
        parts.append(f"{you(grade)} rated {'good' if grade.truth >= 0.5 else 'bad'}{_note(exchange)}")
    elif grade.truth is not None:
        parts.append(
            f"a program found it {'right' if grade.truth >= 1 else 'wrong' if grade.truth <= 0 else 'partly right'}"
        )
    if grade.disagrees:
        parts.append("!! the judge is on the other side")
    role = "bad" if grade.disagrees else "" if parts else "dim"
    return labelled(
        "YOU" if grade.truth_by != "check" else "KNOWN",
        "; ".join(parts) or "nothing but the judge's word",
        cells,
        role,
        rows,
    )


def _note(exchange: Exchange | None) -> str:
    rating = exchange.rating if exchange else None
    if rating is None:
        return ""
    told = ", ".join(rating.reasons)
    note = f"{', ' if told else ''}{rating.comment}" if rating.comment else ""
    return f": {told}{note}" if told or note else ""


def weight(grade: Grade) -> str:
    """How much it counts."""
    if grade.mark is None:
        return "counts nothing: a failed grade is no number"
    return f"counts {text.fraction(grade.weight)} observations in {grade.task}" if grade.weight else "counts nothing"


def moved(effects: Sequence[Effect], cells: int, look: Look, name: Name) -> list[Line]:
    """What the user's mark or rating moved."""
    if not effects:
        return []
    said = "   ".join(fmt.effect_text(effect, name, look) for effect in effects)
    return labelled("EFFECT", said, cells, "good")
