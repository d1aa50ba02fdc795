"""``forget``: what was said is taken out of the database, by the router that runs, or in the file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.forgetting import Forget, Forgotten


@click.command()
@click.option("--all", "everything", is_flag=True, help="All that is stored.")
@click.option("--session", default="", metavar="ID", help="A conversation, by its id or as its client named it.")
@click.option("--exchange", default="", metavar="ID", help="One exchange, by its id or that of its answer.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(ASKING)
def forget(
    everything: bool, session: str, exchange: str, yes: bool, url: str, config_file: Path | None,
    **flags: Any,
) -> None:  # fmt: skip
    """Take prompts, answers, judges' words and your notes out of the database, for good.

    Figures, decisions, ratings and marks stay. Backups that were made keep what they hold.
    """
    if everything + bool(session) + bool(exchange) != 1:
        fail("say whose texts: one of --all, --session and --exchange", USAGE)
    config = load_config(config_file, **flags)
    if everything and not yes:
        click.confirm("Take all texts out of the database, for good?", abort=True, err=True)
    from llmrouter_tui.cli.nearby import answers, url_of
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.forgetting import Forget

    there = url or url_of(config.settings.host, config.settings.port)
    if not url and (flags["database"] is not None or not answers(there)):
        there = ""
    wanted = Forget(exchange=exchange, session=session)
    try:
        gone = _forgotten(config, there, wanted)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    click.echo(gone.words)


def _forgotten(config: "Config", url: str, wanted: "Forget") -> "Forgotten":
    """By the router at ``url``, or in the file where there is none. Raises ``RouterError``."""
    import asyncio

    from llmrouter_tui.cli import stored

    if url:
        return asyncio.run(stored.forget_at(url, config.settings.admin_api_key, wanted))
    return asyncio.run(stored.forget_in(stored.existing(config.settings.database), wanted))
