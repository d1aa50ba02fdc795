"""A review in sentences, for the command line and the screen alike. Pure."""

from collections.abc import Callable

from llmrouter_tui.core.review import KNOWN, Comparison, Review, Reviewed, said_span

HOW_TO_RATE = (
    "Rate answers with u and d on the Routes page, or POST /v1/feedback with the x-router-exchange-id of an answer."
)
_NAMES = {"d": "day", "h": "hour", "m": "minute", "s": "second"}

Name = Callable[[str], str]
"""How a model is called, by its id."""


def as_is(model: str) -> str:
    return model


def period(span: float | None) -> str:
    """``the last 7 days``; ``all that is kept``."""
    if span is None:
        return "all that is kept"
    said = said_span(span)
    number, name = int(said[:-1]), _NAMES[said[-1]]
    return f"the last {name}" if number == 1 else f"the last {count(number, name)}"


def headline(found: Review, name: Name = as_is) -> str:
    """Whether the router was right, as far as somebody said so."""
    when = period(found.span)
    if not found.answered:
        return f"Nothing was answered in {when}, so there is nothing to review."
    if not found.rated:
        return f"Of {count(found.answered, 'answer')} in {when} none is rated, so nothing can be said of them yet."
    if not found.chosen:
        asked = "All were asked of models by name, so they say nothing of the router's choice."
        return f"{count(found.rated, 'answer')} of {found.answered:,} rated in {when}. {asked}"
    bad = found.chosen - found.right
    parts = [f"right {found.right:,} of {found.chosen:,} rated", _missed(bad, found.regretted), _surprises(found, name)]
    return f"{'; '.join(filter(None, parts))} ({count(found.answered, 'answer')} in {when})"


def _missed(bad: int, regretted: int) -> str:
    if not bad:
        return ""
    if not regretted:
        return f"for none of the {bad:,} others a better-rated model was known" if bad > 1 else ""
    others = "the other" if bad == 1 else f"all {bad:,} others"
    if regretted < bad:
        others = f"{regretted:,} of the {bad:,} others"
    return f"for {others} a better-rated model was at hand"


def _surprises(found: Review, name: Name) -> str:
    rows = [row for row in found.rows if row.compared.surprise]
    if not rows:
        return "no surprise that is more than chance"
    said = [f"{name(row.model)} is {row.verdict} than expected at {row.task or 'what it got'}" for row in rows[:2]]
    return ", ".join(said) + (f", and {len(rows) - 2} more surprises" if len(rows) > 2 else "")


def calibration(found: Review) -> str:
    """How far the predictions can be taken at their word; empty where nothing can be compared."""
    whole = found.compared
    if not whole.count:
        return ""
    said = f"expected {_percent(whole.expected)} good, seen {_percent(whole.seen)} {_ground(whole)}"
    if len(found.bands) > 1:
        said += "; by expectation " + ", ".join(
            f"{_percent(b.expected)} → {_percent(b.seen)} of {b.count:,}" for b in found.bands
        )
    return said


def _ground(compared: Comparison) -> str:
    return f"± {_percent(compared.margin)} ({count(compared.count, 'rating')})"


def note(row: Reviewed, name: Name = as_is) -> str:
    """What a row comes to: its verdict, and the better-rated model that could have been chosen instead."""
    said = f"{row.verdict} than expected" if row.verdict in ("worse", "better") else row.verdict
    if row.regrets:
        regret = row.regrets[0]
        times = f", passed over {regret.times:,}×" if regret.times > 1 else ""
        said += f"; better rated: {name(regret.instead)} +{regret.by:.2f} ({count(regret.rated, 'rating')}{times})"
    return said


def unrated(found: Review) -> str:
    """What nothing can be said of; empty where everything that answered is rated."""
    rows = [row for row in found.rows if not row.rated]
    answers, models = sum(row.answered for row in rows), len({row.model for row in rows})
    return f"not rated: {count(answers, 'answer')} of {count(models, 'model')}" if rows else ""


def caveats(found: Review) -> str:
    """How to read it; how to rate, where nothing is rated."""
    if not found.answered:
        return ""
    if not found.rated:
        return HOW_TO_RATE
    said = (
        "± is what chance may do to so few ratings. People rate what struck them, so the rest may be better. "
        f"A better-rated model is one that was a candidate then and has {KNOWN} ratings or more on that task."
    )
    if found.graded:
        said += f" {found.graded:,} of {count(found.rated, 'answer')} were graded by a judge, not rated by you."
    return f"{said} Only the newest {found.rated:,} ratings were looked at." if found.cut else said


def count(number: int, what: str) -> str:
    """``1 answer``, ``1,200 answers``"""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%"
