"""The judge itself: how it is, how far its work, and how it stands beside the user and the checks by program. Pure."""

from collections.abc import Callable

from llmrouter_tui.core.grades import Agreement, Concord, JudgeView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part
from llmrouter_tui.tui.prose import soft
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart

Name = Callable[[str], str]
NAME_CELLS = 26
TABLE_LABEL, TABLE_COLUMN = 10, 13
SHORT_BAR = 14
STATES = {
    "off": "off",
    "idle": "idle: everything is graded",
    "waiting": "waits",
    "grading": "grades",
    "paused": "paused",
    "failed": "cannot grade",
}


# ── how it is ─────────────────────────────────────────────────────────────────────────────────────────────────────


def title(view: JudgeView, name: Name) -> tuple[Part, ...]:
    """``Judge: phi4:14b  local``"""
    if not view.judge:
        return (Part("Judge", NAME),)
    who = fmt.short_model(name(view.judge), NAME_CELLS)
    return Part(f"Judge: {who}", NAME), Part("hosted: answers leave this machine" if view.hosted else "local", FACT)


def state(view: JudgeView, look: Look) -> Span:
    """``▶ grades``, ``○ idle``, ``✗ cannot grade``, with a role."""
    symbols = look.symbols
    glyph, role = {
        "off": (symbols.off, "dim"),
        "idle": (symbols.up, "good"),
        "waiting": (symbols.run, "warn"),
        "grading": (symbols.run, "run"),
        "paused": (symbols.dot, "warn"),
        "failed": (symbols.fail, "bad"),
    }[view.state]
    return f"{glyph} {STATES[view.state]}", role


def state_line(view: JudgeView, cells: int, look: Look, name: Name) -> Line:
    """What it does or waits for, how far it is, and what it may still do today."""
    said, role = state(view, look)
    why: Line = ((said, role), (f": {text.tame(view.message)}" if view.message else "", ""))
    far = progress(view, look) if view.queued or view.state == "grading" else ()
    current: Line = ((_current(view, name), "soft"),) if view.current else ()
    spent: Line = (("today ", "dim"), (calls(view), "")) if view.today or view.budget else ()
    line = text.join([why, far, current, spent], "   ")
    return text.clip_line(line, cells, look.symbols.ellipsis)


def _current(view: JudgeView, name: Name) -> str:
    model, _, about = text.tame(view.current).partition(" ")
    return f"{name(model)} {about}".rstrip()


def progress(view: JudgeView, look: Look, bar: int = SHORT_BAR, *, failed: bool = True) -> Line:
    """``▓▓▓▓··· 148 of 160  eta 4m``"""
    total = view.done + view.queued
    share = view.done / total if total else 0.0
    eta = f"  eta {text.rough(view.eta)}" if view.eta is not None and view.queued else ""
    failures = f"  {view.failed} failed" if view.failed and failed else ""
    return (
        *chart.progress(share, bar, look.symbols),
        (f" {view.done} of {total}", "strong"),
        (eta, "run"),
        (failures, "warn"),
    )


def calls(view: JudgeView) -> str:
    """``40 of 500 calls``"""
    return f"{text.count(view.today)} of {text.count(view.budget)} calls" if view.budget else f"{view.today} calls"


def nothing_yet(view: JudgeView, cells: int, *, readonly: bool) -> list[Line]:
    """What the list of grades says while it is empty, and what to do."""
    room = max(20, cells - 4)
    if view.state == "off" or not view.judge:
        said = "No judge. Answers that no program can check have no verdict, and count nothing."
        told = "A judge is a model that grades them from 1 to 10, with its reason; a model here or a hosted one."
        keys: list[Line] = [] if readonly else [(("  c ", "key"), ("chooses one", "soft"))]
    else:
        said = "Nothing was graded yet."
        told = "What measuring leaves open is graded as soon as no client waits."
        keys = [] if readonly else [(("  5 ", "key"), ("measures models", "soft"))]
    live = _live(view)
    indented = [(("  ", ""), *line) for line in (*soft(told, room), *soft(live, room))]
    strong: list[Line] = [((f"  {part}", "strong"),) for part in text.wrap(said, room)]
    return [(), *strong, *indented, (), *keys]


def _live(view: JudgeView) -> str:
    if view.share:
        return f"Of the answers that clients get, {text.percent(view.share)} are graded when nobody waits."
    return "Answers that clients get are not graded."


# ── beside others ─────────────────────────────────────────────────────────────────────────────────────────────────


def agreement_notes(view: JudgeView) -> tuple[Part, ...]:
    """How many answers both marked."""
    count = view.agreement.user.count + view.agreement.checks.count
    return (Part(f"n={text.count(count)}" if count else "", FACT), Part("z all of it", WORDS))


