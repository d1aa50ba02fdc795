"""``review``: whether the router was right, asked of the router that runs or read from the database."""

from pathlib import Path
from typing import Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import USAGE, echo_json, fail


@click.command()
@click.option("--since", default="30d", metavar="SPAN", help="How far to look back: 7d, 12h, 2w, or all (default 30d).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(ASKING)
def review(since: str, as_json: bool, url: str, config_file: Path | None, **flags: Any) -> None:
    """Whether the router was right: your ratings against what was expected, the surprises first."""
    config = load_config(config_file, **flags)
    from llmrouter_tui.cli.nearby import answers, url_of
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.review import parse_span

    try:
        span = parse_span(since)
    except ValueError as error:
        fail(f"--since: {error}", USAGE)
    there = url or url_of(config.settings.host, config.settings.port)
    if url or (flags["database"] is None and answers(there)):
        found = ask(config, there, lambda control: control.review(span))
    else:
        from llmrouter_tui.cli import reviewing

        try:
            found = reviewing.run(config.settings.database, span)
        except RouterError as error:
            fail(str(error))
    if as_json:
        echo_json(found)
        return
    from llmrouter_tui.cli.reviewing import lines

    click.echo("\n".join(lines(found)))
