"""The post-mortem on the command line: asked of a running router, or read from the database alone; and as text."""

import asyncio
import math
import textwrap
import time
from pathlib import Path

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.review import Audit, Review, Reviewed, review
from llmrouter_tui.core.review_words import calibration, caveats, headline, note, unrated
from llmrouter_tui.storage.repo import open_repo

WIDTH = 100
"""Cells of a line of running text."""


async def of_database(path: Path, span: float | None) -> Review:
    """The review of what a database holds. Raises ``RouterError``."""
    repo = await open_repo(path)
    try:
        if repo.problem:
            raise RouterError("storage_unavailable", repo.problem)
        return review(await repo.audit(-math.inf if span is None else time.time() - span), span)
    finally:
        await repo.close()


def run(path: Path | None, span: float | None) -> Review:
    """The same from the command line; of nothing where there is no database."""
    if path is None or not path.exists():
        return review(Audit({}, ()), span)
    return asyncio.run(of_database(path, span))


def lines(found: Review) -> list[str]:
    """What it comes to in a sentence, a table with the surprises first, and how to read it."""
    out = [headline(found)]
    if said := calibration(found):
        out.append(said)
    rated = [row for row in found.rows if row.rated]
    if rated:
        out += ["", f"{'TASK':12} {'MODEL':36} {'ANSWERS':>7} {'RATED':>5} {'EXPECTED':>8} {'SEEN':>5} {'±':>4}  WHAT"]
        out += map(_line, rated)
    if rated and (said := unrated(found)):
        out += ["", said]
    if said := caveats(found):
        out += ["", *textwrap.wrap(said, WIDTH)]
    return out


def _line(row: Reviewed) -> str:
    compared = row.compared
    expected = f"{compared.expected:8.2f}" if compared.count else f"{'-':>8}"
    margin = f"{compared.margin:4.2f}" if compared.count else f"{'-':>4}"
    return (
        f"{row.task or '-':12.12} {row.model:36.36} {row.answered:7,} {row.rated:5,} {expected} {row.seen:5.2f} "
        f"{margin}  {note(row)}"
    )
