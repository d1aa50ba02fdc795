"""The ledger's rows, the status line, the tab line and the footer as text at a given width. Pure.

Columns go by a fixed order when the terminal narrows: first WHY shrinks, then ID, TTFT, TOK/S, OF and DIFF go, then WHY
and MARGIN; TASK, CHOSE, SCORE, STATE and YOU stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.core.events import FIRST_TOKEN
from llmrouter_tui.tui import ledger, text
from llmrouter_tui.tui.actions import PAGES, Action
from llmrouter_tui.tui.link import Figures
from llmrouter_tui.tui.row import CLOSE_CALL, Row
from llmrouter_tui.tui.text import Line, Look, Span

SHORT_TASKS = {
    "coding": "code",
    "reasoning": "reason",
    "extraction": "extract",
    "instruction": "instruct",
    "translation": "translate",
}
"""Task names for columns of eight cells or less."""


WAITS = {"load": "loading", FIRST_TOKEN: "it is loaded and reads the prompt"}
"""What an exchange waits for, in words."""
SHORT_WAITS = {"load": "load", FIRST_TOKEN: "read"}
FAILURES = {
    "load_timeout": "t/o",
    "backend_unreachable": "down",
    "backend_error": "error",
    "out_of_memory": "no memory",
    "upstream_interrupted": "broke off",
}
"""Error codes in a word, for the ledger."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: header, cells, cells in a narrow terminal, alignment, and the gap before it."""

    id: str
    head: str
    cells: int
    narrow: int
    right: bool = False
    gap: int = 2


DATED_CELLS = 12
COLUMNS = (
    Column("time", "TIME", 8, 5, gap=0),
    Column("id", "ID", 4, 4),
    Column("task", "TASK", 9, 8),
    Column("diff", "DIFF", 5, 4),
    Column("chose", "CHOSE", 16, 14),
    Column("of", "OF", 2, 2, right=True, gap=1),
    Column("score", "SCORE", 5, 5, right=True),
    Column("margin", "MARGIN", 6, 6, gap=1),
    Column("why", "WHY", 18, 16),
    Column("prompt", "PROMPT", 20, 20),
    Column("ttft", "TTFT", 6, 6, gap=1),
    Column("toks", "TOK/S", 5, 5, right=True, gap=1),
    Column("state", "STATE", 7, 7),
    Column("you", "YOU", 3, 3, gap=1),
)
DATED = Column("time", "TIME", DATED_CELLS, DATED_CELLS, gap=0)
"""In place of the first where older days are listed too."""
DROP_ORDER = ("id", "ttft", "toks", "of", "diff", "why", "margin", "time")
WIDE = 100
"""Cells from which columns take their full width."""
ROOMY = 140
"""Cells from which the prompt has a column of its own."""
WHY_CELLS = 32
"""Cells after which WHY leaves what is spare to PROMPT."""

Placed = tuple[Column, int]


def short_task(task: str, cells: int = 9) -> str:
    """A task's name, abbreviated where the column is narrow."""
    return task if len(task) <= cells else SHORT_TASKS.get(task, task)


def short_model(name: str, cells: int, ellipsis: str = "…") -> str:
    """A model's name in ``cells``: an owner or registry in front goes first, then the end is cut."""
    name = text.tame(name)
    if text.width(name) > cells and "/" in name:
        name = name.rpartition("/")[2]
    return text.clip(name, cells, ellipsis)


def place_columns(
    cells: int, sort: str = "time", without: Sequence[str] = (), *, dated: bool = False
) -> tuple[Placed, ...]:
    """The columns that fit into ``cells`` and how wide each is; WHY takes what is left. ``dated``: times with days."""
    hidden = (*without, "prompt") if cells < ROOMY else without
    shown = [column for column in ((DATED, *COLUMNS[1:]) if dated else COLUMNS) if column.id not in hidden]
    wide = cells >= WIDE

    def need() -> int:
        return sum((c.cells if wide else c.narrow) + gap(c, cells) for c in shown)

    for drop in DROP_ORDER:
        if need() <= cells:
            break
        if drop != sort or drop in ("why", "time"):
            shown = [column for column in shown if column.id != drop]
    return _stretched(shown, max(0, cells - need()), wide)


def _stretched(shown: Sequence[Column], spare: int, wide: bool) -> tuple[Placed, ...]:
    """Give the spare cells to the columns of free text, else to the model's name."""
    ids = [column.id for column in shown]
    extra = {"why" if "why" in ids else "chose": spare}
    if "prompt" in ids:
        why = min(spare, WHY_CELLS - 18)
        extra = {"why": why, "prompt": spare - why}
    return tuple((c, (c.cells if wide else c.narrow) + extra.get(c.id, 0)) for c in shown)


def gap(column: Column, cells: int) -> int:
    """Empty cells before a column: where WHY has no room to spare, one must do."""
    return column.gap if cells >= ROOMY else min(column.gap, 1)


