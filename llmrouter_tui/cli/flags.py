"""The options that commands share, and the settings that follow from them, the environment and the file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.telling import USAGE, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config

Option = Callable[[Any], Any]

FILES: list[Option] = [
    click.option(
        "--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="Configuration file."
    ),
    click.option("--db", "database", type=click.Path(dir_okay=False), help='Database file; ":memory:" keeps nothing.'),
]
ASKING: list[Option] = [
    *FILES,
    click.option("--port", type=int, help="Port of the router on this machine (default 11436)."),
]
EMBEDDED: list[Option] = [
    click.option(
        "--embedded/--no-embedded", default=None, help="Run models in this program, also beside other backends."
    ),
]
ROUTER: list[Option] = [
    *FILES,
    click.option("--host", help="Address to listen on (default 127.0.0.1)."),
    click.option("--port", type=int, help="Port to listen on (default 11436)."),
    *EMBEDDED,
]
SERVING: list[Option] = [
    *ROUTER,
    click.option("--insecure", is_flag=True, help="Allow an address others can reach without any key."),
]
RECORD: list[Option] = [
    click.option(
        "--record",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write everything that happens to a new FILE, which `replay` shows again; without prompts and answers. "
        "Packed where it is named .gz.",
    ),
    click.option("--record-texts", is_flag=True, help="Keep prompts, answers and notes in the recording."),
]
SCREEN: list[Option] = [
    click.option("--readonly", is_flag=True, help="Show everything, change nothing."),
    click.option("--calm", is_flag=True, help="Refresh twice a second and never move."),
    click.option("--symbols", type=click.Choice(["braille", "block", "ascii"]), help="Characters for charts."),
]


def options(*groups: list[Option]) -> Option:
    """Several click options as one decorator."""

    def add(command: Any) -> Any:
        for group in reversed(groups):
            for option in reversed(group):
                command = option(command)
        return command

    return add


def load_config(config_file: Path | None, **flags: Any) -> "Config":
    """Settings from flags, environment and file; a mistake ends the program with its place and the remedy."""
    from llmrouter_tui import config

    given = {k: v for k, v in flags.items() if v is not None and (v is not False or k == "embedded")}
    try:
        return config.load(file=config_file, env=os.environ, flags=given)
    except config.ConfigError as error:
        fail(str(error), USAGE)


def keep_others_out(config: "Config", insecure: bool) -> None:
    """End the program where everybody could command the router that it is about to be."""
    settings = config.settings
    if not insecure and not settings.admin_api_key and settings.host not in ("127.0.0.1", "localhost", "::1"):
        fail(
            f"{settings.host} can be reached by others and no admin key is set. Set ROUTER_ADMIN_API_KEY for yourself "
            "and ROUTER_API_KEYS for clients, or say --insecure if the network is yours alone.",
            USAGE,
        )


def recordable(record: Path | None, record_texts: bool) -> None:
    """End the program where a recording could not be made, before anything runs."""
    if record is None:
        if record_texts:
            fail("--record-texts goes with --record FILE", USAGE)
        return
    if record.exists():
        fail(f"{record} is there already; --record writes a new file, so name another", USAGE)
    if not os.access(record.absolute().parent, os.W_OK):
        fail(f"cannot record to {record}: its folder is not there, or may not be written to", USAGE)


def keep_nothing(demo: bool, flags: Mapping[str, Any]) -> None:
    """Say that a database which was asked for is not used. (One that the environment or the file names is for the
    routers that are not a demo.)"""
    if demo and (database := flags.get("database")):
        click.echo(f"llmrouter-tui: a DEMO keeps nothing; --db {database} is neither read nor written", err=True)


def in_force(config: "Config") -> "Config":
    """With what was set on screen, which is kept in the database."""
    import asyncio

    from llmrouter_tui.config import usable
    from llmrouter_tui.storage.repo import open_repo

    async def stored() -> dict[str, object]:
        repo = await open_repo(config.settings.database)
        if repo.problem:
            click.echo(f"What was set on screen is not shown: {repo.problem}", err=True)
        try:
            return usable(await repo.settings())[0]
        finally:
            await repo.close()

    database = config.settings.database
    return config.with_stored(asyncio.run(stored())) if database is not None and database.exists() else config
