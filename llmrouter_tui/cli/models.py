"""``models``: what can be routed to, what a model's scores rest on, which catalog entry it is taken for, and memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.flags import ASKING, EMBEDDED, load_config, options
from llmrouter_tui.cli.memory import ASKED, MEMORY, about_memory
from llmrouter_tui.cli.telling import USAGE, echo_json, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.domain import CatalogMatch, ModelView
    from llmrouter_tui.core.dossier import Dossier
    from llmrouter_tui.core.ports.control import Control, Snapshot
    from llmrouter_tui.core.profile import Profiles


@click.command()
@click.option("--why", metavar="NAME", default="", help="What the scores of one model rest on, here or not.")
@click.option("--match", metavar="NAME=ID", default="", help="Say which model of the public catalog NAME is (or none).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, else look without one).")
@options(MEMORY, ASKING, EMBEDDED)
def models(
    why: str, match: str, as_json: bool, url: str, config_file: Path | None, **flags: Any
) -> None:  # fmt: skip
    """The models that can be routed to, with their scores.

    --match corrects what the name of a model is taken for: NAME=none says that no public figures are its own, and
    NAME=automatic goes by the name again.

    --vram tells who holds which memory. --load, --unload, --pin, --unpin, --clear and --release are orders for a router
    that runs: it goes on with them when this command has ended. Of several, --clear comes first, then --release,
    --unpin, --unload, --pin, --load, and at last what is asked: --plan, --vram. All names are looked up before anything
    is done; after an order that fails no other is given.

    --json prints one document, whatever is asked. Orders: {"acts": [{"act", "model", "plan"}, ...]}, those that were
    done, in their order, with "plan" and "vram" beside it where those are asked too. --plan or --vram alone: that
    itself, as /admin/models/ID/plan and /admin/vram have it. --why and --match are documents of their own.
    """
    memory = {name: flags.pop(name) for name in ASKED}
    config = load_config(config_file, **flags)
    if as_json and bool(match) + bool(why) + any(memory.values()) > 1:
        fail("--json prints one document: ask for --match, for --why, and about memory one at a time", USAGE)
    if match:
        set_match(match, config, url, as_json)
    if why:
        explain_model(why, config, url, as_json)
    if about_memory(config, url, as_json, memory) or match or why:
        return
    snapshot = ask(config, url, lambda control: control.snapshot())
    if as_json:
        echo_json(snapshot.models)
        return
    from llmrouter_tui.cli.plain import model_lines

    click.echo("\n".join(model_lines(snapshot.models)))
    if not snapshot.models:
        click.echo("No backend that answers has a model; `llmrouter-tui doctor` tells what was looked for.", err=True)


def explain_model(name: str, config: "Config", url: str, as_json: bool) -> None:
    """What a model's scores rest on: its evidence where a backend has it, and the public figures of any name, with
    those that were fetched."""
    from llmrouter_tui.cli import known
    from llmrouter_tui.cli.plain import evidence_lines

    async def look(
        control: "Control",
    ) -> "tuple[list[ModelView], Sequence[CatalogMatch], str, Sequence[Dossier], Profiles]":
        snapshot = await control.snapshot()
        views, problem = meant_by(name, snapshot)
        found = known.matches(name, views, {backend.name: backend.kind for backend in snapshot.backends})
        return views, found, problem, await control.known(known.entries_of(found)), await control.profiles()

    views, found, problem, dossiers, measured = ask(config, url, look)
    if problem and not any(match.id for match in found):
        near = next((match.near for match in found if match.near), "")
        like = f" (the nearest is {near})" if near else ""
        fail(
            f"nothing is known of {name}: no backend that answers has it, and public figures know no such name{like}; "
            "`llmrouter-tui models` lists what is here",
            USAGE,
        )
    if as_json:
        echo_json({"models": views, "catalog": known.facts_of(found, dossiers)})
        return
    profiles = {profile.model: profile for profile in measured.models}
    lines = evidence_lines(views, profiles) if views else [f"{name}: no backend that answers has it"]
    click.echo("\n".join([*lines, "", *known.lines_of(found, dossiers)]))


def set_match(asked: str, config: "Config", url: str, as_json: bool) -> None:
    """``NAME=ID``: say which catalog entry the models called NAME are, ``none`` of them or what the name says."""
    from llmrouter_tui.core.domain import AUTOMATIC
    from llmrouter_tui.core.dossier import match_words
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.resolving import named

    name, _, entry = asked.rpartition("=")
    if not name or not entry:
        fail(f"{asked!r} is no match; write NAME=ID, NAME=none or NAME={AUTOMATIC}", USAGE)

    async def tell(control: "Control") -> "list[ModelView]":
        views = named(name, (await control.snapshot()).models)
        if not views:
            hint = "`llmrouter-tui models` lists them"
            raise RouterError("model_not_found", f"no model here is called {name!r}", hint=hint)
        for view in views:
            await control.match(view.id, "" if entry == "none" else entry)
        changed = {view.id for view in views}
        return [view for view in await control.models() if view.id in changed]

    views = ask(config, url, tell, command=True)
    if as_json:
        echo_json(views)
        return
    for view in views:
        click.echo(f"{view.id}   public figures: {match_words(view.match) if view.match else 'not looked up yet'}")


def meant_by(name: str, snapshot: "Snapshot") -> "tuple[list[ModelView], str]":
    """The models here that a name means, and why there are none, in words."""
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.resolving import resolve

    views = [view for view in snapshot.models if name in (view.id, view.info.name, *view.info.aliases)]
    problem = ""
    try:
        views = views or list(resolve(name, snapshot.models).models)
    except RouterError as error:
        problem = str(error)
    return views, problem
