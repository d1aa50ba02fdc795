"""``backup`` and ``restore``: the database file of this machine, copied while a router runs, and put back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.flags import COMMON, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@FILE
@options(COMMON)
def backup(file: Path, config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """Copy the database to FILE, also while a router runs. It never writes over a file.

    The copy holds what the database does: texts as far as they are kept, and hashes of clients' keys.
    """
    database = _database(load_config(config_file, insecure, **flags))
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.storage.backup import back_up

    try:
        size = back_up(database, file, _tell)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    click.echo(f"{file}: a copy of {database}, {size / 1e6:,.1f} MB")


@click.command()
@FILE
@options(COMMON)
def restore(file: Path, config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """Put a copy in the place of the database. Refused while a router uses it; what was there is kept beside it."""
    database = _database(load_config(config_file, insecure, **flags))
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.storage.backup import restore as put_back

    try:
        aside = put_back(file, database, _tell)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    kept = f"; what was there is {aside}" if aside else ""
    click.echo(f"{database}: as it is in {file}{kept}")


def _database(config: "Config") -> Path:
    database = config.settings.database
    if database is None:
        fail("there is no database: it is kept in memory, as is set", USAGE)
    return database


def _tell(share: float) -> None:
    """How far it is, on a terminal."""
    import sys

    if sys.stderr.isatty():
        click.echo(f"\r{share:4.0%}" if share < 1 else "\r    \r", nl=False, err=True)
