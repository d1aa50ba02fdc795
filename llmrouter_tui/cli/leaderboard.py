"""``leaderboard``: who is preferred to whom by the user's votes, asked of the router that runs or read from the
database."""

import asyncio
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import USAGE, echo_json, fail

if TYPE_CHECKING:
    from llmrouter_tui.core.votes import Leaderboard

WIDTH = 100
"""Cells of a line of running text."""


@click.command()
@click.option("--task", default="", help="Votes on this task alone: coding, chat, math …")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(ASKING)
def leaderboard(task: str, as_json: bool, url: str, config_file: Path | None, **flags: Any) -> None:
    """Who is preferred to whom by your votes between answers, the strongest first, with how sure that is."""
    config = load_config(config_file, **flags)
    from llmrouter_tui.cli.nearby import answers, url_of
    from llmrouter_tui.core.domain import TASKS
    from llmrouter_tui.core.errors import RouterError

    if task and task not in TASKS:
        fail(f"--task: {task!r} is none; it is one of {', '.join(TASKS)}", USAGE)
    there = url or url_of(config.settings.host, config.settings.port)
    if url or (flags["database"] is None and answers(there)):
        board = ask(config, there, lambda control: control.leaderboard(task))
    else:
        try:
            board = _of_database(config.settings.database, task)
        except RouterError as error:
            fail(str(error))
    if as_json:
        echo_json(board)
    else:
        click.echo("\n".join(lines(board)))


def _of_database(path: Path | None, task: str) -> "Leaderboard":
    """Of what a database holds; of nothing where there is none. Raises ``RouterError``."""
    from llmrouter_tui.core.leaderboard import leaderboard as count

    if path is None or not path.exists():
        return count([], task)
    return asyncio.run(_read(path, task))


async def _read(path: Path, task: str) -> "Leaderboard":
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.leaderboard import leaderboard as count
    from llmrouter_tui.storage.repo import open_repo

    repo = await open_repo(path)
    try:
        if repo.problem:
            raise RouterError("storage_unavailable", repo.problem)
        return count(await repo.all_votes(), task)
    finally:
        await repo.close()


def lines(board: "Leaderboard") -> list[str]:
    """A sentence, the table, and how to read it."""
    from llmrouter_tui.core.leaderboard_words import HOW_TO_READ, HOW_TO_VOTE, headline, record, span

    out = [headline(board)]
    if not board.rows:
        return [*out, *textwrap.wrap(HOW_TO_VOTE, WIDTH)]
    out += ["", f"{'MODEL':36} {'PREF':>5} {'95%':>7} {'ELO':>5} {'VOTES':>6} {'WON-TIED-LOST':>14} {'BAD':>4}"]
    for row in board.rows:
        out.append(
            f"{row.model:36.36} {row.strength * 100:4.0f}% {span(row):>7} {row.elo:5,} {row.votes:6,} "
            f"{record(row):>14} {row.bad:4,}"
        )
    others = ", ".join(f"{task} {count}" for task, count in board.tasks.items())
    return [*out, "", f"Votes by task: {others}.", *textwrap.wrap(HOW_TO_READ, WIDTH)]
