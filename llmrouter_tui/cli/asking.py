"""One question to a router: to the one that runs, else to one assembled just for it."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

from llmrouter_tui.cli.telling import USAGE, WRONG_INPUT, fail

if TYPE_CHECKING:
    from llmrouter_tui.config import Config
    from llmrouter_tui.core.ports.control import Control
    from llmrouter_tui.core.ports.host import Host

T = TypeVar("T")


def ask(
    config: "Config",
    url: str,
    question: "Callable[[Control], Coroutine[Any, Any, T]]",
    *,
    command: bool = False,
    lasting: bool = False,
) -> T:
    """Put one question to a running router, or to one assembled just for it; a ``command`` may change something. What
    is ``lasting`` only a router can do that runs on."""
    import threading
    from concurrent.futures import CancelledError

    from llmrouter_tui.cli.logs import quiet
    from llmrouter_tui.cli.nearby import answers, url_of
    from llmrouter_tui.core.errors import RouterError
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
    elif lasting:
        fail(f"no router runs at {target}: start it with llmrouter-tui or llmrouter-tui serve, or name one by --url")
    else:
        from llmrouter_tui.service.service import Mode, Service

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