def lines(view: JudgeView, cells: int, look: Look, name: Name) -> list[Line]:
    """Both tables, how often each mark was given, and where it is harsh or kind."""
    found = view.agreement
    out = [
        *table("you", ("+ good", "- bad"), found.user, cells, look),
        (),
        *table("checks", (f"{look.symbols.ok} right", f"{look.symbols.fail} wrong"), found.checks, cells, look),
        (),
        *marks(found, view.mean, cells, look),
        (),
        *biases(found, cells, name),
    ]
    return [*out, (), *_weight(found, cells)] if found.weight else out


def brief(view: JudgeView, cells: int, look: Look, name: Name) -> list[Line]:
    """The same in three lines."""
    found = view.agreement
    first = text.join([_agrees("you", found.user), _agrees("checks", found.checks)], "   ")
    said = (
        ", ".join(_bias(bias.about, bias.by, name) for bias in found.biases) or "no bias that chance does not explain"
    )
    spark = chart.spark(found.marks, 10, look.symbols)
    mean = f"  mean {view.mean:.1f}" if view.mean is not None else ""
    last: Line = (("marks 1-10 ", "dim"), (spark, "accent"), (mean, ""), (f"   {said}", "soft"))
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in (first, last)]


def _agrees(whom: str, concord: Concord) -> Line:
    if not concord.count:
        return ((f"{whom}: nothing in common yet", "dim"),)
    kappa = f"  kappa {_kappa(concord)}"
    split = f"  kind {concord.kind}  harsh {concord.harsh}"
    return (
        (f"{whom} ", "head"),
        (f"agree {text.percent(concord.agree or 0.0)}", "strong"),
        (f"{kappa}{split}  n={concord.count}", ""),
    )


def _kappa(concord: Concord) -> str:
    return text.fraction(concord.kappa) if concord.kappa is not None else "not told"


def table(whom: str, rows: tuple[str, str], concord: Concord, cells: int, look: Look) -> list[Line]:
    """The judge's good and bad against those of somebody who knows better."""
    if not concord.count:
        nobody = {
            "you": "You rated nothing that it graded: u and d do.",
            "checks": "No check by program beside it yet.",
        }
        return soft(nobody[whom], cells)
    good, bad = rows
    column = max(len("judge high") + 1, min(TABLE_COLUMN, (cells - TABLE_LABEL) // 2))
    titles = f"{text.right('judge low', column)}{text.right('judge high', column)}"
    out: list[Line] = [((text.left(whom.upper(), TABLE_LABEL) + titles, "head"),)]
    out.append(_table_row(good, concord.harsh, concord.both_good, column, odd=0))
    out.append(_table_row(bad, concord.both_bad, concord.kind, column, odd=1))
    figures = f"agree {text.percent(concord.agree or 0.0)}   kappa {_kappa(concord)}   n={concord.count}"
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in (*out, ((figures, "strong"),))]


def _table_row(label: str, low: int, high: int, column: int, *, odd: int) -> Line:
    roles = ["", ""]
    roles[odd] = "bad" if (low, high)[odd] else "dim"
    said = [f"{'!! ' if index == odd and many else ''}{many}" for index, many in enumerate((low, high))]
    return (
        (text.left(label, TABLE_LABEL), ""),
        (text.right(said[0], column), roles[0]),
        (text.right(said[1], column), roles[1]),
    )


def marks(found: Agreement, mean: float | None, cells: int, look: Look) -> list[Line]:
    """How often it gave 1 to 10."""
    if not any(found.marks):
        return soft("It gave no mark yet.", cells)
    label = max(0, min(8, cells - 30))
    head = text.left("MARKS", label, "") + "".join(text.right(str(mark), 3) for mark in range(1, 11))
    bars = chart.spark(found.marks, len(found.marks), look.symbols)
    drawn = " " * label + "".join(f"  {bar}" for bar in bars)
    told = f"   mean {mean:.1f}" if mean is not None and cells >= len(head) + 11 else ""
    return [((text.clip(head, cells, ""), "head"),), ((text.clip(drawn, cells, ""), "accent"), (told, ""))]


def biases(found: Agreement, cells: int, name: Name) -> list[Line]:
    """To whom it is kind, and on what harsh."""
    if not found.biases:
        return soft("No bias that chance does not explain.", cells)
    wide = min(NAME_CELLS, max(text.width(name(bias.about)) for bias in found.biases))
    out: list[Line] = []
    for bias in found.biases:
        side = "kind to " if bias.by > 0 else "harsh on "
        about = text.left(fmt.short_model(name(bias.about), wide), wide)
        figure = f"{bias.by:+.1f}"
        line: Line = ((text.left(side, 10), "soft"), (about, ""), (f"  {figure}", "warn"), (f"  n={bias.count}", "dim"))
        out.append(text.clip_line(line, cells))
    return out


def _bias(about: str, by: float, name: Name) -> str:
    return f"{'kind to' if by > 0 else 'harsh on'} {name(about)} {by:+.1f}"


def _weight(found: Agreement, cells: int) -> list[Line]:
    share = f"{text.fraction(found.weight)} of a rating of yours."
    known = found.user.count + found.checks.count
    said = f"So a grade of it counts for {share}" if known else f"Until more is known a grade of it counts for {share}"
    return soft(said, cells)
