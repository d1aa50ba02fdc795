"""``export``: what is on record as lines of JSON or as a table, from the router that runs, or from the file."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, fail


@click.command()
@click.argument(
    "what",
    type=click.Choice(["exchanges", "ratings", "grades", "profiles", "votes"]),
    default="exchanges",
    metavar="[WHAT]",
)
@click.option("--csv", "table", is_flag=True, help="A table instead of lines of JSON.")
@click.option("--texts", is_flag=True, help="With prompts, answers and notes, as far as they are stored.")
@click.option("--filter", "asked", default="", metavar="FILTER", help="Only these: 'task:code margin:<.05 you:-'.")
@click.option("--since", default="all", metavar="SPAN", help="How far to go back: 7d, 12h, 2w, or all (the default).")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A new file, instead of stdout.")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(ASKING)
def export(
    what: str, table: bool, texts: bool, asked: str, since: str, output: Path | None, url: str,
    config_file: Path | None, **flags: Any,
) -> None:  # fmt: skip
    """Write what is on record, newest first: exchanges (the default), ratings, grades, profiles or votes.

    A filter is written as on the page Routes. Without --texts nothing that was said is in it. In a table, text that a
    spreadsheet would take for a formula gets an apostrophe before it.
    """
    config = load_config(config_file, **flags)
    from llmrouter_tui.cli import stored
    from llmrouter_tui.cli.nearby import answers, url_of
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.exchange_query import parse_query
    from llmrouter_tui.core.export import ONLY_EXCHANGES, What
    from llmrouter_tui.core.review import parse_span

    try:
        span = parse_span(since)
    except ValueError as error:
        fail(f"--since: {error}", USAGE)
    try:
        query = parse_query(asked, time.time())
    except ValueError as error:
        fail(f"--filter: {error}", USAGE)
    if query and what != "exchanges":
        fail(f"--filter: {ONLY_EXCHANGES}", USAGE)
    form, kind, key = "csv" if table else "jsonl", cast(What, what), config.settings.admin_api_key
    there = url or url_of(config.settings.host, config.settings.port)
    from_file = not url and (flags["database"] is not None or not answers(there))
    try:
        with _out(output) as out:
            lines = Lines(out.write, table=table)
            if from_file:
                database = stored.existing(config.settings.database)
                asyncio.run(
                    stored.export_from(database, kind, lines.write, form=form, span=span, texts=texts, query=query)
                )
            else:
                asyncio.run(
                    stored.export_at(there, key, kind, lines.write, form=form, since=since, texts=texts, query=query)
                )
            out.flush()
        if output is not None:
            source = config.settings.database or "a database in memory" if from_file else f"the router at {there}"
            click.echo(f"{output}: {lines.records:,} {what} of {source}")
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    except BrokenPipeError:  # whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        fail(f"{output or 'stdout'} cannot be written: {error.strerror or error}")


class Lines:
    """Hands on what is written, and counts the records in it: a line each, in a table without those within a text."""

    def __init__(self, write: Callable[[bytes], object], *, table: bool) -> None:
        self._write, self._table = write, table
        self._quoted = False
        self.records = -1 if table else 0  # the first line of a table names its columns

    def write(self, data: bytes) -> None:
        self._write(data)
        if not self._table:
            self.records += data.count(b"\n")
            return
        for at, part in enumerate(data.split(b'"')):
            self._quoted ^= at > 0
            self.records += 0 if self._quoted else part.count(b"\n")


@contextmanager
def _out(output: Path | None) -> Iterator[BinaryIO]:
    """Where it goes; a new file is for this user only."""
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        handle = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        fail(f"{output} is there already, and is not written over", USAGE)
    with os.fdopen(handle, "wb") as file:
        yield file
