"""textual-serve with a door: it lets in no page of somebody else's, and not more pages than this machine bears. Its own
page asks no other host for anything."""

import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final
from urllib.parse import urlsplit

import click
from aiohttp import web
from textual_serve.server import Server

from llmrouter_tui.proxy.security import host_name, is_loopback

_CALLED: ContextVar[str] = ContextVar("_CALLED", default="")
_LINK: Final = re.compile(r"<link\b[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]+)[^>]*>", re.IGNORECASE)


class BrowserServer(Server):
    """Runs ``command`` anew for each page that is opened."""

    def __init__(self, command: str, host: str, port: int, *, most: int) -> None:
        self._root = f"http://{_shown(host)}:{port}"
        super().__init__(command, host=host, port=port, title="llmrouter", public_url=self._root)
        self._most = most
        self._open = 0
        self._loopback = is_loopback(host)

    @property
    def public_url(self) -> str:
        """The address as the browser called it: where several are served, each has its own."""
        return _CALLED.get() or self._root

    @public_url.setter
    def public_url(self, url: str) -> None:
        self._root = url

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._door)
        return app

    async def on_startup(self, app: web.Application) -> None:
        click.echo(f"llmrouter-tui: open {self.public_url} in a browser; ctrl+c ends this", err=True)

    def initialize_logging(self) -> None:
        """Nothing is logged: what is served is a terminal, and its user sees it."""

    @web.middleware
    async def _door(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """A web page can make its visitor's browser open a socket here. Its ``Origin`` gives it away, and a name of its
        own that was pointed to this machine (DNS rebinding) does so in ``Host``."""
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if self._loopback and not is_loopback(host_name(host)):
            raise web.HTTPForbidden(text="This is answered only under the name localhost or 127.0.0.1.")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise web.HTTPForbidden(text="A page from elsewhere may not open this terminal.")
        _CALLED.set(f"{request.scheme}://{host}")
        if request.path != "/ws":
            return _homely(await handler(request), request.scheme, host)
        if self._open >= self._most:
            raise web.HTTPServiceUnavailable(text=f"{self._most} pages are open already; close one.")
        self._open += 1
        try:
            return await handler(request)
        finally:
            self._open -= 1


def _homely(answer: web.StreamResponse, scheme: str, host: str) -> web.StreamResponse:
    """textual-serve's page without the letters that it takes from another host (a terminal has its own), and with the
    order to the browser to call none for anything else."""
    if isinstance(answer, web.Response) and answer.content_type == "text/html" and answer.text:
        answer.text = _LINK.sub(lambda link: link[0] if urlsplit(link[1]).netloc in ("", host) else "", answer.text)
        calls = f"'self' {scheme.replace('http', 'ws', 1)}://{host}"
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'self' 'unsafe-inline' data: blob:; connect-src {calls}; form-action 'none'; base-uri 'none'"
        )
    return answer


def _shown(host: str) -> str:
    """As it stands in an address."""
    return f"[{host}]" if ":" in host else host
