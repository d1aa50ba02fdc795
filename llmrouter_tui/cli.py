"""The command line. Imports are inside the commands: ``--version`` loads no server, ``serve`` loads no screen."""

import gc
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.core import ParameterSource

from llmrouter_tui import __version__

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.chat import ChatRequest
    from llmrouter_tui.core.domain import CatalogMatch, ModelView
    from llmrouter_tui.core.dossier import Dossier
    from llmrouter_tui.core.ports import Control, Host, Snapshot
    from llmrouter_tui.core.sync import SyncRecord
    from llmrouter_tui.nearby import Nearby

T = TypeVar("T")
USAGE = 2
WRONG_INPUT = ("invalid_request", "model_not_found", "not_found")
"""Errors that another question would not get."""

COMMON: list[Callable[[Any], Any]] = [
    click.option(
        "--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="Configuration file."
    ),
    click.option("--db", "database", type=click.Path(dir_okay=False), help='Database file; ":memory:" keeps nothing.'),
    click.option("--host", help="Address to listen on (default 127.0.0.1)."),
    click.option("--port", type=int, help="Port to listen on (default 11436)."),
    click.option(
        "--embedded/--no-embedded", default=None, help="Run models in this program, also beside other backends."
    ),
    click.option("--insecure", is_flag=True, help="Allow an address others can reach without any key."),
]
SCREEN: list[Callable[[Any], Any]] = [
    click.option("--readonly", is_flag=True, help="Show everything, change nothing."),
    click.option("--calm", is_flag=True, help="Refresh twice a second and never move."),
    click.option("--symbols", type=click.Choice(["braille", "block", "ascii"]), help="Characters for charts."),
]


