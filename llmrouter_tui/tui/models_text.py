"""The list of models as text at a given width. Pure.

Columns go by a fixed order when the terminal narrows: the last tasks first, then the context, the backend and the
size; the name, the state, memory, speed, the first tasks, use and ratings stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.tui import beside, pools_text, roster, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.beside import NOTHING, Beside
from llmrouter_tui.tui.format import Column, Placed
from llmrouter_tui.tui.held import in_memory
from llmrouter_tui.tui.roster import SHOWN_TASKS
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span

HEADS = {
    "coding": "CODE",
    "math": "MATH",
    "reasoning": "REAS",
    "chat": "CHAT",
    "factual": "FACT",
    "creative": "CREA",
    "instruction": "INST",
    "extraction": "EXTR",
    "translation": "TRAN",
}
COLUMNS = (
    Column("model", "MODEL", 12, 12, gap=0),
    Column("flag", "", 1, 1, gap=1),
    Column("backend", "BACKEND", 9, 8, gap=1),
    Column("size", "SIZE", 4, 4, right=True, gap=1),
    Column("ctx", "CTX", 4, 4, right=True, gap=1),
    Column("vram", "VRAM", 6, 6, right=True, gap=1),
    Column("state", "STATE", 12, 9, gap=1),
    Column("toks", "TOK/S", 5, 5, right=True, gap=1),
    *(Column(task, HEADS[task], 4, 4, right=True, gap=1) for task in SHOWN_TASKS),
    Column("used", "USED", 5, 5, right=True, gap=1),
    Column("win", "WIN", 4, 4, right=True, gap=1),
    Column("you", "YOU", 5, 5, right=True, gap=1),
    Column("age", "AGE", 4, 4, right=True, gap=1),
)
DROP_ORDER = (
    *("translation", "extraction", "instruction", "ctx", "creative", "factual", "backend", "size", "win", "age"),
    *("chat", "reasoning", "you", "used", "math"),
)
DEVIATION = 4
"""Cells of ``±.05`` behind a score, where there is room for it behind all."""
NAME_CELLS = 24
"""The widest that the name's column grows to."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a row is drawn with, besides the model itself."""

    store: Store
    look: Look
    now: float
    asked: str = ""
    """What was asked of the model and is not confirmed yet."""
    beside: Beside = NOTHING
    """Votes and measurements of it."""


def place_columns(
    cells: int, longest: int, sort: str = "used", empty: frozenset[str] = beside.COLUMNS
) -> tuple[Placed, ...]:
    """The columns that fit into ``cells`` and how wide each is; the name takes what its longest needs and is left.
    ``empty`` are those with nothing to tell."""
    shown = [column for column in COLUMNS if column.id == sort or column.id not in empty]
    wide = cells >= fmt.WIDE

    def need() -> int:
        return sum((c.cells if wide else c.narrow) + c.gap for c in shown)

    wanted = min(longest, NAME_CELLS) - COLUMNS[0].cells
    for drop in DROP_ORDER:
        if need() + max(0, min(wanted, 8 if wide else 4)) <= cells:
            break
        if drop != sort:
            shown = [column for column in shown if column.id != drop]
    spare = max(0, min(cells - need(), max(wanted, 0)))
    tasks = [column.id for column in shown if column.id in HEADS]
    unsure = DEVIATION if cells - need() - spare >= DEVIATION * len(tasks) else 0
    more = {"model": spare, **dict.fromkeys(tasks, unsure)}
    return tuple((column, (column.cells if wide else column.narrow) + more.get(column.id, 0)) for column in shown)


def head(placed: Sequence[Placed], look: Look, sort: str, falling: bool) -> Line:
    """The line of column titles; the one that the list is ordered by carries an arrow."""
    spans: list[Span] = []
    for column, size in placed:
        arrow = (look.symbols.fall if falling else look.symbols.rise) if column.id == sort else ""
        label = text.clip(column.head, size - len(arrow), "") + arrow
        spans.append((" " * column.gap, ""))
        spans.append((text.right(label, size) if column.right else text.left(label, size), "key" if arrow else "head"))
    return tuple(spans)


