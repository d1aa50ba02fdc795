"""``profile``: what the models here can do and how fast, measured by the router that runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, echo_json, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.ports.control import Control
    from llmrouter_tui.core.profile import Only, Profiles


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--full", is_flag=True, help="All prompts, not only the quick profile's.")
@click.option("--again", is_flag=True, help="Also what was measured lately.")
@click.option("--failed", is_flag=True, help="Only the prompts that failed.")
@click.option("--stop", is_flag=True, help="Stop the run under way; what it found is kept.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port).")
@options(ASKING)
def profile(
    models: tuple[str, ...], full: bool, again: bool, failed: bool, stop: bool, as_json: bool, url: str,
    config_file: Path | None, **flags: Any,
) -> None:  # fmt: skip
    """Measure what models can do here, and how fast.

    MODEL is an id or a name as `llmrouter-tui models` lists them; without one, all that are enabled and cost no money,
    or the run that is under way.

    First it is tried what each can do: tools, vision, JSON, thinking, embeddings and its context; the router goes by
    that, whatever backends say. Then prompts of our own are put to one model at a time and their answers are checked by
    program. Requests of clients come first. Only what is missing, failed, old (profile_max_age_days) or of other
    weights is measured. Models that had to be loaded are unloaded afterwards.
    """
    config = load_config(config_file, **flags)
    from llmrouter_tui.cli.nearby import answers, url_of

    there = url or url_of(config.settings.host, config.settings.port)
    if not url and not answers(there):
        fail(f"no router runs at {there}: start it with llmrouter-tui or llmrouter-tui serve, or name one by --url")
    if stop:
        _stop(config, there)
        return
    found = _measured(config, there, models, full=full, again=again, only="failed" if failed else "")
    if as_json:
        echo_json(found)
    else:
        from llmrouter_tui.cli.profiling import told

        click.echo("\n".join(told(found)))
    raise SystemExit(0 if all(model.state == "done" for model in found.run.models) else 1)


def _stop(config: "Config", url: str) -> None:
    from llmrouter_tui.cli.asking import ask
    from llmrouter_tui.cli.profiling import stopped

    async def stop(control: "Control") -> str:
        run = (await control.profiles()).run
        await control.cancel_profile()
        return stopped(run)

    click.echo(ask(config, url, stop, command=True))


def _measured(
    config: "Config", url: str, models: tuple[str, ...], *, full: bool, again: bool, only: "Only"
) -> "Profiles":
    import asyncio

    from llmrouter_tui.cli.logs import quiet
    from llmrouter_tui.cli.profiling import Bar, follow
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.remote.control import RemoteControl

    async def there() -> "Profiles":
        control = RemoteControl(url, key=config.settings.admin_api_key)
        try:
            with Bar() as bar:
                return await follow(control, models, bar, quick=not full, again=again, only=only)
        finally:
            await control.aclose()

    quiet()
    try:
        return asyncio.run(there())
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    except KeyboardInterrupt:
        fail("stopped; what was found is kept, and the same command goes on with the rest")
