"""``judge``: what the judge of the router that runs says, is worth, and is to do."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from llmrouter_tui.cli.flags import ASKING, load_config, options
from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, echo_json, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.ports.control import Control

T = TypeVar("T")


@click.command()
@click.option("--grade", "again", nargs=2, metavar="MODEL PROMPT", help="Have one answer graded (again).")
@click.option("--exchange", default="", metavar="ID", help="Have the answer of an exchange graded.")
@click.option("--judge", "by", default="", metavar="MODEL", help="By this judge, with --grade or --exchange.")
@click.option("--compare", nargs=2, metavar="A B", help="Which of two models answers open prompts better.")
@click.option("--task", default="", help="Of this task only, with --compare or the grades.")
@click.option("--model", default="", help="The grades of this model only.")
@click.option(
    "--overrule", nargs=2, metavar="ID MARK", help="Put your mark (1..10, or none) in the place of a grade's."
)
@click.option("--pause/--resume", "paused", default=None, help="Stop grading at once, or go on.")
@click.option("--wait", is_flag=True, help="Until all that waits is graded, with a progress bar.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0, 500), help="How many grades are told.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port).")
@options(ASKING)
def judge(
    again: tuple[str, str] | None, exchange: str, by: str, compare: tuple[str, str] | None, task: str, model: str,
    overrule: tuple[str, str] | None, paused: bool | None, wait: bool, limit: int, as_json: bool, url: str,
    config_file: Path | None, **flags: Any,
) -> None:  # fmt: skip
    """What the judge said, and how far it is to be believed.

    A model grades, while idle, the answers of measured models that no program can check (llmrouter-tui profile --full).
    How often it agrees with checks and with your ratings decides what its grades count for.
    """
    config = load_config(config_file, **flags)
    from llmrouter_tui.cli import judging

    there = _address(config, url)
    if compare:
        found = _run(config, there, lambda control: control.compare(*compare, task))
        echo_json(found) if as_json else click.echo("\n".join(judging.compared(found)))
        return
    if paused is not None:
        _run(config, there, lambda control: control.pause_judge(paused))
    if overrule:
        mark = _mark(overrule[1])
        done = _run(config, there, lambda control: control.overrule(overrule[0], mark))
        click.echo(judging.moved(done), err=True)
    if again:
        _run(config, there, lambda control: control.grade("prompt", again[1], again[0], judge=by))
    if exchange:
        _run(config, there, lambda control: control.grade("exchange", exchange, judge=by))
    if wait or again or exchange:
        _run(config, there, judging.watched)
    view, page = _run(config, there, lambda control: judging.state(control, model, task, limit))
    if as_json:
        echo_json({"judge": view, "grades": page})
    else:
        click.echo("\n".join(judging.told(view, page)))


def _address(config: "Config", url: str) -> str:
    from llmrouter_tui.cli.nearby import answers, url_of

    there = url or url_of(config.settings.host, config.settings.port)
    if not url and not answers(there):
        fail(f"no router runs at {there}: start it with llmrouter-tui or llmrouter-tui serve, or name one by --url")
    return there


def _mark(said: str) -> float | None:
    if said.lower() == "none":
        return None
    try:
        return float(said)
    except ValueError:
        fail(f"{said!r} is no mark: write a number from 1 to 10, or none to let the judge's stand", USAGE)


def _run(config: "Config", url: str, question: "Callable[[Control], Coroutine[Any, Any, T]]") -> T:
    import asyncio

    from llmrouter_tui.cli.logs import quiet
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.remote.control import RemoteControl

    async def there() -> T:
        control = RemoteControl(url, key=config.settings.admin_api_key)
        try:
            return await question(control)
        finally:
            await control.aclose()

    quiet()
    try:
        return asyncio.run(there())
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    except KeyboardInterrupt:
        fail("left; the router goes on with what it was told")