def ledger_head(placed: Sequence[Placed], cells: int, look: Look, sort: str = "time", falling: bool = True) -> Line:
    """The line of column titles; the one that the list is ordered by carries an arrow."""
    spans: list[Span] = []
    for column, size in placed:
        spans.append((" " * gap(column, cells), ""))
        arrow = (look.symbols.fall if falling else look.symbols.rise) if column.id == sort != "time" else ""
        label = text.clip(column.head, size - len(arrow), "") + arrow
        spans.append((text.right(label, size) if column.right else text.left(label, size), "key" if arrow else "head"))
    return tuple(spans)


def ledger_row(row: Row, placed: Sequence[Placed], cells: int, look: Look, name: Callable[[str], str]) -> Line:
    """One exchange as a line of exactly the columns placed."""
    spans: list[Span] = []
    for column, size in placed:
        spans.append((" " * gap(column, cells), ""))
        shown, role = _CELLS[column.id](row, size, look, name)
        spans.append((text.right(shown, size) if column.right else text.left(shown, size, look.symbols.ellipsis), role))
    return tuple(spans)


Cell = tuple[str, str]


def _time(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    at = row.exchange.at
    return (text.day_of_month(at, look) if size == DATED_CELLS else text.when(at, look, full=size >= 8)), "dim"


def _id(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return row.id[-size:], "dim"


def _task(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    decision = row.exchange.decision
    if decision is None:
        return look.symbols.none, "dim"
    return short_task(decision.analysis.task, size), "dim" if decision.analysis.background else ""


def difficulty(value: float, size: int, look: Look) -> str:
    """``▆ .74``, or ``.74`` in a narrow column."""
    bars = look.symbols.bars
    bar = bars[min(len(bars) - 1, int(value * len(bars)))]
    return f"{bar} {text.fraction(value)}" if size >= 5 and look.symbols.name != "ascii" else text.fraction(value)


def _diff(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    decision = row.exchange.decision
    if decision is None:
        return look.symbols.none, "dim"
    return difficulty(decision.analysis.difficulty, size, look), "dim" if decision.analysis.level == "easy" else ""


def _chose(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    if not row.model:
        return (look.symbols.none if not row.running else look.symbols.ellipsis), "dim"
    return short_model(name(row.model), size, look.symbols.ellipsis), "strong" if row.running else ""


def _of(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    decision = row.exchange.decision
    return (str(len(decision.candidates)) if decision else ""), "dim"


def _score(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    score = ledger.score(row)
    return (text.fraction(score) if score is not None else look.symbols.none), ""


def margin_text(value: float | None, look: Look) -> Cell:
    """``+.11``, ``+.02 ≈`` for a close call, ``-.04 ≠`` when the top score was not taken."""
    if value is None:
        return look.symbols.none, "dim"
    if value < 0:
        return f"{text.signed(value)} {look.symbols.not_top}", "bad"
    return (f"{text.signed(value)} {look.symbols.close}", "warn") if value < CLOSE_CALL else (text.signed(value), "dim")


def _margin(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return margin_text(ledger.margin(row), look)


def why(row: Row, look: Look) -> str:
    """Why this model, or what the exchange waits for, or what went wrong."""
    exchange = row.exchange
    if row.waiting:
        expected, why_not = row.waiting.expected_seconds, row.waiting.why
        reason = row.waiting.reason
        said = f"place {row.waiting.position} in the queue" if row.waiting.position else WAITS.get(reason, reason)
        about = f", about {text.span(expected)}" if expected else ""
        return said + about + (f": {text.tame(why_not)}" if why_not else "")
    if exchange.outcome == "failed" and exchange.message:
        return text.tame(exchange.message)
    clause = exchange.decision.why if exchange.decision else ("asked for by name" if exchange.model else "")
    failed = next((attempt for attempt in exchange.attempts if attempt.outcome == "failed"), None)
    if failed:
        said = FAILURES.get(failed.code, failed.code.replace("_", " "))
        clause = f"{clause} ({look.symbols.retry} {failed.model.partition('/')[0]} {said})"
    return text.tame(clause)


def _why(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return why(row, look), "bad" if row.exchange.outcome == "failed" else "run" if row.waiting else "soft"


def _prompt(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return text.tame(row.exchange.prompt[: size * 2], look.symbols.enter), "dim"


def _ttft(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    exchange, chosen = row.exchange, row.chosen
    if exchange.ttft is None:
        return (look.symbols.ellipsis if row.running else look.symbols.none), "dim"
    loaded = chosen is not None and chosen.seconds.load > 0
    return f"{text.seconds(exchange.ttft):>4}{' L' if loaded else ''}", "warn" if loaded else ""


def _toks(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return (f"{row.decode:.0f}", "") if row.decode is not None else ("", "")


def state(row: Row, look: Look) -> Cell:
    """``▶ 212t``, ``▶ load``, ``▶ read``, ``✓ 640t``, ``↻→✓``, ``✗ 503``, ``⊘ left``."""
    symbols, outcome = look.symbols, row.exchange.outcome
    if outcome == "running":
        if row.waiting:
            return f"{symbols.run} {SHORT_WAITS.get(row.waiting.reason, 'wait')}", "run"
        return f"{symbols.run} {text.tokens(row.tokens):>4}", "run"
    if outcome == "ok":
        if row.failed:
            return f"{symbols.retry}{symbols.arrow}{symbols.ok}", "warn"
        return f"{symbols.ok} {text.tokens(row.tokens):>4}", "good"
    if outcome == "cancelled":
        return f"{symbols.left} left", "dim"
    return f"{symbols.fail} {STATUS.get(row.exchange.code, 'fail')}", "bad"


def _state(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return state(row, look)


def rating(row: Row, look: Look) -> Cell:
    """``+``, ``-`` or ``·``; with ``?`` behind it while the rating is on its way, and ``?`` where one is asked for."""
    sign = ledger.mark(row)
    if sign == "·" and row.asks and not row.pending:
        return " ?", "key"
    shown = look.symbols.dot if sign == "·" else sign
    note = row.exchange.rating is not None and bool(row.exchange.rating.comment)
    role = {"+": "good", "-": "bad"}.get(sign, "dim")
    return f" {shown}{'?' if row.pending else '*' if note else ''}", role


def _you(row: Row, size: int, look: Look, name: Callable[[str], str]) -> Cell:
    return rating(row, look)


_CELLS: dict[str, Callable[[Row, int, Look, Callable[[str], str]], Cell]] = {
    "time": _time, "id": _id, "task": _task, "diff": _diff, "chose": _chose, "of": _of, "score": _score,
    "margin": _margin, "why": _why, "prompt": _prompt, "ttft": _ttft, "toks": _toks, "state": _state, "you": _you,
}  # fmt: skip


def effect_text(effect: Effect, name: Callable[[str], str], look: Look) -> str:
    """What a rating moved: ``llama3.1:8b coding .62 → .60``, with a digit more where it is less, and in words where it
    is less than that."""
    before, after = text.fraction(effect.before), text.fraction(effect.after)
    if before == after:  # a rating among much evidence
        before, after = (f"{value:.3f}".removeprefix("0") for value in (effect.before, effect.after))
    if before == after:
        way = "up" if effect.after > effect.before else "down"
        return f"{name(effect.model)} {effect.task} {before}, {way} by less than .001"
    return f"{name(effect.model)} {effect.task} {before} {look.symbols.arrow} {after}"


def filter_hint(examples: Sequence[str], cells: int) -> str:
    """What the filter line suggests: as many of the examples as there is room for, and always how it is cleared."""
    tail = "   ! inverts   esc clears"
    for count in range(len(examples), -1, -1):
        hint = " ".join(("words,", *examples[:count]) if count else ("words",)) + tail
        if text.width(hint) <= cells:
            return hint
    return ""


def debug_text(figures: Figures, dropped: int, frame_ms: float) -> str:
    """What the screen says about itself: events taken in, lost, snapshots, and the last frame's time."""
    return (
        f" drained {text.count(figures.drained)} (last {figures.last})   dropped {text.count(dropped)}"
        f"   snapshots {figures.snapshots}   frame {frame_ms:.1f} ms"
    )


# ── tab line and footer ───────────────────────────────────────────────────────────────────────────────────────────


SHORT_TITLES = {"profile": "Prof"}
"""Titles of pages in a narrow terminal, where they are others."""


def tabs(current: str, pages: Sequence[str], cells: int) -> list[tuple[str, str, str]]:
    """The tab line as (text, role, page id) pieces: ``[1 Dash] 2 Routes``."""
    pieces: list[tuple[str, str, str]] = [(" " if cells >= WIDE else "", "", "")]
    for page in pages:
        key, title = PAGES[page]
        label = f"{key} {title}" if cells >= WIDE else f"{key}{SHORT_TITLES.get(page, title)}"
        here = page == current
        pieces.append((f"[{label}]" if here else f" {label} ", "tab" if here else "dim", page))
    return pieces


def footer(actions: Sequence[Action], reasons: Sequence[str], cells: int, look: Look) -> list[tuple[str, str, str]]:
    """The footer as (text, role, action id) pieces that fit into ``cells``; a key with a reason is greyed."""
    pieces: list[tuple[str, str, str]] = [(" ", "", "")]
    room = cells - 1
    last = actions[-1] if actions else None
    reserve = len(f"{last.show} {last.label}") if last else 0
    enter = look.symbols.enter
    for action, reason in zip(actions, reasons, strict=True):
        key = action.show.replace("⏎", enter)
        taken = len(f"{key} {action.label}") + 2
        if action is not last and taken + reserve > room:
            continue
        pieces.append((key, "off" if reason else "key", action.id))
        pieces.append((f" {action.label}  ", "off" if reason else "soft", action.id))
        room -= taken
    return pieces
