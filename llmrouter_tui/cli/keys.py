"""``keys``: the keys of clients, by the router that runs, or in its database."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import echo_json

if TYPE_CHECKING:
    from llmrouter_tui.core.keys import KeyView

URL = click.option("--url", default="", help="A running router (default: the one on our port).")
JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(invoke_without_command=True)
@JSON
@URL
@options(ASKING)
@click.pass_context
def keys(context: click.Context, /, as_json: bool, url: str, config_file: Path | None, **flags: Any) -> None:
    """Keys that clients send: those with a name, their models and limits."""
    if context.invoked_subcommand is not None:
        return
    found = ask(load_config(config_file, **flags), url, lambda control: control.keys())
    if as_json:
        echo_json(found)
    elif found:
        click.echo("\n".join(line(key) for key in found))
    else:
        click.echo("no key has a name; `llmrouter-tui keys add NAME` makes one")


@keys.command()
@click.argument("name")
@click.option("--models", default="", metavar="NAMES", help="What it may ask for: with commas, * for any part.")
@click.option("--rpm", type=click.IntRange(0), help="Its requests a minute; 0 for any number.")
@click.option("--tpm", type=click.IntRange(0), help="Its tokens a minute; 0 for any number.")
@click.option("--concurrent", type=click.IntRange(0), help="Its requests at the same time; 0 for any number.")
@JSON
@URL
@options(ASKING)
def add(
    name: str, models: str, rpm: int | None, tpm: int | None, concurrent: int | None, as_json: bool, url: str,
    config_file: Path | None, **flags: Any,
) -> None:  # fmt: skip
    """Make a key. It is printed this once: the router keeps only what it hashes to."""
    allowed = [one.strip() for one in models.split(",") if one.strip()]
    made = ask(
        load_config(config_file, **flags),
        url,
        lambda control: control.add_key(name, models=allowed, rpm=rpm, tpm=tpm, concurrent=concurrent),
        command=True,
    )
    if as_json:
        echo_json(made)
    else:
        click.echo(f"the key {made.name}, shown this once:", err=True)
        click.echo(made.key)
        click.echo("from now on every client needs a key, on this machine too", err=True)


@keys.command()
@click.argument("name")
@URL
@options(ASKING)
def revoke(name: str, url: str, config_file: Path | None, **flags: Any) -> None:
    """Let a key in no more, from now on."""
    config = load_config(config_file, **flags)
    ask(config, url, lambda control: control.revoke_key(name), command=True)
    click.echo(f"the key {name} lets nobody in any more")


def line(key: "KeyView") -> str:
    """One key in words."""
    from datetime import datetime

    limits = ((key.rpm, "requests/min"), (key.tpm, "tokens/min"), (key.concurrent, "at a time"))
    said = [f"{count:,} {what}" if count else f"any {what}" for count, what in limits if count is not None]
    said.append(f"only {', '.join(key.models)}" if key.models else "all models")
    made = f"made {datetime.fromtimestamp(key.made_at):%Y-%m-%d}" if key.made_at else "from the file"
    said += [made] if key.usable else [made, "LETS NOBODY IN: its variable is not set"]
    return f"{key.name:20} {'; '.join(said)}"