def options(*groups: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Several click options as one decorator."""

    def add(command: Any) -> Any:
        for group in reversed(groups):
            for option in reversed(group):
                command = option(command)
        return command

    return add


def fail(message: str, code: int = 1) -> NoReturn:
    click.echo(f"llmrouter-tui: {message}", err=True)
    raise SystemExit(code)


def load_config(config_file: Path | None, insecure: bool, **flags: Any) -> "Config":
    """Settings from flags, environment and file; a mistake ends the program with its place and the remedy."""
    from llmrouter_tui import config

    given = {k: v for k, v in flags.items() if v is not None and (v is not False or k == "embedded")}
    try:
        loaded = config.load(file=config_file, env=os.environ, flags=given)
    except config.ConfigError as error:
        fail(str(error), USAGE)
    settings = loaded.settings
    if not insecure and not settings.api_keys and settings.host not in ("127.0.0.1", "localhost", "::1"):
        fail(
            f"{settings.host} can be reached by others and no API key is set. "
            "Set ROUTER_API_KEYS, or say --insecure if the network is yours alone.",
            USAGE,
        )
    return loaded


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="llmrouter-tui")
@click.option("--demo", is_flag=True, help="Show a simulated fleet with simulated traffic.")
@options(COMMON, SCREEN)
@click.pass_context
def main(
    context: click.Context, /, demo: bool, readonly: bool, calm: bool, symbols: str | None, config_file: Path | None,
    insecure: bool, **flags: Any,
) -> None:  # fmt: skip
    """A control center and routing proxy for people who run their own models.

    Without a command it opens the control center and serves http://127.0.0.1:11436/v1.
    """
    if context.invoked_subcommand is not None:
        if any(source is ParameterSource.COMMANDLINE for source in map(context.get_parameter_source, context.params)):
            fail(f"options go after the command: llmrouter-tui {context.invoked_subcommand} …", USAGE)
        return
    gc.disable()  # a quarter of the start would go into looking through what stays; service and screen enable it again
    config = load_config(config_file, insecure, calm=calm, symbols=symbols, **flags)
    from llmrouter_tui.logs import to_file
    from llmrouter_tui.nearby import Nearby
    from llmrouter_tui.service import Mode, Service

    to_file(config.settings.database, demo=demo)
    nearby = Nearby(config.settings.admin_api_key, readonly=readonly)
    show(Service(config, Mode(demo=demo, screen=True), readonly=readonly), config, demo=demo, nearby=nearby)


def show(
    host: "Host", config: "Config", *, demo: bool = False, watching: bool = False, nearby: "Nearby | None" = None
) -> None:
    """Open the control center on a host until the user leaves it."""
    from llmrouter_tui.tui.app import ControlCenter

    settings = config.settings
    app = ControlCenter(
        host,
        demo=demo,
        symbols=settings.symbols,
        calm=settings.calm,
        watching=watching,
        keys=settings.keys,
        nearby=nearby,
    )
    if settings.theme:
        if settings.theme not in app.available_themes:
            fail(f"there is no theme {settings.theme!r}; there are: {', '.join(sorted(app.available_themes))}", USAGE)
        app.theme = settings.theme
    app.run()
    raise SystemExit(app.return_code or 0)


@main.command()
@click.option("--demo", is_flag=True, help="Serve a simulated fleet.")
@options(COMMON)
def serve(demo: bool, config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """The router without a screen: log lines go to stderr."""
    config = load_config(config_file, insecure, **flags)
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.logs import to_stderr
    from llmrouter_tui.service import Mode, Service

    to_stderr(demo=demo)
    service = Service(config, Mode(demo=demo, fetch_starter=config.settings.embedded is True, port_required=True))
    on_signals(service.stop)
    try:
        service.run()
    except RouterError as error:
        fail(str(error))


def on_signals(stop: Callable[[], None]) -> None:
    """End cleanly on ctrl+c and on a polite kill."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())


@main.command()
@click.argument("url", default="")
@click.option("--plain", is_flag=True, help="One line per event instead of a screen.")
@options(SCREEN)
def watch(url: str, plain: bool, readonly: bool, calm: bool, symbols: str | None) -> None:
    """The control center of a router that runs elsewhere.

    Without a URL it is the one on our own port. Set ROUTER_ADMIN_API_KEY if it asks for a key.
    """
    config = load_config(None, True, calm=calm, symbols=symbols)
    s = config.settings
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.nearby import url_of
    from llmrouter_tui.remote.host import RemoteHost

    try:
        host = RemoteHost(url or url_of(s.host, s.port), key=s.admin_api_key, readonly=readonly)
    except RouterError as error:
        fail(str(error), USAGE)
    if plain:
        from llmrouter_tui.plain import print_events

        try:
            print_events(host)
        except RouterError as error:
            fail(str(error))
        return
    show(host, config, watching=True)


@main.command()
@click.argument("prompt", required=False)
@click.option("--body", type=click.File("rb"), help="A whole chat-completion body instead of PROMPT; - reads stdin.")
@click.option("--model", default="auto", help="auto, auto:fast, auto:best, auto:<task>, or a model's name.")
@click.option("--json", "as_json", is_flag=True, help="The decision as JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, else look without one).")
@options(COMMON)
def explain(
    prompt: str | None, body: IO[bytes] | None, model: str, as_json: bool, url: str, config_file: Path | None,
    insecure: bool, **flags: Any,
) -> None:  # fmt: skip
    """Which model would get PROMPT, and why. Nothing is generated."""
    config = load_config(config_file, insecure, **flags)
    question = asked(prompt, body)
    decision = ask(config, url, lambda control: control.explain(question, model=model))
    if as_json:
        echo_json(decision)
        return
    from llmrouter_tui.plain import decision_lines

    click.echo("\n".join(decision_lines(decision)))


def asked(prompt: str | None, body: "IO[bytes] | None") -> "str | ChatRequest":
    """What is to be explained: a prompt, or a request as a client would send it."""
    if prompt and prompt.strip() and body is None:
        return prompt
    if prompt or body is None:
        fail("give a PROMPT, or a request with --body FILE", USAGE)
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.proxy.question import read_chat

    try:
        return read_chat(body.read())
    except RouterError as error:
        fail(f"{body.name}: {error}", USAGE)


@main.command()
@click.option("--why", metavar="NAME", default="", help="What the scores of one model rest on, here or not.")
@click.option("--match", metavar="NAME=ID", default="", help="Say which model of the public catalog NAME is (or none).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, else look without one).")
@options(COMMON)
def models(
    why: str, match: str, as_json: bool, url: str, config_file: Path | None, insecure: bool, **flags: Any
) -> None:  # fmt: skip
    """The models that can be routed to, with their scores.

    --match corrects what the name of a model is taken for: NAME=none says that no public figures are its own, and
    NAME=automatic goes by the name again.
    """
    config = load_config(config_file, insecure, **flags)
    if match:
        set_match(match, config, url)
    if why:
        explain_model(why, config, url, as_json)
    if match or why:
        return
    snapshot = ask(config, url, lambda control: control.snapshot())
    if as_json:
        echo_json(snapshot.models)
        return
    from llmrouter_tui.plain import model_lines

    click.echo("\n".join(model_lines(snapshot.models)))
    if not snapshot.models:
        click.echo("No backend that answers has a model; `llmrouter-tui doctor` tells what was looked for.", err=True)


def explain_model(name: str, config: "Config", url: str, as_json: bool) -> None:
    """What a model's scores rest on: its evidence where a backend has it, and the public figures of any name, with
    those that were fetched."""
    from llmrouter_tui import known
    from llmrouter_tui.plain import evidence_lines

    async def look(control: "Control") -> "tuple[list[ModelView], Sequence[CatalogMatch], str, Sequence[Dossier]]":
        snapshot = await control.snapshot()
        views, problem = meant_by(name, snapshot)
        found = known.matches(name, views, {backend.name: backend.kind for backend in snapshot.backends})
        return views, found, problem, await control.known(known.entries_of(found))

    views, found, problem, dossiers = ask(config, url, look)
    if problem and not any(match.id for match in found):
        fail(problem, USAGE)
    if as_json:
        echo_json({"models": views, "catalog": known.facts_of(found, dossiers)})
        return
    lines = evidence_lines(views) if views else [f"{name}: no backend that answers has it"]
    click.echo("\n".join([*lines, "", *known.lines_of(found, dossiers)]))


def set_match(asked: str, config: "Config", url: str) -> None:
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

    for view in ask(config, url, tell, command=True):
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


@main.command(name="eval-names")
def eval_names() -> None:
    """Match names to the catalog: a line {"input", "kind"} in, a line {"id", "near"} out."""
    from llmrouter_tui.known import answer_names

    answer_names(sys.stdin.buffer, sys.stdout.buffer)


def echo_json(value: object) -> None:
    import msgspec

    from llmrouter_tui.core.ranking import to_plain

    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=to_plain), indent=2).decode())


