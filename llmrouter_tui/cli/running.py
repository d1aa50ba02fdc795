"""The commands that stay: the router without a screen, and the control center here or on another router."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.flags import (
    RECORD,
    SCREEN,
    SERVING,
    keep_nothing,
    keep_others_out,
    load_config,
    options,
    recordable,
)
from llmrouter_tui.cli.telling import USAGE, fail

if TYPE_CHECKING:
    from llmrouter_tui.cli.nearby import Nearby
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.playback import Playback
    from llmrouter_tui.core.ports.host import Host


def show(
    host: "Host", config: "Config", *, demo: bool = False, watching: bool = False, nearby: "Nearby | None" = None,
    playback: "Playback | None" = None,
) -> None:  # fmt: skip
    """Open the control center on a host until the user leaves it."""
    _need_terminal("watch --plain" if watching or playback is not None else "serve")
    from llmrouter_tui.cli import colours
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
        playback=playback,
        keep_theme=colours.keep if not settings.theme else lambda _: False,
        patience=settings.stop_seconds,
    )
    kept = "" if settings.theme or app.no_color else colours.kept()
    if kept in app.available_themes:
        app.theme = kept
    if settings.theme:
        if settings.theme not in app.available_themes:
            fail(f"there is no theme {settings.theme!r}; there are: {', '.join(sorted(app.available_themes))}", USAGE)
        app.theme = settings.theme
    app.run()
    raise SystemExit(app.return_code or 0)


def _need_terminal(instead: str) -> None:
    """A screen reads keys and draws; without a terminal it would read the end of its input for ever. (Where it is
    served to a browser, Textual has another driver.)"""
    terminals = sys.__stdin__, sys.__stderr__
    if "TEXTUAL_DRIVER" not in os.environ and not all(stream is not None and stream.isatty() for stream in terminals):
        fail(f"the control center needs a terminal; without one there is: llmrouter-tui {instead}", USAGE)


@click.command()
@click.option("--demo", is_flag=True, help="Serve a simulated fleet.")
@options(SERVING, RECORD)
def serve(
    demo: bool, config_file: Path | None, insecure: bool, record: Path | None, record_texts: bool, **flags: Any
) -> None:
    """The router without a screen: log lines go to stderr."""
    config = load_config(config_file, **flags)
    keep_others_out(config, insecure)
    keep_nothing(demo, flags)
    recordable(record, record_texts)
    from llmrouter_tui.cli.logs import to_stderr
    from llmrouter_tui.config import secrets
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.service.service import Mode, Service

    to_stderr(demo=demo, secrets=secrets(config.settings, os.environ))
    mode = Mode(
        demo,
        config.settings.embedded is True,
        port_required=True,
        insecure=insecure,
        record=record,
        record_texts=record_texts,
    )
    service = Service(config, mode)
    on_signals(service.stop)
    on_hangup(lambda: service.submit(service.control.reload()))
    try:
        service.run()
    except RouterError as error:
        fail(str(error))


def on_signals(stop: Callable[[], None]) -> None:
    """End cleanly on ctrl+c and on a polite kill."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())


def on_hangup(reread: Callable[[], object]) -> None:
    """Read the configuration file again on SIGHUP, as daemons do; what comes of it is in the log."""
    import signal

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: reread())


@click.command()
@click.argument("url", default="")
@click.option("--plain", is_flag=True, help="One line per event instead of a screen.")
@options(SCREEN)
def watch(url: str, plain: bool, readonly: bool, calm: bool, symbols: str | None) -> None:
    """The control center of a router that runs elsewhere.

    Without a URL it is the one on our own port. Set ROUTER_ADMIN_API_KEY if it asks for a key.
    """
    config = load_config(None, calm=calm, symbols=symbols)
    s = config.settings
    from llmrouter_tui.cli.nearby import url_of
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.remote.host import RemoteHost

    try:
        host = RemoteHost(url or url_of(s.host, s.port), key=s.admin_api_key, readonly=readonly)
    except RouterError as error:
        fail(str(error), USAGE)
    if plain:
        from llmrouter_tui.cli.plain import print_events

        try:
            print_events(host)
        except RouterError as error:
            fail(str(error))
        return
    show(host, config, watching=True)
