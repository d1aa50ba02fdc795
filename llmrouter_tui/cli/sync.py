"""``sync``: newer public figures, fetched by the router that runs or into the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.flags import ASKING, in_force, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.sync import SyncRecord


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(ASKING)
def sync(sources: tuple[str, ...], url: str, config_file: Path | None, **flags: Any) -> None:
    """Fetch newer public figures of models.

    SOURCE is lmarena, openrouter, livebench, models.dev or artificial-analysis (with ROUTER_ARTIFICIAL_ANALYSIS_KEY);
    without one, all that can be asked. Nothing is sent but the questions themselves.

    A router that runs does it itself and uses the figures at once; else they go into the database, where the next
    router finds them.
    """
    config = in_force(load_config(config_file, **flags))
    from llmrouter_tui.cli.nearby import answers, url_of

    there = url or url_of(config.settings.host, config.settings.port)
    if not url and (flags["database"] is not None or not answers(there)):
        there = ""
    records = synced(config, there, sources)
    from llmrouter_tui.cli.syncing import told

    click.echo("\n".join(told(records)))
    raise SystemExit(0 if all(record.good for record in records) else 1)


def synced(config: "Config", url: str, sources: tuple[str, ...]) -> "list[SyncRecord]":
    """What came of a sync by the router at ``url``; done here where there is none, or one that asks nobody."""
    from llmrouter_tui.cli import syncing
    from llmrouter_tui.cli.logs import quiet
    from llmrouter_tui.core.errors import RouterError

    quiet()
    try:
        if url and (records := syncing.run_at(url, config.settings.admin_api_key, sources)) is not None:
            click.echo(f"fetched by the router at {url}", err=True)
            return records
        if config.settings.database is None:
            fail("without a database nothing that is fetched can be kept", USAGE)
        return syncing.run(config.settings.database, config.settings, sources)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    except KeyboardInterrupt:
        fail("cancelled; the source under way was left as it was")
