"""``local-only`` and ``spend``: what may leave this machine, and what was paid, of the router that runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import echo_json

if TYPE_CHECKING:
    from llmrouter_tui.core.ports.control import Control

URL = click.option("--url", default="", help="A running router (default: the one on our port).")
JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command("local-only")
@click.argument("wanted", type=click.Choice(["on", "off"]), required=False)
@JSON
@URL
@options(ASKING)
def local_only(wanted: str | None, as_json: bool, url: str, config_file: Path | None, **flags: Any) -> None:
    """Keep every prompt on this machine (on), or let models elsewhere be asked (off); without a word: which holds."""
    config = load_config(config_file, **flags)

    async def settle(control: "Control") -> tuple[bool, list[str]]:
        if wanted is not None:
            await control.set_setting("local_only", wanted == "on")
        setting = next(one for one in await control.settings() if one.key == "local_only")
        return setting.value is True, [f"{m.id} ({m.withheld})" for m in await control.models() if m.withheld]

    on, kept_in = ask(config, url, settle, command=wanted is not None)
    if as_json:
        echo_json({"local_only": on, "withheld": kept_in})
        return
    click.echo("every prompt stays on this machine" if on else "models that run elsewhere may be asked")
    click.echo("".join(f"  not asked: {one}\n" for one in kept_in), nl=False)


@click.command()
@JSON
@URL
@options(ASKING)
def spend(as_json: bool, url: str, config_file: Path | None, **flags: Any) -> None:
    """What was paid this month, by model, purpose and day, beside the budgets."""
    found = ask(load_config(config_file, **flags), url, lambda control: control.spend())
    if as_json:
        echo_json(found)
        return
    from llmrouter_tui.core.spending_words import whole

    click.echo(whole(found, str))