def ask(
    config: "Config", url: str, question: "Callable[[Control], Coroutine[Any, Any, T]]", *, command: bool = False
) -> T:
    """Put one question to a running router, or to one assembled just for it; a ``command`` may change something."""
    import threading
    from concurrent.futures import CancelledError

    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.logs import quiet
    from llmrouter_tui.nearby import answers, url_of
    from llmrouter_tui.remote.host import RemoteHost

    quiet()
    settings = config.settings
    target = url or url_of(settings.host, settings.port)
    host: Host
    if url or answers(target):
        try:
            host = RemoteHost(target, key=settings.admin_api_key, readonly=not command)
        except RouterError as error:
            fail(str(error), USAGE)
    else:
        from llmrouter_tui.service import Mode, Service

        host = Service(config, Mode(listen=False))
    thread = threading.Thread(target=host.run, name="service")
    thread.start()
    try:
        service = host.submit(host.control.snapshot()).result(timeout=60).service
        if isinstance(host, RemoteHost):
            label = "DEMO, its models are simulated" if service.demo else f"version {service.version}"
            click.echo(f"asked the router at {target} ({label})", err=True)
        return host.submit(question(host.control)).result(timeout=60)
    except RouterError as error:
        fail(str(error), USAGE if error.code in WRONG_INPUT else 1)
    except (TimeoutError, CancelledError):
        fail(
            f"no answer from {target}" if url else "the router could not be assembled; `llmrouter-tui doctor` may tell"
        )
    finally:
        host.stop()
        thread.join()


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(COMMON)
def sync(sources: tuple[str, ...], url: str, config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """Fetch newer public figures of models.

    SOURCE is lmarena, openrouter, livebench, models.dev or artificial-analysis (with ROUTER_ARTIFICIAL_ANALYSIS_KEY);
    without one, all that can be asked. Nothing is sent but the questions themselves.

    A router that runs does it itself and uses the figures at once; else they go into the database, where the next
    router finds them.
    """
    config = in_force(load_config(config_file, insecure, **flags))
    from llmrouter_tui.nearby import answers, url_of

    there = url or url_of(config.settings.host, config.settings.port)
    if not url and (flags["database"] is not None or not answers(there)):
        there = ""
    records = synced(config, there, sources)
    from llmrouter_tui.syncing import told

    click.echo("\n".join(told(records)))
    raise SystemExit(0 if all(record.good for record in records) else 1)


def synced(config: "Config", url: str, sources: tuple[str, ...]) -> "list[SyncRecord]":
    """What came of a sync by the router at ``url``; done here where there is none, or one that asks nobody."""
    from llmrouter_tui import syncing
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.logs import quiet

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


@main.command()
@click.option("--since", default="30d", metavar="SPAN", help="How far to look back: 7d, 12h, 2w, or all (default 30d).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, unless --db is given).")
@options(COMMON)
def review(since: str, as_json: bool, url: str, config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """Whether the router was right: your ratings against what was expected, the surprises first."""
    config = load_config(config_file, insecure, **flags)
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.core.review import parse_span
    from llmrouter_tui.nearby import answers, url_of

    try:
        span = parse_span(since)
    except ValueError as error:
        fail(f"--since: {error}", USAGE)
    there = url or url_of(config.settings.host, config.settings.port)
    if url or (flags["database"] is None and answers(there)):
        found = ask(config, there, lambda control: control.review(span))
    else:
        from llmrouter_tui import reviewing

        try:
            found = reviewing.run(config.settings.database, span)
        except RouterError as error:
            fail(str(error))
    if as_json:
        echo_json(found)
        return
    from llmrouter_tui.reviewing import lines

    click.echo("\n".join(lines(found)))


@main.command()
@options(COMMON)
def doctor(config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """What works on this machine, and what to do about gaps."""
    config = load_config(config_file, insecure, **flags)
    from llmrouter_tui.doctor import report

    lines, well = report(config, config_file)
    click.echo("\n".join(lines))
    raise SystemExit(0 if well else 1)


@main.command(name="config")
@click.option("--example", is_flag=True, help="Print a file with every key explained.")
@options(COMMON)
def config_command(example: bool, config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """Every setting, its value and where the value comes from."""
    from llmrouter_tui import config

    if example:
        click.echo(config.example())
        return
    import msgspec

    loaded = in_force(load_config(config_file, insecure, **flags))
    for setting in loaded.views():
        value = msgspec.json.encode(setting.value).decode()
        click.echo(f"{setting.key:28} {value:40} {setting.origin}")
    for backend, variable in config.missing_keys(loaded.settings, os.environ):
        click.echo(f"{variable}, which should hold the key of backend {backend}, is not set", err=True)


@main.command(name="eval-route")
def eval_route() -> None:
    """Predicted quality per model for prompts on stdin, one JSON line each (for measuring the router).

    A line is {"id", "prompt", "candidates"}; ROUTEEVAL_TRAIN names graded prompts, ROUTEEVAL_MODELS sizes and prices.
    """
    from llmrouter_tui.evaluation import run

    try:
        for answer in run(sys.stdin, os.environ):
            click.echo(answer)
            sys.stdout.flush()
    except (ValueError, OSError) as error:
        fail(f"eval-route: {error}", USAGE)


def in_force(config: "Config") -> "Config":
    """With what was set on screen, which is kept in the database."""
    import asyncio

    from llmrouter_tui.config import usable
    from llmrouter_tui.storage.repo import open_repo

    async def stored() -> dict[str, object]:
        repo = await open_repo(config.settings.database)
        if repo.problem:
            click.echo(f"What was set on screen is not shown: {repo.problem}", err=True)
        try:
            return usable(await repo.settings())[0]
        finally:
            await repo.close()

    database = config.settings.database
    return config.with_stored(asyncio.run(stored())) if database is not None and database.exists() else config


if __name__ == "__main__":
    sys.exit(main())