def row(model: ModelView, placed: Sequence[Placed], shown: Shown, *, marked: bool = False) -> Line:
    """One model as a line of exactly the columns placed."""
    spans: list[Span] = []
    for column, size in placed:
        mark = f"{shown.look.symbols.up} " if marked and column.id == "model" else ""
        said, role = _cell(model, column.id, size - len(mark), shown)
        said = mark + said
        spans.append((" " * column.gap, ""))
        dots = shown.look.symbols.ellipsis
        spans.append((text.right(said, size, dots) if column.right else text.left(said, size, dots), role))
    return tuple(spans)


def _cell(model: ModelView, column: str, size: int, shown: Shown) -> Span:
    look, info = shown.look, model.info
    none = look.symbols.none
    if column in SHOWN_TASKS:
        return score_cell(model, column, look, unsure=size >= 2 * DEVIATION)
    if column == "model":
        name = fmt.short_model(shown.store.name(model.id), size, look.symbols.ellipsis)
        return name, "dim" if not model.enabled or not model.healthy else "strong" if model.busy else ""
    if column == "state":
        return state_cell(model, shown, size)
    if column == "toks":
        return speed_cell(model)
    if column == "vram" and model.shares and in_memory(model):
        return "shared", "dim"  # its memory is told once, at the name that holds it
    if column == "vram":
        return memory_text(model, none), "guess" if model.footprint_source == "estimated" else ""
    if column == "you":
        return ratings_text(model, look), "dim" if not model.ratings_up + model.ratings_down else ""
    if column in beside.COLUMNS:
        return beside.cell(shown.beside, column, shown.now, look.symbols)
    if column == "ctx":
        return context_text(info.context_length, none), "soft"
    if column == "size":
        return parameters_text(info.parameters, none), "soft"
    plain = {"flag": "P" if model.pinned else "", "backend": info.backend, "used": used_text(model.used)}
    return text.tame(plain[column]), "key" if column == "flag" else "soft"


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def score_cell(model: ModelView, task: str, look: Look, *, unsure: bool = False) -> Span:
    """``▇.88``, or ``▇.88±.05``; ``~.55`` in italics where it rests on size and name alone; a dash where nothing is
    known."""
    mean = roster.quality(model, task)
    if mean is None or roster.embeds_only(model):
        return look.symbols.none, "dim"
    shown = text.fraction(mean) + (f"±{text.fraction(model.abilities[task].uncertainty)}" if unsure else "")
    if roster.guessed(model, task):
        return f"~{shown}", "guess"
    bars = look.symbols.bars
    bar = "" if look.symbols.name == "ascii" else bars[min(len(bars) - 1, int(mean * len(bars)))]
    return f"{bar}{shown}", "strong" if mean >= 0.8 else ""


def speed_cell(model: ModelView) -> Span:
    """Tokens per second; ``~`` and italics where nothing was measured yet."""
    if not model.healthy:
        return "", ""
    measured = model.speed.samples > 0
    return f"{'' if measured else '~'}{speed_text(model.speed.decode)}", "" if measured else "guess"


def speed_text(rate: float) -> str:
    """Tokens per second: whole ones, but tenths of what is slow (``96``, ``0.4``)."""
    return f"{rate:.0f}" if rate >= 9.95 else f"{rate:.1f}"


def memory_text(model: ModelView, none: str) -> str:
    """What it takes in memory: ``14.1G``, ``~5.1G`` for an estimate."""
    if model.footprint is None:
        return none
    return f"{'~' if model.footprint_source == 'estimated' else ''}{text.size(model.footprint)}"


def parameters_text(count: int | None, none: str = "—") -> str:
    """``32B``, ``1.7B``, ``137M``."""
    if not count:
        return none
    if count < 1e9 * 0.995:
        return f"{count / 1e6:.0f}M"
    billions = round(count / 1e9, 1)
    return f"{billions:.1f}B" if billions < 10 and billions != int(billions) else f"{billions:.0f}B"


def context_text(tokens: int | None, none: str = "—") -> str:
    """``32k``, ``128k``, ``1M``."""
    if not tokens:
        return none
    return f"{tokens / 1024**2:.0f}M" if tokens >= 1_000_000 else f"{tokens / 1024:.0f}k"


