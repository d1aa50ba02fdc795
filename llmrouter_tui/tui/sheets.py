"""What lists hold, as it can be saved: rows of plain values under names, as CSV or as lines of JSON. Pure.

Exchanges, answers and grades have the columns that ``llmrouter-tui export`` gives them. Times are seconds since 1970
(UTC), memory is in bytes.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from llmrouter_tui.core import export
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.export import Record, What
from llmrouter_tui.core.profile import ModelProfile

Form = Literal["csv", "jsonl", "svg"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a list. ``texts`` names the columns that hold what was said."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    texts: frozenset[str] = field(default_factory=frozenset)

    def written(self, form: Form, *, texts: bool) -> str:
        """The whole file."""
        kept = [at for at, head in enumerate(self.heads) if texts or head not in self.texts]
        heads = [self.heads[at] for at in kept]
        rows = ([row[at] for at in kept] for row in self.rows)
        if form == "csv":
            return export.table([heads, *([export.cell(value) for value in row] for row in rows)])
        return "".join(f"{json.dumps(dict(zip(heads, map(_plain, row), strict=True)))}\n" for row in rows)


def _plain(value: object) -> object:
    """In types that JSON knows; a number that is none is nothing."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return list(value) if isinstance(value, tuple | frozenset) else value


def of_records(name: str, what: What, records: Iterable[Record]) -> Sheet:
    """Exchanges, grades or answers to our prompts."""
    heads = export.columns(what, texts=True)
    silent = export.columns(what, texts=False)
    rows = [export.values(record, heads) for record in records]
    return Sheet(name, heads, rows, frozenset(heads) - frozenset(silent))


_MODEL = ("id", "backend", "parameters", "context_length", "footprint", "state", "pool", "pinned", "enabled",
          "tokens_per_second", "measured")  # fmt: skip


def of_models(models: Iterable[ModelView]) -> Sheet:
    """Models with their quality on each task, 0 to 1."""
    rows = [
        (
            model.id, model.info.backend, model.info.parameters, model.info.context_length, model.footprint,
            model.residency, model.pool, model.pinned, model.enabled, model.speed.decode, model.speed.samples > 0,
            *(model.abilities[task].mean if task in model.abilities else None for task in TASKS),
            model.used, model.ratings_up, model.ratings_down,
        )
        for model in models
    ]  # fmt: skip
    return Sheet("models", (*_MODEL, *TASKS, "used", "good", "bad"), rows)


def of_profiles(profiles: Iterable[ModelProfile]) -> Sheet:
    """What was checked of models, task by task: answers, and how many of them were right."""
    heads = ("model", "at", "task", "checked", "right", "ttft", "tokens_per_second", "footprint")
    rows = [
        (one.model, one.at, task.task, task.checked, task.right, one.ttft, one.decode, one.footprint)
        for one in profiles
        for task in one.tasks
    ]
    return Sheet("profiles", heads, rows)


def of_log(lines: Iterable[LogLine]) -> Sheet:
    """Lines of the log."""
    rows = [(line.at, line.level, line.source, line.text) for line in lines]
    return Sheet("log", ("at", "level", "source", "text"), rows)


def file_name(what: str, at: float, form: Form) -> str:
    """``llmrouter-routes-20261123-210409.csv``, the time in UTC."""
    when = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d-%H%M%S")
    return f"llmrouter-{re.sub(r'[^a-z0-9]+', '-', what.lower())}-{when}.{form}"


def write_new(path: Path, said: str) -> None:
    """Write a file that is not there yet. Raises ``OSError``, ``FileExistsError`` too."""
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(said)


def why_not_there(typed: str, folder: Path) -> tuple[Path | None, str]:
    """The file that a name stands for, from ``folder`` on; or why it cannot be written there, in words."""
    try:
        path = folder / Path(typed.strip()).expanduser()
    except RuntimeError:
        return None, "Its ~ names no known user."
    if not typed.strip() or path.is_dir():
        return None, "It needs the name of a file."
    if path.exists():
        return None, f"{path.name} is there already; another name keeps both."
    if not path.parent.is_dir():
        return None, f"There is no folder {path.parent}."
    return path, ""


def counted(sheet: Sheet) -> str:
    """``214 rows of routes``."""
    count = len(sheet.rows)
    return f"{count:,} row{'' if count == 1 else 's'} of {sheet.name}"
