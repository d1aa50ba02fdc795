"""The command that shows the control center in a browser."""

import os
import shlex
import sys

import click

from llmrouter_tui.cli.flags import load_config
from llmrouter_tui.cli.telling import USAGE, fail

PORT = 11437
MOST = 8
"""Pages open at the same time: each is a process of some 60 MB."""


@click.command()
@click.argument("url", default="")
@click.option("--host", default="127.0.0.1", help="Address that browsers call (default 127.0.0.1).")
@click.option("--port", default=PORT, type=click.IntRange(1, 65_535), help=f"Port that they call (default {PORT}).")
@click.option("--readonly", is_flag=True, help="Show everything, change nothing.")
@click.option("--calm", is_flag=True, help="Refresh twice a second and never move.")
@click.option("--insecure", is_flag=True, help="Allow an address others can reach, who then need no key.")
def web(url: str, host: str, port: int, readonly: bool, calm: bool, insecure: bool) -> None:
    """The control center of a running router in a browser: `watch`, served by textual-serve.

    Without a URL it is the router on our own port. Nothing asks a browser for a key, so only this machine is
    answered.
    """
    config = load_config(None)
    from llmrouter_tui.cli.nearby import url_of
    from llmrouter_tui.proxy.security import is_loopback

    if not insecure and not is_loopback(host):
        fail(
            f"{host} can be reached by others, and textual-serve asks nobody for a key: whoever opens the page "
            "commands the router, also one that has an admin key. Leave --host away and come through an ssh tunnel "
            f"(ssh -L {port}:127.0.0.1:{port} this-machine), or say --insecure if the network is yours alone.",
            USAGE,
        )
    try:
        from llmrouter_tui.cli.browser import BrowserServer
    except ImportError:
        fail("a browser is served by textual-serve, which is not here: pip install 'llmrouter-tui[web]'")
    words = [
        sys.executable,
        "-m",
        "llmrouter_tui.cli",
        "watch",
        url or url_of(config.settings.host, config.settings.port),
    ]
    words += ["--readonly"] * readonly + ["--calm"] * calm
    command = " ".join(map(shlex.quote, words)) if os.name != "nt" else " ".join(f'"{word}"' for word in words)
    try:
        BrowserServer(command, host, port, most=MOST).serve()
    except OSError as error:
        fail(f"cannot serve on {host}:{port}: {error.strerror or error}; --port names another")