def ratings_text(model: ModelView, look: Look) -> str:
    """``+11-2``, ``+5``, ``-1``, or a dot without ratings."""
    up, down = model.ratings_up, model.ratings_down
    return f"{f'+{up}' if up else ''}{f'-{down}' if down else ''}" or look.symbols.dot


def used_text(count: int) -> str:
    """A count in at most four characters: ``62``, ``12k``."""
    return str(count) if count < 10_000 else f"{count // 1000}k"


# ── state ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ASKED = {"load": "load", "unload": "unload", "pin": "pin", "unpin": "unpin", "enable": "on", "disable": "off"}
"""What was asked, in a word for a narrow column."""


def state_cell(model: ModelView, shown: Shown, size: int = 12) -> Span:
    """Where it is and what it does: ``● GPU0 busy``, ``▶ loading``, ``○ not loaded``, ``✗ down``; ``?`` marks what was
    asked. Where ``size`` is small a shorter word stands."""
    symbols = shown.look.symbols
    if shown.asked:
        return f"{symbols.run} {ASKED[shown.asked]}?", "run"
    if model.residency in ("loading", "unloading"):
        return f"{symbols.run} {model.residency}", "run"
    if not model.healthy or model.problem:
        return f"{symbols.down} {'problem' if model.healthy else 'down'}", "bad"
    if not model.enabled:
        return _switched_off(model, shown, size), "dim"
    if model.withheld:
        return f"{symbols.off} {'withheld' if size >= 10 else 'kept in'}", "warn"
    if model.residency == "resident":
        return _resident(model, shown, size)
    if model.residency == "unknown":
        return f"{symbols.off} unknown", "dim"
    return f"{symbols.off} {'not loaded' if size >= 12 else 'on disk'}", "dim"


def _switched_off(model: ModelView, shown: Shown, size: int) -> str:
    """``○ off``, or ``● off, GPU0`` while it is in memory all the same."""
    symbols = shown.look.symbols
    if model.residency != "resident":
        return f"{symbols.off} off"
    said = f"{symbols.up} off, {_place(model)}"
    return said if text.width(said) <= size else f"{symbols.up} off"


def _place(model: ModelView) -> str:
    if model.pool and model.loadable:
        return pools_text.place_name(model.pool)
    return "always" if model.info.local else "hosted" if model.info.hosted else "elsewhere"


def _resident(model: ModelView, shown: Shown, size: int) -> Span:
    up = shown.look.symbols.up
    where = _place(model)
    idle = shown.now - model.last_used if model.last_used is not None else 0.0
    doing = "busy" if model.busy else text.ago(idle) if idle >= 60 and model.loadable else ""
    said = f"{up} {where} {doing}".rstrip()
    if text.width(said) > size:
        said = f"{up} {doing}"
    return said, "run" if model.busy else "good"


def why_not_load(model: ModelView, store: Store) -> str:
    """Why a model cannot be loaded now, in words; empty when it can."""
    if not model.loadable:
        return _always_there(model, store)
    if not model.healthy:
        return model.problem or f"{model.info.backend} is down"
    if model.residency == "resident":
        return "it is loaded"
    return f"it is {model.residency}" if model.residency in ("loading", "unloading") else ""


def why_not_unload(model: ModelView, store: Store) -> str:
    """Why a model cannot be unloaded now, in words; empty when it can."""
    if not model.loadable:
        return _always_there(model, store)
    if not model.healthy:
        return model.problem or f"{model.info.backend} is down"
    if model.residency == "resident":
        return ""
    return f"it is {model.residency}" if model.residency in ("loading", "unloading") else "it is not loaded"


def _always_there(model: ModelView, store: Store) -> str:
    backend = store.backends.get(model.info.backend)
    if not model.info.local:
        return f"{model.info.backend} runs it elsewhere"
    if backend is not None and backend.kind == "llamacpp":
        return f"{model.info.backend} holds this one model as long as it runs"
    return f"{model.info.backend} holds its models itself and takes no such orders"
