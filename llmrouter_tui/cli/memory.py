"""The part of ``models`` about memory: who holds it, what a load would mean, and acts on a router that runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.telling import USAGE, echo_json, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.domain import ModelView
    from llmrouter_tui.core.ports import Control
    from llmrouter_tui.core.vram import Placement

ACTS = ("unpin", "unload", "pin", "load")
"""What can be done with one model, in the order in which it is done where several are asked for."""

ASKED = ("vram", "plan", "context", "clear", "release", *ACTS)

MEMORY: list[Callable[[Any], Any]] = [
    click.option("--vram", is_flag=True, help="Who holds which memory, and what would fit."),
    click.option("--plan", metavar="NAME", default="", help="What loading a model would mean; nothing is loaded."),
    click.option("--context", metavar="N", type=click.IntRange(1), help="With --plan: for so many tokens of context."),
    click.option("--load", metavar="NAME", default="", help="Load a model, in a router that runs."),
    click.option("--unload", metavar="NAME", default="", help="Unload a model once it has answered."),
    click.option("--pin", metavar="NAME", default="", help="Load a model and keep it in memory."),
    click.option("--unpin", metavar="NAME", default="", help="Let a pinned model leave when room is needed."),
    click.option("--clear", is_flag=True, help="Unload all, and hold loads until --release, over restarts too."),
    click.option("--release", is_flag=True, help="Load again as needed, pinned models at once."),
]


def about_memory(config: "Config", url: str, as_json: bool, asked: dict[str, Any]) -> bool:
    """Do what was asked with the options of ``MEMORY``; False where none of them was given."""
    if asked["context"] and not asked["plan"]:
        fail("--context goes with --plan NAME", USAGE)
    if not any(asked.values()):
        return False
    for what in ("clear", "release"):
        if asked[what]:
            change_all(what, config, url, as_json)
    for act in ACTS:
        if asked[act]:
            change_one(act, asked[act], config, url, as_json)
    if asked["plan"]:
        show_plan(asked["plan"], asked["context"], config, url, as_json)
    if asked["vram"]:
        show_vram(config, url, as_json)
    return True


def show_vram(config: "Config", url: str, as_json: bool) -> None:
    view = ask(config, url, lambda control: control.vram())
    if as_json:
        echo_json(view)
        return
    from llmrouter_tui.cli.plain_vram import vram_lines

    click.echo("\n".join(vram_lines(view)))


def show_plan(name: str, context: int | None, config: "Config", url: str, as_json: bool) -> None:
    async def look(control: "Control") -> "Placement":
        return await control.plan((await _one(control, name)).id, context_length=context)

    _tell(ask(config, url, look), as_json)


def change_one(act: str, name: str, config: "Config", url: str, as_json: bool) -> None:
    """Load, unload, pin or unpin a model, and say what that means: it goes on when this has ended."""

    async def tell(control: "Control") -> "tuple[str, Placement]":
        model = (await _one(control, name)).id
        plan = await control.plan(model)
        if act == "load" and plan.verdict in ("full", "too big", "held"):
            from llmrouter_tui.cli.plain_vram import placement_line
            from llmrouter_tui.core.errors import RouterError
            from llmrouter_tui.core.memory_words import RELEASED_BY_COMMAND

            held = plan.verdict == "held"
            hint = RELEASED_BY_COMMAND if held else "`llmrouter-tui models --vram` tells why"
            raise RouterError("model_loading" if held else "out_of_memory", placement_line(plan), hint=hint)
        if act == "load":
            await control.load(model)
        elif act == "unload":
            await control.unload(model)
        else:
            await control.pin(model, act == "pin")
        return model, plan

    model, plan = ask(config, url, tell, command=True, lasting=True)
    if as_json:
        echo_json({"act": act, "model": model, "plan": plan if act in ("load", "pin") else None})
        return
    if act == "pin" and plan.verdict == "held":
        from llmrouter_tui.core.memory_words import RELEASED_BY_COMMAND, pinned_held

        click.echo(f"{pinned_held(model)}: {RELEASED_BY_COMMAND}")
        return
    done = {
        "load": f"{model} is being loaded",
        "unload": f"{model} is unloaded once nothing is being answered",
        "pin": f"{model} is pinned",
        "unpin": f"{model} is pinned no more",
    }
    if act != "load" or plan.verdict != "loaded":
        click.echo(done[act])
    if act in ("load", "pin"):
        _tell(plan, as_json)


def change_all(what: str, config: "Config", url: str, as_json: bool) -> None:
    async def tell(control: "Control") -> None:
        await (control.clear_vram() if what == "clear" else control.release_vram())

    ask(config, url, tell, command=True, lasting=True)
    if as_json:
        echo_json({"act": what})
    elif what == "clear":
        from llmrouter_tui.core.memory_words import HELD, RELEASED_BY_COMMAND

        click.echo(f"every model is unloaded once it has answered; {HELD}: {RELEASED_BY_COMMAND}")
    else:
        click.echo("models are loaded again as needed")


def _tell(plan: "Placement", as_json: bool) -> None:
    if as_json:
        echo_json(plan)
        return
    from llmrouter_tui.cli.plain_vram import placement_line

    click.echo(placement_line(plan))


async def _one(control: "Control", name: str) -> "ModelView":
    """The one model that a name means. Raises ``RouterError``."""
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.resolving import named

    views = named(name, await control.models())
    if len(views) == 1:
        return views[0]
    if views:
        ids = ", ".join(view.id for view in views)
        raise RouterError("invalid_request", f"{name!r} is more than one model", hint=f"say which: {ids}")
    raise RouterError("model_not_found", f"no model here is called {name!r}", hint="`llmrouter-tui models` lists them")
