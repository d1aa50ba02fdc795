"""LiveBench: objective questions, renewed once or twice a year, as tables on its site.

An edition is two files, the scores per task and the tasks per category. An edition's table grows as models appear,
so the newest is read and the one whose keys the shipped figures are compared by. A score of the whole is the mean of
the categories' means, as the site makes it; unlike there, a category with a task missing has no mean here.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from llmrouter_tui.catalog.sync.http import Document, SourceError
from llmrouter_tui.catalog.sync.reading import BadRowError, Harvest, Reading, decoded, number, slug, text
from llmrouter_tui.catalog.sync.source import Request, Session

EDITIONS: Final = ("2026_06_25", "2026_01_08")
"""Newest first; each one is a protocol of its own, with keys of its own."""

LARGEST: Final = 4_000_000
LEAST: Final = 15
MOST: Final = 5_000
MISSING: Final = frozenset({"", "-", "nan", "none"})

CATEGORIES: Final[Mapping[str, str]] = {
    "Reasoning": "reasoning",
    "Coding": "coding",
    "Agentic Coding": "agentic_coding",
    "Mathematics": "math",
    "Data Analysis": "data",
    "Language": "language",
    "IF": "if",
}
"""How the keys are called; a new category is called as on the site."""


class LiveBench:
    name = "livebench"

    def leads(self, session: Session) -> tuple[Request, ...]:
        return tuple(Request(f"{session.endpoints.livebench}/table_{edition}.csv", LARGEST) for edition in EDITIONS)

    async def read(self, session: Session, leads: Sequence[Document | None]) -> Harvest:
        harvest = Harvest()
        for place, (edition, table) in enumerate(zip(EDITIONS, leads, strict=True)):
            session.say(of=len(EDITIONS), done=place, rows=harvest.rows)
            if table is None:
                harvest.notes.append(f"the edition of {edition.replace('_', '-')} is not there")
                continue
            address = f"{session.endpoints.livebench}/categories_{edition}.json"
            categories = read_categories(await session.get(Request(address, LARGEST)))
            read_table(table, categories, edition, harvest)
        return harvest.checked(LEAST)


def read_categories(document: Document) -> dict[str, tuple[str, ...]]:
    """The tasks of each category. Raises ``SourceError``."""
    body = decoded(document, "the list of categories")
    usable = isinstance(body, dict) and 1 <= len(body) <= 50
    if not usable or not all(isinstance(tasks, list) and tasks for tasks in body.values()):
        raise SourceError("the list of categories is no table of tasks by category")
    return {str(category): tuple(map(str, tasks)) for category, tasks in body.items()}


def read_table(document: Document, categories: Mapping[str, Sequence[str]], edition: str, harvest: Harvest) -> None:
    """Add the scores of an edition. Raises ``SourceError`` for what is no such table."""
    try:
        lines = list(csv.reader(io.StringIO(document.body.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"the table of {edition} is no CSV: {error}") from error
    head, rows = (lines[0], lines[1:]) if lines else ([], [])
    unknown = {task for tasks in categories.values() for task in tasks} - set(head)
    if not head or head[0] != "model" or unknown or len(rows) > MOST:
        raise SourceError(f"the table of {edition} has no column {min(unknown, default='model')}")
    for row in rows:
        if not row:
            continue
        harvest.rows += 1
        try:
            harvest.readings += _readings(_scores(head, row), categories, edition)
        except BadRowError as bad:
            harvest.skip(bad)


def _scores(head: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    if len(row) != len(head):
        raise BadRowError(f"the row of {row[0][:60]} has {len(row)} columns of {len(head)}")
    return dict(zip(head, row, strict=True))


def _readings(cells: dict[str, str], categories: Mapping[str, Sequence[str]], edition: str) -> list[Reading]:
    name, mode = _name(text(dict(cells), "model"))
    scores = {task: _score(cell, f"{task} of {name}") for task, cell in cells.items() if task != "model"}
    key, as_of = f"livebench_{edition[:7]}", edition.replace("_", "-")
    means: dict[str, float] = {}
    for category, tasks in categories.items():
        done = [score for task in tasks if (score := scores[task]) is not None]
        if len(done) == len(tasks):
            means[f"{key}_{CATEGORIES.get(category, slug(category))}"] = fmean(done)
    if len(means) == len(categories):
        means[key] = fmean(means.values())
    return [Reading(((name, "api"),), one, value, as_of, mode=mode) for one, value in means.items()]


def _name(name: str) -> tuple[str, str | None]:
    """Claude models that can think are listed as ``-base`` where they do not."""
    if name.startswith("claude-") and name.endswith("-base"):
        return name.removesuffix("-base"), "non_thinking"
    return name, None


def _score(cell: str, what: str) -> float | None:
    if cell.strip().lower() in MISSING:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise BadRowError(f"{what} is {cell[:40]!r}, no number") from None
    return number(value, 0.0, 100.0, what)
