"""``backup`` and ``restore``: the database file of this machine, copied while a router runs, and put back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.flags import ASKING, FILES, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@FILE
@options(FILES)
def backup(file: Path, config_file: Path | None, **flags: Any) -> None:
    """Copy the database to FILE, also while a router runs. It never writes over a file.

    The copy holds what the database does: texts as far as they are kept, and hashes of clients' keys.
    """
    database = _database(load_config(config_file, **flags))
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.storage.backup import back_up

    try:
        size = back_up(database, file, _tell)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    whose = "" if flags["database"] is not None else " (by these settings; --db names another router's)"
    click.echo(f"{file}: a copy of {database}{whose}, {size / 1e6:,.1f} MB")


@click.command()
@FILE
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(ASKING)
def restore(file: Path, url: str, config_file: Path | None, **flags: Any) -> None:
    """Put a copy in the place of the database; what was there is kept beside it.

    A router that runs restarts with it: answers under way are finished or ended as at a stop.
    """
    config = load_config(config_file, **flags)
    from llmrouter_tui.cli.nearby import answers, url_of
    from llmrouter_tui.core.errors import RouterError

    there = url or url_of(config.settings.host, config.settings.port)
    if not url and (flags["database"] is not None or not answers(there)):
        there = ""
    try:
        restored, aside = _through(there, config, file) if there else _in_place(config, file)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    kept = f"; what was there is {aside}" if aside else ""
    click.echo(f"{restored}: as it is in {file}{kept}")


def _in_place(config: "Config", file: Path) -> tuple[str, str]:
    """Where no router runs: what was restored, and where what was there is. Raises ``RouterError``."""
    from llmrouter_tui.storage.backup import restore as put_back

    database = _database(config)
    return str(database), str(put_back(file, database, _tell) or "")


def _through(url: str, config: "Config", file: Path) -> tuple[str, str]:
    """The same by the router at ``url``, with a copy that has no write-ahead log beside it."""
    import asyncio
    import tempfile

    from llmrouter_tui.cli.stored import restore_at
    from llmrouter_tui.storage.backup import back_up

    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "copy.db"
        back_up(file, whole, _tell)
        given = asyncio.run(restore_at(url, config.settings.admin_api_key, whole))
    return f"the database of the router at {url}", given.kept


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
