"""The part of ``models`` about memory: who holds it, what a load would mean, and acts on a router that runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.telling import USAGE, echo_json, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.domain import ModelView
    from llmrouter_tui.core.ports.control import Control
    from llmrouter_tui.core.vram import Placement, VramView

ALL = ("clear", "release")
"""What can be done with all models."""
ACTS = ("unpin", "unload", "pin", "load")
"""What can be done with one model, after that, in the order in which it is done where several are asked for."""

ASKED = ("vram", "plan", "context", *ALL, *ACTS)

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


@dataclass(frozen=True, slots=True)
class Act:
    """An order that the router has taken."""

    act: str
    model: "str | None" = None
    """Its id; None for an order about all."""
    plan: "Placement | None" = None
    """What it means, where a model is to be loaded."""


@dataclass(slots=True)
class Told:
    """What came of all that was asked, in its order."""

    acts: list[Act] = field(default_factory=list)
    plan: "Placement | None" = None
    vram: "VramView | None" = None


def about_memory(config: "Config", url: str, as_json: bool, asked: dict[str, Any]) -> bool:
    """Do what was asked with the options of ``MEMORY``; False where none of them was given."""
    if asked["context"] and not asked["plan"]:
        fail("--context goes with --plan NAME", USAGE)
    if not any(asked.values()):
        return False
    told = Told()
    orders = any(asked[act] for act in (*ALL, *ACTS))
    try:
        ask(config, url, lambda control: _carry_out(control, asked, told), command=orders, lasting=orders)
    finally:  # also what was done before something failed
        if as_json:
            _echo_document(told)
        else:
            _echo_lines(told)
    return True


async def _carry_out(control: "Control", asked: dict[str, Any], told: Told) -> None:
    """One after another, once it is known that every name means a model. Raises ``RouterError``."""
    models = {what: (await _one(control, asked[what])).id for what in (*ACTS, "plan") if asked[what]}
    for what in ALL:
        if asked[what]:
            await (control.clear_vram() if what == "clear" else control.release_vram())
            told.acts.append(Act(what))
    for act in ACTS:
        if asked[act]:
            told.acts.append(await _change(control, act, models[act]))
    if asked["plan"]:
        told.plan = await control.plan(models["plan"], context_length=asked["context"])
    if asked["vram"]:
        told.vram = await control.vram()


async def _change(control: "Control", act: str, model: str) -> Act:
    """Load, unload, pin or unpin a model: it goes on when this has ended. Raises ``RouterError``."""
    if act == "unload":
        await control.unload(model)
        return Act(act, model)
    if act == "unpin":
        await control.pin(model, False)
        return Act(act, model)
    plan = await control.plan(model)
    if act == "load":
        _refuse(plan)
        await control.load(model)
    else:
        await control.pin(model, True)
    return Act(act, model, plan)


def _refuse(plan: "Placement") -> None:
    """What cannot be loaded is not asked for. Raises ``RouterError``."""
    from llmrouter_tui.cli.plain_vram import placement_line
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.memory_words import RELEASED_BY_COMMAND

    if plan.verdict == "held":
        raise RouterError("model_loading", placement_line(plan), hint=RELEASED_BY_COMMAND)
    if plan.verdict in ("full", "too big"):
        raise RouterError("out_of_memory", placement_line(plan), hint="`llmrouter-tui models --vram` tells why")


def _echo_document(told: Told) -> None:
    """One document, also for several things; nothing where nothing was done."""
    parts: dict[str, object] = {"acts": told.acts, "plan": told.plan, "vram": told.vram}
    known = {name: part for name, part in parts.items() if part}
    if len(known) == 1 and not told.acts:
        echo_json(*known.values())
    elif known:
        echo_json(known)


def _echo_lines(told: Told) -> None:
    from llmrouter_tui.cli.plain_vram import act_lines, placement_line, vram_lines

    for act in told.acts:
        click.echo("\n".join(act_lines(act.act, act.model or "", act.plan)))
    if told.plan is not None:
        click.echo(placement_line(told.plan))
    if told.vram is not None:
        click.echo("\n".join(vram_lines(told.vram)))


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
